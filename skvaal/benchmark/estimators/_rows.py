"""Samples as rows, for task models that take no images."""

import numpy as np
from numpy.typing import NDArray


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
