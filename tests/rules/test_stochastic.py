"""A draw in which small scores are more likely."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal import Stochastic, TopK
from tests.rules.candidates import choose, select


def test_it_draws_with_the_right_probabilities():
    scores = np.log([4.0, 2.0, 1.0])
    draws = np.array([select(Stochastic(), 2, scores=scores, seed=seed) for seed in range(4000)])
    # Without replacement: P(first) is 1/7, 2/7, 4/7; P(second 1 | first 2) is 2/3.
    first = np.bincount(draws[:, 0], minlength=3) / 4000
    np.testing.assert_allclose(first, np.array([1, 2, 4]) / 7, atol=0.03)
    after_2 = draws[draws[:, 0] == 2, 1]
    assert (after_2 == 1).mean() == pytest.approx(2 / 3, abs=0.04)


def test_temperature_goes_from_top_k_to_chance():
    scores = np.arange(100.0)
    cold = select(Stochastic(temperature=1e-3), 10, scores=scores)
    assert cold.tolist() == select(TopK(), 10, scores=scores).tolist()
    assert select(Stochastic(temperature=np.inf), 10, scores=scores).max() > 50


def test_values_are_the_perturbed_scores():
    scores = np.array([50.0, 0.0, 90.0])
    choice = choose(Stochastic(temperature=2.0), 3, scores=scores, keep_utilities=True)
    perturbed = scores / 2 - np.random.RandomState(0).gumbel(size=3)
    np.testing.assert_array_equal(choice.values, perturbed[choice.indices])
    np.testing.assert_array_equal(choice.utilities[0], -perturbed)
