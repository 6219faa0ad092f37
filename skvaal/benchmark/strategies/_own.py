"""VAAL, and random choice."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.strategies._called_once import Strategy
from skvaal.benchmark.strategies._phased import Phased


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL, with parameters of :class:`skvaal.VAALQuery`."""
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **params})


def check_vaal(params: Mapping[str, Any], X: NDArray) -> None:
    """Raise if VAAL cannot be trained with these parameters on samples of this kind.

    Parameters
    ----------
    params : mapping of str to object
        Parameters of :class:`skvaal.VAALQuery`.
    X : ndarray of shape (4, ...)
        Samples to try them on: one epoch is trained.

    Raises
    ------
    ValueError
        Naming the parameter and the way out.
    """
    from skvaal import VAALQuery

    try:
        query = VAALQuery(**params)
        query._new_strategy()._validate_params()
        query.set_params(max_epochs=1, warm_start=False)
        query(SimpleNamespace(X_training=X[:2]), X[2:], n_instances=1)
    except Exception as error:  # of any network or optimizer that was passed
        raise ValueError(f"strategy 'vaal': {error}") from error


def random(random_state: int) -> Strategy:
    """Return random choice, drawn anew in each query."""
    return Phased(_at_random, _first, random_state=random_state)


def _at_random(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.random(len(X_pool))


def _first(scores: NDArray, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    indices = np.argsort(scores)[:n_instances]
    return indices, scores[indices]
