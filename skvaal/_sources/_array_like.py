"""Samples in whatever has shape, dtype and slicing: zarr and HDF5 arrays, for example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._sources._source import Rows, Source

# Of chunks that lie side by side at most so many bytes are read at once.
_MAX_READ = 2**24
# A chunk is read as a whole, and kept for the next rows of it, up to this size.
_MAX_CHUNK = 2**26


class ArrayLikeSource(Source):
    """Rows of an array-like, by slices of its first axis alone: all of them have these.

    Rows next to each other are read together. Where the array is stored in chunks, each is read as
    a whole, because it is decoded as a whole, and the last ones are kept: small slices one after
    the other then decode a chunk once.

    Parameters
    ----------
    X : object with shape, dtype and slicing
    name : str
        Of the argument, for messages.

    Raises
    ------
    TypeError
        If the dtype is not one of numpy's.
    """

    def __init__(self, X: Any, name: str) -> None:
        try:
            dtype = np.dtype(X.dtype)
        except TypeError:
            raise TypeError(
                f"{name} is of dtype {X.dtype!r}, which numpy does not know; convert {name} to an "
                "array of numbers"
            ) from None
        super().__init__(tuple(int(size) for size in X.shape), dtype, name)
        self.X = X
        self._chunk = self._rows_in_chunk()
        self._per_read = max(1, _MAX_READ // max(1, self._chunk * self._item_bytes))
        self._kept_start, self._kept = 0, np.empty((0, *self._item_shape), dtype)

    def _rows_in_chunk(self) -> int:
        chunks = getattr(self.X, "chunks", None)
        rows = chunks[0] if isinstance(chunks, tuple) and chunks else 1
        if not isinstance(rows, int | np.integer) or rows * self._item_bytes > _MAX_CHUNK:
            return 1
        return max(1, int(rows))

    def _read(self, rows: Rows) -> NDArray:
        positions = self._positions(rows)
        ascending, inverse = np.unique(positions, return_inverse=True)
        X = np.empty((len(ascending), *self._item_shape), self.dtype)
        offsets = ascending - self._kept_start
        known = (offsets >= 0) & (offsets < len(self._kept))
        X[known] = self._kept[offsets[known]]
        missing = np.flatnonzero(~known)
        for part in self._neighbours(ascending[missing]):
            start, span = self._span(ascending[missing[part]])
            X[missing[part]] = span[ascending[missing[part]] - start]
        return X if np.array_equal(ascending, positions) else X[inverse]

    def _neighbours(self, rows: NDArray[np.intp]) -> Iterator[slice]:
        """Parts of ascending rows that are read at once: chunks side by side, but not too many."""
        if not len(rows):
            return
        chunks = rows // self._chunk
        apart = (np.diff(chunks) > 1) | (np.diff(chunks // self._per_read) > 0)
        ends = [*(np.flatnonzero(apart) + 1).tolist(), len(rows)]
        for start, end in zip([0, *ends], ends, strict=False):
            yield slice(start, end)

    def _span(self, rows: NDArray[np.intp]) -> tuple[int, NDArray]:
        """All rows of the chunks that hold these, and the first of them."""
        start = int(rows[0]) // self._chunk * self._chunk
        stop = min(len(self), (int(rows[-1]) // self._chunk + 1) * self._chunk)
        span = np.asarray(self.X[start:stop])
        if span.shape != (stop - start, *self._item_shape):
            raise ValueError(
                f"{self.name}[{start}:{stop}] has shape {span.shape}, but {self.name}.shape is "
                f"{(len(self), *self._item_shape)}; {self.name} must be as long as it says"
            )
        if self._chunk > 1:
            self._kept_start, self._kept = start, span
        return start, span
