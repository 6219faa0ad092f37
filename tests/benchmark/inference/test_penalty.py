import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.inference import penalty_matrix, untested


def records_of(accuracy, *, data="made-up"):
    """Records from {strategy: an accuracy for each seed and budget}, budgets 20, 40, ..."""
    return pd.DataFrame(
        [
            {"data": data, "strategy": name, "seed": s, "n_labeled": 20 * (b + 1), "accuracy": a}
            for name, table in accuracy.items()
            for s, row in enumerate(table)
            for b, a in enumerate(row)
        ]
    )


def penalty_records():
    start = 0.1
    return records_of(
        {
            "a": [[start, 0.60, 0.70], [start, 0.62, 0.73], [start, 0.64, 0.70]],
            "b": [[start, 0.50, 0.69], [start, 0.53, 0.70], [start, 0.55, 0.71]],
            "c": [[start, 0.50, 0.80], [start, 0.53, 0.82], [start, 0.55, 0.81]],
        }
    )


def test_penalty_matrix_by_hand():
    # t = mean / (deviation / sqrt 3), to be compared with t(0.975, 2 degrees) = 4.303.
    # At 40: a - b = a - c = 0.10, 0.09, 0.09: 0.0933 / (0.00577 / 1.732) = 28: a beats b and c;
    #        b - c = 0: no.
    # At 60: a - b = 0.01, 0.03, -0.01: 0.01 / (0.02 / 1.732) = 0.87: no.
    #        c - a = 0.10, 0.09, 0.11: 0.10 / (0.01 / 1.732) = 17: c beats a.
    #        c - b = 0.11, 0.12, 0.10: 0.11 / (0.01 / 1.732) = 19: c beats b.
    # Each is worth 1 / 2; the start at 20 does not count.
    penalty = penalty_matrix(penalty_records())

    names = ["a", "b", "c"]
    expected = pd.DataFrame(
        [[0, 0.5, 0.5], [0, 0, 0], [0.5, 0.5, 0]], index=names, columns=names, dtype=float
    )
    pd.testing.assert_frame_equal(penalty, expected)


def test_penalty_test_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    tables = {name: np.c_[np.full(5, 0.1), rng.normal(size=(5, 40))] for name in "ab"}
    p = stats.ttest_rel(tables["a"], tables["b"])[1][1:]
    sign = np.sign((tables["a"] - tables["b"]).mean(axis=0))[1:]

    for level in (0.05, 0.5):
        penalty = penalty_matrix(records_of(tables), level=level)

        assert penalty.loc["a", "b"] == pytest.approx(np.mean((p < level) & (sign > 0)))
        assert penalty.loc["b", "a"] == pytest.approx(np.mean((p < level) & (sign < 0)))


def test_penalties_add_up_over_data_sets():
    one = penalty_records()

    penalty = penalty_matrix(pd.concat([one, one.assign(data="other")]))

    pd.testing.assert_frame_equal(penalty, 2 * penalty_matrix(one))


@pytest.mark.parametrize(
    ("n_seeds", "level", "beats"),
    [(2, 0.05, 0), (5, 0.05, 0), (6, 0.05, 1), (6, 0.03, 0), (7, 0.03, 1), (2, 0.6, 1)],
)
def test_the_same_gain_in_every_seed_beats_by_the_sign_test(n_seeds, level, beats):
    # p is 2 / 2 ** n_seeds: 0.5 for 2, 0.0625 for 5, 0.03125 for 6, 0.015625 for 7
    accuracy = [[0.1, 0.5 + 0.03 * seed] for seed in range(n_seeds)]
    better = [[start, end + 0.1] for start, end in accuracy]

    penalty = penalty_matrix(records_of({"better": better, "worse": accuracy}), level=level)

    assert penalty.to_numpy().tolist() == [[0, beats], [0, 0]]


def test_equal_strategies_beat_each_other_no_more_often_than_the_level():
    # Of two seeds on 30 samples a tenth have equal differences, by chance.
    rng = np.random.default_rng(0)
    tables = {name: np.c_[[0.5, 0.5], rng.binomial(3, 0.5, (2, 400)) / 30] for name in "ab"}

    penalty = penalty_matrix(records_of(tables))

    assert penalty.to_numpy().sum() <= 0.05


def test_a_planned_budget_that_no_run_came_to_is_not_tested():
    one = penalty_records().assign(protocol="standard", planned_budgets=3)

    early = penalty_matrix(one[one["n_labeled"] < 60])

    pd.testing.assert_frame_equal(penalty_matrix(one), penalty_matrix(penalty_records()))
    assert np.diag(early).tolist() == [0, 0, 0]
    assert early.isna().to_numpy().sum() == 6


def test_a_start_alone_tests_nothing():
    one = penalty_records()

    penalty = penalty_matrix(one[one["n_labeled"] == 20])

    assert untested(penalty) == ["a", "b", "c"]


def test_nobody_beats_with_one_seed():
    penalty = penalty_matrix(records_of({"a": [[0.1, 0.9]], "b": [[0.1, 0.2]]}))

    assert np.diag(penalty).tolist() == [0, 0]
    assert penalty.isna().to_numpy().sum() == 2


def test_penalty_of_a_strategy_that_lacks_a_data_set_is_nan():
    one, other = penalty_records(), penalty_records().assign(data="other")

    penalty = penalty_matrix(pd.concat([one, other[other["strategy"] != "c"]]))

    assert penalty["c"].isna().to_list() == [True, True, False]
    assert penalty.loc["a", "b"] == 1.0


def test_protocols_of_one_data_set_are_compared_apart():
    one = penalty_records()
    names = {"a": "b", "b": "a"}
    swapped = one.assign(strategy=one["strategy"].replace(names), protocol="biased_start")

    penalty = penalty_matrix(pd.concat([one.assign(protocol="standard"), swapped]))

    # a beats b by half of the budgets under one protocol, b beats a under the other.
    assert penalty.loc["a", "b"] == penalty.loc["b", "a"] == 0.5


def test_budgets_that_no_run_came_to_take_no_memory():
    records = penalty_records()

    penalty = penalty_matrix(records.assign(planned_budgets=10**15))

    assert np.isnan(penalty.to_numpy()[~np.eye(3, dtype=bool)]).all()
    assert (np.diag(penalty) == 0).all()
