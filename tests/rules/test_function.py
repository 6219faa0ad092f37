"""A user's function as a rule."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._rules.function import FunctionRule
from tests.rules.candidates import choose, select

Z = np.arange(10, dtype=np.float32).reshape(5, 2)
SCORES = np.float32([3.0, 1.0, 4.0, 1.5, 9.0])


def test_it_gets_what_is_known():
    seen = []

    def function(*args):
        seen.extend(args)
        return [4, 2]

    random_state = np.random.RandomState(0)
    given = {"scores": SCORES, "Z": Z, "labeled_coordinates": Z[:1], "uncertainty": SCORES}
    chosen = select(FunctionRule(function), 2, **given, seed=random_state)
    assert chosen.tolist() == [4, 2]
    assert chosen.dtype == np.intp
    np.testing.assert_array_equal(seen[0], SCORES)
    np.testing.assert_array_equal(seen[1], Z)
    np.testing.assert_array_equal(seen[2], Z[:1])
    assert seen[3] == 2
    assert seen[4] is random_state
    assert len(seen) == 5


@pytest.mark.parametrize("uncertainty", [None, np.arange(5.0)])
def test_it_gets_the_uncertainty_where_it_has_a_parameter_for_it(uncertainty):
    def with_it(scores, Z, Z_labeled, n, random_state, *, uncertainty):
        return np.arange(n) if uncertainty is None else np.argsort(-uncertainty)[:n]

    rule = FunctionRule(with_it)
    assert rule.reads.uncertainty
    assert not FunctionRule(lambda *args: [0]).reads.uncertainty
    chosen = select(rule, 2, scores=SCORES, Z=Z, uncertainty=uncertainty)
    assert chosen.tolist() == ([0, 1] if uncertainty is None else [4, 3])


def test_without_labelled_samples_it_gets_none_of_their_coordinates():
    shapes = []

    def function(scores, Z, Z_labeled, n, random_state):
        shapes.append(Z_labeled.shape)
        return np.arange(n)

    select(FunctionRule(function), 1, scores=SCORES, Z=Z)
    assert shapes == [(0, 2)]


def test_values_are_scores():
    choice = choose(FunctionRule(lambda *args: [4, 1]), 2, scores=SCORES, Z=Z, keep_utilities=True)
    assert choice.values.tolist() == [9.0, 1.0]
    low = -np.inf
    np.testing.assert_array_equal(
        choice.utilities, [[low, low, low, low, -9], [low, -1, low, low, np.nan]]
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1.0, 2.0], "2 integers"),
        ([1], r"shape \(2,\)"),
        ([[1, 2]], r"shape \(1, 2\)"),
        ([True, False], "got dtype bool"),
        (None, "got dtype object"),
        ([1, 1], "different rows"),
        ([0, 5], "from 0 to 4"),
        ([-1, 0], "from 0 to 4"),
    ],
)
def test_what_it_returns_is_checked(answer, message):
    rule = FunctionRule(lambda *args: answer)
    with pytest.raises(ValueError, match=f"a function as the rule, must return.*{message}"):
        select(rule, 2, scores=SCORES, Z=Z)
