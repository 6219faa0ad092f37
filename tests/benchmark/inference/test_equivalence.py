import numpy as np
import pytest

from skvaal.benchmark.inference import equivalence, equivalence_over_cases

SEEDS = [0.004, 0.011, -0.002, 0.009, 0.007, 0.013, 0.001, 0.006]
CASES = [0.02, -0.01, 0.003, 0.004, -0.03, 0.0, 0.006]


# What baycomp 1.0.3 computes; its correlation is 1 / (number of folds).
@pytest.mark.parametrize(
    ("n_folds", "expected"),
    [
        (8, (0.6607812297538985, 0.33738264814272956, 0.0018361221033718893)),
        (4, (0.624682197843873, 0.3684719202590947, 0.006845881897032333)),
    ],
)
def test_t_test_is_that_of_baycomp(n_folds, expected):
    assert equivalence(SEEDS, correlation=1 / n_folds) == pytest.approx(expected)


# What baycomp 1.0.3 draws, 200,000 times, of differences of which no pair lies on an edge: there it
# is off by rounding.
@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.004, 0.011, -0.002, 0.0092, 0.007, 0.013, 0.001, 0.0063], (0.742845, 0.257155, 0.0)),
        ([0.021, -0.0102, 0.003, 0.0043, -0.0305, 0.0, 0.0062], (0.21346, 0.553985, 0.232555)),
    ],
)
def test_signed_rank_test_is_that_of_baycomp(differences, expected):
    assert equivalence_over_cases(differences) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
def test_probabilities_sum_to_one_and_turn_with_the_sign(test):
    found, turned = test(CASES), test(np.negative(CASES))

    assert sum(found) == pytest.approx(1)
    assert found == pytest.approx((turned.worse, turned.equivalent, turned.better), abs=0.01)


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
@pytest.mark.parametrize(
    ("difference", "expected"),
    [(0.01, (1, 0, 0)), (-0.01, (0, 0, 1)), (0.0, (0, 1, 0)), (0.002, (0, 1, 0))],
)
def test_differences_that_are_all_the_same_leave_no_doubt(test, difference, expected):
    assert test([difference] * 12) == pytest.approx(expected, abs=1e-3)


def test_the_edge_of_the_region_is_no_difference():
    assert equivalence([0.005] * 3).equivalent == 1


def test_pairs_on_the_edge_count_alike():
    found = [equivalence_over_cases([0.005 - d, 0.005 + d]) for d in (0.001, 0.002, 0.003, 0.004)]
    assert found == [found[0]] * 4


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
def test_without_a_width_equal_is_equivalent(test):
    assert test([0.0] * 5, rope=0) == (0, 1, 0)
    assert test([0.01] * 30, rope=0) == pytest.approx((1, 0, 0), abs=1e-3)


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
@pytest.mark.parametrize("differences", [[], [0.1], [0.1, np.nan], [np.nan, np.nan]])
def test_one_difference_tells_nothing(test, differences):
    assert np.isnan(test(differences)).all()


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
def test_missing_differences_do_not_count(test):
    assert test([*CASES, np.nan]) == test(CASES)


def test_more_seeds_leave_less_doubt():
    assert equivalence(SEEDS * 4).better > equivalence(SEEDS).better > 0.5


@pytest.mark.parametrize("test", [equivalence, equivalence_over_cases])
@pytest.mark.parametrize("rope", [-0.1, np.nan])
def test_region_without_a_width_is_refused(test, rope):
    with pytest.raises(ValueError, match=r"rope=.* must be at least 0"):
        test(CASES, rope=rope)


@pytest.mark.parametrize("correlation", [-0.1, 1.0, np.nan])
def test_correlation_that_is_none_is_refused(correlation):
    with pytest.raises(ValueError, match=r"correlation=.* must be at least 0 and below 1"):
        equivalence(CASES, correlation=correlation)
