"""Which samples are read in which way."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, IterableDataset

from skvaal._sources._array_like import ArrayLikeSource
from skvaal._sources._dask import DaskSource
from skvaal._sources._dataset import DatasetSource
from skvaal._sources._mapped import MappedSource, check_file_size, is_mapped
from skvaal._sources._source import Source


def as_samples(X: Any, name: str) -> Any:
    """Samples as a :class:`Source`, if they are to be read when they are asked for.

    Parameters
    ----------
    X : object
        A map-style Dataset, a dask array, or an array-like with shape, dtype and slicing that is
        not in memory. All else is returned as it is: arrays, tensors, DataFrames, lists, sparse
        arrays.
    name : str
        Of the argument, for messages.

    Returns
    -------
    Source, or X

    Raises
    ------
    TypeError
        If X is a DataLoader or an IterableDataset, or its items are no samples.
    ValueError
        If X is a memmap of a file that is shorter than its shape says, or a dask array with unknown
        chunk sizes.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from torch.utils.data import TensorDataset
    >>> from skvaal._sources import as_samples
    >>> X = as_samples(TensorDataset(torch.zeros(5, 3), torch.arange(5)), "X")
    >>> X.shape, X.dtype, X[np.array([4, 1])].shape
    ((5, 3), dtype('float32'), (2, 3))
    """
    if isinstance(X, Source):
        return X
    if isinstance(X, np.ndarray):
        check_file_size(X, name)
        return X
    if isinstance(X, DataLoader):
        raise TypeError(f"{name} is a DataLoader; pass its dataset: {name}.dataset")
    if isinstance(X, IterableDataset):
        raise TypeError(
            f"{name} is an IterableDataset ({type(X).__name__}), whose samples have no index that "
            "a query could return; pass a map-style Dataset, with __len__ and __getitem__"
        )
    if isinstance(X, Dataset):
        return DatasetSource(X, name)
    if hasattr(X, "__dask_graph__") and hasattr(X, "rechunk"):  # no DataFrame, which has no rows
        return DaskSource(X, name)
    return ArrayLikeSource(X, name) if _is_lazy(X) else X


def mapped(X: NDArray, name: str) -> NDArray | Source:
    """An array that lies in a mapped file as a :class:`Source`; another one as it is.

    Parameters
    ----------
    X : array
    name : str
        Of the argument, for messages.

    Returns
    -------
    array or Source
    """
    return MappedSource(X, name) if is_mapped(X) else X


def _is_lazy(X: Any) -> bool:
    """Whether X has shape, dtype and slicing, and no other way in.

    Arrays in memory declare a namespace (the array API), dask arrays and DataFrames have names of
    their own, and sparse arrays cannot become dense by a slice.
    """
    if isinstance(X, torch.Tensor | np.generic):
        return False
    others = ("__array_namespace__", "__dask_graph__", "__dataframe__", "iloc", "tocsr")
    if any(hasattr(X, other) for other in others):
        return False
    has_all = hasattr(X, "dtype") and hasattr(X, "__getitem__")
    return has_all and isinstance(getattr(X, "shape", None), tuple) and len(X.shape) > 0
