"""Rows of whatever holds samples: counted, taken, stacked, without a change of the container.

Adapters use this on what the user handed over, so that frames stay frames until the steps of a
Pipeline have seen them. Supported are numpy arrays, lists (of texts, too), frames of pandas and
polars, sparse matrices, tensors and Datasets of torch, dask arrays and array-likes.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse, vstack

from skvaal._pool import kinds, samples
from skvaal._pool.conversion import as_array, check_intact
from skvaal._pool.source import Source
from skvaal._pool.validation import check_same_columns


def count_rows(X: Any, name: str = "X") -> int:
    """Count the samples; a dask array must know how many it has.

    Raise if an entry is masked, or lies in a file that was cut: steps of a Pipeline would read it.
    """
    kinds.check_holds_samples(X, name)
    check_intact(X, name)
    if kinds.is_dask_array(X) or (kinds.is_dataset(X) and not hasattr(X, "__len__")):
        return len(samples.open_samples(X, name))
    if getattr(X, "shape", None) == ():
        raise ValueError(f"{name} is a single number; pass an array of shape (n, n_features)")
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def take_rows(X: Any, rows: ArrayLike) -> Any:
    """Take some samples, by positions or by a mask.

    A Dataset gives a Subset; an array-like that is not in memory gives an array.
    """
    rows = np.asarray(rows)
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)
    check_intact(X, "X")
    if isinstance(X, list | tuple):
        return type(X)(X[row] for row in rows)
    if kinds.is_pandas(X):
        return X.iloc[rows]
    if kinds.is_polars(X) or kinds.is_dask_array(X) or kinds.is_tensor(X):
        return X[rows]
    if issparse(X):
        return X.tocsr()[rows]
    if kinds.is_dataset(X):
        from torch.utils.data import Subset

        return Subset(X, rows.tolist())
    source = X if isinstance(X, np.ndarray) else samples.open_samples(X, "X")
    if not isinstance(source, Source):
        return np.asarray(X)[rows]
    source.is_checked = True  # steps of a Pipeline may expect NaN
    return source[rows]


def stack_rows(parts: Sequence[Any]) -> Any:
    """Put samples end to end.

    Sparse matrices give a CSR matrix, even beside dense arrays; other mixed kinds give an array.
    Frames with other columns are a ValueError, Datasets beside arrays a TypeError.
    """
    first, *others = parts
    if not others:
        return first
    for other in others:
        check_same_columns(first, other)
    if all(map(kinds.is_pandas, parts)):
        return sys.modules["pandas"].concat(parts)
    if all(map(kinds.is_polars, parts)):
        # Relaxed: integers beside real numbers become real, as in pandas. A Series cannot.
        how = "vertical_relaxed" if hasattr(first, "columns") else "vertical"
        return sys.modules["polars"].concat(parts, how=how)
    if all(isinstance(part, list | tuple) for part in parts):
        return type(first)(chain.from_iterable(parts))
    if all(map(kinds.is_tensor, parts)):
        return sys.modules["torch"].cat(list(parts))
    if any(map(kinds.is_dataset, parts)):
        from torch.utils.data import ConcatDataset

        if arrays := {type(part).__name__ for part in parts if not kinds.is_dataset(part)}:
            raise TypeError(
                f"a Dataset cannot be put together with samples of type {', '.join(sorted(arrays))}"
                "; pass both as Datasets, or both as arrays"
            )
        return ConcatDataset(parts)
    if any(map(issparse, parts)):
        return vstack([part if issparse(part) else as_array(part, "X") for part in parts], "csr")
    return np.concatenate([as_array(part, "X") for part in parts])


def drop_duplicate_rows(X: Any) -> Any:
    """Drop samples that equal an earlier one; a numpy array of numbers is sorted, too."""
    if kinds.is_dataset(X):
        raise TypeError(f"samples of a {type(X).__name__} cannot be compared; pass an array")
    if kinds.is_pandas(X):
        return X[~X.duplicated()]
    if kinds.is_polars(X):
        kept = {"keep": "first"} if hasattr(X, "columns") else {}
        return X.unique(maintain_order=True, **kept)
    if issparse(X):
        entries = X.tocsr(copy=True)
        entries.sum_duplicates()
        entries.eliminate_zeros()
        keys: Iterable[Hashable] = (
            (entries.indices[start:end].tobytes(), entries.data[start:end].tobytes())
            for start, end in pairwise(entries.indptr.tolist())
        )
    elif isinstance(X, list | tuple):
        keys = map(_key_of, X)
    elif kinds.is_tensor(X):
        keys = map(_key_of, X.detach().cpu().tolist())
    else:
        X = np.asarray(X)
        if X.dtype.kind in "biufc":
            return np.unique(X, axis=0)
        keys = map(_key_of, X.tolist())
    first: dict[Hashable, int] = {}
    for position, key in enumerate(keys):
        first.setdefault(key, position)
    return take_rows(X, list(first.values()))


def _key_of(sample: Any) -> Hashable:
    """Something hashable that is equal for equal samples."""
    if isinstance(sample, list | tuple):
        return tuple(map(_key_of, sample))
    if isinstance(sample, np.ndarray):
        return sample.shape, sample.tobytes()
    return sample
