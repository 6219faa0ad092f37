"""From what the user passed to samples: whose it is, how it is read, and its numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.utils.fixes import parse_version
from sklearn.utils.validation import check_array

from skvaal._pool.arrays import ArrayLikeSource, MappedSource, SparseSource, find_memmap, issparse
from skvaal._pool.dask import DaskSource
from skvaal._pool.source import Samples, Source

# Smallest height and width of an image.
_MIN_IMAGE_SIZE = 8
_USUAL_CHANNELS = (1, 3, 4)
# Before, scikit-learn asks for names by the interchange protocol, which polars 2 does not have.
_SKLEARN_READS_POLARS = parse_version(sklearn.__version__) >= parse_version("1.9")


def _is_of(module: str, *names: str) -> Callable[[Any], bool]:
    """Make a test for classes of a module; if nothing has imported it, no object is of them."""

    def is_instance(X: Any) -> bool:
        loaded = sys.modules.get(module)
        return loaded is not None and isinstance(X, tuple(getattr(loaded, name) for name in names))

    return is_instance


is_tensor = _is_of("torch", "Tensor")
is_dataset = _is_of("torch.utils.data", "Dataset")
is_data_loader = _is_of("torch.utils.data", "DataLoader")
is_pandas = _is_of("pandas", "DataFrame", "Series")
is_polars = _is_of("polars", "DataFrame", "Series")


def is_dask_array(X: Any) -> bool:
    """Whether X is an array of dask; its DataFrames have no rows that could be counted."""
    return hasattr(X, "__dask_graph__") and hasattr(X, "rechunk")


def open_samples(X: Any, name: str) -> Any:
    """Make a :class:`Source` of samples that are to be read when they are asked for.

    What lies in memory (arrays, tensors, frames, lists) is returned as it is. What cannot be read
    by index is a TypeError; a file that was cut or an unknown number of samples is a ValueError.
    """
    if isinstance(X, Source):
        return X
    if isinstance(X, np.ndarray):
        return X if find_memmap(X) is None else MappedSource(X, name)
    if issparse(X):
        return SparseSource(X, name)
    if is_dataset(X):
        from skvaal._pool.dataset import DatasetSource

        return DatasetSource(X, name)
    if is_data_loader(X):
        raise TypeError(f"{name} is a DataLoader; pass its dataset: {name}.dataset")
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

    Strings, dates, complex numbers or a single axis are a ValueError.
    """
    if type(X).__module__.startswith("polars.lazyframe"):
        raise TypeError(f"{name} is a LazyFrame; pass {name}.collect()")
    if is_tensor(X):
        X = X.detach().cpu()
        # numpy has no bfloat16.
        X = (X.float() if str(X.dtype) == "torch.bfloat16" else X).numpy()
    try:
        X = check_array(
            X,
            allow_nd=True,
            ensure_all_finite=False,  # checked in pieces later, which locates NaN
            ensure_min_samples=0,
            input_name=name,
            estimator=estimator_name,
        )
        if X.dtype == object:  # strings of pandas >= 3 in scikit-learn < 1.8
            X = X.astype(np.float64)
    except ValueError as error:
        # scikit-learn's messages about strings do not name the argument.
        texts = np.asarray(X)
        if texts.ndim == 1 and len(texts) and isinstance(texts[0], str):
            raise ValueError(
                f"{name} holds texts; turn them into numbers first, with "
                f"strategy=make_pipeline(TfidfVectorizer(), {estimator_name}())"
            ) from error
        if "string" not in str(error):
            raise
        raise ValueError(
            f"{name} holds strings; encode them as numbers first, with "
            "sklearn.preprocessing.OrdinalEncoder or OneHotEncoder. For a frame with columns of "
            f"both kinds, use strategy=make_pipeline(ColumnTransformer(...), {estimator_name}())"
        ) from error
    if X.dtype.kind in "mM":
        raise ValueError(f"{name} holds dates or times ({X.dtype}); pass them as numbers")
    return X


def as_rows_or_images(X: Samples, data_format: str, name: str) -> Samples:
    """View samples as (n, n_features) or (n, channels, height, width)."""
    if X.ndim == 2:
        return X
    if X.ndim == 3:
        way_out = f"{name}[:, None] makes it {(len(X), 1, *X.shape[1:])}"
        if isinstance(X, Source):
            way_out = f"its samples should have the shape {(1, *X.shape[1:])}"
        raise ValueError(f"{name} has shape {X.shape}; images need a channel axis: {way_out}")
    if X.ndim != 4:
        raise ValueError(
            f"{name} has {X.ndim} axes (shape {X.shape}); expected (n, features) or images of "
            "shape (n, channels, height, width), a channel axis included"
        )
    if data_format == "channels_last":
        X = X.with_channels_first() if isinstance(X, Source) else np.moveaxis(X, -1, 1)
    elif X.shape[3] in _USUAL_CHANNELS and X.shape[1] not in _USUAL_CHANNELS:
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
    return X


def as_named(X: Any) -> Any:
    """X as scikit-learn finds names in it; of a frame of polars that it cannot read, those only."""
    if _SKLEARN_READS_POLARS or not (is_polars(X) and hasattr(X, "columns")):
        return X
    # As much of the interchange protocol as scikit-learn asks for.
    names = SimpleNamespace(column_names=lambda: X.columns)
    return SimpleNamespace(shape=X.shape, __dataframe__=lambda: names)
