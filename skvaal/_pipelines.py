"""A strategy, or a Pipeline that ends in one, fitted on two pools: what the adapters share."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from skvaal._fitting import fit_marked, fit_pools
from skvaal._strategy import VAALQueryStrategy
from skvaal._task import TaskView
from skvaal._validation import check_same_columns, check_same_kind, check_transformable


def last_step(strategy: Any) -> VAALQueryStrategy:
    """The strategy itself, or the one at the end of the Pipeline.

    Parameters
    ----------
    strategy : VAALQueryStrategy or Pipeline

    Returns
    -------
    VAALQueryStrategy

    Raises
    ------
    TypeError
        If it is neither.
    """
    last = strategy[-1] if isinstance(strategy, Pipeline) else strategy
    if not isinstance(last, VAALQueryStrategy):
        raise TypeError(
            "strategy must be a VAALQueryStrategy or a Pipeline that ends in one, got "
            f"{type(last).__name__}"
        )
    return last


def fit_on_pools(
    strategy: Any,
    X_labeled: Any,
    X_unlabeled: Any,
    views: tuple[TaskView, TaskView] | None = None,
    *,
    for_query: bool = False,
) -> None:
    """Fit all steps on both pools.

    Parameters
    ----------
    strategy : VAALQueryStrategy or Pipeline
    X_labeled, X_unlabeled : array-like of shape (n, ...)
    views : tuple of TaskView, default=None
        What a task model says of the labelled and of the unlabelled samples.
    for_query : bool, default=False
        Whether nothing but a query will follow: a net that it would not read is not trained.
    """
    views = views or (TaskView(), TaskView())
    if not isinstance(strategy, Pipeline):
        fit_pools(strategy, X_labeled, X_unlabeled, views, for_query=for_query)
        return
    if hasattr(X_labeled, "iloc") and hasattr(X_unlabeled, "iloc"):
        import pandas as pd  # there, since the pools are its

        check_same_columns(X_labeled, X_unlabeled)
        X = pd.concat([X_labeled, X_unlabeled])
    else:
        check_transformable(X_labeled, "X_labeled")
        check_transformable(X_unlabeled, "X_unlabeled")
        X_labeled, X_unlabeled = np.asarray(X_labeled), np.asarray(X_unlabeled)
        check_same_kind(X_labeled, X_unlabeled)
        X = np.concatenate([X_labeled, X_unlabeled])
    y = np.full(len(X_labeled) + len(X_unlabeled), "labelled", dtype=object)
    y[len(X_labeled) :] = last_step(strategy).missing_label
    # By hand: a Pipeline's fit would hand the views to all steps, or to none.
    if len(strategy) > 1:
        front = strategy[:-1]
        X = front.fit_transform(X, y)
        # With a memory these are copies that were fitted.
        strategy.steps[:-1] = front.steps
    fit_marked(last_step(strategy), X, y, views, for_query=for_query)


def as_last_step_sees(strategy: Any, X: Any) -> Any:
    """X, transformed by all steps of a fitted Pipeline but the last.

    Parameters
    ----------
    strategy : VAALQueryStrategy or Pipeline
    X : array-like of shape (n, ...)

    Returns
    -------
    array-like of shape (n, ...)
    """
    steps = len(strategy) if isinstance(strategy, Pipeline) else 1
    return X if steps == 1 else strategy[:-1].transform(X)
