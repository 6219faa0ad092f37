"""How far samples are covered by what is labelled or chosen, and what each candidate would add."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skvaal._rules.measures import (
    find_centre,
    iterate_squared_distances,
    nearest_distances,
    squared_distances_to,
)

# Against at most so many samples, every distance is computed. Of more, a matrix product finds those
# that a candidate is nearest to.
_SMALL = 4_000
# Gains that are computed in one product: such a product waits for memory.
_TOGETHER = 32
# Numbers in a block of a product, which stays in the cache.
_BLOCK = 2**20
# Above this share of near samples, the kernel is computed of the whole block.
_DENSE = 1 / 8
# Rounding of |a|^2 - 2ab + |b|^2, in units of |b|^2 and of the precision, where a is near b.
_ROUNDING = 16
# A kernel of no width divides by zero: equal samples are all that it covers. One that covers all
# is wide enough.
_TINY, _HUGE = np.finfo(np.float32).tiny, 1e30
# Samples of the reference count at least so much, for which float32 has room.
_LEAST_WEIGHT = 1e-30


class Coverage:
    """Coverage of a reference, the first samples of Z, by what is labelled or chosen.

    `reference_weights` say how much each sample of the reference counts. If the reference `is_part`
    of the pool, they are estimates for it, but a candidate stands for itself with its own weight.
    All is computed in the precision of Z.
    """

    def __init__(
        self,
        Z: NDArray[np.floating],
        weights: NDArray[np.float64],
        reference_weights: NDArray[np.float64],
        Z_labeled: NDArray[np.floating],
        h: float,
        *,
        is_part: bool,
    ) -> None:
        self.h = Z.dtype.type(np.clip(h, _TINY, _HUGE))
        self.weights = weights
        self._Z, self._is_part = Z, is_part
        self._reference = Z[: len(reference_weights)]
        self._reference_weights = np.maximum(reference_weights, _LEAST_WEIGHT).astype(Z.dtype)
        # Squared distance to the nearest labelled or chosen sample. Outside the reference, it
        # leaves out what was chosen since the first `_n_counted` choices.
        self._nearest = nearest_distances(Z if is_part else self._reference, Z_labeled)
        self._n_counted = np.zeros(len(self._nearest), dtype=np.intp)
        self._cover = self._kernel(self._nearest[: len(self._reference)].copy())
        self._chosen: list[int] = []
        is_large = is_part or len(Z) > _SMALL
        self._product = _Product(self._reference) if is_large else None

    @property
    def n_together(self) -> int:
        """How many gains are best computed in one call."""
        return 1 if self._product is None else _TOGETHER

    def gains(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Weighted coverage that samples of Z would add, each alone, (n_rows,)."""
        if self._product is not None:
            sums = self._sum_near(rows, self._product)
        elif len(rows) == 1:
            sums = self._sum(squared_distances_to(self._reference, self._Z[rows[0]]))
        else:
            blocks = iterate_squared_distances(self._Z[rows], self._reference)
            sums = np.concatenate([self._sum(distances) for _, distances in blocks])
        if self._is_part:
            sums += self.weights[rows] * (1 - self._kernel(self._find_nearest(rows)))
        return self.weights[rows] * sums

    def add(self, row: int) -> None:
        """Count a sample of Z among those that cover."""
        nearest = self._nearest[: len(self._reference)]
        near: slice | NDArray[np.intp] = slice(None)
        if self._product is not None:
            _, products = next(self._product.iterate(self._Z[row : row + 1]))
            near = np.flatnonzero(products[0] < nearest + self._product.rounding)
        distances = squared_distances_to(self._reference[near], self._Z[row])
        nearest[near] = np.minimum(nearest[near], distances)
        self._cover[near] = np.maximum(self._cover[near], self._kernel(distances))
        self._chosen.append(row)

    def _kernel(self, squared_distances: NDArray[np.floating]) -> NDArray[np.floating]:
        """Kernel of squared distances, in their place."""
        with np.errstate(over="ignore"):  # by _TINY
            squared_distances /= -2 * self.h
        return np.exp(squared_distances, out=squared_distances)

    def _sum(self, distances: NDArray[np.floating]) -> NDArray[np.float64]:
        """Added coverage of the reference, from all squared distances to it, (..., n_reference)."""
        added = self._kernel(distances)
        added -= self._cover
        return np.float64(np.maximum(added, 0, out=added) @ self._reference_weights)

    def _sum_near(self, rows: NDArray[np.intp], product: _Product) -> NDArray[np.float64]:
        """Added coverage of the reference, from the samples that have no nearer one yet."""
        n_reference = len(self._reference)
        limits = self._nearest[:n_reference] + product.rounding
        sums = np.empty(len(rows))
        for part, distances in product.iterate(self._Z[rows]):
            block = rows[part]
            if self._is_part:
                inside = np.flatnonzero(block < n_reference)
                distances[inside, block[inside]] = np.inf
            is_near = distances < limits
            if np.count_nonzero(is_near) > _DENSE * is_near.size:
                sums[part] = self._sum(np.maximum(distances, 0, out=distances))
                continue
            i, j = np.divmod(np.flatnonzero(is_near), n_reference)
            added = self._kernel(_squared_distances(self._Z[block[i]], self._reference[j]))
            added = np.maximum(added - self._cover[j], 0) * self._reference_weights[j]
            sums[part] = np.bincount(i, weights=added, minlength=len(block))
        return sums

    def _find_nearest(self, rows: NDArray[np.intp]) -> NDArray[np.floating]:
        """Squared distance of each sample to the nearest one that is labelled or chosen."""
        n_chosen = len(self._chosen)
        is_old = (rows >= len(self._reference)) & (self._n_counted[rows] < n_chosen)
        old = rows[is_old]
        if len(old):
            since = self._Z[self._chosen[self._n_counted[old].min() :]]
            for part, distances in iterate_squared_distances(self._Z[old], since):
                # Exact for the nearest, so that an equal sample is at distance 0.
                exact = _squared_distances(self._Z[old[part]], since[distances.argmin(axis=1)])
                self._nearest[old[part]] = np.minimum(self._nearest[old[part]], exact)
            self._n_counted[old] = n_chosen
        return self._nearest[rows]


class _Product:
    """Squared distances to fixed samples as a product with a table that is computed once."""

    def __init__(self, others: NDArray[np.floating]) -> None:
        self._centre = find_centre(others)
        centred = others - self._centre
        norms = np.einsum("ij,ij->i", centred, centred)
        self._table = np.vstack([-2 * centred.T, norms, np.ones_like(norms)])
        self.rounding = _ROUNDING * np.finfo(others.dtype).eps * norms

    def iterate(self, Z: NDArray[np.floating]) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        """Rows of Z and their squared distances, (n_rows, n_others), which may be just below 0."""
        step = max(1, _BLOCK // self._table.shape[1])
        for start in range(0, len(Z), step):
            rows = slice(start, min(start + step, len(Z)))
            block = Z[rows] - self._centre
            norms = np.einsum("ij,ij->i", block, block)
            yield rows, np.column_stack([block, np.ones_like(norms), norms]) @ self._table


def count_within(
    Z: NDArray[np.floating], rows: NDArray[np.intp], squared_distance: float
) -> NDArray[np.intp]:
    """How many other samples of Z lie at most so far from each of some rows, exactly."""
    counts = np.zeros(len(rows), dtype=np.intp)
    product = _Product(Z[rows])
    for part, distances in product.iterate(Z):
        is_self = (rows >= part.start) & (rows < part.stop)
        distances[rows[is_self] - part.start, np.flatnonzero(is_self)] = np.inf
        counts += np.count_nonzero(distances <= squared_distance - product.rounding, axis=0)
        # The rest are so near the border that rounding may decide.
        is_close = np.abs(distances - squared_distance) <= product.rounding
        is_close &= distances > squared_distance - product.rounding
        i, j = np.nonzero(is_close)
        exact = _squared_distances(Z[part][i], Z[rows[j]])
        counts += np.bincount(j[exact <= squared_distance], minlength=len(rows))
    return counts


def _squared_distances(
    Z: NDArray[np.floating], others: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Squared distance of each sample to the one in the same row, exactly 0 if they are equal."""
    difference = Z - others
    return np.einsum("ij,ij->i", difference, difference)
