"""What may come in: samples, marks of unlabelled rows, numbers of samples to query.

Everything here ends before any training, in an error that names the argument and the way out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from skvaal._modules import MIN_IMAGE_SIZE
from skvaal._sources import Source, as_samples, check_finite, check_in_unit_interval, mapped

# Rows are checked this many numbers at a time, so that no mask of a whole memmap is built.
_CHECK_CHUNK = 4_000_000
_USUAL_CHANNELS = (1, 3, 4)


def check_samples(
    estimator: BaseEstimator, X: Any, *, reset: bool, data_format: str, name: str = "X"
) -> NDArray | Source:
    """Validate feature rows or images.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_``, ``feature_names_in_`` and ``input_shape_`` if `reset`, and is
        asked whether X fits them otherwise.
    X : array-like of shape (n_samples, n_features) or 4-D array, or Dataset
        Not copied if it is a numeric array already, and not read if it is no array in memory.
    reset : bool
        Whether X defines what later input must look like.
    data_format : {'channels_first', 'channels_last'}
        Of 4-D arrays.
    name : str
        Of the argument, for messages.

    Returns
    -------
    array or Source of shape (n_samples, n_features) or (n_samples, channels, height, width)

    Raises
    ------
    ValueError, TypeError
        If X cannot be learned from, or has not the shape or the kind that was fitted.
    """
    if isinstance(X, torch.Tensor):
        X = X.detach().cpu().numpy()
    original = X = as_samples(X, name)
    if isinstance(X, Source):
        _check_numeric(X, name)
    else:
        X = mapped(_as_numbers(X, estimator, name), name)
    if len(X) == 0:
        raise ValueError(
            f"{name} is empty: found 0 sample(s) (shape={X.shape}); at least 1 is required"
        )
    if X.ndim == 4:
        X = _channels_first(X, data_format, name)
    elif X.ndim != 2:
        raise ValueError(_wrong_ndim(X, name))

    if reset:
        estimator.input_shape_ = X.shape[1:]
        estimator.image_kind_ = _image_kind(X)
    elif X.ndim != 1 + len(estimator.input_shape_) or (
        X.ndim == 4 and X.shape[1:] != estimator.input_shape_
    ):
        raise ValueError(
            f"{name} has samples of shape {X.shape[1:]}, but {type(estimator).__name__} was fitted "
            f"on samples of shape {estimator.input_shape_}"
        )
    elif _image_kind(X) != estimator.image_kind_:
        raise ValueError(
            f"{name} holds {_image_kind(X)}, but {type(estimator).__name__} was fitted on "
            f"{estimator.image_kind_}; uint8 images are scaled by 1 / 255, others are not"
        )
    if X.ndim == 2:
        validate_data(estimator, original, reset=reset, skip_check_array=True)
    elif reset:
        # scikit-learn would count channels, or rows of pixels.
        estimator.n_features_in_ = math.prod(X.shape[1:])
        vars(estimator).pop("feature_names_in_", None)
    if X.dtype.kind == "f" and not (isinstance(X, Source) and not X.is_checked):
        _check_pieces(check_finite, X, name, bool(getattr(estimator, "verbose", 0)))
    return X


def check_same_kind(X_labeled: NDArray | Source, X_unlabeled: NDArray | Source) -> None:
    """Raise if two validated pools differ in sample shape, or one is integer and one is not."""
    if X_labeled.shape[1:] != X_unlabeled.shape[1:]:
        raise ValueError(
            f"X_labeled has samples of shape {X_labeled.shape[1:]}, X_unlabeled of shape "
            f"{X_unlabeled.shape[1:]}; the pools must agree"
        )
    kinds = ["float" if X.dtype.kind == "f" else "integer" for X in (X_labeled, X_unlabeled)]
    if kinds[0] != kinds[1] or _image_kind(X_labeled) != _image_kind(X_unlabeled):
        raise ValueError(
            f"X_labeled is of dtype {X_labeled.dtype}, X_unlabeled of {X_unlabeled.dtype}; convert "
            "one, after making sure that both are on the same scale"
        )


def check_same_columns(X_labeled: Any, X_unlabeled: Any) -> None:
    """Raise if two DataFrames have other columns, or the same ones in another order."""
    columns = [list(X.columns) for X in (X_labeled, X_unlabeled) if hasattr(X, "columns")]
    if len(columns) == 2 and columns[0] != columns[1]:
        raise ValueError(
            "X_labeled and X_unlabeled must have the same columns in the same order; reorder one: "
            "X_unlabeled[X_labeled.columns]"
        )


def check_transformable(X: Any, name: str) -> None:
    """Raise if the transformers of a Pipeline cannot read X."""
    if isinstance(X, Dataset):
        raise TypeError(
            f"{name} is a Dataset, which the transformers of a Pipeline cannot read; transform in "
            "the Dataset, and pass the strategy without a Pipeline"
        )


def check_n(n: Any, pool_size: int, name: str = "n") -> int:
    """Validate a number of samples to query.

    Parameters
    ----------
    n : int
        From 1 to `pool_size`.
    pool_size : int
    name : str
        Of the argument, for messages.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `n` is no integer.
    ValueError
        If `n` is out of range.
    """
    if isinstance(n, bool | np.bool_) or not isinstance(n, Integral):
        raise TypeError(f"{name} must be an integer, got {n!r} of type {type(n).__name__}")
    n = int(n)
    if not 1 <= n <= pool_size:
        raise ValueError(
            f"{name}={n}, but it must be from 1 to the number of samples in the pool, {pool_size}"
        )
    return n


def labeled_mask(y: ArrayLike, missing_label: Any) -> NDArray[np.bool_]:
    """Which rows are labelled.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, ...)
        A row of dense labels (a label map) is unlabelled if all of its entries are the mark.
    missing_label : int, float, str or None
        The mark; nan, None and pandas' NA each mark all of these.

    Returns
    -------
    array of bool of shape (n_samples,)

    Raises
    ------
    ValueError
        If y holds NaN that is not the mark.

    Examples
    --------
    >>> from skvaal._validation import labeled_mask
    >>> labeled_mask([0, -1, 2], -1)
    array([ True, False,  True])
    """
    # A list of words and nan would become an array of words.
    y = np.array(y, dtype=object) if isinstance(y, list | tuple) else np.asarray(y)
    if not np.ndim(missing_label) == 0:
        raise ValueError(f"missing_label must be one value, got {missing_label!r}")
    unlabeled: Any
    if y.dtype == object:
        is_mark = _is_missing if _is_missing(missing_label) else _equals(missing_label)
        unlabeled = np.vectorize(is_mark, otypes=[bool])(y)
    elif _is_missing(missing_label):
        unlabeled = np.isnan(y) if y.dtype.kind == "f" else np.zeros(y.shape, bool)
    else:
        if y.dtype.kind == "f" and np.isnan(y).any():
            raise ValueError(
                f"y contains NaN, but missing_label={missing_label!r}; pass missing_label=np.nan "
                "if NaN marks unlabelled rows"
            )
        # numpy compares strings with numbers by answering a single False.
        unlabeled = np.broadcast_to(np.asarray(y == missing_label, dtype=bool), y.shape)
    is_unlabeled: NDArray[np.bool_] = unlabeled.reshape(len(y), -1).all(axis=1)
    return ~is_unlabeled


def _is_missing(value: Any) -> bool:
    """Whether a value is None, nan, or pandas' NA or NaT: pandas turns one into another."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _equals(mark: Any) -> Callable[[Any], bool]:
    return lambda value: not _is_missing(value) and bool(value == mark)


def check_unit_interval(X: NDArray | Source, name: str, verbose: bool = False) -> None:
    """Raise if X cannot have a Bernoulli likelihood; uint8 images are scaled to [0, 1] later.

    Samples that are read when they are asked for are checked then.

    Parameters
    ----------
    X : array or Source
    name : str
        Of the argument, for messages.
    verbose : bool, default=False
        Whether a progress bar is shown.
    """
    if _image_kind(X) == "uint8 images":
        return
    if isinstance(X, Source) and not X.is_checked:
        X.in_unit_interval = True
    else:
        _check_pieces(check_in_unit_interval, X, name, verbose)


def _as_numbers(X: Any, estimator: BaseEstimator, name: str) -> NDArray:
    try:
        X = check_array(
            X,
            allow_nd=True,
            ensure_all_finite=False,  # NaN is looked for in pieces, and located, further down
            ensure_min_samples=0,
            input_name=name,
            estimator=estimator,
        )
    except ValueError as error:
        # scikit-learn's messages about strings do not name the argument.
        if "string" not in str(error):
            raise
        raise ValueError(
            f"{name} holds strings; encode them as numbers first, with "
            "sklearn.preprocessing.OrdinalEncoder or OneHotEncoder"
        ) from error
    if X.dtype.kind in "mM":
        raise ValueError(f"{name} holds dates or times ({X.dtype}); pass them as numbers")
    return X


def _check_numeric(X: Source, name: str) -> None:
    """Raise if what is stored is no numbers, or no numbers are stored."""
    if X.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} is of dtype {X.dtype}; it must hold booleans, integers or real numbers"
        )
    if 0 in X.shape[1:]:
        raise ValueError(f"{name} has samples of shape {X.shape[1:]}, which hold no number")


def _wrong_ndim(X: NDArray | Source, name: str) -> str:
    if X.ndim == 3 and isinstance(X, Source):
        return (
            f"{name} has shape {X.shape}; images need a channel axis: its samples should have the "
            f"shape (1, {X.shape[1]}, {X.shape[2]})"
        )
    if X.ndim == 3:
        return (
            f"{name} has shape {X.shape}; images need a channel axis: {name}[:, None] makes it "
            f"(n, 1, {X.shape[1]}, {X.shape[2]})"
        )
    return (
        f"{name} has {X.ndim} axes (shape {X.shape}); expected (n, features) or images of shape "
        "(n, channels, height, width), a channel axis included"
    )


def _channels_first(X: NDArray | Source, data_format: str, name: str) -> NDArray | Source:
    """View of images as (n, channels, height, width), if they can be that."""
    if data_format == "channels_last":
        X = X.with_channels_first() if isinstance(X, Source) else np.moveaxis(X, -1, 1)
    elif X.shape[3] in _USUAL_CHANNELS and X.shape[1] not in _USUAL_CHANNELS:
        raise ValueError(
            f"{name} of shape {X.shape} looks like (n, height, width, channels); pass "
            "data_format='channels_last', or move the channels: np.moveaxis(X, -1, 1)"
        )
    _, channels, height, width = X.shape
    if min(height, width) < MIN_IMAGE_SIZE or not channels:
        raise ValueError(
            f"{name} holds images of {channels} channel(s) and {height}x{width} pixels; at least "
            f"{MIN_IMAGE_SIZE}x{MIN_IMAGE_SIZE} are needed. Smaller ones can be passed as feature "
            "rows: X.reshape(len(X), -1)"
        )
    return X


def _image_kind(X: NDArray | Source) -> str:
    if X.ndim == 2:
        return "feature rows"
    return "uint8 images" if X.dtype == np.uint8 else "images of real numbers"


def _check_pieces(
    check: Callable[[NDArray, str, slice], None], X: NDArray | Source, name: str, verbose: bool
) -> None:
    """Have all of X checked, some rows at a time."""
    step = max(1, _CHECK_CHUNK // max(1, math.prod(X.shape[1:])))
    starts = range(0, len(X), step)
    for start in tqdm(starts, desc=f"checking {name}", leave=False, disable=not verbose):
        rows = slice(start, start + step)
        check(X[rows], name, rows)
