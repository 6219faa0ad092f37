"""How well predicted and true classes of pixels overlap."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pixel_confusion(
    y_true: ArrayLike, y_pred: ArrayLike, *, n_classes: int, ignore_index: int
) -> NDArray[np.int64]:
    """Count pixels by true and by predicted class; the sum of several such counts is one, too.

    Parameters
    ----------
    y_true, y_pred : array-like of int, of one shape
        Class of each pixel. `y_true` may hold `ignore_index`; such pixels do not count.
    n_classes : int
        Number of classes.
    ignore_index : int
        Marks pixels of no class.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Row: true class, column: predicted class.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is neither a class nor, in `y_true`, `ignore_index`.

    Examples
    --------
    >>> pixel_confusion([0, 1, 1, 255], [0, 1, 0, 0], n_classes=2, ignore_index=255).tolist()
    [[1, 0], [1, 1]]
    """
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true has shape {true.shape} and y_pred {predicted.shape}; give one class for each "
            "pixel in both."
        )
    counts = true != ignore_index
    true, predicted = true[counts].astype(np.intp), predicted[counts].astype(np.intp)
    for name, values in (("y_true", true), ("y_pred", predicted)):
        if values.size and not 0 <= values.min() <= values.max() < n_classes:
            raise ValueError(
                f"{name} holds classes from {values.min()} to {values.max()}, but n_classes="
                f"{n_classes}; mark pixels of no class by ignore_index={ignore_index} in y_true."
            )
    counted = np.bincount(true * n_classes + predicted, minlength=n_classes**2)
    return counted.reshape(n_classes, n_classes)


def intersection_over_union(confusion: ArrayLike) -> NDArray[np.float64]:
    """Return the intersection over union of each class.

    Parameters
    ----------
    confusion : array-like of shape (n_classes, n_classes)
        As :func:`pixel_confusion` returns it.

    Returns
    -------
    ndarray of shape (n_classes,)
        Pixels that are of the class and predicted so, divided by those that are one or the other;
        nan for a class that is neither. The mean over the others (``numpy.nanmean``) is the mean
        intersection over union.

    References
    ----------
    .. [1] M. Everingham et al. "The PASCAL Visual Object Classes Challenge: A Retrospective", IJCV
       111, 2015.

    Examples
    --------
    >>> intersection_over_union([[1, 0], [1, 1]]).tolist()
    [0.5, 0.5]
    """
    table = np.asarray(confusion, dtype=np.float64)
    both = np.diag(table)
    either = table.sum(axis=0) + table.sum(axis=1) - both
    return np.divide(both, either, out=np.full(len(table), np.nan), where=either > 0)
