"""Data sets that come with scikit-learn: no file, no network."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._options import Options


def digits(options: Options) -> Dataset:
    """Digits of 8x8 grey levels, as rows."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16.0).astype(np.float32)  # 17 grey levels, 0 to 16
    return Dataset(name="digits", X=X, y=y, kind="rows", classes=tuple("0123456789"))


def iris(options: Options) -> Dataset:
    """Measures of iris flowers."""
    return _measures("iris", load_iris)


def wine(options: Options) -> Dataset:
    """Chemical analyses of wines."""
    return _measures("wine", load_wine)


def breast_cancer(options: Options) -> Dataset:
    """Measures of cell nuclei."""
    return _measures("breast_cancer", load_breast_cancer)


def scaled(X: NDArray) -> NDArray[np.float32]:
    """Bring each feature to [0, 1] by its least and greatest value.

    Those are of all samples: what the pool looks like is known before any label is, so no label
    leaks. A feature of one value becomes 0.

    Parameters
    ----------
    X : ndarray of shape (n, features)
        Rows of numbers; NaN is left as it is.

    Returns
    -------
    ndarray of float32, shape (n, features)
        In [0, 1].

    Examples
    --------
    >>> scaled(np.array([[1.0, 5.0], [3.0, 5.0]]))
    array([[0., 0.],
           [1., 0.]], dtype=float32)
    """
    X = np.asarray(X, dtype=np.float64)
    low = X.min(axis=0)
    span = X.max(axis=0) - low
    return ((X - low) / np.where(span == 0, 1, span)).astype(np.float32)


def _measures(name: str, load: Callable) -> Dataset:
    bunch = load()
    return Dataset(
        name=name,
        X=scaled(bunch.data),
        y=bunch.target.astype(np.intp),
        kind="rows",
        classes=tuple(str(label) for label in bunch.target_names),
    )
