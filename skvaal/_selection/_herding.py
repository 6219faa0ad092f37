"""A batch that covers what is still uncertain: uncertainty herding.

References
----------
.. [1] Bae, Sutherland, Oliveira, "Uncertainty Herding: One Active Learning Method for All Label
       Budgets", ICLR 2025, arXiv 2412.20644.
.. [2] Minoux, "Accelerated Greedy Algorithms for Maximizing Submodular Set Functions", 1978.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from skvaal._selection._distances import (
    blocks_of_squared_distances,
    nearest_distances,
    squared_distances_to,
)
from skvaal._selection._ranking import ranks, stochastic

# Coverage is measured on at most so many samples of the pool, and the width of the kernel on so
# many of these.
_MAX_REFERENCE = 4_000
_MAX_PROBES = 500
# Of a larger pool so many are candidates, or as many times the batch.
_MAX_CANDIDATES = 50_000
_CANDIDATES_FACTOR = 10
# A kernel of no width divides by zero: equal samples are all that it covers.
_TINY = np.finfo(np.float32).tiny


def herding(
    scores: NDArray[np.floating],
    Z: NDArray[np.float32],
    Z_labeled: NDArray[np.float32],
    n: int,
    random_state: np.random.RandomState,
    /,
    *,
    uncertainty: NDArray[np.floating] | None = None,
    score_power: float = 0.0,
    bandwidth: float = 1.0,
    verbose: bool = False,
) -> NDArray[np.intp]:
    """Take, again and again, the sample that covers most of what is uncertain and uncovered.

    A sample x of the pool has the weight ``w(x) = max(u(x), rank(u(x))) * rank(-score(x)) **
    score_power``, u its uncertainty as a share of the largest, ranks in (0, 1], 1 where there is
    none. It is covered by the labelled and chosen samples S to the degree ``max(k(x, s) for s in
    S)`` with the kernel ``k(x, s) = exp(-d(x, s) ** 2 / (2 * h))``. The sample c comes next that is
    largest in ``w(c) * sum(w(x) * max(0, k(x, c) - cover(x)) for x in pool)``: greedy maximisation
    of the uncertainty coverage of [1]_, to which the factor w(c) is added, so that what is asked
    for is itself uncertain.

    [1]_ weighs by u, calibrated. Here, where most of a pool is uncertain, u leaves most of it
    equal; and of a network that is surer than it should be, whose u is near 0 nearly everywhere,
    the rank keeps the rest of the pool in sight.

    h is `bandwidth` times the median, over the pool, of the squared distance within which a share
    of ``1 / (n_labeled + n)`` of the pool lies: as many balls of that size as there will be labels
    would just hold the pool. With few labels the choice covers the pool; the more there are, the
    narrower the kernel, and the more the uncertainty decides.

    Coverage is summed over at most 4,000 samples of the pool, drawn at random. Of a pool of more
    than 50,000 samples so many, or 10 n, are candidates, drawn in proportion to w. Gains only
    fall, so that few of them are computed again for each choice [2]_.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is taken sooner, if `score_power` is above 0.
    Z : array of shape (n_samples, latent_dim)
        Coordinates of the pool.
    Z_labeled : array of shape (n_labeled, latent_dim)
        Coordinates of the labelled samples.
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Draws the samples that coverage is summed over, and breaks ties.
    uncertainty : array of shape (n_samples,) or None, default=None
        In any unit; higher is taken sooner. Where some are below 0, all are raised by the least.
    score_power : float, default=0.0
        At least 0, which leaves the scores out.
    bandwidth : float, default=1.0
        Above 0; see above.
    verbose : bool, default=False
        Whether a progress bar is shown.

    Returns
    -------
    array of int of shape (n,)
        In the order of choosing.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import herding
    >>> Z = np.float32([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [9.0]])
    >>> sorted(herding(np.zeros(7), Z, Z[:0], 2, np.random.RandomState(0), bandwidth=0.1).tolist())
    [1, 4]
    >>> herding(np.zeros(7), Z, Z[1:2], 1, np.random.RandomState(0), bandwidth=0.1).tolist()
    [4]
    """
    # Shuffled, so that of equal gains the first is any.
    order = random_state.permutation(len(scores))
    Z = Z[order]
    weights = np.ones(len(Z)) if uncertainty is None else _weights(uncertainty[order])
    if score_power:
        weights = weights * ranks(-scores[order]) ** score_power
    # The first of a permutation are a random draw.
    coverage = _Coverage(Z[:_MAX_REFERENCE], weights[:_MAX_REFERENCE], Z_labeled, n, bandwidth)
    rows = _candidates(weights, n, random_state)
    order, Z, weights = order[rows], Z[rows], weights[rows]
    gains = weights * coverage.gains(Z)
    computed_at = np.zeros(len(Z), dtype=np.intp)
    chosen: list[int] = []
    for _ in tqdm(range(n), desc="choosing", unit="sample", leave=False, disable=not verbose):
        # A gain of 0 stays 0; without the second condition, all of them would be computed again.
        while gains[best := int(gains.argmax())] > 0 and computed_at[best] < len(chosen):
            gains[best] = weights[best] * coverage.gain(Z[best])
            computed_at[best] = len(chosen)
        if gains[best] <= 0:
            break
        chosen.append(best)
        coverage.add(Z[best])
        gains[best] = -np.inf
    if len(chosen) < n:
        chosen += _rest(gains, chosen, n, random_state)
    return order[chosen]


def _weights(uncertainty: NDArray[np.floating]) -> NDArray[np.float64]:
    """The larger of the uncertainty, as a share of the largest, and its rank."""
    # A function of the user's may count from below.
    u = uncertainty - min(0.0, uncertainty.min())
    # Of equals the lowest rank: those of which a model is certain, often many, weigh least.
    return np.maximum(u / max(u.max(), _TINY), ranks(u, ties="min"))


def _candidates(
    weights: NDArray[np.float64], n: int, random_state: np.random.RandomState
) -> NDArray[np.intp]:
    """Rows drawn without replacement in proportion to their weights; all of a small pool."""
    n_candidates = max(_MAX_CANDIDATES, _CANDIDATES_FACTOR * n)
    if len(weights) <= n_candidates:
        return np.arange(len(weights))
    with np.errstate(divide="ignore"):
        scores = -np.log(weights)
    return stochastic(scores, None, None, n_candidates, random_state)


def _rest(
    gains: NDArray[np.float64], chosen: list[int], n: int, random_state: np.random.RandomState
) -> list[int]:
    """At random, where nothing is left that is both uncertain and uncovered."""
    others = np.setdiff1d(np.arange(len(gains)), chosen)
    return random_state.permutation(others)[: n - len(chosen)].tolist()


class _Coverage:
    """How far the samples of a reference are covered by what is labelled or chosen."""

    def __init__(
        self,
        reference: NDArray[np.float32],
        weights: NDArray[np.float64],
        Z_labeled: NDArray[np.float32],
        n: int,
        bandwidth: float,
    ) -> None:
        self.reference = reference
        self.weights = weights.astype(np.float32)
        share = 1 / (len(Z_labeled) + n)
        self.h = max(np.float32(bandwidth * _radius(reference, share)), _TINY)
        self.cover = self._kernel(nearest_distances(reference, Z_labeled))

    def _kernel(self, squared_distances: NDArray[np.float32]) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):  # by _TINY
            squared_distances /= -2 * self.h
        return np.exp(squared_distances, out=squared_distances)

    def gains(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Weighted coverage that each of many samples would add, (n_samples,)."""
        gains = np.empty(len(Z))
        for rows, distances in blocks_of_squared_distances(Z, self.reference):
            added = self._kernel(distances)
            added -= self.cover
            gains[rows] = np.maximum(added, 0, out=added) @ self.weights
        return gains

    def gain(self, z: NDArray[np.float32]) -> float:
        """Weighted coverage that one sample would add."""
        added = self._kernel(squared_distances_to(self.reference, z)) - self.cover
        return float(np.maximum(added, 0, out=added) @ self.weights)

    def add(self, z: NDArray[np.float32]) -> None:
        """Count a sample among those that cover."""
        kernel = self._kernel(squared_distances_to(self.reference, z))
        np.maximum(self.cover, kernel, out=self.cover)


def _radius(reference: NDArray[np.float32], share: float) -> float:
    """Median of the squared distance within which a share of the reference lies."""
    probes = reference[:_MAX_PROBES]
    quantiles = [
        np.quantile(distances, share, axis=1)
        for _, distances in blocks_of_squared_distances(probes, reference)
    ]
    return float(np.median(np.concatenate(quantiles)))
