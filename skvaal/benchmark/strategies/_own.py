"""VAAL, its variants and ablations, herding without a network, and random choice."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.params import accepted_names
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._phased import Phased
from skvaal.benchmark.strategies._shuffled import ShuffledHerding


def vaal(random_state: int, **params: Any) -> Strategy:
    """Return VAAL as in the paper's Algorithm 2, but for parameters of `VAALQuery`."""
    from skvaal import VAALQuery

    # No diversity within a batch, and the task model is not asked.
    plain: dict[str, Any] = {"rule": "topk", "uncertainty": None}
    if _has_linear_path(params.get("net", "vaal"), params.get("vae", "auto")):
        plain["vae__linear_path"] = False
    return VAALQuery(**{"random_state": random_state, **plain, **params})


def vaal_herding(random_state: int, **params: Any) -> Strategy:
    """Return the default of `VAALQuery`, but for parameters of it."""
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **params})


def herding(random_state: int) -> Strategy:
    """Return uncertainty herding in principal components: no network is trained."""
    from skvaal import HerdingQuery

    return HerdingQuery(random_state=random_state)


def herding_no_learner(random_state: int) -> Strategy:
    """Return herding that covers the pool and does not ask the task model."""
    from skvaal import HerdingQuery

    return HerdingQuery(uncertainty=None, random_state=random_state)


def herding_class_balance(random_state: int) -> Strategy:
    """Return herding in which classes that are rare in the pool count for more."""
    from skvaal import HerdingQuery

    return HerdingQuery(class_balance=0.5, random_state=random_state)


def herding_power_1(random_state: int) -> Strategy:
    """Return herding that trusts the task model alike with few and with many labels."""
    from skvaal import HerdingQuery

    return HerdingQuery(uncertainty_power=1.0, random_state=random_state)


# The default's rule, stated so that parameters for all of VAAL cannot turn it into another one.
VAAL_HERDING: partial[Strategy] = partial(vaal_herding, rule="herding", uncertainty="auto")
# The paper's ablations, and the one idea of TA-VAAL and of SRAAL: all other settings are those of
# `vaal`, so that a difference to it is due to that idea.
VARIANTS: dict[str, StrategyFactory] = {
    "vaal_no_vae": partial(vaal, net="no_vae"),
    "vaal_frozen_vae": partial(vaal, net="frozen_vae"),
    "vaal_no_discriminator": partial(vaal, net="no_discriminator"),
    "ta_vaal": partial(vaal, net="task_loss"),
    "sraal": partial(vaal, net="relabeled"),
}
# One part of VAAL herding is missing, simple, or another one; all other settings are its own.
# Without D it is `herding`.
HERDING_ABLATIONS: dict[str, StrategyFactory] = {
    "vaal_herding_shuffled_d": partial(VAAL_HERDING, rule=ShuffledHerding()),
    "vaal_herding_no_adversary": partial(VAAL_HERDING, lambda2=0),
    "vaal_herding_no_linear_path": partial(VAAL_HERDING, vae__linear_path=False),
    "vaal_herding_fixed_power": partial(VAAL_HERDING, rule__score_power=0.5),
    "vaal_herding_power_1": partial(VAAL_HERDING, rule__uncertainty_power=1.0),
    "vaal_herding_latent": partial(VAAL_HERDING, rule__space="latent"),
    "vaal_herding_decoded": partial(VAAL_HERDING, rule__space="decoded"),
    # The default of version 0.1. D counts the more, the more labels there are.
    "vaal_herding_decoded_n_labeled": partial(
        VAAL_HERDING,
        rule__space="decoded",
        rule__score_power="n_labeled",
        rule__uncertainty_power=1.0,
    ),
}
_FACTORIES: tuple[Callable[..., Strategy], ...] = (vaal, vaal_herding)


def vaal_params_of(factory: StrategyFactory | None) -> dict[str, Any] | None:
    """Return the parameters that a strategy of VAAL was given.

    Parameters
    ----------
    factory : callable or None
        As :func:`get_strategies` returns it.

    Returns
    -------
    dict or None
        Parameters of :class:`skvaal.VAALQuery`, beside those of `vaal` or of the default; None if
        it makes something else.

    Examples
    --------
    >>> vaal_params_of(vaal), vaal_params_of(VARIANTS["vaal_no_vae"]), vaal_params_of(random)
    ({}, {'net': 'no_vae'}, None)
    """
    if not any(getattr(factory, "func", factory) is one for one in _FACTORIES):
        return None
    return dict(getattr(factory, "keywords", {}))


def _has_linear_path(net: Any, vae: Any) -> bool:
    """Whether a net trains a VAE that can have a linear path and can be built without one."""
    from skvaal._vaal.lookup import resolve_net

    if not resolve_net(net).has_vae:
        return False
    if isinstance(vae, str):  # "auto"
        return True
    return isinstance(vae, type) and "linear_path" in (accepted_names(vae) or ())


def random(random_state: int) -> Strategy:
    """Return random choice, drawn anew in each query."""
    return Phased(_at_random, _first, random_state=random_state)


def _at_random(learner: Any, X_pool: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.random(len(X_pool))


def _first(scores: NDArray, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    indices = np.argsort(scores)[:n_instances]
    return indices, scores[indices]
