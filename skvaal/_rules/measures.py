"""What rules are made of: distances in blocks, ranks, smallest scores, and weighted draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# Numbers in a block of distances, so that no matrix of all pairs is ever in memory: 64 MB.
_BLOCK = 2**24


def smallest(
    scores: NDArray[np.floating], n: int, random_state: np.random.RandomState
) -> NDArray[np.intp]:
    """Indices of the `n` smallest scores, smallest first, ties by chance; a ValueError for NaN."""
    tie_breaker = random_state.permutation(len(scores))
    if np.isnan(scores).any():
        raise ValueError(f"scores[{int(np.flatnonzero(np.isnan(scores))[0])}] is NaN")
    # Everything up to the n-th smallest, ties with it included: all that can be taken.
    possible = np.flatnonzero(scores <= np.partition(scores, n - 1)[n - 1])
    order = np.lexsort((tie_breaker[possible], scores[possible]))
    return possible[order[:n]]


def count_candidates(n: int, factor: float, n_samples: int) -> int:
    """Number of samples that a batch is chosen from: ``factor * n``, or the whole pool."""
    return math.ceil(min(factor * n, n_samples))


def ranks(values: NDArray[np.floating], ties: Literal["max", "min"] = "max") -> NDArray[np.float64]:
    """Ranks in (0, 1]; equal values get the highest of their ranks, or the lowest by 'min'."""
    counted = np.searchsorted(np.sort(values), values, side="right" if ties == "max" else "left")
    return (counted + (ties == "min")) / len(values)


def perturb(
    scores: NDArray[np.floating], temperature: float, random_state: np.random.RandomState
) -> NDArray[np.float64]:
    """Scores plus noise, so that the smallest are a draw without replacement.

    By the Gumbel top-k trick (Kool et al., ICML 2019, arXiv 1903.06059), the n smallest are drawn
    with probabilities proportional to exp(-score / temperature).
    """
    return scores.astype(np.float64) / temperature - random_state.gumbel(size=len(scores))


def squared_distances_to(Z: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Squared Euclidean distances of many points to one, exactly 0 for equal ones."""
    difference = Z - z
    return np.einsum("ij,ij->i", difference, difference)


def find_centre(Z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Where a product loses least in |a|^2 - 2ab + |b|^2, (n_dims,): in the middle of points.

    Of float64, it is the median, which no outlier moves.
    """
    if Z.dtype == np.float64:
        return np.median(Z, axis=0)
    return Z.mean(axis=0, dtype=np.float64).astype(Z.dtype)


def iterate_squared_distances(
    Z: NDArray[np.floating], others: NDArray[np.floating]
) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Squared distances of points to all of another set: rows of Z, and (n_rows, n_others)."""
    centre = find_centre(others)
    others = others - centre
    norms = np.einsum("ij,ij->i", others, others)
    step = max(1, _BLOCK // len(others))
    for start in range(0, len(Z), step):
        rows = slice(start, min(start + step, len(Z)))
        block = Z[rows] - centre
        distances = block @ (-2 * others.T)
        distances += np.einsum("ij,ij->i", block, block)[:, None]
        distances += norms
        yield rows, np.maximum(distances, 0, out=distances)


def nearest_distances(
    Z: NDArray[np.floating], others: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Squared distance of every point to the nearest of another set; infinite if that is empty."""
    nearest = np.full(len(Z), np.inf, dtype=Z.dtype)
    if len(others):
        for rows, distances in iterate_squared_distances(Z, others):
            nearest[rows] = distances.min(axis=1)
    return nearest


def mean_neighbour_distance(
    Z: NDArray[np.float32], reference: NDArray[np.intp], n_neighbors: int
) -> NDArray[np.float32]:
    """Mean distance of every point to its nearest ones in the ascending rows `reference`, or 0."""
    k = min(n_neighbors, len(reference) - 1)
    mean = np.zeros(len(Z), dtype=np.float32)
    if k < 1:
        return mean
    for rows, distances in iterate_squared_distances(Z, Z[reference]):
        own = np.searchsorted(reference, [rows.start, rows.stop])
        inside = np.arange(own[0], own[1])
        distances[reference[inside] - rows.start, inside] = np.inf
        distances.partition(k - 1, axis=1)
        mean[rows] = np.sqrt(distances[:, :k]).mean(axis=1)
    return mean
