"""Greedy k-centre: against brute force, and its guarantee."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from skvaal import KCenter
from tests.rules.candidates import choose, select

WHOLE_POOL = KCenter(candidates_factor=np.inf)


def brute_force(Z, Z_labeled, n):
    """Farthest first, every distance computed anew in float64; no ties in random points."""
    taken, centres, farthest = [], list(Z_labeled.astype(float)), []
    for _ in range(n):
        distances = [
            min(np.linalg.norm(z - c) for c in centres) if i not in taken else -1
            for i, z in enumerate(Z.astype(float))
        ]
        taken.append(int(np.argmax(distances)))
        farthest.append(max(distances))
        centres.append(Z[taken[-1]].astype(float))
    return taken, farthest


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_it_is_farthest_first(seed, offset):
    rng = np.random.RandomState(seed)
    Z, Z_labeled = (offset + rng.randn(n, 3).astype(np.float32) for n in (40, 7))
    choice = choose(WHOLE_POOL, 12, scores=rng.randn(40), Z=Z, labeled_coordinates=Z_labeled)
    expected, distances = brute_force(Z, Z_labeled, 12)
    assert choice.indices.tolist() == expected
    np.testing.assert_allclose(choice.values, distances, rtol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_its_radius_is_at_most_twice_the_best(seed):
    rng = np.random.RandomState(seed)
    Z = rng.randn(10, 2).astype(np.float32)
    distances = np.linalg.norm(Z[:, None] - Z, axis=2)
    best = min(distances[list(rows)].min(axis=0).max() for rows in combinations(range(10), 3))
    chosen = select(WHOLE_POOL, 3, scores=rng.randn(10), Z=Z, seed=rng)
    assert distances[chosen].min(axis=0).max() <= 2 * best


def test_without_labelled_samples_the_smallest_score_comes_first():
    Z = np.random.RandomState(0).randn(20, 2).astype(np.float32)
    choice = choose(KCenter(), 2, scores=np.arange(20.0)[::-1], Z=Z, keep_utilities=True)
    assert choice.indices[0] == 19
    largest = np.linalg.norm(Z - Z[19], axis=1).max()
    np.testing.assert_allclose(choice.values, largest, rtol=1e-6)
    # In the order of the scores.
    assert np.argsort(choice.utilities[0]).tolist() == list(range(20))


# One of the candidates is labelled.
@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")
def test_only_candidates_are_taken():
    Z = np.float32([[0], [1], [2], [50], [99]])
    given = {"scores": np.array([0.0, 1.0, 2.0, 3.0, 4.0]), "Z": Z, "labeled_coordinates": Z[:1]}
    choice = choose(KCenter(candidates_factor=1.5), 2, **given, keep_utilities=True)
    assert choice.indices.tolist() == [2, 1]
    np.testing.assert_array_equal(choice.utilities[0], [0, 1, 2, -np.inf, -np.inf])
    for factor in (1, 1.0):
        assert set(select(KCenter(candidates_factor=factor), 3, **given)) == {0, 1, 2}
