"""A batch that covers the space: greedy k-centre."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skvaal._rules.arbitrary import warn_of_no_gain
from skvaal._rules.measures import (
    count_candidates,
    find_centre,
    nearest_distances,
    smallest,
    squared_distances_to,
)
from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities, count_choices
from skvaal._utils.params import Interval

# Squared distances, in units of those from the centre, that float32 may give equal samples.
_ROUNDING = 16 * float(np.finfo(np.float32).eps)


class KCenter(Rule):
    """Take, again and again, the candidate farthest from all that is labelled or taken.

    Candidates are the ``candidates_factor * n`` samples with the smallest scores. Among them, this
    is the greedy 2-approximation of the k-centre problem, the core-set method [1]_. It takes
    ``O(candidates_factor * n * (n + n_labeled) * n_dims)`` time.

    Values and utilities of a choice are distances to the nearest sample that is labelled or taken.
    Without a labelled sample, the smallest score is taken first. Its value is the largest distance
    from it to a candidate; the first row of utilities is the order of the scores, scaled to that. A
    distance of 0 means a copy; an :class:`ArbitraryChoiceWarning` counts them.

    Parameters
    ----------
    space : {'latent', 'decoded', 'components'}, default='latent'
        Where distances are measured: among latent means, among the principal components of decoded
        means, or among principal components.
    candidates_factor : float, default=10.0
        Candidates for each sample of the batch, at least 1. At 1, the batch is the smallest
        scores; at infinity, the whole pool are candidates.

    References
    ----------
    .. [1] Sener, Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set
           Approach", ICLR 2018, arXiv 1708.00489.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import KCenter
    >>> from skvaal._rules.rule import Candidates
    >>> Z = np.float32([[0.0], [1.0], [2.0], [9.0]])
    >>> candidates = Candidates(4, scores=np.zeros(4), coordinates=Z, labeled_coordinates=Z[:1])
    >>> choice = KCenter().choose(candidates, 2, np.random.RandomState(0))
    >>> choice.indices, choice.values
    (array([3, 2]), array([9., 2.]))
    """

    _parameter_constraints: dict = {
        "space": [SPACES],
        "candidates_factor": [Interval(Real, 1, None, closed="both")],
    }

    def __init__(self, space: str = "latent", candidates_factor: float = 10.0) -> None:
        self.space = space
        self.candidates_factor = candidates_factor

    @property
    def reads(self) -> Reads:
        """Scores and coordinates, those of the labelled samples too."""
        return Reads(scores=True, coordinates=True, labeled_coordinates=True)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        n_candidates = count_candidates(n, self.candidates_factor, candidates.n_samples)
        scores = candidates.read_lowest_scores(n_candidates)
        rows = smallest(scores, n_candidates, random_state)
        Z = candidates.read_coordinates(rows)
        distances = nearest_distances(Z, candidates.labeled_coordinates)
        chosen = np.empty(n, dtype=np.intp)
        values = np.empty(n)
        for i in count_choices(n, candidates):
            # The first of equal ones, which `smallest` sorted by score and then by chance.
            chosen[i] = distances.argmax()
            to_chosen = squared_distances_to(Z, Z[chosen[i]])
            row = _finite_distances(distances, to_chosen)
            values[i] = row[chosen[i]]
            if utilities is not None:
                utilities[i, rows] = row
            np.minimum(distances, to_chosen, out=distances)
            distances[chosen[i]] = -1  # below every duplicate of it
        if n < candidates.n_samples:
            # Without a label, the first one is chosen by its score.
            first = int(not len(candidates.labeled_coordinates))
            warn_of_no_gain(_count_copies(Z, chosen[first:], values[first:]), n)
        return rows[chosen], values


def _count_copies(Z: NDArray[np.float32], chosen: NDArray[np.intp], values: NDArray) -> int:
    """How many were chosen at a distance from what is labelled or taken that may be rounding."""
    norms = squared_distances_to(Z[chosen], find_centre(Z))
    return int(np.count_nonzero(np.square(values) <= _ROUNDING * norms))


def _finite_distances(
    squared: NDArray[np.float32], to_chosen: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Distances; where all are infinite, a descending order that starts at the largest one."""
    if np.isinf(squared).all():
        largest = np.sqrt(to_chosen.max(), dtype=np.float64)
        return largest * np.arange(len(squared), 0, -1) / len(squared)
    return np.sqrt(np.maximum(squared, 0), dtype=np.float64)
