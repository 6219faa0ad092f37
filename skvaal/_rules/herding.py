"""A batch that covers what is still uncertain: uncertainty herding."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skvaal._rules.measures import (
    iterate_squared_distances,
    nearest_distances,
    perturb,
    ranks,
    smallest,
    squared_distances_to,
)
from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities, count_choices
from skvaal._utils.params import Interval

# Coverage is measured on at most so many samples of the pool, and the width of the kernel on so
# many of these.
_MAX_REFERENCE = 4_000
_MAX_PROBES = 500
# Of a larger pool so many are candidates, or as many times the batch.
_MAX_CANDIDATES = 50_000
_CANDIDATES_FACTOR = 10
# A kernel of no width divides by zero: equal samples are all that it covers.
_TINY = np.finfo(np.float32).tiny


class Herding(Rule):
    """Take, again and again, the sample that covers most of what is uncertain and uncovered.

    A sample x of the pool has the weight ``w(x) = max(u(x), rank(u(x))) * rank(-score(x)) **
    score_power``. Here u is its uncertainty as a share of the largest, and ranks are in (0, 1].
    Without a task model, the factor of the uncertainty is 1. Labelled and chosen samples S cover x
    to the degree ``max(k(x, s) for s in S)``, with the kernel ``k(x, s) = exp(-d(x, s) ** 2 /
    (2 * h))``. The next sample c has the largest gain ``w(c) * sum(w(x) * max(0, k(x, c) -
    cover(x)) for x in pool)``. This is greedy maximisation of the uncertainty coverage of [1]_,
    with the factor w(c) added so that a chosen sample is itself uncertain.

    [1]_ weighs by u, calibrated. An over-confident network has u near 0 nearly everywhere; there,
    the rank keeps the rest of the pool in sight.

    h is `bandwidth` times the median, over the pool, of the squared distance within which a share
    of ``1 / (n_labeled + n)`` of the pool lies: as many balls of that size as there will be labels
    would just hold the pool. The more labels, the more the uncertainty decides.

    Coverage is summed over at most 4,000 samples of the pool, drawn at random. In a pool of more
    than 50,000 samples, 50,000 or 10 n are candidates, drawn in proportion to w. Gains only fall,
    so each choice computes few of them again (lazy greedy [2]_).

    Uncertainty may be in any unit; where some is below 0, all is raised by the least. Values of a
    choice are the gains at the moment of choosing. They are 0 once nothing is left that is both
    uncertain and uncovered; the rest is drawn at random. In the first row, utilities are gains; in
    later rows, they are the upper bounds known by then, exact for the sample that is chosen.

    Parameters
    ----------
    space : {'latent', 'components'}, default='latent'
        Where distances are measured: among latent means, or among principal components.
    score_power : float, default=0.5
        Weight of the discriminator's scores, at least 0. At 0, the rule does not read them.
    bandwidth : float, default=1.0
        Above 0. A wider kernel covers more of the pool with each sample.

    See Also
    --------
    TopK : The smallest scores alone, as in the VAAL paper.

    References
    ----------
    .. [1] Bae, Sutherland, Oliveira, "Uncertainty Herding: One Active Learning Method for All
           Label Budgets", ICLR 2025, arXiv 2412.20644.
    .. [2] Minoux, "Accelerated Greedy Algorithms for Maximizing Submodular Set Functions", 1978.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import Herding
    >>> from skvaal._rules.rule import Candidates
    >>> Z = np.float32([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [9.0]])
    >>> rule = Herding(score_power=0, bandwidth=0.1)
    >>> no_label = Candidates(7, coordinates=Z, labeled_coordinates=Z[:0])
    >>> sorted(rule.choose(no_label, 2, np.random.RandomState(0)).indices.tolist())
    [1, 4]
    >>> one_label = Candidates(7, coordinates=Z, labeled_coordinates=Z[1:2])
    >>> rule.choose(one_label, 1, np.random.RandomState(0)).indices.tolist()
    [4]
    """

    _parameter_constraints: dict = {
        "space": [SPACES],
        "score_power": [Interval(Real, 0, None, closed="left")],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self, space: str = "latent", score_power: float = 0.5, bandwidth: float = 1.0
    ) -> None:
        self.space = space
        self.score_power = score_power
        self.bandwidth = bandwidth

    @property
    def reads(self) -> Reads:
        """Coordinates and uncertainty; scores where `score_power` is above 0."""
        has_scores = self.score_power != 0
        return Reads(has_scores, coordinates=True, labeled_coordinates=True, uncertainty=True)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        # Shuffled, so that of equal gains the first is any.
        order = random_state.permutation(candidates.n_samples)
        Z = candidates.read_coordinates()[order]
        weights = self._weigh(candidates)[order]
        # The first of a permutation are a random draw.
        reference = Z[:_MAX_REFERENCE]
        Z_labeled = candidates.labeled_coordinates
        h = self.bandwidth * _measure_radius(reference, 1 / (len(Z_labeled) + n))
        coverage = _Coverage(reference, weights[:_MAX_REFERENCE], Z_labeled, h)
        rows = _draw_candidates(weights, n, random_state)
        order, Z, weights = order[rows], Z[rows], weights[rows]
        # Upper bounds, since gains only fall, and how many samples were taken when each was exact.
        gains = weights * coverage.gains(Z)
        computed_at = np.zeros(len(Z), dtype=np.intp)
        chosen: list[int] = []
        values = np.zeros(n)
        for i in count_choices(n, candidates):
            # A gain of 0 stays 0; without the first condition, all would be computed again.
            while gains[best := int(gains.argmax())] > 0 and computed_at[best] < i:
                gains[best] = weights[best] * coverage.gain(Z[best])
                computed_at[best] = i
            if gains[best] <= 0:
                break
            values[i] = gains[best]
            if utilities is not None:
                utilities[i, order] = gains
            chosen.append(best)
            coverage.add(Z[best])
            gains[best] = -np.inf
        if len(chosen) < n:
            if utilities is not None:
                utilities[len(chosen) :, order] = gains
            others = np.setdiff1d(np.arange(len(Z)), chosen)
            chosen += random_state.permutation(others)[: n - len(chosen)].tolist()
        return order[chosen], values

    def _weigh(self, candidates: Candidates) -> NDArray[np.float64]:
        """Weight of every sample of the pool."""
        weights = np.ones(candidates.n_samples)
        uncertainty = candidates.uncertainty
        if uncertainty is not None:
            # A function of the user's may count from below.
            u = uncertainty - min(0.0, uncertainty.min())
            # Of equals the lowest rank: those of which a model is certain, often many, weigh least.
            weights = np.maximum(u / max(u.max(), _TINY), ranks(u, ties="min"))
        if self.reads.scores:
            weights = weights * ranks(-candidates.read_scores()) ** self.score_power
        return weights


def _draw_candidates(
    weights: NDArray[np.float64], n: int, random_state: RandomState
) -> NDArray[np.intp]:
    """Rows drawn without replacement in proportion to their weights; all of a small pool."""
    n_candidates = max(_MAX_CANDIDATES, _CANDIDATES_FACTOR * n)
    if len(weights) <= n_candidates:
        return np.arange(len(weights))
    with np.errstate(divide="ignore"):
        scores = -np.log(weights)
    return smallest(perturb(scores, 1.0, random_state), n_candidates, random_state)


class _Coverage:
    """How far the samples of a reference are covered by what is labelled or chosen."""

    def __init__(
        self,
        reference: NDArray[np.float32],
        weights: NDArray[np.float64],
        Z_labeled: NDArray[np.float32],
        h: float,
    ) -> None:
        self.reference = reference
        self.weights = weights.astype(np.float32)
        self.h = max(np.float32(h), _TINY)
        self.cover = self._kernel(nearest_distances(reference, Z_labeled))

    def _kernel(self, squared_distances: NDArray[np.float32]) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):  # by _TINY
            squared_distances /= -2 * self.h
        return np.exp(squared_distances, out=squared_distances)

    def gains(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Weighted coverage that each of many samples would add, (n_samples,)."""
        gains = np.empty(len(Z))
        for rows, distances in iterate_squared_distances(Z, self.reference):
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


def _measure_radius(reference: NDArray[np.float32], share: float) -> float:
    """Median of the squared distance within which a share of the reference lies."""
    blocks = iterate_squared_distances(reference[:_MAX_PROBES], reference)
    quantiles = [np.quantile(distances, share, axis=1) for _, distances in blocks]
    return float(np.median(np.concatenate(quantiles)))
