"""Scales: a column that outweighs all others, and pools that are far larger than others.

Distances follow what is largest, so that the rest would count for nothing. Only a few runs of rows
are read of a stored array. A Dataset is not read for this, for its items may be drawn, nor is a
dask array, of which whole blocks would be computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.arrays import ArrayLikeSource, MappedSource, SparseSource, issparse
from skvaal._pool.components import needs_reduction
from skvaal._pool.pool import Pool
from skvaal._utils.exceptions import UnequalScalesWarning, warn_user
from skvaal._utils.schema import check_array

# Scales of fewer samples say little. Of more, so many are measured, and as many numbers, at most.
_LEAST_ROWS, _MOST_ROWS, _MOST_NUMBERS = 10, 256, 2**22
# Of a stored array, in so many runs: each chunk is decoded as a whole.
_N_RUNS = 8
# Of the largest squared norm.
_ROUNDING = 1e-12
# Share of the variance of a table that one column of several may hold.
_MOST_OF_ONE = 0.99
# How many times as large as another one a pool may be.
_MOST_TIMES = 10.0
# Name of the array in a file.
_SCALE = "scale"


@dataclass(frozen=True)
class Scale:
    """How far samples are from 0, and from their mean: medians, which outliers do not move."""

    size: float
    spread: float

    @classmethod
    def of(cls, X: Any) -> Scale | None:
        """Measure rows, of an array or a CSR matrix; None if they are too few, or all equal."""
        if X.shape[0] < _LEAST_ROWS:
            return None
        norms = _norms_of_sparse(X) if issparse(X) else _norms(X)
        size, spread = (float(np.median(each)) for each in norms)
        return cls(size, spread) if size and spread else None

    def to_arrays(self) -> dict[str, NDArray]:
        """What a file holds of it."""
        return {_SCALE: np.array([self.size, self.spread])}

    @classmethod
    def taken_from(cls, arrays: dict[str, NDArray]) -> Scale | None:
        """Inverse of :meth:`to_arrays`, which is then left out; None if there is none.

        An array of another type or shape, or of numbers that are not above 0, is a ValueError.
        """
        if _SCALE not in arrays:
            return None
        values = check_array({_SCALE: arrays.pop(_SCALE)}, _SCALE, np.float64, (2,))
        if not (values > 0).all():
            raise ValueError(f"its array {_SCALE} holds {values.min()}, but must be above 0")
        return cls(*values.tolist())

    def times(self, other: Scale) -> float:
        """How many times as large as others these samples are, by whichever says less."""
        return min(self.size / other.size, self.spread / other.spread)


def check_scales(pools: tuple[Pool, Pool], feature_names: Sequence[str] | None) -> Scale | None:
    """Warn if a column, or one of the two pools, outweighs the others.

    Return the scale that later pools must have: that of the larger pool, or None.
    """
    draws = [_draw(pool) for pool in pools]
    is_sparse = any(isinstance(pool.X, SparseSource) for pool in pools)
    if pools[0].X.ndim == 2 and not is_sparse:
        _warn_of_column(np.concatenate(draws), feature_names)
    scales = [Scale.of(X) for X in draws]
    is_one_array = pools[0].X is pools[1].X
    names = ("X_labeled", "X_unlabeled")
    if is_one_array:
        names = ("the labelled part of X", "the unlabelled part of X")
    warn_of_other_scale((scales[0], scales[1]), names)
    return scales[int(len(pools[1]) >= len(pools[0]))]


def warn_of_other_scale(scales: tuple[Scale | None, Scale | None], names: tuple[str, str]) -> None:
    """Warn if one of two scales is far larger than the other."""
    first, second = scales
    if first is None or second is None:
        return
    for one, other, (large, small) in ((first, second, names), (second, first, names[::-1])):
        if (times := one.times(other)) >= _MOST_TIMES:
            warn_user(
                f"{large} is about {times:.2g} times as large as {small}: the two are on different "
                "scales; scale both by the same transformer, fitted once",
                UnequalScalesWarning,
            )


def measure_scale(pool: Pool) -> Scale | None:
    """Scale of a pool; None if it is not read for this, or has too few samples."""
    return Scale.of(_draw(pool))


def _norms(X: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Distances of rows from 0, and from their mean."""
    return [np.linalg.norm(x, axis=1) for x in (X, X - X.mean(axis=0))]


def _norms_of_sparse(X: Any) -> list[NDArray[np.float64]]:
    """As of an array, which a wide matrix is never made."""
    mean = np.asarray(X.mean(axis=0)).ravel()
    squares = np.asarray(X.multiply(X).sum(axis=1)).ravel()
    from_mean = squares - 2 * (X @ mean) + mean @ mean
    # What is left of equal rows is rounding.
    from_mean[from_mean <= _ROUNDING * squares.max()] = 0
    return [np.sqrt(squares), np.sqrt(from_mean)]


def _draw(pool: Pool) -> Any:
    """Samples at equal distances in the pool, as rows; none of a Dataset or a dask array."""
    n_numbers = math.prod(pool.sample_shape)
    n = min(len(pool), max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_NUMBERS // n_numbers)))
    is_stored = isinstance(pool.X, ArrayLikeSource)
    if not n or not (is_stored or isinstance(pool.X, np.ndarray | MappedSource | SparseSource)):
        return np.empty((0, n_numbers))
    length = -(-n // _N_RUNS) if is_stored else 1
    starts = np.linspace(0, len(pool) - length, -(-n // length)).astype(np.intp)
    rows = np.unique(starts[:, None] + np.arange(length))
    if isinstance(pool.X, SparseSource) and needs_reduction(pool.X):
        return pool.X.X[rows if pool.rows is None else pool.rows[rows]].astype(np.float64)
    return pool.take(rows).reshape(len(rows), n_numbers).astype(np.float64)


def _warn_of_column(X: NDArray[np.float64], feature_names: Sequence[str] | None) -> None:
    if len(X) < _LEAST_ROWS:
        return
    variances = np.square((X - X.mean(axis=0)) / max(np.abs(X).max(), 1e-300)).mean(axis=0)
    column = int(variances.argmax())
    if np.count_nonzero(variances) < 2 or variances[column] <= _MOST_OF_ONE * variances.sum():
        return
    shown = column if feature_names is None else repr(str(feature_names[column]))
    warn_user(
        f"the column {shown} of X holds {variances[column] / variances.sum():.1%} of the variance "
        f"of all {len(variances)} columns, so that distances follow it alone; bring the columns to "
        "one scale before (StandardScaler), and drop a column of row numbers or names",
        UnequalScalesWarning,
    )
