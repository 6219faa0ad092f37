"""Centring and scaling in float64 where float32, which everything is computed in, would lose.

Numbers such as time stamps, 1.7e9 and a little, are equal in float32; squares of 1e-25 are 0.
Most samples need none of this, and are left alone bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.arrays import SparseSource
from skvaal._pool.components import N_REDUCED, needs_reduction
from skvaal._pool.pool import Pool, Positions
from skvaal._pool.source import Samples, Source
from skvaal._utils.exceptions import PrecisionWarning, warn_user
from skvaal._utils.schema import check_array

# It is learned from a draw: at most so many rows, and numbers, in runs of neighbours, since rows
# of chunks and blocks are read together.
_MAX_ROWS, _MIN_ROWS, _MAX_NUMBERS = 256, 16, 2**22
_N_RUNS = 16
# Samples are centred where their distance from 0 is so many times their distance from each other:
# float32 then rounds off more than 1 / 4,000 of the latter.
_MAX_OFFSET = 2.0**12
# They are scaled where that distance is outside these. Below, variances fall under the least that
# components are given; above, squares of differences come near the end of float32.
_LEAST_SPREAD, _MOST_SPREAD = 2.0**-8, 2.0**40
# Of the factor: 2.0**1024 is no float64. What is smaller still is denormal, with a few bits each.
_MAX_EXPONENT = 1023
# A warning follows if so many of the different rows of the draw are equal in float32.
_MAX_LOST = 0.1
# Names of arrays in a file.
_OFFSET, _FACTOR = "conditioning.offset", "conditioning.factor"
# Rows of a large array are converted this many numbers at a time.
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What is subtracted from samples, and what they are multiplied by then, in float64.

    One factor for all numbers keeps the geometry; it is a power of two, so that it rounds nothing.
    """

    offset: NDArray[np.float64]  # of the shape of a sample, channels first
    factor: float = 1.0

    def apply(self, X: NDArray) -> NDArray[np.float32]:
        """Samples, (n, ...), as they are computed with."""
        with np.errstate(over="ignore", invalid="ignore"):
            return ((X.astype(np.float64) - self.offset) * self.factor).astype(np.float32)

    def undo(self, X: NDArray) -> NDArray[np.float64]:
        """Inverse of :meth:`apply`, as far as float32 goes."""
        restored: NDArray[np.float64] = X.astype(np.float64) / self.factor + self.offset
        return restored

    def on(self, X: Samples) -> Samples:
        """The same samples, conditioned: a Source as it is read, an array at once."""
        if isinstance(X, Source):
            return X.with_conditioning(self)
        converted = np.empty(X.shape, np.float32)
        step = max(1, _CHUNK // math.prod(X.shape[1:]))
        for start in range(0, len(X), step):
            converted[start : start + step] = self.apply(X[start : start + step])
        return converted

    def to_arrays(self) -> dict[str, NDArray]:
        """What a file holds of it."""
        return {_OFFSET: self.offset, _FACTOR: np.array([self.factor])}

    @classmethod
    def taken_from(
        cls, arrays: dict[str, NDArray], sample_shape: tuple[int, ...]
    ) -> Conditioning | None:
        """Inverse of :meth:`to_arrays`, which are then left out; None if there are none.

        An array of another type or shape is a ValueError.
        """
        own = {name: arrays.pop(name) for name in (_OFFSET, _FACTOR) if name in arrays}
        if not own:
            return None
        offset = check_array(own, _OFFSET, np.float64, sample_shape)
        factor = float(check_array(own, _FACTOR, np.float64, (1,))[0])
        if factor <= 0:
            raise ValueError(f"its array {_FACTOR} holds {factor}, but must be above 0")
        return cls(offset, factor)

    def check_shape(self, X: Samples, name: str) -> None:
        """Raise if weights that were trained on other samples cannot go on with X."""
        if X.shape[1:] != self.offset.shape:
            raise ValueError(
                f"{name} has samples of shape {X.shape[1:]}, but warm_start=True goes on from "
                f"weights for {self.offset.shape}; set warm_start=False to start anew"
            )


def learn_conditioning(
    pools: Mapping[str, Samples], seed: int, rows: Sequence[Positions] | None = None
) -> Conditioning | None:
    """Learn from a draw of all pools together; None if float32 does without.

    `rows` are the pools where all samples are in one array. The draw is the same either way. Warn
    if samples that differ are equal in float32 all the same.
    """
    filled = [X for X in pools.values() if len(X)]
    parts = [Pool(X) for X in filled]
    if rows is not None:
        parts = [Pool(X, each) for X in filled for each in rows if len(each)]
    if all(_is_safe(X.dtype) for X in filled):
        return None
    if any(map(needs_reduction, filled)):  # an offset would fill in the zeros
        n_features = filled[0].shape[1]
        return _make(np.zeros(n_features), _spread_of_sparse(parts, seed), N_REDUCED)
    X = np.concatenate(_draw(parts, seed))
    flat = X.reshape(len(X), -1).astype(np.float64)
    center = np.median(flat, axis=0)
    spread = _typical(_norms(flat - center))
    is_far = bool(_norms(center) > _MAX_OFFSET * spread)
    learned = _make((center if is_far else 0 * center).reshape(X.shape[1:]), spread, flat.shape[1])
    if X.dtype.itemsize > 4 or X.dtype.kind in "iu":
        computed = X.astype(np.float32) if learned is None else learned.apply(X)
        _warn_of_equal_rows(X, computed, " and ".join(pools))
    return learned


def _make(offset: NDArray, spread: float, n_numbers: int) -> Conditioning | None:
    """What is needed for samples that are so far from each other, or None."""
    if not spread:  # all are equal
        return None
    if _LEAST_SPREAD <= spread <= _MOST_SPREAD:
        return Conditioning(offset) if offset.any() else None
    exponent = -round(math.log2(spread) - math.log2(n_numbers) / 2)
    return Conditioning(offset, 2.0 ** min(exponent, _MAX_EXPONENT))


def _is_safe(dtype: np.dtype) -> bool:
    """Whether numbers of a type are too small and too coarse for float32 to lose any."""
    return dtype.kind == "b" or (dtype.kind in "iu" and dtype.itemsize <= 2)


def _draw(pools: Sequence[Pool], seed: int) -> list[NDArray]:
    """Rows of each pool in proportion to its size."""
    rng = np.random.RandomState(seed)
    total = sum(map(len, pools))
    n_drawn = min(_MAX_ROWS, max(_MIN_ROWS, _MAX_NUMBERS // math.prod(pools[0].sample_shape)))
    shares = [_draw_runs(len(pool), -(-len(pool) * n_drawn // total), rng) for pool in pools]
    return [_read(pool, share) for pool, share in zip(pools, shares, strict=True)]


def _read(pool: Pool, positions: Positions) -> NDArray:
    """Samples in their own type, which :meth:`Pool.take` makes float32."""
    return np.asarray(pool.X[positions if pool.rows is None else pool.rows[positions]])


def _draw_runs(size: int, n: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    if n >= size:
        return np.arange(size)
    length = -(-n // _N_RUNS)
    starts = rng.randint(0, size - length + 1, _N_RUNS)
    return np.unique(starts[:, None] + np.arange(length)).astype(np.intp)


def _spread_of_sparse(pools: Sequence[Pool], seed: int) -> float:
    rng = np.random.RandomState(seed)
    norms = []
    for pool in pools:
        positions = np.sort(rng.permutation(len(pool))[:_MAX_ROWS])
        if isinstance(X := pool.X, SparseSource):
            rows = positions if pool.rows is None else pool.rows[positions]
            entries = X.X[rows].astype(np.float64)
            norms.append(np.sqrt(np.asarray(entries.multiply(entries).sum(axis=1)).ravel()))
        else:
            norms.append(_norms(_read(pool, positions).astype(np.float64)))
    return _typical(np.concatenate(norms))


def _norms(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean norm over the last axis, of numbers whose squares may be 0 or infinite."""
    largest = np.abs(X).max(axis=-1, keepdims=True)
    scaled = X / np.where(largest > 0, largest, 1)
    norms: NDArray[np.float64] = largest[..., 0] * np.sqrt(np.square(scaled).sum(axis=-1))
    return norms


def _typical(norms: NDArray[np.float64]) -> float:
    """Median of those that are not 0, which a few outliers do not move; 0 if all are."""
    norms = norms[norms > 0]
    return float(np.median(norms)) if len(norms) else 0.0


def _warn_of_equal_rows(X: NDArray, computed: NDArray[np.float32], names: str) -> None:
    if X.dtype.itemsize > 8:  # whose bytes are not all part of the number
        X = X.astype(np.float64)
    n_rows, n_computed = (len({row.tobytes() for row in each + 0}) for each in (X, computed))
    if n_computed < (1 - _MAX_LOST) * n_rows:
        warn_user(
            f"of {n_rows} different samples in a draw from {names}, {n_rows - n_computed} cannot "
            "be told from others in float32, which everything is computed in; bring the features "
            "to a common scale before fit (StandardScaler), or leave out those of huge values",
            PrecisionWarning,
        )
