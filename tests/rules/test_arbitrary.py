"""Samples that add nothing, and choices that chance makes: every rule says so."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from skvaal import ArbitraryChoiceWarning, Cluster, Greedy, Herding, KCenter, Stochastic, TopK
from tests.rules.candidates import choose

READ_COORDINATES = [Herding(), KCenter(), Cluster(), Greedy()]
READ_SCORES = [TopK(), Stochastic()]
POINTS = np.random.RandomState(0).randn(12, 4).astype(np.float32)
NOTHING = "of the 20 chosen samples add nothing to the coverage"


def warned(rule, n, **given):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        choose(rule, n, **given)
    assert all(each.category is ArbitraryChoiceWarning for each in caught)
    return [str(each.message) for each in caught]


@pytest.mark.parametrize("rule", READ_COORDINATES, ids=repr)
def test_copies_of_each_other(rule):
    copies = np.repeat(POINTS, 4, axis=0)
    (message,) = warned(rule, 20, Z=copies, scores=np.arange(48.0))
    assert message.startswith(f"8 {NOTHING}")


@pytest.mark.parametrize("rule", [Herding(), KCenter()], ids=repr)
def test_copies_of_labelled_samples(rule):
    far = 1000 + POINTS  # where products of float32 are rounded
    others = far[:3] + 5
    pool = np.vstack([np.tile(far, (4, 1)), others])
    (message,) = warned(rule, 20, Z=pool, labeled_coordinates=far)
    assert message.startswith(f"17 {NOTHING}")


@pytest.mark.parametrize("rule", READ_COORDINATES, ids=repr)
@pytest.mark.parametrize("n", [1, 12, 48])
def test_samples_that_differ_or_are_all_taken(rule, n):
    # Copies are chosen where the whole pool is: there was no choice.
    assert warned(rule, n, Z=np.repeat(POINTS, 4, axis=0), scores=np.arange(48.0)) == []


@pytest.mark.parametrize("rule", READ_COORDINATES, ids=repr)
def test_samples_that_differ_little(rule):
    near = 1 + np.linspace(0, 1e-3, 40, dtype=np.float32)[:, None]
    assert warned(rule, 5, Z=near, labeled_coordinates=near[:1]) == []


@pytest.mark.parametrize("rule", READ_SCORES, ids=repr)
def test_scores_that_are_all_equal(rule):
    (message,) = warned(rule, 3, scores=np.full(9, 1.5))
    assert message.startswith("all 9 scores are 1.5, so that the 3 chosen samples were drawn at")
    assert warned(rule, 9, scores=np.full(9, 1.5)) == []
    assert warned(rule, 3, scores=np.r_[np.full(8, 1.5), 2.0]) == []


def test_a_draw_that_is_asked_for():
    assert warned(Stochastic(temperature=np.inf), 3, scores=np.full(9, 1.5)) == []
