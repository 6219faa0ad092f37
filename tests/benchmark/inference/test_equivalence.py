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


# What baycomp 1.0.3 draws, 200,000 times.
@pytest.mark.parametrize(
    ("differences", "expected"),
    [(SEEDS, (0.672415, 0.327585, 0.0)), (CASES, (0.14167, 0.683575, 0.174755))],
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
