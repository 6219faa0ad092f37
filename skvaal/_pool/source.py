"""What all samples have in common that are read when they are asked for."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.intp]


class Source(ABC):
    """Samples that stand in for an array and are read into memory when they are asked for.

    Numbers are checked as they are read, unless `is_checked`: a pass over all of them beforehand
    may take as long as the work itself. If `in_unit_interval`, one outside [0, 1] is an error.
    """

    is_checked = False

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, name: str) -> None:
        self.shape = tuple(map(int, shape))
        self.dtype = dtype
        self.name = name
        self.in_unit_interval = False
        self._moves_channels = False
        self._conditioning: Any = None
        # The layout in store, which `shape` may not be.
        self._item_shape = shape[1:]
        self._item_bytes = math.prod(shape[1:]) * dtype.itemsize

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Rows) -> NDArray:
        """Samples of a slice, or of rows in any order: a new array, (n_rows, ...)."""
        X = self._read(rows)
        if not self.is_checked:
            check_finite(X, self.name, rows)
        if self.in_unit_interval:
            check_in_unit_interval(X, self.name, rows)
        X = np.moveaxis(X, -1, 1) if self._moves_channels else X
        return X if self._conditioning is None else self._conditioning.apply(X)

    def with_channels_first(self) -> Source:
        """The same images, read as (n_rows, channels, height, width)."""
        moved = copy.copy(self)
        n, height, width, channels = self.shape
        moved.shape = (n, channels, height, width)
        moved._moves_channels = True
        return moved

    def with_conditioning(self, conditioning: Any) -> Source:
        """The same samples, to which ``conditioning.apply`` is applied as they are read."""
        conditioned = copy.copy(self)
        conditioned._conditioning = conditioning
        return conditioned

    def _positions(self, rows: Rows) -> NDArray[np.intp]:
        return np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows

    @abstractmethod
    def _read(self, rows: Rows) -> NDArray:
        """Samples in the layout in store, as a new array."""


Samples = NDArray | Source


def check_finite(X: NDArray, name: str, rows: Rows) -> None:
    """Raise if a number is NaN, infinite, or too large for float32; X is `name[rows]`."""
    finite = are_finite(X)
    if finite.all():
        return
    where = np.argwhere(~finite)[0].tolist()
    is_nan = np.isnan(X[tuple(where)])
    what, way_out = "NaN", "remove such samples or fill them with sklearn.impute.SimpleImputer"
    if not is_nan:
        what = "infinity or a value too large for dtype('float32')"
        way_out = "leave such samples out"
        if np.isfinite(X[tuple(where)]):
            way_out += ", or bring that feature to a smaller scale (StandardScaler)"
    raise ValueError(
        f"Input {name} contains {what}, first at {name}{[_row(rows, where[0]), *where[1:]]}; "
        f"{way_out}"
    )


def are_finite(X: NDArray) -> NDArray[np.bool_] | np.bool_:
    """Which numbers are finite as float32; of integers, True for all."""
    if X.dtype.kind != "f":
        return np.True_
    with np.errstate(over="ignore"):
        return np.isfinite(X.astype(np.float32, copy=False))


def check_in_unit_interval(X: NDArray, name: str, rows: Rows) -> None:
    """Raise if X cannot have a Bernoulli likelihood."""
    if len(X) == 0 or (X.min() >= 0 and X.max() <= 1):
        return
    outside = ((X < 0) | (X > 1)).reshape(len(X), -1).any(axis=1)
    raise ValueError(
        f"likelihood='bernoulli' needs {name} in [0, 1], got values from {X.min():g} to "
        f"{X.max():g}, the first of them in {name}[{_row(rows, int(outside.argmax()))}]; scale "
        f"{name} (MinMaxScaler) or use likelihood='gaussian'"
    )


def _row(rows: Rows, position: int) -> int:
    return int(rows.start + position if isinstance(rows, slice) else rows[position])
