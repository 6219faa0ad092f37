"""Uncertainty herding: against greedy maximisation, written out."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal import Herding
from skvaal._rules import herding as module
from skvaal._rules.measures import ranks
from tests.rules.candidates import choose, select

# Without scores, as among principal components.
ALONE = Herding(score_power=0)
NARROW = Herding(score_power=0, bandwidth=0.1)


def two_groups(n: int = 60) -> np.ndarray:
    """Two groups of points, `n` about 0 and `n` about 10, then one outlier at 100."""
    Z = np.random.RandomState(0).normal(size=(2 * n + 1, 2)).astype(np.float32)
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
    chosen, all_gains = [], []
    for _ in range(n):
        gains = weights * (weights @ np.maximum(kernel - cover[:, None], 0))
        gains[chosen] = np.nan
        chosen.append(int(np.nanargmax(gains)))
        all_gains.append(gains)
        cover = np.maximum(cover, kernel[:, chosen[-1]])
    return chosen, np.array(all_gains)


@pytest.mark.parametrize("n_labeled", [0, 3])
def test_is_the_greedy_maximum(n_labeled):
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    rule = Herding(score_power=0, bandwidth=0.3)
    given = {"Z": Z, "labeled_coordinates": Z[:n_labeled], "uncertainty": uncertainty}
    choice = choose(rule, 12, **given, keep_utilities=True)
    w = np.maximum(uncertainty / uncertainty.max(), ranks(uncertainty))
    expected, gains = naive(Z, Z[:n_labeled], 12, w, 0.3)
    assert choice.indices.tolist() == expected
    np.testing.assert_allclose(choice.values, np.nanmax(gains, axis=1), rtol=1e-3)
    # Gains at first, upper bounds later.
    np.testing.assert_allclose(choice.utilities[0], gains[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(np.isnan(choice.utilities), np.isnan(gains))
    assert (np.nan_to_num(choice.utilities - gains) > -1e-3).all()


def test_covers_every_group_before_an_outlier():
    assert sorted(select(NARROW, 2, Z=two_groups()) // 60) == [0, 1]


def test_leaves_out_what_is_labelled_already():
    Z = two_groups()
    assert 60 <= select(NARROW, 1, Z=Z, labeled_coordinates=Z[:5])[0] < 120


def test_what_is_chosen_is_covered_neither_by_labels_nor_by_itself():
    rng = np.random.RandomState(0)
    Z = (np.repeat(np.eye(5) * 20, 30, axis=0) + rng.randn(150, 5)).astype(np.float32)
    pool, labeled = Z[60:], Z[:60]  # labels of the first two clusters
    given = {"Z": pool, "labeled_coordinates": labeled}
    assert sorted(select(ALONE, 3, **given) // 30) == [0, 1, 2]
    # Of what is certain nothing is chosen, however far from the labels.
    uncertainty = np.zeros(90)
    uncertainty[60:] = 1.0
    assert set(select(ALONE, 3, **given, uncertainty=uncertainty) // 30) == {2}


@pytest.mark.parametrize("seed", range(4))
def test_a_narrow_kernel_leaves_the_uncertainty_alone(seed):
    # Wider than the rounding of distances in float32, narrower than any distance.
    Z, uncertainty = two_groups()[:60], np.random.RandomState(seed).rand(60)
    rule = Herding(score_power=0, bandwidth=1e-5)
    chosen = select(rule, 5, Z=Z, uncertainty=uncertainty)
    assert chosen.tolist() == np.argsort(-uncertainty)[:5].tolist()


def test_scores_weigh_only_with_a_power():
    Z = np.arange(4, dtype=np.float32)[:, None] * 100
    scores = np.array([3.0, 1.0, 2.0, 4.0])
    assert select(Herding(score_power=1.0), 4, scores=scores, Z=Z).tolist() == [1, 2, 0, 3]
    orders = {tuple(select(ALONE, 4, scores=scores, Z=Z, seed=seed)) for seed in range(20)}
    assert len(orders) > 1
    assert Herding().reads.scores
    assert not ALONE.reads.scores


def test_nothing_uncertain_is_a_random_draw_of_the_rest():
    uncertainty = np.zeros(121)
    uncertainty[7] = 1
    choice = choose(ALONE, 9, Z=two_groups(), uncertainty=uncertainty, keep_utilities=True)
    assert choice.indices[0] == 7
    assert choice.values[0] > 0
    assert len(np.unique(choice.indices)) == 9
    # The lowest rank is not 0, so the others have a small gain.
    assert (choice.values[1:] < choice.values[0]).all()


def test_equal_samples_are_not_chosen_twice():
    choice = choose(ALONE, 6, Z=np.ones((6, 2), np.float32), keep_utilities=True)
    assert sorted(choice.indices) == list(range(6))
    # The first covers all; the rest is drawn.
    assert choice.values.tolist() == [6, 0, 0, 0, 0, 0]
    assert np.nanmax(choice.utilities[1:]) == 0


def test_order_of_the_pool_is_no_matter():
    rng = np.random.RandomState(0)
    Z, uncertainty, shuffled = two_groups(), rng.rand(121), rng.permutation(121)
    first = select(ALONE, 9, Z=Z, labeled_coordinates=Z[:2], uncertainty=uncertainty)
    second = select(
        ALONE,
        9,
        Z=Z[shuffled],
        labeled_coordinates=Z[:2],
        uncertainty=uncertainty[shuffled],
    )
    assert first.tolist() == shuffled[second].tolist()


def test_coverage_may_be_summed_over_a_part_of_the_pool(monkeypatch):
    monkeypatch.setattr(module, "_MAX_REFERENCE", 40)
    assert sorted(select(NARROW, 2, Z=two_groups()) // 60) == [0, 1]


def test_candidates_of_a_large_pool_are_drawn_by_their_weights(monkeypatch):
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 10)
    Z, scores = two_groups(), np.random.RandomState(1).permutation(121)
    steep = Herding(score_power=200.0, bandwidth=0.1)
    choice = choose(steep, 1, scores=scores, Z=Z, keep_utilities=True)
    assert scores[choice.indices[0]] < 10
    assert np.isneginf(choice.utilities).sum() == 111
    uncertainty = np.where(np.arange(121) % 20 == 3, 1.0, 1e-9)  # 6 of them
    assert select(NARROW, 1, Z=Z, uncertainty=uncertainty)[0] % 20 == 3
    # Ten times the batch are candidates.
    assert len(np.unique(select(NARROW, 12, Z=Z))) == 12


def test_scale_is_no_matter():
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    first, second = (
        select(ALONE, 9, Z=scaled, uncertainty=uncertainty)
        for scaled in (Z, Z * np.float32(2**-30))
    )
    assert first.tolist() == second.tolist()


def test_uncertainty_below_zero_keeps_its_order():
    Z, uncertainty = two_groups(), -np.random.RandomState(1).rand(121)
    first, second = (
        select(ALONE, 9, Z=Z, uncertainty=each)
        for each in (uncertainty, uncertainty - uncertainty.min())
    )
    assert first.tolist() == second.tolist()
    assert uncertainty[first].mean() > uncertainty.mean()


def test_of_what_is_certain_nothing_is_asked():
    uncertainty = np.zeros(121)
    uncertainty[:20] = np.random.RandomState(1).rand(20)
    assert (select(ALONE, 9, Z=two_groups(), uncertainty=uncertainty) < 20).all()


@pytest.mark.parametrize("low", [-5.0, 0.0])
def test_uncertainty_may_be_in_any_unit(low):
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    uncertainty[0] = 0
    first, second = (
        select(ALONE, 9, Z=Z, uncertainty=each) for each in (uncertainty, 8 * uncertainty + low)
    )
    assert first.tolist() == second.tolist()
    assert uncertainty[first].mean() > uncertainty.mean()


def test_of_a_model_that_is_too_sure_the_order_counts():
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    by_rank, *sure = (
        select(ALONE, 9, Z=Z, uncertainty=each)
        for each in (ranks(uncertainty), uncertainty**20, uncertainty**40)
    )
    assert all(each.tolist() == by_rank.tolist() for each in sure)


def test_of_a_model_that_is_sure_of_nothing_all_count_the_same():
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    unsure, without = (
        select(ALONE, 9, Z=Z, uncertainty=each) for each in (0.9999 + 0.0001 * uncertainty, None)
    )
    assert unsure.tolist() == without.tolist()


@pytest.mark.parametrize("constant", [0.0, 0.7])
def test_equal_uncertainties_are_none(constant):
    Z = two_groups()
    chosen, without = (
        select(ALONE, 9, Z=Z, uncertainty=each) for each in (np.full(121, constant), None)
    )
    assert chosen.tolist() == without.tolist()
