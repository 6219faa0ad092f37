"""Distances in blocks are distances."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._selection import _distances
from skvaal._selection._distances import (
    blocks_of_squared_distances,
    mean_neighbour_distance,
    nearest_distances,
)


@pytest.fixture(autouse=True, params=[64, 2**24])
def block(request, monkeypatch):
    monkeypatch.setattr(_distances, "_BLOCK", request.param)
    return request.param


def points(n, offset=0.0):
    return (offset + np.random.RandomState(n).randn(n, 3)).astype(np.float32)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_blocks(offset, block):
    A, B = points(30, offset), points(20, offset)
    expected = np.square(A[:, None].astype(float) - B).sum(2)
    blocks = list(blocks_of_squared_distances(A, B))
    assert all(distances.size <= block for _, distances in blocks)
    np.testing.assert_allclose(np.concatenate([d for _, d in blocks]), expected, atol=1e-4)
    np.testing.assert_allclose(nearest_distances(A, B), expected.min(1), atol=1e-4)


@pytest.mark.parametrize("reference", [np.arange(30), np.array([0, 3, 4, 17, 29])])
@pytest.mark.parametrize("k", [1, 3, 100])
def test_a_point_is_not_its_own_neighbour(reference, k):
    Z = points(30)
    expected = []
    for row in range(30):
        others = [np.linalg.norm(Z[row] - Z[other]) for other in reference if other != row]
        expected.append(np.mean(sorted(others)[: min(k, len(reference) - 1)]))
    np.testing.assert_allclose(mean_neighbour_distance(Z, reference, k), expected, rtol=1e-4)


def test_one_point_has_no_neighbour():
    assert mean_neighbour_distance(points(1), np.arange(1), 20).tolist() == [0.0]
