"""A batch of typical samples that are unlike each other: weights, damped around each choice."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skvaal._rules.arbitrary import warn_of_no_gain
from skvaal._rules.measures import mean_neighbour_distance, ranks, smallest, squared_distances_to
from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities, count_choices
from skvaal._utils.params import Interval

# Neighbours are sought among at most so many samples, and at least so many are candidates.
_MAX_REFERENCE = 10_000
_MIN_CANDIDATES = 20_000
# 1 - exp(-16) is 1 in float32: farther samples are not damped.
_REACH = 16.0


class Greedy(Rule):
    """Take the largest weight, damp the weights around it, and again.

    The weight of a sample is ``rank(-score) ** score_power * rank(typicality) ** typicality_power *
    rank(uncertainty) ** uncertainty_power``, with ranks in (0, 1]. Typicality is 1 / mean distance
    to the nearest neighbours in the pool; it keeps outliers out. Without a task model, the factor
    of the uncertainty is left out. A choice multiplies the weights of the others by
    ``1 - exp(-d ** 2 / (2 * h))``, where d is the distance to it and h is `bandwidth` times the
    total variance of the coordinates.

    In a pool of more than 20,000 samples, the ``candidates_factor * n`` largest weights are
    candidates, and at least 20,000. In a pool of more than 10,000, neighbours are sought among
    10,000 samples drawn at random.

    Values and utilities of a choice are the weights at the moment of choosing, all of them 0 once
    every sample left equals a chosen one: then the smallest scores are taken, with an
    :class:`ArbitraryChoiceWarning`.

    Parameters
    ----------
    space : {'latent', 'decoded', 'components'}, default='latent'
        Where distances are measured: among latent means, among the principal components of decoded
        means, or among principal components.
    score_power, typicality_power : float, default=0.5 and 1.0
        At least 0, which leaves that factor out.
    n_neighbors : int, default=20
        Neighbours that typicality is measured by.
    bandwidth : float, default=0.1
        Above 0, in units of the total variance.
    candidates_factor : float, default=10.0
        At least 1.
    uncertainty_power : float, default=1.0
        At least 0, which leaves the factor of the uncertainty out.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import Greedy
    >>> from skvaal._rules.rule import Candidates
    >>> Z = np.float32([[0.0], [0.1], [0.2], [1.0], [1.3], [1.5]])
    >>> candidates = Candidates(6, scores=np.zeros(6), coordinates=Z)
    >>> Greedy(n_neighbors=2).choose(candidates, 2, np.random.RandomState(0)).indices
    array([1, 4])
    """

    _parameter_constraints: dict = {
        "space": [SPACES],
        "score_power": [Interval(Real, 0, None, closed="left")],
        "typicality_power": [Interval(Real, 0, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
        "candidates_factor": [Interval(Real, 1, None, closed="both")],
        "uncertainty_power": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        space: str = "latent",
        score_power: float = 0.5,
        typicality_power: float = 1.0,
        n_neighbors: int = 20,
        bandwidth: float = 0.1,
        candidates_factor: float = 10.0,
        uncertainty_power: float = 1.0,
    ) -> None:
        self.space = space
        self.score_power = score_power
        self.typicality_power = typicality_power
        self.n_neighbors = n_neighbors
        self.bandwidth = bandwidth
        self.candidates_factor = candidates_factor
        self.uncertainty_power = uncertainty_power

    @property
    def reads(self) -> Reads:
        """Coordinates of the pool; scores and uncertainty where their power is above 0."""
        scores, uncertainty = self.score_power != 0, self.uncertainty_power != 0
        return Reads(scores=scores, coordinates=True, uncertainty=uncertainty)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        n_samples = candidates.n_samples
        scores = candidates.read_scores() if self.reads.scores else np.zeros(n_samples)
        Z = candidates.read_coordinates()
        # Shuffled, so that of equal weights the first is any.
        rows = random_state.permutation(n_samples)
        # In logarithms, or the weights of a large batch would be 0.
        log_weights = self._weigh(scores, candidates, random_state)
        n_candidates = max(_MIN_CANDIDATES, int(min(self.candidates_factor * n, n_samples)))
        if n_samples > n_candidates:
            rows = rows[smallest(-log_weights[rows], n_candidates, random_state)]
        h = np.float32(self.bandwidth * Z.var(axis=0, dtype=np.float64).sum())
        log_weights, Z = log_weights[rows], Z[rows]
        chosen: list[int] = []
        values = np.zeros(n)
        for i in count_choices(n, candidates):
            best = int(log_weights.argmax())
            if log_weights[best] == -np.inf:
                break
            values[i] = np.exp(log_weights[best])
            if utilities is not None:
                utilities[i, rows] = np.exp(log_weights)
            chosen.append(best)
            _damp(log_weights, Z, best, h)
        indices = rows[chosen]
        if len(indices) < n:
            # What is left equals something chosen.
            if n < n_samples:
                warn_of_no_gain(n - len(indices), n)
            if utilities is not None:
                utilities[len(indices) :] = 0
            others = np.setdiff1d(np.arange(n_samples), indices)
            more = smallest(scores[others], n - len(indices), random_state)
            indices = np.concatenate([indices, others[more]])
        return indices, values

    def _weigh(
        self, scores: NDArray[np.floating], candidates: Candidates, random_state: RandomState
    ) -> NDArray[np.float64]:
        """Logarithms of the weights before the first choice."""
        log_weights = self.score_power * np.log(ranks(-scores))
        if self.typicality_power:
            Z = candidates.read_coordinates()
            reference = np.arange(len(Z))
            if len(Z) > _MAX_REFERENCE:
                reference = np.sort(random_state.choice(len(Z), _MAX_REFERENCE, replace=False))
            typicality = -mean_neighbour_distance(Z, reference, self.n_neighbors)
            log_weights = log_weights + self.typicality_power * np.log(ranks(typicality))
        if self.reads.uncertainty and candidates.uncertainty is not None:
            of_uncertainty = np.log(ranks(candidates.uncertainty))
            log_weights = log_weights + self.uncertainty_power * of_uncertainty
        return log_weights


def _damp(
    log_weights: NDArray[np.float64], Z: NDArray[np.float32], chosen: int, h: np.float32
) -> None:
    """Lower weights around one sample, in place; those of it and its equals become 0."""
    distances = squared_distances_to(Z, Z[chosen])
    near = np.flatnonzero(distances <= 2 * _REACH * h)
    with np.errstate(divide="ignore", invalid="ignore"):
        damping = np.log(-np.expm1(-distances[near].astype(np.float64) / (2 * h)))
    log_weights[near] += np.nan_to_num(damping, nan=-np.inf, neginf=-np.inf)
