import numpy as np
import pytest

from skvaal.benchmark.plan import Plan


def test_budget_counts_the_start_and_every_batch():
    assert Plan(initial=20, batch=5, rounds=3).budget == 35


@pytest.mark.parametrize(("test_fraction", "available"), [(0.3, 70), (0.255, 74)])
def test_available_is_what_the_test_split_leaves(rows, test_fraction, available):
    assert Plan(test_fraction=test_fraction).n_available(rows) == available


@pytest.mark.parametrize("argument", ["n_seeds", "rounds", "batch", "initial", "pool_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True])
def test_counts_must_be_positive_whole_numbers(rows, argument, value):
    plan = Plan(**{argument: value})

    with pytest.raises(ValueError, match=f"{argument}={value!r} must be a whole number"):
        plan.check(rows)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"initial": 2}, "initial=2 is less than the 3 classes of rows.*use initial=3"),
        ({"pool_size": 71}, "pool_size=71 is more than the 70 samples.*use 70 or less"),
        ({"rounds": 3, "batch": 20}, "ask for 80 labels.*pool_size=70 samples; lower initial"),
        ({"rounds": 1, "batch": 20, "pool_size": 39}, "ask for 40 labels.*pool_size=39"),
        ({"test_fraction": 1.0}, "test_fraction=1.0 must lie between 0 and 1"),
    ],
)
def test_impossible_plan_says_the_way_out(rows, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        Plan(**arguments).check(rows)


@pytest.mark.parametrize("arguments", [{"rounds": 1}, {"rounds": np.int64(1), "pool_size": 60}])
def test_plan_that_fits_passes(rows, arguments):
    Plan(**arguments).check(rows)
