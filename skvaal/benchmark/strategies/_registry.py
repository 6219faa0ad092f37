"""The strategies of the comparison, by library and by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from skvaal.benchmark._lookup import lookup, names_in
from skvaal.benchmark.estimators import ESTIMATORS, SEEDED_ESTIMATORS, TORCH_ESTIMATORS
from skvaal.benchmark.strategies import _modal, _own, _skactiveml, _torch
from skvaal.benchmark.strategies._called_once import StrategyFactory

ALL = "all"
DEFAULT_STRATEGIES = (
    "herding",
    "vaal_herding",
    "vaal",
    "margin",
    "entropy",
    "uncertainty",
    "random",
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """Where strategies come from.

    Parameters
    ----------
    package : str
        What Python imports.
    install : str
        The command that installs it.
    strategies : mapping of str to callable
        Factories by name; they import the library only when they are called.

    Examples
    --------
    >>> Library(package="no_such_package", install="", strategies={}).is_installed()
    False
    """

    package: str
    install: str
    strategies: Mapping[str, StrategyFactory]

    def is_installed(self) -> bool:
        """Tell whether the library can be imported."""
        return find_spec(self.package) is not None


LIBRARIES: dict[str, Library] = {
    "skvaal": Library(
        package="skvaal",
        install="pip install skvaal",
        strategies={
            "vaal": _own.vaal,
            "vaal_herding": _own.VAAL_HERDING,
            **_own.VARIANTS,
            **_own.HERDING_ABLATIONS,
            "herding": _own.herding,
            "herding_class_balance": _own.herding_class_balance,
            "herding_no_learner": _own.herding_no_learner,
            "herding_power_1": _own.herding_power_1,
            "random": _own.random,
            **_torch.STRATEGIES,
        },
    ),
    "modAL": Library(
        package="modAL",
        install="pip install --no-deps modAL-python==0.4.2.1",
        strategies=_modal.STRATEGIES,
    ),
    "scikit-activeml": Library(
        package="skactiveml",
        install="pip install skvaal[skactiveml]",
        strategies={
            **_skactiveml.STRATEGIES,
            "core_set_features": _torch.core_set_features,
        },
    ),
}

STRATEGIES: dict[str, StrategyFactory] = {
    name: factory for library in LIBRARIES.values() for name, factory in library.strategies.items()
}

# Left out of "all": they are there to take VAAL apart, not to be chosen.
ONLY_BY_NAME = frozenset(_own.VARIANTS) | frozenset(_own.HERDING_ABLATIONS)

# Task models that the strategy can use; one that is not named here can use any.
USABLE_ESTIMATORS: dict[str, tuple[str, ...]] = {
    "mc_dropout": TORCH_ESTIMATORS,
    "dbal": TORCH_ESTIMATORS,
    "core_set_features": TORCH_ESTIMATORS,
    # Copies of the others would all be the same, and the choice a random one.
    "variation_ratios": SEEDED_ESTIMATORS,
}


def get_strategies(
    names: Iterable[str],
    *,
    vaal_params: Mapping[str, Any] | None = None,
    estimator: str | None = None,
) -> dict[str, StrategyFactory]:
    """Return the factories of query strategies.

    Parameters
    ----------
    names : str or iterable of str
        Names of strategies, see ``skvaal benchmark --help``; "all" stands for every
        one whose library is installed and that can use the task model, except the ablations of
        VAAL and of VAAL herding, and VAAL's published variants.
    vaal_params : mapping of str to object or None, default=None
        Parameters of :class:`skvaal.VAALQuery`, for "vaal", "vaal_herding", the variants and the
        ablations. Those that a name stands for stay as they are.
    estimator : str or None, default=None
        Name of the task model, see :func:`skvaal.benchmark.get_estimator`. None checks nothing,
        and leaves strategies that only a neural network can serve out of "all".

    Returns
    -------
    dict of str to callable
        In the order of `names`. A factory takes a random state (int) and returns a callable
        ``strategy(learner, X_pool, n_instances)`` that returns the chosen indices into
        `X_pool` and their scores, both of shape (n_instances,). Own strategies join as
        ``get_strategies(["random"]) | {"mine": factory}``.

    Raises
    ------
    ValueError
        If a name is not known, or a strategy that is named cannot use the task model.
    ImportError
        If the library of a strategy is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> random = get_strategies(["random"])["random"](0)
    >>> indices, scores = random(None, np.zeros((10, 2)), n_instances=3)
    >>> indices.shape, scores.shape
    ((3,), (3,))
    """
    if estimator is not None:
        lookup(ESTIMATORS, estimator, argument="estimator")
    if not isinstance(vaal_params, Mapping | None):
        raise TypeError(f"vaal_params={vaal_params!r} must map names of parameters to values.")
    factories: dict[str, StrategyFactory] = {}
    for name in names_in(names, argument="names"):
        if name == ALL:
            factories.update(_usable(estimator or "random_forest"))
        else:
            factories[name] = lookup(STRATEGIES, name, argument="strategy")
            _check_installed(name)
            _check_usable(name, estimator)
    for name, factory in factories.items():
        own = _own.vaal_params_of(factory)
        if vaal_params and own is not None:
            make: Any = getattr(factory, "func", factory)
            factories[name] = partial(make, **{**vaal_params, **own})
    return factories


def _usable(estimator: str) -> dict[str, StrategyFactory]:
    return {
        name: factory
        for library in LIBRARIES.values()
        if library.is_installed()
        for name, factory in library.strategies.items()
        if name not in ONLY_BY_NAME and estimator in USABLE_ESTIMATORS.get(name, ESTIMATORS)
    }


def _check_usable(name: str, estimator: str | None) -> None:
    usable = USABLE_ESTIMATORS.get(name, ESTIMATORS)
    if estimator is not None and estimator not in usable:
        raise ValueError(
            f"strategy {name!r} cannot use estimator={estimator!r}; use one of "
            + ", ".join(map(repr, usable))
        )


def _check_installed(name: str) -> None:
    for title, library in LIBRARIES.items():
        if name in library.strategies and not library.is_installed():
            raise ImportError(f"strategy {name!r} is of {title}: {library.install}")
