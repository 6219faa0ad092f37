"""Where samples lie in the space that a choice was made in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from skvaal._herding_strategy import HerdingQueryStrategy
from skvaal._rules.measures import iterate_squared_distances

# Samples of the pool that are placed, beside the picks: for the map, and for quantiles.
MOST_PLACED = 4_000
_MOST_LABELED = 1_000  # on the map
_AT_ONCE = 512


@dataclass(frozen=True)
class Places:
    """Coordinates of picks, of labelled samples and of a draw of the other samples.

    Parameters
    ----------
    picked, labeled, rest : array of shape (n, n_dims)
        `labeled` holds all labelled samples.
    rest_rows : array of int
        Which samples `rest` are.
    """

    picked: NDArray[np.float32]
    labeled: NDArray[np.float32]
    rest: NDArray[np.float32]
    rest_rows: NDArray[np.intp]

    def nearest_labeled(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Of each pick, the nearest labelled sample, as a position among these, and how far."""
        nearest = np.zeros(len(self.picked), dtype=np.intp)
        for rows, distances in iterate_squared_distances(self.picked, self.labeled):
            nearest[rows] = distances.argmin(axis=1)
        # Once more for these: in blocks, distances near 0 are rounding errors.
        difference = self.picked.astype(np.float64) - self.labeled[nearest]
        return nearest, np.linalg.norm(difference, axis=1)

    def typical_distances(self) -> tuple[NDArray[np.float64], str]:
        """Distances to the nearest label that a new one is compared with, and whose they are.

        They are those of labelled samples to the nearest other, or of the pool if fewer than ten
        are labelled.
        """
        if len(self.labeled) < 10:
            return _nearest(self.rest, self.labeled), "samples of the pool"
        return _nearest(self.labeled, self.labeled, is_own=True), "labelled samples"

    def draw_map(
        self, n_samples: int, rows: NDArray[np.intp], labeled_rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Two principal components of all that is placed; NaN for other samples."""
        some = np.unique(np.linspace(0, len(self.labeled) - 1, _MOST_LABELED).astype(np.intp))
        some = some if len(self.labeled) else np.empty(0, dtype=np.intp)
        placed = np.concatenate([rows, labeled_rows[some], self.rest_rows])
        Z = np.concatenate([self.picked, self.labeled[some], self.rest]).astype(np.float64)
        flat = np.zeros((len(Z), 2))
        n_dims = min(2, *Z.shape)
        if np.ptp(Z, axis=0).max() > 0:
            flat[:, :n_dims] = PCA(n_dims, svd_solver="full").fit_transform(Z)
        drawn = np.full((n_samples, 2), np.nan)
        drawn[placed] = flat
        return drawn


def place(
    strategy: Any,
    X: NDArray[Any],
    *,
    rows: NDArray[np.intp],
    labeled: NDArray[np.float32],
    candidates: NDArray[np.intp],
    seed: int,
) -> Places:
    """Place picks and a draw of the other candidates where a fitted strategy sees them."""
    others = np.setdiff1d(candidates, rows)
    if len(others) > MOST_PLACED:
        drawn = np.random.RandomState(seed).choice(len(others), MOST_PLACED, replace=False)
        others = others[np.sort(drawn)]
    Z = _locate(strategy, X, np.concatenate([rows, others]))
    return Places(Z[: len(rows)], labeled, Z[len(rows) :], others)


def _locate(strategy: Any, X: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Coordinates in the space of the strategy's rule, some rows at a time."""
    starts = range(0, len(rows), _AT_ONCE)
    blocks = [X[rows[start : start + _AT_ONCE]] for start in starts]
    is_herding = isinstance(strategy, HerdingQueryStrategy)
    locate = strategy.transform if is_herding else strategy._locate
    return np.concatenate([locate(block) for block in blocks])


def _nearest(
    Z: NDArray[np.float32], others: NDArray[np.float32], *, is_own: bool = False
) -> NDArray[np.float64]:
    """Distance of each point to the nearest of others; if these are the same, but to itself."""
    found = np.empty(len(Z))
    for rows, distances in iterate_squared_distances(Z, others):
        if is_own:
            distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        found[rows] = np.sqrt(distances.min(axis=1))
    return found
