"""VAAL, its variants and ablations, and random choice."""

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._presets import preset_params
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._phased import Phased


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL as in the paper, but for parameters of :class:`skvaal.VAALQuery`."""
    from skvaal import VAALQuery

    # Stated, so that records keep their meaning whatever the default becomes.
    plain = {"selection": "topk", "selection_space": "latent", "uncertainty": None}
    return VAALQuery(**{"random_state": random_state, **plain, **params})


RECOMMENDED: dict[str, StrategyFactory] = {
    "vaal_recommended": partial(vaal, **preset_params("recommended")),
    "vaal_task_agnostic": partial(vaal, **{**preset_params("recommended"), "uncertainty": None}),
}
# The paper's ablations, TA-VAAL and SRAAL.
VARIANTS: dict[str, StrategyFactory] = {
    **{
        f"vaal_{ablation}": partial(vaal, ablation=ablation)
        for ablation in ("no_vae", "frozen_vae", "no_discriminator")
    },
    "ta_vaal": partial(vaal, condition="task_loss"),
    "sraal": partial(vaal, relabel_states=True),
}


def vaal_params_of(factory: StrategyFactory | None) -> dict[str, Any] | None:
    """Return the parameters of VAAL or one of its variants.

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
    ({}, {'ablation': 'no_vae'}, None)
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
    try:
        query: Any = vaal(0, **params)
        query._new_strategy()._validate_params()
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
