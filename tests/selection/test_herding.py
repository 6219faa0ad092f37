from __future__ import annotations

import numpy as np
import pytest

from skvaal._selection import _herding as module
from skvaal._selection import herding
from skvaal._selection._ranking import ranks


def two_groups(rng: np.random.RandomState, n: int = 60) -> np.ndarray:
    """Two groups of points, `n` about 0 and `n` about 10, then one outlier at 100."""
    Z = rng.normal(size=(2 * n + 1, 2)).astype(np.float32)
    Z[n : 2 * n] += 10
    Z[-1] = 100
    return Z


def naive(Z, Z_labeled, n, weights, bandwidth):
    """Greedy maximisation, every gain computed again for every choice."""
    distances = np.square(Z[:, None].astype(float) - Z[None]).sum(axis=2)
    h = bandwidth * np.median(np.quantile(distances, 1 / (len(Z_labeled) + n), axis=1))
    kernel = np.exp(-distances / (2 * h))
    to_labeled = np.square(Z[:, None].astype(float) - Z_labeled[None]).sum(axis=2)
    cover = np.exp(-to_labeled / (2 * h)).max(axis=1, initial=0)
    chosen = []
    for _ in range(n):
        gains = weights * (weights @ np.maximum(kernel - cover[:, None], 0))
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        cover = np.maximum(cover, kernel[:, chosen[-1]])
    return chosen


@pytest.mark.parametrize("n_labeled", [0, 3])
def test_is_the_greedy_maximum(n_labeled):
    rng = np.random.RandomState(0)
    Z, weights = two_groups(rng), rng.rand(121)
    chosen = herding(np.zeros(121), Z, Z[:n_labeled], 12, rng, uncertainty=weights, bandwidth=0.3)
    w = np.maximum(weights / weights.max(), ranks(weights))
    assert chosen.tolist() == naive(Z, Z[:n_labeled], 12, w, 0.3)


def test_covers_every_group_before_an_outlier():
    Z = two_groups(np.random.RandomState(0))
    first = herding(np.zeros(121), Z, Z[:0], 2, np.random.RandomState(0), bandwidth=0.1)
    assert sorted(first // 60) == [0, 1]


def test_leaves_out_what_is_labelled_already():
    Z = two_groups(np.random.RandomState(0))
    chosen = herding(np.zeros(121), Z, Z[:5], 1, np.random.RandomState(0), bandwidth=0.1)
    assert 60 <= chosen[0] < 120


def test_a_narrow_kernel_leaves_the_uncertainty_alone():
    rng = np.random.RandomState(0)
    Z, weights = two_groups(rng), rng.rand(121)
    chosen = herding(np.zeros(121), Z, Z[:0], 5, rng, uncertainty=weights, bandwidth=1e-9)
    assert chosen.tolist() == np.argsort(-weights)[:5].tolist()


def test_scores_weigh_only_with_a_power():
    Z = np.zeros((4, 1), np.float32) + np.arange(4, dtype=np.float32)[:, None] * 100
    scores = np.array([3.0, 1.0, 2.0, 4.0])
    with_power = herding(scores, Z, Z[:0], 4, np.random.RandomState(0), score_power=1.0)
    orders = {
        tuple(herding(scores, Z, Z[:0], 4, np.random.RandomState(seed))) for seed in range(20)
    }
    assert with_power.tolist() == [1, 2, 0, 3]
    assert len(orders) > 1


def test_nothing_uncertain_is_a_random_draw_of_the_rest():
    Z = two_groups(np.random.RandomState(0))
    uncertainty = np.zeros(121)
    uncertainty[7] = 1
    chosen = herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=uncertainty)
    assert chosen[0] == 7
    assert len(np.unique(chosen)) == 9


def test_equal_samples_are_not_chosen_twice():
    chosen = herding(
        np.zeros(6), np.ones((6, 2), np.float32), np.empty((0, 2)), 6, np.random.RandomState(0)
    )
    assert sorted(chosen) == list(range(6))


def test_order_of_the_pool_is_no_matter():
    rng = np.random.RandomState(0)
    Z, weights = two_groups(rng), rng.rand(121)
    shuffled = rng.permutation(121)
    first = herding(np.zeros(121), Z, Z[:2], 9, np.random.RandomState(0), uncertainty=weights)
    second = herding(
        np.zeros(121),
        Z[shuffled],
        Z[:2],
        9,
        np.random.RandomState(0),
        uncertainty=weights[shuffled],
    )
    assert first.tolist() == shuffled[second].tolist()


def test_coverage_may_be_summed_over_a_part_of_the_pool(monkeypatch):
    monkeypatch.setattr(module, "_MAX_REFERENCE", 40)
    Z = two_groups(np.random.RandomState(0))
    first = herding(np.zeros(121), Z, Z[:0], 2, np.random.RandomState(0), bandwidth=0.1)
    assert sorted(first // 60) == [0, 1]


def test_candidates_of_a_large_pool_are_drawn_by_their_weights(monkeypatch):
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 10)
    Z, scores = two_groups(np.random.RandomState(0)), np.random.RandomState(1).permutation(121)
    steep = {"score_power": 200.0, "bandwidth": 0.1}
    chosen = herding(scores, Z, Z[:0], 1, np.random.RandomState(0), **steep)
    assert scores[chosen[0]] < 10
    uncertainty = np.where(np.arange(121) % 20 == 3, 1.0, 1e-9)  # 6 of them
    chosen = herding(
        np.zeros(121), Z, Z[:0], 1, np.random.RandomState(0), uncertainty=uncertainty, bandwidth=0.1
    )
    assert chosen[0] % 20 == 3
    many = herding(np.zeros(121), Z, Z[:0], 12, np.random.RandomState(0), bandwidth=0.1)
    assert len(np.unique(many)) == 12  # ten times the batch are candidates


def test_scale_is_no_matter():
    rng = np.random.RandomState(0)
    Z, weights = two_groups(rng), rng.rand(121)
    first, second = (
        herding(np.zeros(121), scaled, Z[:0], 9, np.random.RandomState(0), uncertainty=weights)
        for scaled in (Z, Z * np.float32(2**-30))
    )
    assert first.tolist() == second.tolist()


def test_uncertainty_below_zero_keeps_its_order():
    Z, uncertainty = two_groups(np.random.RandomState(0)), -np.random.RandomState(1).rand(121)
    first, second = (
        herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=each)
        for each in (uncertainty, uncertainty - uncertainty.min())
    )
    assert first.tolist() == second.tolist()
    assert uncertainty[first].mean() > uncertainty.mean()


def test_of_what_is_certain_nothing_is_asked():
    Z, uncertainty = two_groups(np.random.RandomState(0)), np.zeros(121)
    uncertainty[:20] = np.random.RandomState(1).rand(20)
    chosen = herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=uncertainty)
    assert (chosen < 20).all()


@pytest.mark.parametrize("low", [-5.0, 0.0])
def test_uncertainty_may_be_in_any_unit(low):
    Z, uncertainty = two_groups(np.random.RandomState(0)), np.random.RandomState(1).rand(121)
    uncertainty[0] = 0
    first, second = (
        herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=each)
        for each in (uncertainty, 8 * uncertainty + low)
    )
    assert first.tolist() == second.tolist()
    assert uncertainty[first].mean() > uncertainty.mean()


def test_of_a_model_that_is_too_sure_the_order_counts():
    Z, uncertainty = two_groups(np.random.RandomState(0)), np.random.RandomState(1).rand(121)
    by_rank, *sure = (
        herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=each)
        for each in (ranks(uncertainty), uncertainty**20, uncertainty**40)
    )
    assert all(each.tolist() == by_rank.tolist() for each in sure)


def test_of_a_model_that_is_sure_of_nothing_all_count_the_same():
    Z, uncertainty = two_groups(np.random.RandomState(0)), np.random.RandomState(1).rand(121)
    unsure, without = (
        herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=each)
        for each in (0.9999 + 0.0001 * uncertainty, None)
    )
    assert unsure.tolist() == without.tolist()


@pytest.mark.parametrize("constant", [0.0, 0.7])
def test_equal_uncertainties_are_none(constant):
    Z = two_groups(np.random.RandomState(0))
    chosen, without = (
        herding(np.zeros(121), Z, Z[:0], 9, np.random.RandomState(0), uncertainty=each)
        for each in (np.full(121, constant), None)
    )
    assert chosen.tolist() == without.tolist()
