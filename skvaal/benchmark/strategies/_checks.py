"""Whether a query of VAAL or of herding can be made and, if it trains, be trained."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skvaal._pipelines import last_step
from skvaal._rules.lookup import as_rule
from skvaal.benchmark.strategies._called_once import StrategyFactory

# Names of rows that must be what they say; an ablation's name says what is missing.
_VAAL_NAMES = ("vaal", "vaal_herding")


def check_query(factory: StrategyFactory, X: NDArray, *, name: str = "vaal") -> None:
    """Raise if what a factory makes cannot be used on samples of this kind.

    Parameters
    ----------
    factory : callable
        Takes a random state, returns a :class:`skvaal.VAALQuery` or a
        :class:`skvaal.HerdingQuery`.
    X : ndarray of shape (4, ...)
        Samples to try it on: VAAL is trained for one epoch, unless it ends a Pipeline.
    name : str, default="vaal"
        Of the strategy, for the message. What is called "vaal" or "vaal_herding" must train a VAE
        and a discriminator and read both.

    Raises
    ------
    ValueError
        Naming the parameter and the way out.

    Examples
    --------
    >>> from skvaal import HerdingQuery
    >>> check_query(lambda random_state: HerdingQuery(bandwidth=-1), np.eye(4), name="mine")
    Traceback (most recent call last):
    ...
    ValueError: strategy 'mine': The 'bandwidth' parameter ...
    """
    from skvaal import VAALQuery, VAALQueryStrategy

    try:
        query: Any = factory(0)
        strategy = _strategy_of(query)
        last = last_step(strategy)
        # Before max_epochs is replaced: a wrong one must be found, too.
        last.prediction_needs()
        if name in _VAAL_NAMES:
            _check_is_vaal(last)
        if isinstance(last, VAALQueryStrategy) and not isinstance(strategy, Pipeline):
            short = clone(last).set_params(max_epochs=1, warm_start=False)
            learner = SimpleNamespace(X_training=X[:2], predict_proba=_undecided)
            VAALQuery(strategy=short)(learner, X[2:], n_instances=1)
    except Exception as error:  # of any network or optimizer that was passed
        raise ValueError(f"strategy {name!r}: {error}") from error


def _strategy_of(query: Any) -> Any:
    from skvaal import HerdingQueryStrategy, VAALQuery, VAALQueryStrategy

    params = query.get_params(deep=False)
    strategy = params.pop("strategy")
    if strategy is not None:
        return strategy
    make: Any = VAALQueryStrategy if isinstance(query, VAALQuery) else HerdingQueryStrategy
    return make(**params)


def _check_is_vaal(strategy: Any) -> None:
    from skvaal import VAALQueryStrategy
    from skvaal._vaal.lookup import resolve_net

    if not isinstance(strategy, VAALQueryStrategy):
        raise ValueError(
            "it trains no VAE and no discriminator; give it another name, such as 'herding'"
        )
    net = resolve_net(strategy.net)
    if not (net.has_vae and net.has_discriminator):
        raise ValueError(
            f"net={strategy.net!r} does not train both a VAE and a discriminator; give it another "
            "name, such as 'vaal_no_vae'"
        )
    params = strategy.get_params(deep=False)
    options = {key[6:]: value for key, value in params.items() if key.startswith("rule__")}
    rule = as_rule(strategy.rule, options, warns=False)
    if not rule.reads.scores:
        raise ValueError(
            f"rule={rule!r} does not read the discriminator; give it another name, such as "
            "'herding'"
        )


def _undecided(X: NDArray) -> NDArray:
    return np.full((len(X), 2), 0.5)
