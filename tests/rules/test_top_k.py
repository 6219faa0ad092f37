"""The smallest scores."""

from __future__ import annotations

import numpy as np

from skvaal import TopK
from skvaal._rules.rule import Candidates
from tests.rules.candidates import choose


class LowestScores(Candidates):
    """Computes no more than the lowest scores."""

    def read_scores(self):
        raise AssertionError("read all scores")

    def read_lowest_scores(self, n):
        scores = self._scores.copy()
        scores[scores > np.sort(scores)[n - 1]] = np.inf
        return scores


def test_values_are_scores_and_utilities_their_opposites():
    choice = choose(TopK(), 2, scores=np.float32([3.0, -1.0, 2.0]), keep_utilities=True)
    assert choice.indices.tolist() == [1, 2]
    assert choice.values.tolist() == [-1, 2]
    assert choice.values.dtype == choice.utilities.dtype == np.float64
    np.testing.assert_array_equal(choice.utilities, [[-3, 1, -2], [-3, np.nan, -2]])


def test_the_lowest_scores_are_enough():
    scores = np.random.RandomState(0).randn(50).round(1)
    lowest = LowestScores(50, scores=scores)
    expected = choose(TopK(), 10, scores=scores)
    found = TopK().choose(lowest, 10, np.random.RandomState(0))
    assert found.indices.tolist() == expected.indices.tolist()
    assert found.values.tolist() == expected.values.tolist()
