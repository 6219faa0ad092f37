"""Smallest scores, and ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvaal._selection import draw_with_every_class, smallest


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.data())
def test_smallest_agrees_with_sorting(values, data):
    scores = np.array(values, dtype=float)
    n = data.draw(st.integers(1, len(scores)))
    chosen = smallest(scores, n, np.random.RandomState(0))
    assert len(set(chosen.tolist())) == n
    assert scores[chosen].tolist() == sorted(values)[:n]


def test_ties_are_broken_at_random_and_repeatably():
    scores = np.zeros(100)
    draws = [tuple(smallest(scores, 5, np.random.RandomState(seed))) for seed in (0, 0, 1)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    # Every sample has the same chance, the first rows no more than the others.
    counts = np.bincount(
        np.concatenate([smallest(scores, 5, np.random.RandomState(s)) for s in range(2000)]),
        minlength=100,
    )
    assert counts.mean() == pytest.approx(100)
    assert counts.min() > 60
    assert counts.max() < 140


@given(st.integers(1, 6), st.integers(0, 30), st.integers(0, 100))
def test_a_start_has_every_class_and_no_row_twice(n_classes, n_more, seed):
    y = np.r_[np.zeros(50, int), np.arange(n_classes)]
    n = min(n_classes + n_more, len(y))
    for rng in (np.random.RandomState(seed), np.random.default_rng(seed)):
        rows = draw_with_every_class(y, n, rng)
        assert len(set(rows.tolist())) == n
        assert set(y[rows]) == set(range(n_classes))
