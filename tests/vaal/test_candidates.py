"""Candidates of a rule: what is computed, and when."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal import VAALNet
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._rules.cluster import Cluster
from skvaal._rules.herding import Herding
from skvaal._rules.k_center import KCenter
from skvaal._rules.rule import Reads
from skvaal._rules.top_k import TopK
from skvaal._vaal.candidates import NetCandidates, NetReader

from .trained import train


@pytest.fixture(scope="module")
def net(digits):
    return train("vaal", *digits)


@pytest.fixture
def passes(monkeypatch):
    """Samples of each pass through the encoder, with the method that needs it."""
    calls = []
    names = ("means", "decoded_coordinates", "scores", "scores_and_means", "scores_and_decoded")
    for name in names:
        method = getattr(VAALNet, name)
        monkeypatch.setattr(
            VAALNet,
            name,
            lambda self, pool, *args, name=name, method=method: (
                calls.append((name, len(pool))) or method(self, pool, *args)
            ),
        )
    return calls


def candidates(net, X, reads, space, **params) -> NetCandidates:
    return NetCandidates(NetReader(net, "cpu"), Pool(X), reads=reads, rule_space=space, **params)


def choose(net, X, rule, n=4, **params):
    space = rule.space if rule.reads.coordinates else None
    known = candidates(net, X, rule.reads, space, **params)
    return rule.choose(known, n, np.random.RandomState(0)).indices


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (TopK(), [("scores", 240)]),
        # One label is no evidence of a part without one.
        (Herding(), []),
        (Herding(score_power=0.5), [("scores", 240)]),
        (Herding(space="decoded", score_power=0.5), [("scores_and_decoded", 240)]),
        (Herding(space="decoded", score_power=0), [("decoded_coordinates", 240)]),
        (Herding(space="latent", score_power=0.5), [("scores_and_means", 240)]),
        (Herding(space="latent", score_power=0), [("means", 240)]),
        (Herding(score_power=0), []),
        # Few candidates of a large pool: they are placed apart.
        (
            KCenter(space="decoded", candidates_factor=2.0),
            [("scores", 240), ("decoded_coordinates", 8)],
        ),
        (KCenter(candidates_factor=2.0), [("scores", 240), ("means", 8)]),
        (Cluster(candidates_factor=2.0), [("scores", 240), ("means", 8)]),
        (KCenter(candidates_factor=20.0), [("scores_and_means", 240)]),
    ],
)
def test_a_rule_costs_the_passes_that_it_needs(net, digits, passes, rule, expected):
    X, _ = digits
    components = PrincipalComponents.fitted_on(Pool(X[:40]), Pool(X[40:]), 0)
    dims = 3 if getattr(rule, "space", "latent") == "latent" else 32
    labeled = np.zeros((1, dims), dtype=np.float32)
    chosen = choose(net, X, rule, components=components, labeled_coordinates=labeled)
    assert len(set(chosen)) == 4
    assert passes == expected


def test_nothing_is_computed_before_it_is_read(net, digits, passes):
    known = candidates(net, digits[0], Reads(scores=True, coordinates=True), "latent")
    assert (known.n_samples, passes) == (240, [])
    known.read_coordinates(), known.read_scores(), known.read_lowest_scores(3)
    known.read_coordinates(np.array([3, 1]))
    assert passes == [("scores_and_means", 240)]


def test_values_are_those_of_the_net(net, digits):
    X, _ = digits
    components = PrincipalComponents.fitted_on(Pool(X[:40]), Pool(X[40:]), 0)
    rows = np.array([7, 3, 7])
    pool = Pool(X)
    for reads in (Reads(coordinates=True), Reads(scores=True, coordinates=True)):
        latent = candidates(net, X, reads, "latent")
        np.testing.assert_allclose(latent.read_coordinates(rows), net.means(pool)[rows], atol=1e-6)
        np.testing.assert_allclose(latent.read_coordinates(), net.means(pool), atol=1e-6)
        decoded = candidates(net, X, reads, "decoded", components=components)
        expected = net.decoded_coordinates(pool, components)
        np.testing.assert_allclose(decoded.read_coordinates(rows), expected[rows], atol=1e-5)
        np.testing.assert_allclose(decoded.read_coordinates(), expected, atol=1e-5)
        np.testing.assert_allclose(decoded.read_scores(), net.scores(pool), atol=1e-6)
        placed = candidates(net, X, reads, "components", components=components)
        np.testing.assert_allclose(
            placed.read_coordinates(rows), components.project(pool)[rows], atol=1e-5
        )
        np.testing.assert_allclose(latent.read_scores(), net.scores(pool), atol=1e-6)
        np.testing.assert_allclose(placed.read_scores(), net.scores(pool), atol=1e-6)


def test_means_are_of_the_batches_of_the_scores(digits, passes):
    net = train("published", *digits)
    chosen = choose(net, digits[0], Cluster(candidates_factor=2.0))
    assert len(set(chosen)) == 4
    assert passes == [("scores_and_means", 240)]


def test_without_components_there_are_no_coordinates(net, digits):
    known = candidates(net, digits[0], Reads(coordinates=True), "components")
    with pytest.raises(ValueError, match="no coordinates"):
        known.read_coordinates()


def test_a_score_that_is_not_finite_is_told(net, digits):
    X = digits[0].copy()
    X[5] = 3e38
    for space in (None, "latent"):
        known = candidates(net, X, Reads(scores=True, coordinates=bool(space)), space, name="X_u")
        with pytest.raises(ValueError, match=r"X_u\[5\] has the score .*common scale"):
            known.read_scores()
