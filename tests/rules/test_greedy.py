"""Damped weights: against the formula, written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from skvaal import Greedy
from skvaal._rules import greedy as module
from skvaal._rules.measures import ranks
from tests.rules.candidates import choose, select


def written_out(scores, Z, n, a, t, k, bandwidth):
    """The formula in float64, on the whole matrix of distances."""
    Z = Z.astype(float)
    distances = np.linalg.norm(Z[:, None] - Z, axis=2)
    typicality = 1 / np.sort(distances, axis=1)[:, 1 : k + 1].mean(axis=1)
    w = (rankdata(-scores) / len(Z)) ** a * (rankdata(typicality) / len(Z)) ** t
    h = bandwidth * Z.var(axis=0).sum()
    chosen, weights = [], []
    for _ in range(n):
        chosen.append(int(w.argmax()))
        weights.append(w.max())
        w = w * (1 - np.exp(-(distances[chosen[-1]] ** 2) / (2 * h)))
    return chosen, weights


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("a", "t"), [(0.5, 1.0), (0.0, 1.0), (2.0, 0.0)])
def test_it_is_the_formula(seed, a, t):
    rng = np.random.RandomState(seed)
    Z, scores = rng.randn(60, 3).astype(np.float32), rng.randn(60)
    rule = Greedy(score_power=a, typicality_power=t, n_neighbors=7, bandwidth=0.2)
    choice = choose(rule, 15, scores=scores, Z=Z, seed=rng)
    expected, weights = written_out(scores, Z, 15, a, t, k=7, bandwidth=0.2)
    assert choice.indices.tolist() == expected
    np.testing.assert_allclose(choice.values, weights, rtol=1e-3)


def test_typicality_keeps_outliers_out():
    rng = np.random.RandomState(0)
    Z = np.r_[rng.randn(400, 2), 8 + rng.rand(3, 2)].astype(np.float32)
    given = {"scores": np.r_[np.zeros(400), [-10.0] * 3], "Z": Z, "seed": rng}
    assert not {400, 401, 402} & set(select(Greedy(), 20, **given))
    assert {400, 401, 402} & set(select(Greedy(typicality_power=0), 20, **given))


def test_a_large_pool_is_cut_to_candidates_and_a_reference(monkeypatch):
    rng = np.random.RandomState(0)
    Z = np.repeat(np.eye(4), 500, axis=0).astype(np.float32)
    Z += 0.01 * rng.randn(*Z.shape).astype(np.float32)
    full = select(Greedy(), 4, Z=Z)
    monkeypatch.setattr(module, "_MAX_REFERENCE", 400)
    monkeypatch.setattr(module, "_MIN_CANDIDATES", 1500)
    cut = choose(Greedy(), 4, Z=Z, keep_utilities=True)
    assert sorted(full // 500) == sorted(cut.indices // 500) == [0, 1, 2, 3]
    assert np.isneginf(cut.utilities[0]).sum() == 500
    # The largest weights stay.
    scores = np.arange(2000.0)
    monkeypatch.setattr(module, "_MIN_CANDIDATES", 7)
    rule = Greedy(typicality_power=0, candidates_factor=1)
    assert set(select(rule, 7, scores=scores, Z=Z, seed=rng)) == set(range(7))


def test_many_choices_do_not_run_out_of_weight():
    # In plain numbers the weights would be 0 after some 40 choices out of one spot.
    Z = (1e-4 * np.random.RandomState(0).randn(300, 2)).astype(np.float32)
    Z[0] = 1
    assert len(set(select(Greedy(), 299, Z=Z).tolist())) == 299


def test_uncertainty_is_a_factor_of_the_weight():
    rng = np.random.RandomState(0)
    Z, scores, unsure = rng.randn(80, 3).astype(np.float32), rng.randn(80), rng.rand(80)
    # rank(-score) ** 1 * rank(u) ** 2 is one choice, without damping, of the product's maximum.
    rule = Greedy(score_power=1, typicality_power=0, uncertainty_power=2)
    choice = choose(rule, 1, scores=scores, Z=Z, uncertainty=unsure, keep_utilities=True)
    product = ranks(-scores) * ranks(unsure) ** 2
    assert choice.indices.tolist() == [int(np.argmax(product))]
    np.testing.assert_allclose(choice.utilities[0], product)
    alone = select(Greedy(), 9, scores=scores, Z=Z)
    without = select(Greedy(uncertainty_power=0), 9, scores=scores, Z=Z, uncertainty=unsure)
    np.testing.assert_array_equal(alone, without)


def test_a_power_of_0_leaves_it_unread():
    reads = Greedy(score_power=0, uncertainty_power=0).reads
    assert not reads.scores
    assert not reads.uncertainty
    assert Greedy().reads.scores
    assert Greedy().reads.uncertainty


def test_equals_of_what_is_chosen_come_last_by_score():
    Z = np.repeat(np.float32([[0.0], [9.0]]), 3, axis=0)
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    choice = choose(Greedy(), 6, scores=scores, Z=Z, keep_utilities=True)
    assert choice.indices[2:].tolist() == [4, 3, 1, 0]
    assert (choice.values[:2] > 0).all()
    assert choice.values[2:].tolist() == [0, 0, 0, 0]
    assert np.nanmax(choice.utilities[2:]) == 0
