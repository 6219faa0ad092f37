import itertools
from inspect import signature

import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.inference import (
    bootstrap_interval,
    holm,
    paired_difference,
    smallest_p_value,
    wilcoxon_p_value,
)
from skvaal.benchmark.statistics import areas


def test_bootstrap_of_two_seeds_is_known():
    # Two draws from {0, 1}: the mean is 0, 1/2 or 1 with probability 1/4, 1/2 and 1/4, so the
    # 2.5th percentile is 0, the 97.5th 1, the 30th and the 70th 1/2.
    table = pd.DataFrame({"a": [0.0, 1.0]})

    wide, narrow = bootstrap_interval(table), bootstrap_interval(table, confidence_level=0.4)

    assert wide.loc["a"].to_list() == [0.0, 1.0]
    assert narrow.loc["a"].to_list() == [0.5, 0.5]


def test_bootstrap_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(0).normal(size=12)

    interval = bootstrap_interval(pd.DataFrame({"a": values}))

    known = signature(stats.bootstrap).parameters
    seed = {"rng" if "rng" in known else "random_state": np.random.default_rng(1)}  # SciPy 1.15
    theirs = stats.bootstrap((values,), np.mean, method="percentile", **seed)
    np.testing.assert_allclose(interval.loc["a"], theirs.confidence_interval, atol=0.03)


def test_bootstrap_draws_the_same_seeds_for_all():
    values = np.random.default_rng(0).normal(size=6)
    table = pd.DataFrame({"a": values, "b": values + 1})

    interval = bootstrap_interval(table)

    np.testing.assert_allclose(interval.loc["b"] - interval.loc["a"], 1)


def test_bootstrap_is_reproducible_and_leaves_the_global_generator_alone():
    table = pd.DataFrame({"a": np.arange(5.0)})
    before = np.random.get_state()[1].copy()  # noqa: NPY002

    first, second = bootstrap_interval(table), bootstrap_interval(table)

    pd.testing.assert_frame_equal(first, second)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("values", [[0.5], [0.5, np.nan], [np.nan, np.nan]])
def test_bootstrap_of_one_value_is_nan(values):
    assert bootstrap_interval(pd.DataFrame({"a": values})).isna().all(axis=None)


def test_bootstrap_skips_missing_runs():
    table = pd.DataFrame({"a": [0.2, 0.2, np.nan], "b": [0.1, 0.5, 0.9]})

    interval = bootstrap_interval(table)

    np.testing.assert_allclose(interval.loc["a"], 0.2)
    assert interval.loc["b", "low"] < 0.3 < interval.loc["b", "high"]


def test_wilcoxon_by_hand():
    # Ranks of |d|: 0.01 -> 1, 0.02 -> 2, 0.03 -> 3, 0.05 -> 4, 0.08 -> 5. The only negative one
    # has rank 2, so W = 2. Of the 2 ** 5 sign patterns, the sums of negative ranks that are at
    # most 2 are {}, {1}, {2}: 3. Two-sided p = 2 * 3 / 32.
    p = wilcoxon_p_value([0.01, -0.02, 0.03, 0.05, 0.08])

    assert p == pytest.approx(6 / 32)


@pytest.mark.parametrize("n_seeds", range(2, 11))
def test_wilcoxon_counts_every_sign_pattern(n_seeds):
    d = np.random.default_rng(n_seeds).normal(size=n_seeds)
    ranks = np.argsort(np.argsort(np.abs(d))) + 1
    negative = ranks[d < 0].sum()
    statistic = min(negative, ranks.sum() - negative)
    patterns = itertools.product([0, 1], repeat=n_seeds)
    as_small = np.mean([np.dot(pattern, ranks) <= statistic for pattern in patterns])

    assert wilcoxon_p_value(d) == pytest.approx(min(1, 2 * as_small))


def test_wilcoxon_of_equal_strategies_is_one():
    assert wilcoxon_p_value(np.zeros(6)) == 1
    assert wilcoxon_p_value(np.full(6, 1e-17)) == 1  # equal but for rounding


def test_wilcoxon_drops_zeros():
    d = [0.01, 0.02, 0.03, 0.04]

    assert wilcoxon_p_value([*d, 0.0, 0.0]) == wilcoxon_p_value(d) == 2 / 2**4


def test_wilcoxon_of_one_seed_is_nan():
    assert np.isnan(wilcoxon_p_value([0.1]))


@pytest.mark.parametrize("n_seeds", [2, 6, 8])
def test_smallest_p_value_is_that_of_one_sign(n_seeds):
    d = np.arange(1, n_seeds + 1) / 100

    assert smallest_p_value(n_seeds) == pytest.approx(wilcoxon_p_value(d))


def test_smallest_p_value_is_at_most_one():
    assert smallest_p_value(2, n_comparisons=4) == 1


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        # Sorted 0.01, 0.02, 0.022, 0.5, times 4, 3, 2 and 1: 0.04, 0.06, 0.044, 0.5; none may be
        # smaller than the one before it: 0.04, 0.06, 0.06, 0.5.
        ([0.5, 0.01, 0.022, 0.02], [0.5, 0.04, 0.06, 0.06]),
        ([0.03125] * 4, [0.125] * 4),
        ([0.4, 0.8], [0.8, 0.8]),
        ([0.6, 0.7], [1.0, 1.0]),  # at most 1
        ([0.03], [0.03]),
        ([np.nan, 0.03, 0.01], [np.nan, 0.03, 0.02]),  # what was not tested does not count
        ([], []),
    ],
)
def test_holm_by_hand(p, corrected):
    np.testing.assert_allclose(holm(p), corrected)


def test_paired_difference_removes_what_seeds_share():
    shared = np.array([0.1, 0.5, 0.9])
    table = pd.DataFrame({"random": shared, "better": shared + 0.02, "worse": shared - 0.01})

    gain = paired_difference(table, baseline="random")

    assert list(gain.index) == ["better", "worse"]
    for column in ("mean", "low", "high"):
        np.testing.assert_allclose(gain[column], [0.02, -0.01])
    # Three differences of one sign, tied: 2 / 2 ** 3; twice that for two comparisons.
    np.testing.assert_allclose(gain["p"], 0.25)
    np.testing.assert_allclose(gain["p_holm"], 0.5)


def test_paired_difference_of_known_values(records):
    gain = paired_difference(areas(records), baseline="random").loc["margin"]

    # Areas 44/60 and 42/60, less 30/60 and 24/60: 14/60 and 18/60.
    assert gain["mean"] == pytest.approx(16 / 60)
    assert gain["low"] == pytest.approx(14 / 60)
    assert gain["high"] == pytest.approx(18 / 60)
    assert gain["p"] == gain["p_holm"] == 0.5


def test_paired_difference_of_equal_strategies():
    table = pd.DataFrame({"random": [0.5, 0.6, 0.8]})

    gain = paired_difference(table.assign(same=table["random"]), baseline="random").loc["same"]

    assert gain[["mean", "low", "high"]].to_list() == [0, 0, 0]
    assert gain["p"] == gain["p_holm"] == 1


def test_paired_difference_takes_seeds_that_both_have():
    table = pd.DataFrame({"random": [0.5, np.nan, 0.5], "other": [0.6, 0.1, 0.8]})

    gain = paired_difference(table, baseline="random").loc["other"]

    assert gain["n_seeds"] == 2
    assert gain["mean"] == pytest.approx(0.2)


def test_paired_difference_of_one_seed():
    table = pd.DataFrame({"random": [0.5], "margin": [0.75]})

    gain = paired_difference(table, baseline="random").loc["margin"]

    assert gain["mean"] == 0.25
    assert gain[["low", "high", "p", "p_holm"]].isna().all()
