import itertools
import math

import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.inference import (
    cases_note,
    fewest_cases,
    friedman_p_value,
    holm,
    pairwise_p_values,
    wilcoxon_p_value,
)


def in_order(n_cases, n_strategies):
    """Areas with the same order in every case, no two differences of equal size."""
    steps = 1 + np.arange(n_cases) / 100
    return pd.DataFrame(np.outer(steps, -(np.arange(n_strategies) ** 1.5)))


@pytest.mark.parametrize("n_cases", [2, 4, 9])
def test_friedman_of_the_same_order_everywhere(n_cases):
    # The statistic is then at its largest, cases * (strategies - 1); the tail of chi-squared with
    # two degrees of freedom is exp(-x / 2).
    ranks = in_order(n_cases, 3).rank(axis="columns")

    assert friedman_p_value(ranks) == pytest.approx(math.exp(-n_cases))


def test_friedman_corrects_for_ties():
    # Rank sums 4, 7.5 and 6.5: 12 / (3 * 3 * 4) * (16 + 56.25 + 42.25) - 3 * 3 * 4 = 13 / 6,
    # over 1 - (2 ** 3 - 2) / (3 * (3 ** 3 - 3)) = 11 / 12 for one pair of ties.
    ranks = pd.DataFrame([[1, 2.5, 2.5], [1, 2, 3], [2, 3, 1]])

    assert friedman_p_value(ranks) == pytest.approx(math.exp(-13 / 6 * 12 / 11 / 2))


def test_friedman_by_hand():
    # Rank sums 5, 7 and 12: 12 / (4 * 3 * 4) * (25 + 49 + 144) - 3 * 4 * 4 = 6.5.
    ranks = pd.DataFrame([[1, 2, 3], [1, 2, 3], [2, 1, 3], [1, 2, 3]])

    assert friedman_p_value(ranks) == pytest.approx(math.exp(-6.5 / 2))


def test_friedman_of_ties_only_is_one():
    assert friedman_p_value(pd.DataFrame(np.full((5, 3), 2.0))) == 1


@pytest.mark.parametrize("shape", [(1, 5), (5, 2), (0, 3)])
def test_friedman_of_too_few_is_nan(shape):
    assert np.isnan(friedman_p_value(pd.DataFrame(np.ones(shape))))


def test_pairwise_by_hand():
    # Six cases, a ahead of b and of c in each: p = 2 / 2 ** 6. Between b and c the ranks 1, 3, 5
    # stand against 2, 4, 6. Of the 2 ** 6 sign patterns, 27 have a sum of at most 9: p = 54 / 64.
    c = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    b = c + np.array([0.001, -0.002, 0.003, -0.004, 0.005, -0.006])
    areas = pd.DataFrame({"a": c + np.array([1, 1.1, 1.2, 1.3, 1.4, 1.5]), "b": b, "c": c})

    p = pairwise_p_values(areas)

    assert p.loc["a", "b"] == p.loc["a", "c"] == pytest.approx(3 * 2 / 64)
    assert p.loc["b", "c"] == pytest.approx(54 / 64)
    assert np.diag(p).tolist() == [1, 1, 1]
    pd.testing.assert_frame_equal(p, p.T)


def test_pairwise_agrees_with_scikit_posthocs():
    posthocs = pytest.importorskip("scikit_posthocs")
    areas = pd.DataFrame(
        np.random.default_rng(0).normal([0, 0.3, 0.9, 1.5], size=(15, 4)), columns=list("abcd")
    )

    theirs = posthocs.posthoc_wilcoxon(
        areas.melt(), val_col="value", group_col="variable", p_adjust="holm"
    )

    np.testing.assert_allclose(pairwise_p_values(areas), theirs)


def test_pairwise_does_not_depend_on_others_but_by_their_number():
    # In a test of mean ranks, what lies between two strategies moves them apart.
    areas = in_order(8, 4)
    other = areas.assign(**{"0": 0}).set_axis(list("abcde"), axis="columns")
    moved = other.assign(e=-100.0)

    first, second = pairwise_p_values(other), pairwise_p_values(moved)

    pd.testing.assert_frame_equal(first.loc["a":"d", "a":"d"], second.loc["a":"d", "a":"d"])


def test_equal_strategies_do_not_differ():
    areas = in_order(6, 2)

    assert pairwise_p_values(areas.assign(twin=areas[1])).loc[1, "twin"] == 1


def test_pairwise_of_one_case_is_nan():
    p = pairwise_p_values(in_order(1, 3))

    assert np.isnan(p.to_numpy()[np.triu_indices(3, k=1)]).all()


@pytest.mark.parametrize("n_strategies", [2, 3, 5, 20])
def test_fewest_cases_are_enough_and_one_less_is_not(n_strategies):
    fewest = fewest_cases(n_strategies)

    def smallest(n_cases):
        # One pair differs in every case, and Holm's factor is that of all pairs.
        p = np.ones(math.comb(n_strategies, 2))
        p[0] = wilcoxon_p_value(np.arange(1, n_cases + 1))
        return holm(p)[0]

    assert smallest(fewest) < 0.05 <= smallest(fewest - 1)


def test_note_names_the_limit_until_there_are_enough():
    notes = [cases_note(n, 5) for n in (1, 8, 9)]

    assert notes[0].startswith("1 case cannot")
    assert "8 cases" in notes[1]
    assert "at least 9" in notes[1]
    assert notes[2] == ""


def test_more_strategies_take_more_cases():
    fewest = [fewest_cases(n) for n in range(2, 25)]

    assert all(one <= other for one, other in itertools.pairwise(fewest))
    assert fewest_cases(5, level=0.01) > fewest_cases(5)
