"""One sample of each cluster."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._selection import _clusters, cluster


@pytest.fixture(params=["k-means", "mini-batches"])
def either_k_means(request, monkeypatch):
    if request.param == "mini-batches":
        monkeypatch.setattr(_clusters, "_LARGE", 0)


def blobs(n_blobs=5, size=40):
    rng = np.random.RandomState(0)
    labels = np.repeat(np.arange(n_blobs), size)
    Z = 100.0 * np.eye(n_blobs)[labels] + rng.randn(len(labels), n_blobs)
    return Z.astype(np.float32), labels, rng.randn(len(labels))


@pytest.mark.usefixtures("either_k_means")
def test_the_best_score_of_each_cluster_is_taken():
    Z, labels, scores = blobs()
    chosen = cluster(scores, Z, None, 5, np.random.RandomState(0), candidates_factor=np.inf)
    best = [np.flatnonzero(labels == k)[scores[labels == k].argmin()] for k in range(5)]
    assert chosen.tolist() == sorted(best, key=lambda row: scores[row])


def test_only_candidates_are_clustered():
    Z, labels, scores = blobs()
    scores[labels == 3] += 100
    chosen = cluster(scores, Z, None, 4, np.random.RandomState(0), candidates_factor=40)
    assert set(labels[chosen]) == {0, 1, 2, 4}


@pytest.mark.usefixtures("either_k_means")
def test_equal_samples_are_made_up_for_by_score():
    Z = np.repeat(np.float32([[0.0], [9.0]]), 10, axis=0)
    scores = np.arange(20.0)
    chosen = cluster(scores, Z, None, 5, np.random.RandomState(0), candidates_factor=np.inf)
    assert chosen.tolist() == [0, 10, 1, 2, 3]
