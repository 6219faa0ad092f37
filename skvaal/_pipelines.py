"""A strategy, or a Pipeline that ends in one, on two pools: the path that all adapters take.

Samples reach the first step of a Pipeline as they were handed over: a DataFrame of pandas or polars
with its columns, a sparse matrix, a list of texts.
"""

from __future__ import annotations

import inspect
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from skvaal._pool.containers import count_rows, stack_rows, take_rows
from skvaal._pool.validation import (
    check_same_columns,
    check_same_kind,
    check_transformable,
    warn_of_lost_names,
)
from skvaal._query_strategy import BaseQueryStrategy

StrategyOrPipeline: TypeAlias = BaseQueryStrategy | Pipeline


def last_step(strategy: StrategyOrPipeline, wanted: type = BaseQueryStrategy) -> Any:
    """The strategy itself, or the one at the end of the Pipeline."""
    last = strategy[-1] if isinstance(strategy, Pipeline) else strategy
    if not isinstance(last, wanted):
        name = "VAALQueryStrategy" if wanted is BaseQueryStrategy else wanted.__name__
        raise TypeError(
            f"strategy must be a {name} or a Pipeline that ends in one, got {type(last).__name__}"
        )
    return last


def clone_strategy(strategy: StrategyOrPipeline, wanted: type) -> StrategyOrPipeline:
    """An unfitted copy; raise first if its last step is none of the wanted class."""
    last_step(strategy, wanted)  # or clone would say what it cannot clone
    copy: StrategyOrPipeline = clone(strategy)
    return copy


def fit_front(
    strategy: StrategyOrPipeline, X_labeled: Any, X_unlabeled: Any, y_labeled: Any = None
) -> tuple[Any, Any]:
    """Fit all steps but the last on two pools, and transform these.

    Parameters
    ----------
    strategy : BaseQueryStrategy or Pipeline
    X_labeled, X_unlabeled : array-like of shape (n, ...)
        The first is None, or has no row, where nothing is labelled yet.
    y_labeled : array-like of shape (n_labeled,), default=None
        Steps that learn from labels are fitted on the labelled samples; the others on both pools.

    Returns
    -------
    tuple of array-like
        Both pools, as the last step reads them.
    """
    if not _has_front(strategy):
        return X_labeled, X_unlabeled
    for X, name in ((X_labeled, "X_labeled"), (X_unlabeled, "X_unlabeled")):
        check_transformable(X, name)
    warn_of_lost_names(X_labeled, X_unlabeled)
    front = strategy[:-1]
    supervised = [name for name, step in front.steps if _learns_from_labels(step)]
    if supervised:
        return _fit_by_steps(front, supervised, X_labeled, X_unlabeled, y_labeled)
    stacked, n_labeled = _stack(X_labeled, X_unlabeled)
    Z = front.fit_transform(stacked)
    _check_rows_kept(stacked, Z)
    # With a memory, the fitted steps are copies.
    strategy.steps[:-1] = front.steps
    return _split(Z, n_labeled)


def transform_front(strategy: StrategyOrPipeline, X: Any) -> Any:
    """X, transformed by all steps of a fitted Pipeline but the last."""
    if not _has_front(strategy):
        return X
    Z = strategy[:-1].transform(X)
    _check_rows_kept(X, Z)
    return Z


def _has_front(strategy: StrategyOrPipeline) -> TypeGuard[Pipeline]:
    return isinstance(strategy, Pipeline) and len(strategy) > 1


def _fit_by_steps(
    front: Pipeline, supervised: list[str], X_labeled: Any, X_unlabeled: Any, y_labeled: Any
) -> tuple[Any, Any]:
    """Steps that learn from labels see the labelled samples alone, the others both pools."""
    if y_labeled is None or X_labeled is None or not count_rows(X_labeled):
        raise ValueError(
            f"the Pipeline's step {supervised[0]!r} learns from labels, and there are none here: "
            "use a learner that keeps y_training, or a step that needs no y"
        )
    for name, step in front.steps:
        if step is None or isinstance(step, str):  # 'passthrough'
            continue
        if name in supervised:
            step.fit(X_labeled, y_labeled)
        else:
            step.fit(_stack(X_labeled, X_unlabeled)[0])
        before = X_labeled, X_unlabeled
        X_labeled, X_unlabeled = step.transform(X_labeled), step.transform(X_unlabeled)
        _check_rows_kept(before[0], X_labeled)
        _check_rows_kept(before[1], X_unlabeled)
    return X_labeled, X_unlabeled


def _check_rows_kept(X: Any, Z: Any) -> None:
    before, after = count_rows(X), count_rows(Z)
    if before != after:
        raise ValueError(
            f"the steps of the Pipeline made {after} samples of {before}; rows of the pool could "
            "not be named. Drop or add samples before the query"
        )


def _learns_from_labels(step: Any) -> bool:
    """Whether a step, or an estimator inside it, needs y."""
    inside = step.get_params(deep=True).values() if hasattr(step, "get_params") else ()
    return any(_needs_y(each) for each in (step, *inside))


def _needs_y(estimator: Any) -> bool:
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        return False
    # Univariate selection is tagged as if it needed none, since a score function may need none.
    if hasattr(estimator, "score_func"):
        return True
    if hasattr(estimator, "__sklearn_tags__") and get_tags(estimator).target_tags.required:
        return True
    y = inspect.signature(estimator.fit).parameters.get("y")
    return y is not None and y.default is y.empty


def _stack(X_labeled: Any, X_unlabeled: Any) -> tuple[Any, int]:
    if X_labeled is None or not count_rows(X_labeled):
        return X_unlabeled, 0
    check_same_columns(X_labeled, X_unlabeled)
    if isinstance(X_labeled, np.ndarray) and isinstance(X_unlabeled, np.ndarray):
        check_same_kind(X_labeled, X_unlabeled)
    return stack_rows([X_labeled, X_unlabeled]), count_rows(X_labeled)


def _split(Z: Any, n_labeled: int) -> tuple[Any, Any]:
    rows = np.arange(count_rows(Z))
    return take_rows(Z, rows[:n_labeled]), take_rows(Z, rows[n_labeled:])
