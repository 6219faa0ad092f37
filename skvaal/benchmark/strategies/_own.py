"""VAAL, and random choice."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.strategies._called_once import Strategy
from skvaal.benchmark.strategies._phased import Phased


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL, with parameters of :class:`skvaal.VAALQuery`."""
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **params})


def random(random_state: int) -> Strategy:
    """Return random choice, drawn anew in each query."""
    return Phased(_at_random, _first, random_state=random_state)


def _at_random(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.random(len(X_pool))


def _first(scores: NDArray, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    indices = np.argsort(scores)[:n_instances]
    return indices, scores[indices]
