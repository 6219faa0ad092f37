"""Samples in arrays that are read by rows: stored arrays, mapped files, sparse matrices."""

from __future__ import annotations

import copy
import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse as issparse  # for modules that leave scipy alone

from skvaal._pool.conversion import check_mask
from skvaal._pool.mapping import check_not_cut, find_memmap
from skvaal._pool.source import Rows, Source, are_finite, check_finite

# Upper limit of one read of an array-like, in bytes, where chunks lie side by side.
_MAX_READ = 2**24
# Upper limit of a chunk that is read as a whole and kept for its next rows, in bytes.
_MAX_CHUNK = 2**26
# Bytes of a mapped file that are read before its pages are given back to the system.
_RELEASE_AFTER = 2**26
# Bytes that the system reads around a page that is touched (Linux).
_AROUND = 2**16


class ArrayLikeSource(Source):
    """Rows of an array-like (zarr, HDF5), read by slices of its first axis, which all have.

    Rows next to each other are read together. If the array is stored in chunks, whole chunks are
    read, because they are decoded as a whole. The last chunks read are kept, so that consecutive
    small slices decode each chunk once.
    """

    def __init__(self, X: Any, name: str) -> None:
        try:
            dtype = np.dtype(X.dtype)
        except TypeError:
            raise TypeError(
                f"{name} is of dtype {X.dtype!r}, which numpy does not know; convert {name} to an "
                "array of numbers"
            ) from None
        if not all(isinstance(each, int | np.integer) for each in X.shape):
            raise ValueError(
                f"{name} has the shape {X.shape}, of which a part is unknown; pass an array of "
                "numbers that knows its shape"
            )
        super().__init__(X.shape, dtype, name)
        self.X = X
        chunks = getattr(X, "chunks", None)
        rows = chunks[0] if isinstance(chunks, tuple) and chunks else 1
        fits = isinstance(rows, int | np.integer) and rows * self._item_bytes <= _MAX_CHUNK
        self._chunk = max(1, int(rows)) if fits else 1
        self._per_read = max(1, _MAX_READ // max(1, self._chunk * self._item_bytes))
        self._kept_start, self._kept = 0, np.empty((0, *self._item_shape), dtype)

    def _read(self, rows: Rows) -> NDArray:
        ascending, inverse = np.unique(self._positions(rows), return_inverse=True)
        X = np.empty((len(ascending), *self._item_shape), self.dtype)
        offsets = ascending - self._kept_start
        known = (offsets >= 0) & (offsets < len(self._kept))
        X[known] = self._kept[offsets[known]]
        missing = np.flatnonzero(~known)
        # Adjacent chunks are read at once, up to the limit.
        chunks = ascending[missing] // self._chunk
        apart = (np.diff(chunks) > 1) | (np.diff(chunks // self._per_read) > 0)
        for part in np.split(missing, np.flatnonzero(apart) + 1):
            if len(part):
                start, span = self._span(ascending[part])
                X[part] = span[ascending[part] - start]
        return X[inverse]

    def _span(self, rows: NDArray[np.intp]) -> tuple[int, NDArray]:
        """First row of the chunks that hold these rows, and all rows of these chunks."""
        start = int(rows[0]) // self._chunk * self._chunk
        stop = min(len(self), (int(rows[-1]) // self._chunk + 1) * self._chunk)
        span = self.X[start:stop]
        check_mask(span, self.name, start)
        span = np.asarray(span)
        if span.shape != (stop - start, *self._item_shape):
            raise ValueError(
                f"{self.name}[{start}:{stop}] has shape {span.shape}, but {self.name}.shape is "
                f"{(len(self), *self._item_shape)}; {self.name} must be as long as it says"
            )
        if not np.can_cast(span.dtype, self.dtype, "equiv"):
            raise ValueError(
                f"{self.name}[{start}:{stop}] is of dtype {span.dtype}, but {self.name}.dtype is "
                f"{self.dtype}, as where values are scaled while they are read; pass an object "
                f"whose slices are of its dtype, or the numbers themselves: {self.name}[:]"
            )
        if self._chunk > 1:
            self._kept_start, self._kept = start, span
        return start, span


class MappedSource(Source):
    """Rows of a ``numpy.memmap`` or of a view of one.

    A page that was read counts as memory of the process until it is released. The system releases
    pages only when memory is short; this class does so every 64 MB. A file that was cut is a
    ValueError: reading beyond its end would kill the process.
    """

    is_checked = True  # by check_samples, as an array in memory is

    def __init__(self, X: NDArray, name: str) -> None:
        super().__init__(X.shape, X.dtype, name)
        self.X = X
        self._unreleased = 0
        check_not_cut(X, name)

    def _read(self, rows: Rows) -> NDArray:
        X = self.X[rows]
        if isinstance(rows, slice):
            X = X.copy()
        self._unreleased += X.nbytes + _AROUND * (1 if isinstance(rows, slice) else len(X))
        if self._unreleased > _RELEASE_AFTER:
            release_pages(self.X)
            self._unreleased = 0
        return X


def release_pages(X: NDArray) -> None:
    """Give the pages of a mapped file back to the system, which reads them again when needed.

    This does nothing if the system has no such call, or for ``mode='c'``: its changes are in memory
    only, and would be lost.
    """
    root = find_memmap(X)
    if root.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
        root.base.madvise(mmap.MADV_DONTNEED)


def _sum_duplicates(X: Any) -> Any:
    """X with one entry for each position: X itself, if it is known to be so, or a copy."""
    if X.has_canonical_format:
        return X
    summed = X.copy()
    summed.sum_duplicates()
    return summed


class SparseSource(Source):
    """Rows of a sparse matrix, each read as a dense one; NaN or infinity is a ValueError."""

    is_checked = True  # in __init__, since there are few numbers

    def __init__(self, X: Any, name: str) -> None:
        if X.ndim != 2:
            raise ValueError(
                f"{name} is a sparse array with {X.ndim} axes (shape {X.shape}); expected "
                "(n_samples, n_features)"
            )
        for part in ("data", "indices", "indptr", "row", "col", "coords"):
            check_not_cut(getattr(X, part, None), f"{name}.{part}")
        self.X = X.tocsr()
        # A sum of entries may be finite where each of them is not, and the other way round.
        if (summed := _sum_duplicates(self.X)).nnz < self.X.nnz:
            self.X = summed
        super().__init__(X.shape, self.X.dtype, name)
        finite = are_finite(self.X.data)
        if not finite.all():
            row = self.X.tocoo().row[[finite.argmin()]]
            check_finite(self._read(row), name, row)

    def with_conditioning(self, conditioning: Any) -> Source:
        """As of any Source; where there is no offset, the matrix itself is scaled."""
        if conditioning.offset.any():
            return super().with_conditioning(conditioning)
        scaled = copy.copy(self)
        entries = self.X.data.astype(np.float64) * conditioning.factor
        scaled.X = type(self.X)((entries, self.X.indices, self.X.indptr), shape=self.shape)
        scaled.dtype = entries.dtype
        return scaled

    def _read(self, rows: Rows) -> NDArray:
        return self.X[rows].toarray()
