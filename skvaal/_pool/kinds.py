"""Whose samples are: tests by class that import nothing, and what holds no samples at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, MappingView, Sequence, Set
from itertools import islice
from numbers import Number
from typing import Any

import numpy as np

# Ends of file names that no text has.
_FILES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".npy", ".npz")
_WAY_OUT = "pass an array, a DataFrame, a sparse matrix or a Dataset of samples"


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
is_pyarrow = _is_of("pyarrow", "Table", "RecordBatch")
is_picture = _is_of("PIL.Image", "Image")


def is_dask_array(X: Any) -> bool:
    """Whether X is an array of dask; its DataFrames have no rows that could be counted."""
    return hasattr(X, "__dask_graph__") and hasattr(X, "rechunk")


def is_file_name(value: Any) -> bool:
    """Whether a value is a path, or a text that ends like the name of a file of samples."""
    is_named = isinstance(value, str) and value.lower().endswith(_FILES)
    return is_named or isinstance(value, os.PathLike)


def check_holds_samples(X: Any, name: str) -> None:
    """Raise a TypeError if X is of a kind that has no rows: a text, a generator, a set, a dict."""
    if (reason := _find_reason(X, name)) is not None:
        raise TypeError(f"{name} {reason}")


def _find_reason(X: Any, name: str) -> str | None:
    """Why X has no rows, and the way out; None if it may have some."""
    kind = type(X).__name__
    if X is None:
        return f"is None; {_WAY_OUT}"
    if isinstance(X, type):
        return f"is the class {X.__name__}; pass an object of it"
    if isinstance(X, str | bytes | os.PathLike):
        return (
            f"is {X!r}; pass the samples themselves: np.load(path), or for images in files a "
            "Dataset that opens them"
        )
    if hasattr(X, "__dask_graph__"):
        return None if is_dask_array(X) else _reason_of_dask(kind, name)
    if hasattr(X, "read") and hasattr(X, "close"):
        return f"is an open file ({kind}); read its numbers first, and pass these"
    if kind.endswith("GroupBy"):
        return f"is of type {kind}; pass the frame itself, not its groups"
    if hasattr(X, "__next__"):
        return f"is of type {kind}, which can be read only once; pass list({name})"
    if isinstance(X, list | tuple) and _are_samples_and_labels(X):
        return f"holds samples and their labels; pass {name} and y as two arguments"
    if isinstance(X, Set | MappingView):
        return f"is of type {kind}, whose members have no index; pass list({name})"
    if is_picture(X):
        return "is a single image of PIL; pass several as an array: np.stack([image, ...])"
    if type(X).__module__.startswith("polars.lazyframe"):
        return f"is a LazyFrame; pass {name}.collect()"
    if is_data_loader(X):
        return f"is a DataLoader; pass its dataset: {name}.dataset"
    if hasattr(X, "__array__") or is_dataset(X) or is_pandas(X):
        return None
    if hasattr(X, "column_names"):
        return (
            f"is of type {kind} with the columns {_listed(X.column_names or ())}; pass one that "
            f'holds numbers, as an array: np.stack({name}.with_format("numpy")["..."])'
        )
    if callable(getattr(X, "keys", None)) and hasattr(X, "__getitem__"):
        return (
            f"is of type {kind} with the keys {_listed(X.keys())}; pass one of its arrays, or "
            f"pandas.DataFrame({name}) if each is a column"
        )
    is_readable = hasattr(X, "__getitem__") and hasattr(X, "__len__")
    has_buffer = isinstance(X, memoryview) or hasattr(X, "__array_interface__")
    if is_readable or has_buffer or hasattr(X, "shape") or hasattr(X, "__dataframe__"):
        return None
    return f"is {f'the number {X}' if isinstance(X, Number) else f'of type {kind}'}; {_WAY_OUT}"


def _are_samples_and_labels(X: Sequence[Any]) -> bool:
    """Whether these are two parts: rows of several numbers, and a label for each."""
    if len(X) != 2 or not all(hasattr(x, "shape") or isinstance(x, list | tuple) for x in X):
        return False
    try:
        samples, labels = map(np.shape, X)
    except ValueError:  # rows of several lengths
        return False
    return len(samples) > 1 and labels == samples[:1]


def _reason_of_dask(kind: str, name: str) -> str:
    if kind in ("DataFrame", "Series"):
        return f"is a {kind} of dask; pass {name}.to_dask_array(lengths=True)"
    return f"is of type {kind} of dask, whose samples have no index; pass {name}.compute()"


def _listed(names: Iterable[Any]) -> str:
    first = [repr(each) for each in islice(iter(names), 4)]
    return (", ".join(first[:3]) or "(none)") + (", ..." if len(first) > 3 else "")
