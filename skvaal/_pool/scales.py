"""Scales: a column that outweighs all others, and pools that are far larger than others.

Distances follow what is largest, so that the rest would count for nothing. What is not in memory is
not read for this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.arrays import MappedSource
from skvaal._pool.pool import Pool
from skvaal._utils.exceptions import UnequalScalesWarning, warn_user

# Scales of fewer samples say little. Of more, so many are measured, and as many numbers, at most.
_LEAST_ROWS, _MOST_ROWS, _MOST_NUMBERS = 10, 256, 2**22
# Share of the variance of a table that one column of several may hold.
_MOST_OF_ONE = 0.99
# How many times as large as another one a pool may be.
_MOST_TIMES = 10.0


@dataclass(frozen=True)
class Scale:
    """How far samples are from 0, and from their mean: medians, which outliers do not move."""

    size: float
    spread: float

    @classmethod
    def of(cls, X: NDArray[np.float64]) -> Scale | None:
        """Measure rows; None if they are too few, or all equal."""
        if len(X) < _LEAST_ROWS:
            return None
        size, spread = (
            float(np.median(np.linalg.norm(x, axis=1))) for x in (X, X - X.mean(axis=0))
        )
        return cls(size, spread) if size and spread else None

    def times(self, other: Scale) -> float:
        """How many times as large as others these samples are, by whichever says less."""
        return min(self.size / other.size, self.spread / other.spread)


def check_scales(pools: tuple[Pool, Pool], feature_names: Sequence[str] | None) -> Scale | None:
    """Warn if a column, or one of the two pools, outweighs the others.

    Return the scale that later pools must have: that of the larger pool, or None.
    """
    draws = [_draw(pool) for pool in pools]
    if pools[0].X.ndim == 2:
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
    """Scale of a pool; None if it is not in memory, or has too few samples."""
    return Scale.of(_draw(pool))


def _draw(pool: Pool) -> NDArray[np.float64]:
    """Samples at equal distances in the pool, as rows; none if it is not in memory."""
    n_numbers = math.prod(pool.sample_shape)
    n = min(len(pool), max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_NUMBERS // n_numbers)))
    if not n or not isinstance(pool.X, np.ndarray | MappedSource):
        return np.empty((0, n_numbers))
    rows = np.linspace(0, len(pool) - 1, n).astype(np.intp)
    return pool.take(rows).reshape(n, n_numbers).astype(np.float64)


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
