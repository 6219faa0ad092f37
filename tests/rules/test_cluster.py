"""One sample of each cluster."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal import ArbitraryChoiceWarning, Cluster
from skvaal._rules import cluster as module
from tests.rules.candidates import choose, select

WHOLE_POOL = Cluster(candidates_factor=np.inf)


@pytest.fixture(params=["k-means", "mini-batches"])
def either_k_means(request, monkeypatch):
    if request.param == "mini-batches":
        monkeypatch.setattr(module, "_LARGE", 0)


def blobs(n_blobs=5, size=40):
    rng = np.random.RandomState(0)
    labels = np.repeat(np.arange(n_blobs), size)
    Z = 100.0 * np.eye(n_blobs)[labels] + rng.randn(len(labels), n_blobs)
    return Z.astype(np.float32), labels, rng.randn(len(labels))


@pytest.mark.usefixtures("either_k_means")
def test_the_best_score_of_each_cluster_is_taken():
    Z, labels, scores = blobs()
    chosen = select(WHOLE_POOL, 5, scores=scores, Z=Z)
    best = [np.flatnonzero(labels == k)[scores[labels == k].argmin()] for k in range(5)]
    assert chosen.tolist() == sorted(best, key=lambda row: scores[row])


def test_only_candidates_are_clustered():
    Z, labels, scores = blobs()
    scores[labels == 3] += 100
    chosen = select(Cluster(candidates_factor=40), 4, scores=scores, Z=Z)
    assert set(labels[chosen]) == {0, 1, 2, 4}


@pytest.mark.usefixtures("either_k_means")
def test_equal_samples_are_made_up_for_by_score():
    Z = np.repeat(np.float32([[0.0], [9.0]]), 10, axis=0)
    with pytest.warns(ArbitraryChoiceWarning, match="3 of the 5 chosen samples add nothing"):
        choice = choose(WHOLE_POOL, 5, scores=np.arange(20.0), Z=Z, keep_utilities=True)
    assert choice.indices.tolist() == [0, 10, 1, 2, 3]
    assert choice.values.tolist() == [0, 10, 1, 2, 3]
    assert np.nanargmax(choice.utilities, axis=1).tolist() == [0, 10, 1, 2, 3]


def test_a_cluster_that_was_taken_from_is_closed():
    Z, labels, scores = blobs(n_blobs=3)
    choice = choose(WHOLE_POOL, 3, scores=scores, Z=Z, keep_utilities=True)
    assert np.isfinite(choice.utilities[0]).all()
    closed = labels == labels[choice.indices[0]]
    np.testing.assert_array_equal(np.isfinite(choice.utilities[1]), ~closed)


def test_coordinates_are_not_read_where_every_candidate_is_taken():
    scores = np.array([3.0, 1.0, 2.0])
    assert select(Cluster(candidates_factor=1), 2, scores=scores).tolist() == [1, 2]
