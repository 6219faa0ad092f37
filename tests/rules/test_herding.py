"""Uncertainty herding: against greedy maximisation, written out."""

from __future__ import annotations

import tracemalloc
from contextlib import nullcontext

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.random import RandomState

from skvaal import ArbitraryChoiceWarning, Herding
from skvaal._rules import coverage, measures
from skvaal._rules import herding as module
from skvaal._rules.coverage import Coverage
from skvaal._rules.measures import ranks
from skvaal._rules.rule import Candidates
from tests.rules.candidates import choose, select

# Without scores, as among principal components.
ALONE = Herding(score_power=0, uncertainty_power=1)
NARROW = Herding(score_power=0, uncertainty_power=1, bandwidth=0.1)


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
    rule = Herding(score_power=0, uncertainty_power=1, bandwidth=0.3)
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
    rule = Herding(score_power=0, uncertainty_power=1, bandwidth=1e-5)
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
    monkeypatch.setattr(module, "_MIN_REFERENCE", 40)
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


def test_no_more_than_the_smallest_reference_is_exact(monkeypatch):
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    given = {"Z": Z, "labeled_coordinates": Z[:3], "uncertainty": uncertainty}
    # The same by products of matrices as by every distance.
    monkeypatch.setattr(coverage, "_SMALL", 0)
    choice = choose(Herding(score_power=0, uncertainty_power=1, bandwidth=0.3), 12, **given)
    w = np.maximum(uncertainty / uncertainty.max(), ranks(uncertainty))
    expected, gains = naive(Z, Z[:3], 12, w, 0.3)
    assert choice.indices.tolist() == expected
    np.testing.assert_allclose(choice.values, np.nanmax(gains, axis=1), rtol=1e-4)


@pytest.fixture
def small_reference(monkeypatch):
    """Coverage is summed over 200 samples, however large the pool and the batch are."""
    monkeypatch.setattr(module, "_MIN_REFERENCE", 200)
    monkeypatch.setattr(module, "_MAX_REFERENCE", 200)


def half_uncertain(n_samples: int = 1000):
    """Coordinates, and an uncertainty that is 0 for half of the samples."""
    rng = np.random.RandomState(0)
    uncertainty = rng.rand(n_samples)
    uncertainty[::2] = 0
    return rng.randn(n_samples, 4).astype(np.float32), uncertainty


@pytest.mark.usefixtures("small_reference")
@pytest.mark.parametrize(("n", "n_labeled"), [(200, 0), (300, 0), (450, 0), (20, 200)])
def test_a_batch_above_the_reference_is_uncertain_to_the_last(n, n_labeled):
    Z, uncertainty = half_uncertain()
    labeled = np.random.RandomState(1).randn(n_labeled, 4).astype(np.float32)
    choice = choose(ALONE, n, Z=Z, labeled_coordinates=labeled, uncertainty=uncertainty)
    assert (uncertainty[choice.indices] > 0).all()
    assert (choice.values > 0).all()
    # More than a draw among the uncertain ones has.
    assert uncertainty[choice.indices[: n // 2]].mean() > 0.6


@pytest.mark.parametrize("is_uncertain", [False, True])
@pytest.mark.parametrize(("n", "n_labeled"), [(100, 0), (400, 0), (50, 400)])
def test_the_reference_is_not_preferred(monkeypatch, n, n_labeled, is_uncertain):
    monkeypatch.setattr(module, "_MIN_REFERENCE", 400)
    monkeypatch.setattr(module, "_MAX_REFERENCE", 400)
    rng = np.random.RandomState(0)
    given = Candidates(
        1000,
        coordinates=rng.randn(1000, 16).astype(np.float32),
        labeled_coordinates=rng.randn(n_labeled, 16).astype(np.float32),
        uncertainty=rng.rand(1000) if is_uncertain else None,
    )
    own, anothers = [], []
    for seed in range(3):
        chosen = ALONE.choose(given, n, np.random.RandomState(seed)).indices
        # In a reference that it was not chosen by, the batch has its base rate.
        for each, shares in ((seed, own), (seed + 100, anothers)):
            rows, _, _ = ALONE._prepare(given, n, np.random.RandomState(each))
            shares.append(np.isin(chosen, rows[:400]).mean())
    assert 0.5 < np.mean(own) / np.mean(anothers) < 1.1


@pytest.mark.usefixtures("small_reference")
@pytest.mark.parametrize("is_uncertain", [False, True])
def test_estimated_gains_are_unbiased(is_uncertain):
    Z, uncertainty = half_uncertain()
    uncertainty = uncertainty if is_uncertain else None
    given = Candidates(1000, coordinates=Z, labeled_coordinates=Z[:7], uncertainty=uncertainty)
    weights = ALONE._weigh(given)
    some = np.arange(11, 1000, 9)
    estimates = []
    for seed in range(100):
        rows, _, estimate = ALONE._prepare(given, 5, np.random.RandomState(seed))
        estimate.h = np.float32(0.5)
        estimate._cover = np.exp(-estimate._nearest[:200])
        position = np.argsort(rows)
        estimates.append(estimate.gains(position[some]))
    exact = Coverage(Z, weights, weights, Z[:7], 0.5, is_part=False).gains(some)
    np.testing.assert_allclose(np.sum(estimates, axis=1).mean(), exact.sum(), rtol=0.05)
    is_large = exact > np.quantile(exact, 0.75)
    np.testing.assert_allclose(np.mean(estimates, axis=0)[is_large], exact[is_large], rtol=0.2)


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(seed=st.integers(0, 10_000), n_added=st.integers(1, 40), part=st.booleans())
def test_samples_out_of_reach_do_not_change_which_candidate_is_better(seed, n_added, part):
    rng = np.random.RandomState(seed)
    near, far = rng.randn(40, 3), 10 + rng.randn(n_added, 3)
    Z = np.concatenate([near, far]).astype(np.float32)
    weights = rng.uniform(0.1, 1, size=len(Z))
    n_reference = 25 if part else 40
    both = []
    for end in (40, 40 + n_added):
        # Those added are in the reference, too.
        rows = np.r_[:n_reference, 40:end, n_reference:40]
        counted = weights[rows[: n_reference + end - 40]] * (1.6 if part else 1)
        each = Coverage(Z[rows], weights[rows], counted, Z[:2], 1.0, is_part=part)
        gains = each.gains(np.arange(len(rows)))
        each.add(int(np.flatnonzero(rows == 5)[0]))
        later = each.gains(np.arange(len(rows)))
        both.append(np.array([gains[np.argsort(rows)[:40]], later[np.argsort(rows)[:40]]]))
    np.testing.assert_allclose(both[0], both[1], rtol=1e-3, atol=1e-3)
    for before, after in zip(*both, strict=True):
        first, second = np.triu_indices(40, 1)
        clear = np.abs(before[first] - before[second]) > 1e-2
        better = before[first] > before[second]
        assert (better == (after[first] > after[second]))[clear].all()


@pytest.mark.usefixtures("small_reference")
@pytest.mark.parametrize("max_candidates", [50_000, 100, 500])
def test_utilities_of_a_large_pool(monkeypatch, max_candidates):
    monkeypatch.setattr(module, "_MAX_CANDIDATES", max_candidates)
    Z, uncertainty = half_uncertain()
    choice = choose(ALONE, 40, Z=Z, uncertainty=uncertainty, keep_utilities=True)
    rows = np.arange(40)
    np.testing.assert_array_equal(choice.utilities[rows, choice.indices], choice.values)
    np.testing.assert_array_equal(np.nanargmax(choice.utilities, axis=1), choice.indices)
    n_candidates = min(1000, max(max_candidates, 400))
    assert np.isneginf(choice.utilities[0]).sum() == 1000 - n_candidates
    without = choose(ALONE, 40, Z=Z, uncertainty=uncertainty)
    np.testing.assert_array_equal(without.indices, choice.indices)


@pytest.mark.usefixtures("small_reference")
def test_equal_samples_of_a_large_pool_are_not_chosen_twice():
    # 20 points, each 50 times: the first choices cover all, the rest is drawn.
    points = np.random.RandomState(0).randn(20, 4).astype(np.float32) * 100
    with pytest.warns(ArbitraryChoiceWarning, match="10 of the 30 chosen samples add nothing"):
        choice = choose(ALONE, 30, Z=np.tile(points, (50, 1)))
    assert sorted(choice.indices[:20] % 20) == list(range(20))
    assert len(np.unique(choice.indices)) == 30
    assert (choice.values[20:] < 1e-3 * choice.values[0]).all()


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(coverage, "_BLOCK", 2**14)
    monkeypatch.setattr(measures, "_BLOCK", 2**14)
    monkeypatch.setattr(module, "_MIN_REFERENCE", 500)
    monkeypatch.setattr(module, "_MAX_REFERENCE", 500)
    Z, uncertainty = half_uncertain(20_000)
    tracemalloc.start()
    choose(ALONE, 100, Z=Z, uncertainty=uncertainty)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Some numbers for each sample, not n or n_reference of them: 8 or 40 MB in float32.
    assert peak < 7e6


# Measuring


@pytest.mark.parametrize("n_reference", [8_000, 60])
@pytest.mark.parametrize("is_uncertain", [False, True])
def test_measured_gains_are_the_values_of_the_choice(monkeypatch, n_reference, is_uncertain):
    monkeypatch.setattr(module, "_MIN_REFERENCE", n_reference)
    monkeypatch.setattr(module, "_MAX_REFERENCE", n_reference)
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    given = Candidates(
        121,
        coordinates=Z,
        labeled_coordinates=Z[:3],
        uncertainty=uncertainty if is_uncertain else None,
    )
    choice = ALONE.choose(given, 20, np.random.RandomState(4))
    gains, covers = ALONE.measure(given, choice.indices, np.random.RandomState(4))
    np.testing.assert_allclose(gains, choice.values, rtol=1e-4, atol=1e-5)
    assert covers.shape == (20,)
    # Of other samples the gains are smaller, or they would have been chosen.
    others = np.setdiff1d(np.arange(121), choice.indices)[:20]
    assert ALONE.measure(given, others, np.random.RandomState(4))[0][0] <= choice.values[0]


def test_measuring_takes_samples_that_are_no_candidates(monkeypatch):
    monkeypatch.setattr(module, "_MIN_REFERENCE", 40)
    monkeypatch.setattr(module, "_MAX_CANDIDATES", 10)
    given = Candidates(
        121, coordinates=two_groups(), uncertainty=np.random.RandomState(1).rand(121)
    )
    gains, _ = ALONE.measure(given, np.array([3, 70, 120]), np.random.RandomState(0))
    assert (gains > 0).all()


def test_covers_counts_the_others_within_the_width_of_the_kernel():
    # The nearest of 4 samples are 1 apart: a share of 1/3 lies within distance 1.
    Z = np.float32([[0], [1], [2], [3]])
    given = Candidates(4, coordinates=Z, labeled_coordinates=Z[:2])
    assert ALONE.measure(given, np.array([1]), np.random.RandomState(0))[1].tolist() == [2]
    wide = Herding(score_power=0, uncertainty_power=1, bandwidth=4.5)
    assert wide.measure(given, np.array([0]), np.random.RandomState(0))[1].tolist() == [2]


@pytest.mark.parametrize("block", [8, 2**20])
def test_counting_is_exact_at_the_border(monkeypatch, block):
    monkeypatch.setattr(coverage, "_BLOCK", block)
    # Far from 0, so that products round.
    Z = (1000 + np.random.RandomState(0).randint(0, 4, size=(60, 3))).astype(np.float32)
    rows = np.array([7, 3, 59])
    squared = np.square(Z[rows][:, None].astype(float) - Z[None]).sum(axis=2)
    for limit in (0, 1, 2, 5, 100):
        expected = (squared <= limit).sum(axis=1) - 1
        assert coverage.count_within(Z, rows, limit).tolist() == expected.tolist()


# The exponent of the scores


def exponent(rule, n_labeled=0, n_dims=32, **known):
    Z = np.empty((n_labeled, n_dims), np.float32)
    return rule.exponent(Candidates(1, labeled_coordinates=Z, **known))


def test_exponent_grows_with_the_labels():
    rule = Herding(score_power="n_labeled")
    assert rule.reads.scores
    assert exponent(rule, 0) == 0
    assert exponent(rule, 320) == 0.25
    assert exponent(rule, 10**6) == pytest.approx(0.5, abs=1e-3)
    assert exponent(Herding(score_power=2)) == 2
    assert not Herding(score_power=0, uncertainty_power=1).reads.scores


def test_exponent_grows_with_the_share_without_a_label():
    rule = Herding()
    assert rule.reads.scores
    found = [exponent(rule, missing_share=share) for share in (0, 0.05, 0.1, 0.9)]
    assert found == [0, 0.25, 0.5, 0.5]
    with pytest.raises(ValueError, match="the share without a label is not known"):
        exponent(rule)


# The exponent of the uncertainty


def trust(rule, n_labeled, **known):
    Z = np.empty((n_labeled, 2), np.float32)
    return rule.uncertainty_exponent(Candidates(1, labeled_coordinates=Z, **known))


def test_the_model_is_trusted_the_more_the_more_labels_there_are():
    rule = Herding(uncertainty_power="n_labeled")
    found = [trust(rule, n) for n in (0, 1, 30, 45, 90, 10**6)]
    assert found == pytest.approx([1, 1, 1, 2, 3, 4], abs=1e-3)
    assert trust(Herding(uncertainty_power=2), 90) == 2


def test_the_model_is_trusted_less_if_a_part_has_no_label():
    found = [trust(Herding(), 90, missing_share=share) for share in (0, 0.02, 0.05, 0.1, 0.9)]
    assert found == pytest.approx([3, 3, 2.5, 1, 1])
    with pytest.raises(ValueError, match="the share without a label is not known"):
        trust(Herding(), 90)


@pytest.mark.parametrize("power", [1.0, 12.0, 1e3, 1e6])
def test_where_all_are_certain_alike_the_exponent_is_nothing(power):
    Z, rule = two_groups(), Herding(score_power=0, uncertainty_power=power)
    certain = np.zeros(len(Z))
    expected = select(ALONE, 12, Z=Z, labeled_coordinates=Z[:3], uncertainty=certain)
    found = select(rule, 12, Z=Z, labeled_coordinates=Z[:3], uncertainty=certain)
    assert found.tolist() == expected.tolist()


def test_a_large_exponent_takes_the_least_sure():
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121)
    rule = Herding(score_power=0, uncertainty_power=1e3)
    found = select(rule, 10, Z=Z, labeled_coordinates=Z[:3], uncertainty=uncertainty)
    assert found.tolist() == np.argsort(-uncertainty)[:10].tolist()


@pytest.mark.parametrize("power", [20.0, 1e6])
def test_no_weight_vanishes(power):
    # Two in three samples are certain; the rest of the batch is of these, and covers them.
    Z, uncertainty = two_groups(), np.random.RandomState(1).rand(121) * (np.arange(121) % 3 == 0)
    rule = Herding(score_power=power, uncertainty_power=power)
    given = {"Z": Z, "labeled_coordinates": Z[:3], "scores": np.arange(121.0)}
    with np.errstate(all="raise"):
        choice = choose(rule, 60, uncertainty=uncertainty, **given)
    assert (choice.values > 0).all()


def test_with_a_larger_exponent_the_most_uncertain_count_for_more():
    # Nine half certain samples at one place, and one uncertain sample at another.
    Z = np.float32([[0.0]] * 9 + [[9.0]])
    u = np.array([0.5] * 9 + [1.0])
    powers = 0, 1, 2, 4, 8
    rules = [Herding(score_power=0, uncertainty_power=each, bandwidth=0.1) for each in powers]
    chosen = [select(rule, 1, Z=Z, uncertainty=u)[0] for rule in rules]
    assert [i == 9 for i in chosen] == [False, False, True, True, True]
    gains = [choose(rule, 10, Z=Z, uncertainty=u).values.max() for rule in rules]
    np.testing.assert_allclose(gains, [9, 9 * 0.5**2, 1, 1, 1])


def test_the_exponent_does_not_matter_without_a_model():
    Z = np.random.RandomState(0).randn(40, 3).astype(np.float32)
    chosen = [
        select(Herding(score_power=0, uncertainty_power=each), 9, Z=Z).tolist()
        for each in (0, 1, 4, "n_labeled", "missing_share")
    ]
    assert chosen == [chosen[0]] * 5


def test_n_labeled_is_the_exponent_of_the_labels_and_coordinates():
    Z, scores = two_groups(), np.random.RandomState(1).permutation(121)
    # 20 labels for 2 coordinates.
    given = {"scores": scores, "Z": Z, "labeled_coordinates": Z[:20]}
    by_labels, quarter, other = (
        choose(Herding(score_power=power), 9, **given) for power in ("n_labeled", 0.25, 0.5)
    )
    assert by_labels.indices.tolist() == quarter.indices.tolist()
    np.testing.assert_array_equal(by_labels.values, quarter.values)
    assert not np.array_equal(by_labels.values, other.values)


# Distances that float32 cannot tell from 0


@pytest.fixture
def part_of_a_larger_pool(monkeypatch):
    """Coverage of more than 1,000 samples is summed over a part of them."""
    monkeypatch.setattr(module, "_MIN_REFERENCE", 1_000)


@pytest.mark.usefixtures("part_of_a_larger_pool")
@pytest.mark.parametrize(("n_samples", "seed"), [(500, 0), (500, 1), (500, 2), (1_200, 0)])
def test_equal_samples_are_covered_by_one_of_them(n_samples, seed):
    """Of counts, most rows are equal: a batch takes each point that nothing covers once."""
    X = np.random.RandomState(seed).poisson(0.5, (n_samples, 3)).astype(np.float32)
    labeled, Z = X[:8], X[8:]
    uncovered = {tuple(row) for row in Z} - {tuple(row) for row in labeled}
    rule = Herding(score_power=0, uncertainty_power=1)
    candidates = Candidates(len(Z), coordinates=Z, labeled_coordinates=labeled)
    choice = rule.choose(candidates, len(uncovered), RandomState(0))
    assert {tuple(row) for row in Z[choice.indices]} == uncovered
    gains, _ = rule.measure(candidates, choice.indices, RandomState(0))
    np.testing.assert_allclose(gains, choice.values, rtol=1e-6)


@pytest.mark.usefixtures("part_of_a_larger_pool")
@pytest.mark.parametrize(
    ("n_samples", "outlier"), [(1_000, 1e6), (1_000, 1e8), (1_000, 1e10), (1_200, 1e8)]
)
def test_an_outlier_takes_no_more_than_itself(n_samples, outlier):
    Z = RandomState(0).randn(n_samples, 2).astype(np.float32)
    Z[0] = outlier
    rule = Herding(score_power=0, uncertainty_power=1)
    choices = [
        rule.choose(Candidates(len(part), coordinates=part), 50, RandomState(0))
        for part in (Z, Z[1:])
    ]
    spread = [choice.values[-1] / choice.values[0] for choice in choices]
    assert spread[0] == pytest.approx(spread[1], rel=0.5)
    assert spread[0] < 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bandwidth", [1e-45, 1e300])
@pytest.mark.usefixtures("part_of_a_larger_pool")
@pytest.mark.parametrize("n_samples", [300, 1_200])
def test_any_bandwidth_gives_finite_gains(bandwidth, n_samples):
    Z = RandomState(0).randn(n_samples, 3).astype(np.float32)
    rule = Herding(score_power=0, uncertainty_power=1, bandwidth=bandwidth)
    candidates = Candidates(len(Z), coordinates=Z)
    # A single sample covers all with the widest kernel.
    is_wide = bandwidth > 1
    with pytest.warns(ArbitraryChoiceWarning, match="4 of") if is_wide else nullcontext():
        choice = rule.choose(candidates, 5, RandomState(0))
    assert np.isfinite(choice.values).all()
    gains, _ = rule.measure(candidates, choice.indices, RandomState(0))
    np.testing.assert_allclose(gains, choice.values, rtol=1e-4)


@pytest.mark.filterwarnings("error")
def test_uncertainty_over_the_whole_range_of_numbers():
    Z = RandomState(0).randn(20, 2).astype(np.float32)
    extreme = np.r_[-1.7e308, np.zeros(18), 1.7e308]
    candidates = Candidates(20, coordinates=Z, uncertainty=extreme)
    assert np.isfinite(
        Herding(score_power=0, uncertainty_power=1).choose(candidates, 5, RandomState(0)).values
    ).all()


# Classes that are rare in the pool


def gains_of_loners(class_balance, proba):
    """What samples gain that are far from each other: the squares of their weights."""
    n = len(proba)
    rule = Herding(score_power=0, uncertainty_power=1, bandwidth=1e-6, class_balance=class_balance)
    Z = 1e3 * np.eye(n, dtype=np.float32)
    candidates = Candidates(n, coordinates=Z, uncertainty=np.ones(n), proba=proba)
    return rule.measure(candidates, np.arange(n), RandomState(0))[0]


@pytest.mark.parametrize(("class_balance", "ratio"), [(0.0, 1), (0.5, 3), (1.0, 9)])
def test_a_rare_class_weighs_more(class_balance, ratio):
    proba = np.repeat([[1.0, 0.0], [0.0, 1.0]], [18, 2], axis=0)
    gains = gains_of_loners(class_balance, proba)
    np.testing.assert_allclose(gains[-1] / gains[0], ratio**2, rtol=1e-5)


def test_at_1_a_weight_is_that_of_a_label_shift():
    proba = RandomState(0).dirichlet([5, 1, 0.2], 200)
    weights = np.sqrt(gains_of_loners(1.0, proba))
    expected = [sum(row[c] / proba[:, c].mean() for c in range(3)) for row in proba]
    np.testing.assert_allclose(weights / weights.max(), expected / np.max(expected), rtol=1e-4)


def test_a_class_that_no_sample_may_have():
    proba = np.repeat([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], [18, 2], axis=0)
    with np.errstate(divide="raise", invalid="raise"):
        gains = gains_of_loners(1.0, proba)
    np.testing.assert_allclose(gains[-1] / gains[0], 81, rtol=1e-5)


@pytest.mark.parametrize("tiny", [1e-10, 1e-300, 5e-324])
def test_a_class_that_the_pool_lacks_decides_nothing(tiny):
    proba = np.repeat([[0.6, 0.4, 0.0], [0.4, 0.6, 0.0]], 10, axis=0)
    expected = gains_of_loners(1.0, proba)
    proba[3, 2] = tiny
    np.testing.assert_allclose(gains_of_loners(1.0, proba), expected, rtol=1e-6)


def test_without_probabilities_no_class_is_rare():
    Z, uncertainty = two_groups(), RandomState(1).rand(121)
    chosen = [
        select(
            Herding(score_power=0, uncertainty_power=1, class_balance=each),
            9,
            Z=Z,
            uncertainty=uncertainty,
        ).tolist()
        for each in (0.0, 1.0)
    ]
    assert chosen[0] == chosen[1]
