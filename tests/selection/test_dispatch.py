"""What every way to select must hold to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvaal._selection import SELECTIONS, check_batch, smallest, stochastic, takes_uncertainty

EVERY = pytest.mark.parametrize("select", SELECTIONS.values(), ids=SELECTIONS)
NO_LABELED = np.empty((0, 2), np.float32)


@EVERY
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_rows_are_distinct_and_repeatable(select, data):
    # From a few points, so that most samples have duplicates.
    rows = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
    n = data.draw(st.integers(1, len(rows)))
    n_labeled = data.draw(st.integers(0, 3))
    points = np.random.RandomState(0).randn(6, 2).astype(np.float32)
    Z, scores = points[rows], points[rows].sum(axis=1)
    chosen = [select(scores, Z, points[:n_labeled], n, np.random.RandomState(3)) for _ in range(2)]
    np.testing.assert_array_equal(*chosen)
    np.testing.assert_array_equal(check_batch(chosen[0], n, len(rows)), chosen[0])


@EVERY
def test_the_whole_pool(select):
    Z = np.random.RandomState(0).randn(30, 2).astype(np.float32)
    chosen = select(Z[:, 0], Z, NO_LABELED, 30, np.random.RandomState(0))
    assert sorted(chosen) == list(range(30))


@EVERY
def test_input_is_not_changed(select):
    Z = np.random.RandomState(0).randn(30, 2).astype(np.float32)
    scores = Z[:, 0].copy()
    before = scores.copy(), Z.copy()
    select(scores, Z, Z[:3], 5, np.random.RandomState(0))
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(Z, before[1])


@pytest.mark.parametrize("name", ["topk", "k_center", "cluster", "greedy"])
def test_the_order_of_the_pool_does_not_matter(name):
    rng = np.random.RandomState(0)
    Z, scores = rng.randn(80, 4).astype(np.float32), rng.randn(80)
    order = rng.permutation(80)
    chosen = SELECTIONS[name](scores, Z, Z[:0], 10, np.random.RandomState(0))
    shuffled = SELECTIONS[name](scores[order], Z[order], Z[:0], 10, np.random.RandomState(0))
    assert order[shuffled].tolist() == chosen.tolist()


@EVERY
def test_equal_samples_are_ordered_by_chance(select):
    Z = np.zeros((50, 2), np.float32)
    draws = [
        select(np.zeros(50), Z, NO_LABELED, 3, np.random.RandomState(seed)).tolist()
        for seed in (0, 1)
    ]
    assert draws[0] != draws[1]


def test_stochastic_draws_with_the_right_probabilities():
    scores = np.log([4.0, 2.0, 1.0])
    draws = np.array(
        [stochastic(scores, None, None, 2, np.random.RandomState(seed)) for seed in range(4000)]
    )
    # Without replacement: P(first) is 1/7, 2/7, 4/7; P(second 1 | first 2) is 2/3.
    first = np.bincount(draws[:, 0], minlength=3) / 4000
    np.testing.assert_allclose(first, np.array([1, 2, 4]) / 7, atol=0.03)
    after_2 = draws[draws[:, 0] == 2, 1]
    assert (after_2 == 1).mean() == pytest.approx(2 / 3, abs=0.04)


def test_temperature_goes_from_top_k_to_chance():
    scores = np.arange(100.0)
    cold = stochastic(scores, None, None, 10, np.random.RandomState(0), temperature=1e-3)
    assert cold.tolist() == smallest(scores, 10, np.random.RandomState(0)).tolist()
    hot = stochastic(scores, None, None, 10, np.random.RandomState(0), temperature=1e9)
    assert hot.max() > 50


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1.0, 2.0], "2 integers"),
        ([1], r"shape \(2,\)"),
        ([1, 1], "different rows"),
        ([0, 5], "from 0 to 4"),
        ([-1, 0], "from 0 to 4"),
    ],
)
def test_batches_of_a_callable_are_checked(answer, message):
    with pytest.raises(ValueError, match=message):
        check_batch(answer, 2, 5)


def test_who_takes_an_uncertainty():
    def with_it(scores, Z, Z_labeled, n, random_state, *, uncertainty):
        return np.arange(n)

    assert takes_uncertainty(with_it)
    assert not takes_uncertainty(lambda scores, Z, Z_labeled, n, random_state: np.arange(n))
    for name, function in SELECTIONS.items():
        assert takes_uncertainty(name) == takes_uncertainty(function)
