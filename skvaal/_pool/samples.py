"""From what the user passed to samples: how it is read, and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array

from skvaal._pool.arrays import ArrayLikeSource, MappedSource, SparseSource, issparse
from skvaal._pool.conversion import describe, is_real, unwrap
from skvaal._pool.dask import DaskSource
from skvaal._pool.frames import DATES, check_columns, strings_message
from skvaal._pool.kinds import (
    check_holds_samples,
    is_dask_array,
    is_dataset,
    is_file_name,
    is_polars,
    is_tensor,
)
from skvaal._pool.mapping import find_memmap
from skvaal._pool.source import Samples, Source
from skvaal._utils.exceptions import AmbiguousInputWarning, warn_user

# Smallest height and width of an image.
_MIN_IMAGE_SIZE = 8
_USUAL_CHANNELS = (1, 3, 4)


def open_samples(X: Any, name: str) -> Any:
    """Make a :class:`Source` of samples that are to be read when they are asked for.

    What lies in memory (arrays, tensors, frames, lists) is returned as it is. What has no rows, or
    cannot be read by index, is a TypeError; a file that was cut or an unknown number of samples is
    a ValueError.
    """
    if isinstance(X, Source):
        return X
    if isinstance(X, np.ndarray):
        return X if find_memmap(X) is None else MappedSource(X, name)
    if issparse(X):
        return SparseSource(X, name)
    check_holds_samples(X, name)
    if is_dataset(X):
        from skvaal._pool.dataset import DatasetSource

        return DatasetSource(X, name)
    if is_dask_array(X):
        return DaskSource(X, name)
    return ArrayLikeSource(X, name) if _is_lazy(X) else X


def _is_lazy(X: Any) -> bool:
    """Whether X has shape, dtype and slicing, and no other way to be read.

    Arrays in memory declare a namespace (the array API); frames have attributes of their own.
    """
    others = ("__array_namespace__", "__dask_graph__", "__dataframe__", "iloc", "tocsr")
    if is_tensor(X) or is_polars(X) or any(hasattr(X, other) for other in others):
        return False
    has_all = hasattr(X, "dtype") and hasattr(X, "__getitem__")
    return has_all and isinstance(getattr(X, "shape", None), tuple) and len(X.shape) > 0


def as_numbers(X: Any, name: str, estimator_name: str) -> NDArray:
    """Convert samples in memory to an array of real numbers, NaN among them; no numeric copy.

    What holds no numbers, or rows of several lengths, is a ValueError or a TypeError that says what
    to do.
    """
    X = unwrap(X, name)
    check_columns(X, name, estimator_name)
    try:
        array: NDArray = check_array(
            np.asarray(X) if isinstance(X, np.matrix | np.ma.MaskedArray) else X,
            dtype=None,
            allow_nd=True,
            ensure_2d=False,
            ensure_all_finite=False,  # checked in pieces later, which locates NaN
            ensure_min_samples=0,
            ensure_min_features=0,
            input_name=name,
            estimator=estimator_name,
        )
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        way_out = "; pass an array, a DataFrame, a sparse matrix or a Dataset of real numbers"
        if "Complex" in str(error):
            way_out = ", as complex numbers are; pass real and imaginary part as features"
        reason = f"{name} of type {type(X).__name__} cannot be read as numbers: {describe(error)}"
        raise ValueError(_find_uneven_row(X, name) or reason + way_out) from error
    if array.ndim < 2:
        array = _check_one_axis(array, X, name, estimator_name)
    elif 0 in array.shape[1:]:
        raise ValueError(
            f"{name} has no features: Found array with 0 feature(s) (shape={array.shape}) while a "
            f"minimum of 1 is required by {estimator_name}"
        )
    return _check_kind(array, name, estimator_name)


def _find_uneven_row(X: Any, name: str) -> str | None:
    """What is wrong with the first row that has not the shape of the one before; None if none."""
    first: tuple[int, ...] | None = None
    for row, sample in enumerate(X if isinstance(X, list | tuple) else ()):
        try:
            shape = np.shape(sample)
        except ValueError:
            return (
                f"{name}[{row}] is a {type(sample).__name__} whose parts have several shapes; if "
                "it is a sample and its label, pass the samples alone, else pad or cut its parts"
            )
        if first is not None and shape != first:
            return (
                f"{name}[{row}] has the shape {shape}, but {name}[0] {first}; make all alike: pad "
                "or cut rows, resize images"
            )
        first = shape
    return None


def _check_one_axis(array: NDArray, X: Any, name: str, estimator_name: str) -> NDArray:
    """No samples, as an array with two axes; anything else with one axis or none is an error."""
    if array.shape == (0,):
        return np.empty((0, 0))
    if array.ndim == 0:
        raise ValueError(
            f"{name} is a single number; pass an array of shape (n_samples, n_features)"
        )
    first = array[0]
    if is_file_name(first):
        raise ValueError(
            f"{name} holds names of files, such as {str(first)!r}; pass what is in them: for "
            "images a Dataset that opens them"
        )
    if isinstance(first, str | bytes):
        raise ValueError(
            f"{name} holds texts; turn them into numbers first, with "
            f"strategy=make_pipeline(TfidfVectorizer(), {estimator_name}())"
        )
    if array.dtype.names:
        raise ValueError(
            f"{name} is a structured array with the fields {', '.join(array.dtype.names)}; pass "
            f"numpy.lib.recfunctions.structured_to_unstructured({name})"
        )
    if hasattr(first, "keys"):
        raise ValueError(
            f"{name}[0] is a {type(first).__name__}; pass numbers: pandas.DataFrame(list({name}))"
        )
    if np.ndim(first):
        uneven = _find_uneven_row(list(array), name)
        raise ValueError(uneven or f"{name} holds arrays as objects; pass numpy.stack({name})")
    raise ValueError(_one_axis_message(array.shape, name))


def _one_axis_message(shape: tuple[int, ...], name: str) -> str:
    return (
        f"{name} has one axis (shape {shape}) and must have two, (n_samples, n_features). Reshape "
        f"your data: numpy.reshape({name}, (-1, 1)) if it has one feature, (1, -1) if it is one "
        "sample"
    )


def _check_kind(array: NDArray, name: str, estimator_name: str) -> NDArray:
    """Real numbers of an array of two or more axes; anything else in it is an error."""
    if array.dtype.kind in "mM":
        raise ValueError(f"{name} holds {DATES}")
    if array.dtype.names or array.dtype.kind == "V":
        raise ValueError(f"{name} is of dtype {array.dtype}; pass each field as a feature")
    if array.dtype.kind in "UST":
        raise ValueError(strings_message(name, estimator_name))
    if array.dtype != object:
        return array
    for position, value in np.ndenumerate(array):
        where = f"{name}{list(position)}"
        if isinstance(value, str | bytes):
            raise ValueError(strings_message(name, estimator_name, f", such as {where}"))
        reason = f"{where} is no real number, but of type {type(value).__name__}"
        if not is_real(value):
            raise TypeError(f"{reason}; convert it first")
        try:
            float(np.nan if value is None else value)
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            kind = ValueError if isinstance(error, RuntimeError) else type(error)
            raise kind(f"{reason} ({describe(error)}); convert it first") from error
    return array.astype(np.float64)


def as_rows_or_images(X: Samples, data_format: str, name: str) -> Samples:
    """View samples as (n, n_features) or (n, channels, height, width)."""
    if X.ndim == 2:
        return X
    if X.ndim == 1:
        raise ValueError(_one_axis_message(X.shape, name))
    if X.ndim == 3:
        way_out = f"{name}[:, None] makes it {(len(X), 1, *X.shape[1:])}"
        if isinstance(X, Source):
            way_out = f"its samples should have the shape {(1, *X.shape[1:])}"
        raise ValueError(
            f"{name} has shape {X.shape}; images need a channel axis: {way_out}. Series are passed "
            f"as feature rows, {(len(X), X.shape[1] * X.shape[2])}"
        )
    if X.ndim != 4:
        raise ValueError(
            f"{name} has {X.ndim} axes (shape {X.shape}); expected (n, features) or images of "
            "shape (n, channels, height, width), a channel axis included"
        )
    if data_format == "channels_last":
        X = X.with_channels_first() if isinstance(X, Source) else np.moveaxis(X, -1, 1)
    elif _looks_like_channels_last(X.shape):
        raise ValueError(
            f"{name} of shape {X.shape} looks like (n, height, width, channels); pass "
            "data_format='channels_last', or move the channels: np.moveaxis(X, -1, 1)"
        )
    _, channels, height, width = X.shape
    if min(height, width) < _MIN_IMAGE_SIZE or not channels:
        raise ValueError(
            f"{name} holds images of {channels} channel(s) and {height}x{width} pixels; at least "
            f"{_MIN_IMAGE_SIZE}x{_MIN_IMAGE_SIZE} are needed. Smaller ones can be passed as "
            "feature rows: X.reshape(len(X), -1)"
        )
    if _may_be_turned(X.shape, data_format):
        warn_user(
            f"{name} is read as images of {channels} channels and {height}x{width} pixels, since "
            f"data_format={data_format!r}; if the bands stand at the other end, set it to "
            f"'channels_{'last' if data_format == 'channels_first' else 'first'}'",
            AmbiguousInputWarning,
        )
    return X


def _looks_like_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether samples that are said to be (channels, height, width) cannot well be."""
    _, *size, last = shape
    if last in _USUAL_CHANNELS:
        return size[0] not in _USUAL_CHANNELS
    return last < _MIN_IMAGE_SIZE <= min(size)


def _may_be_turned(shape: tuple[int, ...], data_format: str) -> bool:
    """Whether images, channels first, would be square if the channels stood at the other end."""
    _, channels, height, width = shape
    return channels == (height if data_format == "channels_first" else width) and height != width
