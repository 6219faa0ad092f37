"""Task models of the comparison, by name.

A query strategy may want images while the task model wants rows. The pool stays one array, in
the shape of the data; the task model flattens it itself, as the first step of a Pipeline.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal.benchmark._lookup import lookup

EstimatorFactory = Callable[[int], Pipeline]


def as_rows(X: NDArray) -> NDArray:
    """Flatten each sample, and bring images of uint8 into [0, 1].

    Parameters
    ----------
    X : ndarray of shape (n, ...)
        Samples.

    Returns
    -------
    ndarray of shape (n, features)
        float32 in [0, 1] for uint8, else the dtype of `X`.

    Examples
    --------
    >>> as_rows(np.full((1, 1, 2, 1), 255, dtype=np.uint8))
    array([[1., 1.]], dtype=float32)
    """
    rows = X.reshape(len(X), -1)
    return rows.astype(np.float32) / 255 if rows.dtype == np.uint8 else rows


def get_estimator(name: str) -> EstimatorFactory:
    """Return the factory of a task model.

    Parameters
    ----------
    name : {"random_forest", "logistic_regression"}
        Which one.

    Returns
    -------
    callable
        Takes a random state (int), returns an unfitted Pipeline that takes rows or images.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> get_estimator("random_forest")(0)[-1].n_estimators
    100
    """
    make_classifier = lookup(ESTIMATORS, name, argument="estimator")
    return lambda random_state: make_pipeline(
        FunctionTransformer(as_rows), make_classifier(random_state)
    )


def _random_forest(random_state: int) -> ClassifierMixin:
    # On a few hundred labels starting more processes costs more than growing the trees.
    return RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=random_state)


def _logistic_regression(random_state: int) -> ClassifierMixin:
    return LogisticRegression(max_iter=1000, random_state=random_state)


ESTIMATORS: dict[str, Callable[[int], ClassifierMixin]] = {
    "random_forest": _random_forest,
    "logistic_regression": _logistic_regression,
}
