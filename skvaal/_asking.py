"""A query strategy of any kind, asked as modAL asks one, and the learner that it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from skvaal._herding_strategy import HerdingQueryStrategy
from skvaal._pipelines import last_step
from skvaal._pool.containers import count_rows, stack_rows
from skvaal._query_strategy import BaseQueryStrategy
from skvaal.modal import HerdingQuery, VAALQuery

Query = Callable[..., Any]


class Learner:
    """What modAL's strategies read of a learner: a classifier and the data that it is fitted on."""

    on_transformed = False

    def __init__(
        self, estimator: Any, X_training: Any, y_training: NDArray, weights: NDArray | None
    ) -> None:
        weighted = {} if weights is None else {"sample_weight": weights}
        self.estimator = estimator.fit(X_training, y_training, **weighted)
        self.X_training = X_training
        self.y_training = y_training

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask before there is an estimator.
        if name == "estimator" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def transform_without_estimating(self, X: Any) -> Any:
        return X


class _FitAndQuery(BaseEstimator):
    """An object with ``query(X_pool, n)``, and perhaps ``fit(X, y)``, as modAL would call it."""

    def __init__(self, chooser: Any) -> None:
        self.chooser = chooser

    def __call__(self, learner: Learner, X_pool: Any, n_instances: int) -> Any:
        chooser = clone(self.chooser, safe=False)
        if hasattr(chooser, "fit"):
            X = stack_rows([learner.X_training, X_pool])
            y = np.full(count_rows(X), -1)
            _, y[: len(learner.y_training)] = np.unique(learner.y_training, return_inverse=True)
            chooser.fit(X, y)
        return chooser.query(X_pool, n_instances)


def as_query(query_strategy: Any) -> Query:
    """Make a callable of modAL's form of what a user may pass; a clone if it can be cloned."""
    if query_strategy is None:
        return VAALQuery()
    if isinstance(query_strategy, BaseQueryStrategy | Pipeline):
        is_herding = isinstance(last_step(query_strategy), HerdingQueryStrategy)
        make = HerdingQuery if is_herding else VAALQuery
        return make(strategy=clone(query_strategy))
    if isinstance(query_strategy, type):
        raise TypeError(f"query_strategy is a class; pass an object: {query_strategy.__name__}()")
    if callable(query_strategy):
        return clone(query_strategy, safe=False)
    if hasattr(query_strategy, "query"):
        return _FitAndQuery(clone(query_strategy, safe=False))
    raise TypeError(
        f"query_strategy={query_strategy!r} is neither a callable as in modAL nor an object with "
        "query(X_pool, n)"
    )


def set_random_states(component: Any, rng: np.random.RandomState) -> None:
    """Draw a seed for each parameter called random_state, nested ones included."""
    if not hasattr(component, "get_params"):
        return
    names = [
        name
        for name in sorted(component.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    ]
    component.set_params(**{name: rng.randint(np.iinfo(np.int32).max) for name in names})


def choose_rows(query: Query, learner: Learner, X_pool: Any, n: int) -> NDArray[np.intp]:
    """Ask a strategy, and make sure that what it answers can be labelled."""
    answer = query(learner, X_pool, n_instances=n)
    indices = np.atleast_1d(answer[0] if isinstance(answer, tuple) else answer)
    # NB indices, not a mask
    is_valid = indices.shape == (n,) and np.issubdtype(indices.dtype, np.integer)
    if not is_valid or len(np.intersect1d(indices, np.arange(count_rows(X_pool)))) < n:
        raise ValueError(
            f"query_strategy must return {n} distinct rows of a pool of {count_rows(X_pool)}, "
            f"got {indices!r}"
        )
    return indices
