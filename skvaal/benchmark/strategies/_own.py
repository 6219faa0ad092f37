"""VAAL, and random choice."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.strategies._called_once import Strategy


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL, with parameters of :class:`skvaal.VAALQuery`."""
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **params})


def random(random_state: int) -> Strategy:
    """Return random choice, drawn anew in each query."""
    rng = np.random.default_rng(random_state)

    def random_sampling(
        learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        scores = rng.random(len(X_pool))
        indices = np.argsort(scores)[:n_instances]
        return indices, scores[indices]

    return random_sampling
