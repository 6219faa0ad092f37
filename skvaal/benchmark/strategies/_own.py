"""VAAL, its variants, herding without a network, and random choice."""

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._phased import Phased

# Algorithm 2 of the paper: no diversity within a batch, and the task model is not asked.
PLAIN = {"rule": "topk", "uncertainty": None}


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL as in the paper's Algorithm 2, but for parameters of `VAALQuery`."""
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **PLAIN, **params})


def herding(random_state: int) -> Strategy:
    """Return uncertainty herding in principal components: no network is trained."""
    from skvaal import HerdingQuery

    return HerdingQuery(random_state=random_state)


def herding_no_learner(random_state: int) -> Strategy:
    """Return herding that covers the pool and does not ask the task model."""
    from skvaal import HerdingQuery

    return HerdingQuery(uncertainty=None, random_state=random_state)


# The default of VAALQuery, stated so that --vaal cannot turn it into another rule.
VAAL_HERDING = partial(vaal, rule="herding", uncertainty="auto")
# The paper's ablations, and the one idea of TA-VAAL and of SRAAL: all other settings are those of
# `vaal`, so that a difference to it is due to that idea.
VARIANTS: dict[str, StrategyFactory] = {
    "vaal_no_vae": partial(vaal, net="no_vae"),
    "vaal_frozen_vae": partial(vaal, net="frozen_vae"),
    "vaal_no_discriminator": partial(vaal, net="no_discriminator"),
    "ta_vaal": partial(vaal, net="task_loss"),
    "sraal": partial(vaal, net="relabeled"),
}


def vaal_params_of(factory: StrategyFactory | None) -> dict[str, Any] | None:
    """Return the parameters of `vaal`, of `vaal_herding` or of a variant.

    Parameters
    ----------
    factory : callable or None
        As :func:`get_strategies` returns it.

    Returns
    -------
    dict or None
        Parameters of :class:`skvaal.VAALQuery` that it was given; None if it makes something else.

    Examples
    --------
    >>> vaal_params_of(vaal), vaal_params_of(VARIANTS["vaal_no_vae"]), vaal_params_of(random)
    ({}, {'net': 'no_vae'}, None)
    """
    if getattr(factory, "func", factory) is not vaal:
        return None
    return dict(getattr(factory, "keywords", {}))


def check_vaal(params: Mapping[str, Any], X: NDArray, *, name: str = "vaal") -> None:
    """Raise if VAAL cannot be trained with these parameters on samples of this kind.

    Parameters
    ----------
    params : mapping of str to object
        Parameters of :class:`skvaal.VAALQuery`.
    X : ndarray of shape (4, ...)
        Samples to try them on: one epoch is trained.
    name : str, default="vaal"
        Of the strategy, for the message.

    Raises
    ------
    ValueError
        Naming the parameter and the way out.
    """
    from skvaal import VAALQueryStrategy

    try:
        query: Any = vaal(0, **params)
        # Before max_epochs is replaced: a wrong one must be found, too.
        VAALQueryStrategy(**{**PLAIN, **params}).prediction_needs()
        query.set_params(max_epochs=1, warm_start=False)
        query(SimpleNamespace(X_training=X[:2], predict_proba=_undecided), X[2:], n_instances=1)
    except Exception as error:  # of any network or optimizer that was passed
        raise ValueError(f"strategy {name!r}: {error}") from error


def _undecided(X: NDArray) -> NDArray:
    return np.full((len(X), 2), 0.5)


def random(random_state: int) -> Strategy:
    """Return random choice, drawn anew in each query."""
    return Phased(_at_random, _first, random_state=random_state)


def _at_random(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.random(len(X_pool))


def _first(scores: NDArray, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    indices = np.argsort(scores)[:n_instances]
    return indices, scores[indices]
