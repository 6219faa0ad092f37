"""Damped weights: against the formula, written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from skvaal._selection import _greedy, greedy
from skvaal._selection._ranking import ranks


def written_out(scores, Z, n, a, t, k, bandwidth):
    """The formula in float64, on the whole matrix of distances."""
    Z = Z.astype(float)
    distances = np.linalg.norm(Z[:, None] - Z, axis=2)
    typicality = 1 / np.sort(distances, axis=1)[:, 1 : k + 1].mean(axis=1)
    w = (rankdata(-scores) / len(Z)) ** a * (rankdata(typicality) / len(Z)) ** t
    h = bandwidth * Z.var(axis=0).sum()
    chosen = []
    for _ in range(n):
        chosen.append(int(w.argmax()))
        w = w * (1 - np.exp(-(distances[chosen[-1]] ** 2) / (2 * h)))
    return chosen


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("a", "t"), [(0.5, 1.0), (0.0, 1.0), (2.0, 0.0)])
def test_it_is_the_formula(seed, a, t):
    rng = np.random.RandomState(seed)
    Z, scores = rng.randn(60, 3).astype(np.float32), rng.randn(60)
    chosen = greedy(
        scores, Z, None, 15, rng, score_power=a, typicality_power=t, n_neighbors=7, bandwidth=0.2
    )
    assert chosen.tolist() == written_out(scores, Z, 15, a, t, k=7, bandwidth=0.2)


def test_typicality_keeps_outliers_out():
    rng = np.random.RandomState(0)
    Z = np.r_[rng.randn(400, 2), 8 + rng.rand(3, 2)].astype(np.float32)
    scores = np.r_[np.zeros(400), [-10.0] * 3]
    assert not {400, 401, 402} & set(greedy(scores, Z, None, 20, rng))
    assert {400, 401, 402} & set(greedy(scores, Z, None, 20, rng, typicality_power=0))


def test_a_large_pool_is_cut_to_candidates_and_a_reference(monkeypatch):
    rng = np.random.RandomState(0)
    Z = np.repeat(np.eye(4), 500, axis=0).astype(np.float32)
    Z += 0.01 * rng.randn(*Z.shape).astype(np.float32)
    full = greedy(np.zeros(2000), Z, None, 4, np.random.RandomState(0))
    monkeypatch.setattr(_greedy, "_MAX_REFERENCE", 400)
    monkeypatch.setattr(_greedy, "_MIN_CANDIDATES", 1500)
    cut = greedy(np.zeros(2000), Z, None, 4, np.random.RandomState(0))
    assert sorted(full // 500) == sorted(cut // 500) == [0, 1, 2, 3]
    # The largest weights stay.
    scores = np.arange(2000.0)
    monkeypatch.setattr(_greedy, "_MIN_CANDIDATES", 7)
    chosen = greedy(scores, Z, None, 7, rng, typicality_power=0, candidates_factor=1)
    assert set(chosen) == set(range(7))


def test_many_choices_do_not_run_out_of_weight():
    # In plain numbers the weights would be 0 after some 40 choices out of one spot.
    Z = (1e-4 * np.random.RandomState(0).randn(300, 2)).astype(np.float32)
    Z[0] = 1
    chosen = greedy(np.zeros(300), Z, None, 299, np.random.RandomState(0))
    assert len(set(chosen.tolist())) == 299


def test_ranks():
    values = np.array([3.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(ranks(values), rankdata(values, method="max") / 4)
    np.testing.assert_array_equal(ranks(values, ties="min"), rankdata(values, method="min") / 4)


def test_uncertainty_is_a_factor_of_the_weight():
    rng = np.random.RandomState(0)
    Z, scores, unsure = rng.randn(80, 3).astype(np.float32), rng.randn(80), rng.rand(80)
    # rank(-score) ** 1 * rank(u) ** 2 is one choice, without damping, of the product's maximum.
    chosen = greedy(
        scores, Z, None, 1, rng, score_power=1, typicality_power=0,
        uncertainty=unsure, uncertainty_power=2,
    )  # fmt: skip
    assert chosen.tolist() == [int(np.argmax(ranks(-scores) * ranks(unsure) ** 2))]
    alone = greedy(scores, Z, None, 9, np.random.RandomState(0))
    without = greedy(
        scores, Z, None, 9, np.random.RandomState(0), uncertainty=unsure, uncertainty_power=0
    )
    np.testing.assert_array_equal(alone, without)
