"""Greedy k-centre: against brute force, and its guarantee."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvaal._selection import k_center
from skvaal._selection._ranking import candidates

NO_LABELED = np.empty((0, 2), np.float32)


def brute_force(Z, Z_labeled, n):
    """Farthest first, every distance computed anew in float64; no ties in random points."""
    taken, centres = [], list(Z_labeled.astype(float))
    for _ in range(n):
        distances = [
            min(np.linalg.norm(z - c) for c in centres) if i not in taken else -1
            for i, z in enumerate(Z.astype(float))
        ]
        taken.append(int(np.argmax(distances)))
        centres.append(Z[taken[-1]].astype(float))
    return taken


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_it_is_farthest_first(seed, offset):
    rng = np.random.RandomState(seed)
    Z, Z_labeled = (offset + rng.randn(n, 3).astype(np.float32) for n in (40, 7))
    chosen = k_center(
        rng.randn(40), Z, Z_labeled, 12, np.random.RandomState(0), candidates_factor=np.inf
    )
    assert chosen.tolist() == brute_force(Z, Z_labeled, 12)


@pytest.mark.parametrize("seed", range(5))
def test_its_radius_is_at_most_twice_the_best(seed):
    rng = np.random.RandomState(seed)
    Z = rng.randn(10, 2).astype(np.float32)
    distances = np.linalg.norm(Z[:, None] - Z, axis=2)
    best = min(distances[list(rows)].min(axis=0).max() for rows in combinations(range(10), 3))
    chosen = k_center(rng.randn(10), Z, NO_LABELED, 3, rng, candidates_factor=np.inf)
    assert distances[chosen].min(axis=0).max() <= 2 * best


def test_without_labelled_samples_the_smallest_score_comes_first():
    Z = np.random.RandomState(0).randn(20, 2).astype(np.float32)
    scores = np.arange(20.0)[::-1]
    assert k_center(scores, Z, NO_LABELED, 2, np.random.RandomState(0))[0] == 19


def test_only_candidates_are_taken():
    Z = np.float32([[0], [1], [2], [50], [99]])
    scores = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    chosen = k_center(scores, Z, Z[:1], 2, np.random.RandomState(0), candidates_factor=1.5)
    assert chosen.tolist() == [2, 1]
    for factor in (1, 1.0):
        chosen = k_center(scores, Z, Z[:1], 3, np.random.RandomState(0), candidates_factor=factor)
        assert set(chosen) == {0, 1, 2}


@given(st.integers(1, 20), st.floats(1, 30))
def test_candidates_are_the_smallest_scores(n, factor):
    scores = np.random.RandomState(0).randn(50)
    rows = candidates(scores, n, factor, np.random.RandomState(0))
    assert len(rows) == min(50, np.ceil(factor * n))
    np.testing.assert_array_equal(scores[rows], np.sort(scores)[: len(rows)])
