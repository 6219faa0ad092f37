"""Whether a comparison can be carried out, before anything of it is."""

from collections.abc import Mapping, Sequence
from itertools import product
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from skvaal import HerdingQuery, VAALQuery
from skvaal._utils.params import Interval
from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.estimators import IMAGE_ESTIMATORS, EstimatorFactory
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start
from skvaal.benchmark.strategies import as_factories, check_query, given_of, vaal_params_of

_N_JOBS = Interval(Integral, -10_000, 10_000, closed="both")


def check(
    datasets: Sequence[Dataset],
    strategies: Mapping[str, Any],
    *,
    estimator: str | ClassifierMixin | EstimatorFactory,
    plan: Plan,
    protocols: Sequence[Protocol],
    n_jobs: int | None = None,
) -> None:
    """Raise if a comparison cannot be carried out.

    Parameters
    ----------
    datasets, strategies, estimator, plan, protocols, n_jobs
        As for :func:`run`.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, its value and the way out.

    Examples
    --------
    >>> check([], {}, estimator="svm", plan=Plan(), protocols=[Protocol()])
    Traceback (most recent call last):
    ...
    ValueError: datasets is empty; name at least one.
    """
    _check_types(datasets, strategies, estimator, plan, protocols)
    factories = as_factories(strategies)
    for argument, value in {
        "datasets": datasets,
        "strategies": strategies,
        "protocols": protocols,
    }.items():
        if not value:
            raise ValueError(f"{argument} is empty; name at least one.")
    for argument, names in {
        "datasets": [dataset.name for dataset in datasets],
        "protocols": [protocol.name for protocol in protocols],
    }.items():
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(
                f"{argument} has several called {', '.join(sorted(twice))}; name each once, and "
                "give different ones different names."
            )
    if n_jobs is not None and (not _N_JOBS.is_satisfied_by(n_jobs) or n_jobs == 0):
        raise ValueError(
            f"n_jobs={n_jobs!r} must be a number of processes: 1 or more, or -1 for all."
        )
    for dataset in datasets:
        _check_served(dataset, estimator)
    for dataset, protocol in product(datasets, protocols):
        plan.check(dataset, protocol)
        for seed in range(plan.n_seeds):  # cheap: it reads no sample
            draw_start(dataset, plan, protocol, seed)
    for name, factory in factories.items():
        is_query = isinstance(given_of(factory), VAALQuery | HerdingQuery)
        if is_query or vaal_params_of(factory) is not None:
            for dataset in datasets:
                check_query(factory, dataset.X[np.arange(4)], name=name)


def _check_types(datasets: Any, strategies: Any, estimator: Any, plan: Any, protocols: Any) -> None:
    if not isinstance(strategies, Mapping):
        raise TypeError(
            "strategies must map names to strategies, as get_strategies(['vaal', 'random']) or "
            f"{{'mine': VAALQuery()}} does; got {strategies!r}"
        )
    if not isinstance(plan, Plan):
        raise TypeError(f"plan must be a Plan, such as Plan(rounds=2); got {plan!r}")
    can_be_made = isinstance(estimator, str) or callable(estimator) or hasattr(estimator, "fit")
    if isinstance(estimator, type) or not can_be_made:
        raise TypeError(
            "estimator must be a name, an unfitted classifier or a function of a random state; "
            f"got {estimator!r}"
        )
    for argument, values, kind, way_out in (
        ("datasets", datasets, Dataset, "load_dataset('digits') or Dataset.from_arrays(X, y)"),
        ("protocols", protocols, Protocol, "Protocol() or get_protocols(['standard'])"),
    ):
        is_several = isinstance(values, Sequence)
        if not is_several or not all(isinstance(one, kind) for one in values):
            raise TypeError(f"{argument} must be what {way_out} returns; got {values!r}")


def _check_served(dataset: Dataset, estimator: Any) -> None:
    if estimator not in IMAGE_ESTIMATORS:
        return
    if dataset.kind != "images":
        raise ValueError(
            f"estimator={estimator!r} wants images, and {dataset.name} has rows of numbers; use "
            "'mlp', or another one."
        )
    if min(dataset.X.shape[2:]) < 8:
        raise ValueError(
            f"estimator={estimator!r} wants images of 8x8 or more, and those of {dataset.name} "
            f"are {dataset.X.shape[2]}x{dataset.X.shape[3]}; enlarge them, or use 'mlp'."
        )
