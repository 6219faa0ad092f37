"""Distances in blocks are distances; smallest scores and ranks, and ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from skvaal._rules import measures as module
from skvaal._rules.measures import (
    count_candidates,
    iterate_squared_distances,
    mean_neighbour_distance,
    nearest_distances,
    ranks,
    smallest,
)


@pytest.fixture(params=[64, 2**24])
def block(request, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", request.param)
    return request.param


def points(n, offset=0.0):
    return (offset + np.random.RandomState(n).randn(n, 3)).astype(np.float32)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_blocks(offset, block):
    A, B = points(30, offset), points(20, offset)
    expected = np.square(A[:, None].astype(float) - B).sum(2)
    blocks = list(iterate_squared_distances(A, B))
    assert all(distances.size <= block for _, distances in blocks)
    np.testing.assert_allclose(np.concatenate([d for _, d in blocks]), expected, atol=1e-4)
    np.testing.assert_allclose(nearest_distances(A, B), expected.min(1), atol=1e-4)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("reference", [np.arange(30), np.array([0, 3, 4, 17, 29])])
@pytest.mark.parametrize("k", [1, 3, 100])
def test_a_point_is_not_its_own_neighbour(reference, k):
    Z = points(30)
    expected = []
    for row in range(30):
        others = [np.linalg.norm(Z[row] - Z[other]) for other in reference if other != row]
        expected.append(np.mean(sorted(others)[: min(k, len(reference) - 1)]))
    np.testing.assert_allclose(mean_neighbour_distance(Z, reference, k), expected, rtol=1e-4)


@pytest.mark.usefixtures("block")
def test_one_point_has_no_neighbour():
    assert mean_neighbour_distance(points(1), np.arange(1), 20).tolist() == [0.0]


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


def test_nan_is_an_error():
    with pytest.raises(ValueError, match=r"scores\[1\] is NaN"):
        smallest(np.array([0.0, np.nan]), 1, np.random.RandomState(0))


@given(st.integers(1, 20), st.floats(1, 30))
def test_candidates_are_so_many_times_the_batch(n, factor):
    assert count_candidates(n, factor, 50) == min(50, np.ceil(factor * n))


def test_the_whole_pool_are_candidates():
    assert count_candidates(3, np.inf, 50) == 50


def test_ranks():
    values = np.array([3.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(ranks(values), rankdata(values, method="max") / 4)
    np.testing.assert_array_equal(ranks(values, ties="min"), rankdata(values, method="min") / 4)
