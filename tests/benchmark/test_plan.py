from dataclasses import replace

import numpy as np
import pytest

from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol


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


@pytest.mark.parametrize(("factor", "batch", "rounds"), [(0.5, 20, 8), (1, 40, 4), (4, 160, 1)])
def test_batch_of_a_protocol_keeps_the_budget(factor, batch, rounds):
    plan = Plan(batch=40, rounds=4).under(Protocol(batch_factor=factor))

    assert (plan.batch, plan.rounds, plan.budget) == (batch, rounds, 180)


@pytest.mark.parametrize(("factor", "rounds"), [(3, 4), (0.01, 4), (2, 3)])
def test_batch_that_cannot_spend_the_budget(rows, factor, rounds):
    protocol = Protocol(name="sweep", batch_factor=factor)

    with pytest.raises(
        ValueError, match=f"'sweep' multiplies batch=5 by batch_factor={factor}; rounds={rounds}"
    ):
        Plan(batch=5, rounds=rounds).check(rows, protocol)


def test_class_without_a_sample_is_named(rows):
    data = replace(rows, classes=("a", "b", "c", "d"))

    with pytest.raises(ValueError, match="rows: class 'd' has no sample; it needs 2 or more"):
        Plan().check(data)


def test_class_of_one_sample_cannot_be_split(rows):
    data = replace(rows, X=rows.X[:95], y=rows.y[:95])  # one of class c

    with pytest.raises(ValueError, match="rows: class 'c' has 1 sample"):
        Plan().check(data)


def test_start_without_classes_needs_two_left(rows):
    protocol = Protocol(name="biased", missing_classes=0.6)

    with pytest.raises(ValueError, match="'biased' leaves 2 of the 3 classes of rows without"):
        Plan(rounds=1).check(rows, protocol)


def test_missing_classes_need_no_label_at_the_start(rows):
    Plan(initial=2, rounds=1).check(rows, Protocol(missing_classes=0.3))
