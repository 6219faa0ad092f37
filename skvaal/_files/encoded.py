"""What stands in for an array, and decodes the rows that it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray


class EncodedArray(ABC):
    """Images or label maps of one size, indexed as an array of uint8 is by its first axis."""

    dtype = np.dtype(np.uint8)
    size: Any

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""

    @abstractmethod
    def _decode(self, position: int) -> NDArray[np.uint8]:
        """Decode one row, or raise a ValueError that names it."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={len(self)}, size={self.size})"

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Decode one image for an int, else those of a slice, of indices or of a mask."""
        if isinstance(key, tuple):
            # scikit-learn takes rows by X[rows, ...].
            if len(key) != 2 or key[1] is not Ellipsis:
                raise IndexError(f"{key}: encoded images have one index; decode by X[rows] first.")
            key = key[0]
        if np.ndim(key) == 0 and not isinstance(key, slice | bool | np.bool_):
            return self._decode(range(len(self))[index(key)])
        positions = self._positions(key)
        decoded = np.empty((len(positions), *self.shape[1:]), dtype=np.uint8)
        for row, position in zip(decoded, positions.tolist(), strict=True):
            row[...] = self._decode(position)
        return decoded

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        if copy is False:
            raise ValueError("encoded images cannot become an array without a copy.")
        return self[:].astype(dtype or self.dtype, copy=False)

    def _positions(self, key: Any) -> NDArray[np.intp]:
        positions = np.arange(len(self))[key]  # numpy's own rules for masks and negative indices
        if positions.ndim != 1:
            raise IndexError(f"encoded images take indices of 1 dimension, not {positions.ndim}.")
        return positions
