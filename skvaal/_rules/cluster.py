"""A batch with one sample of each cluster."""

from __future__ import annotations

import warnings
from numbers import Real

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning

from skvaal._rules.arbitrary import warn_of_no_gain
from skvaal._rules.measures import count_candidates, smallest
from skvaal._rules.rule import SPACES, Batch, Candidates, Reads, Rule, Utilities
from skvaal._utils.params import Interval

# Candidates times clusters, above which k-means works on mini-batches.
_LARGE = 2_000_000


class Cluster(Rule):
    """Take the smallest score in each of `n` clusters of the candidates.

    Candidates are the ``candidates_factor * n`` samples with the smallest scores; k-means clusters
    them [1]_, on mini-batches where there are many. If equal samples leave fewer than `n` clusters,
    the smallest scores of the rest complete the batch, with an :class:`ArbitraryChoiceWarning`.

    A choice has one of each cluster first, smallest log-odds first. Values are the log-odds,
    utilities their opposites; a cluster that a sample was taken from is out until all are.

    Parameters
    ----------
    space : {'latent', 'decoded', 'components'}, default='latent'
        Where samples are clustered: among latent means, among the principal components of decoded
        means, or among principal components.
    candidates_factor : float, default=10.0
        Candidates for each sample of the batch, at least 1. At 1, the batch is the smallest
        scores; at infinity, the whole pool is clustered.

    References
    ----------
    .. [1] Zhdanov, "Diverse mini-batch Active Learning", 2019, arXiv 1901.05954.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import Cluster
    >>> from skvaal._rules.rule import Candidates
    >>> Z = np.float32([[0.0], [0.1], [9.0], [9.1]])
    >>> candidates = Candidates(4, scores=np.array([1.0, 2.0, 4.0, 3.0]), coordinates=Z)
    >>> Cluster().choose(candidates, 2, np.random.RandomState(0)).indices
    array([0, 3])
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
        """Scores, and coordinates of the pool."""
        return Reads(scores=True, coordinates=True)

    def _choose(
        self, candidates: Candidates, n: int, random_state: RandomState, utilities: Utilities
    ) -> Batch:
        n_candidates = count_candidates(n, self.candidates_factor, candidates.n_samples)
        scores = candidates.read_lowest_scores(n_candidates)
        rows = smallest(scores, n_candidates, random_state)
        seed = random_state.randint(np.iinfo(np.int32).max)
        if n_candidates == n:
            clusters: NDArray[np.integer] = np.arange(n)
        else:
            clusters = _find_clusters(candidates.read_coordinates(rows), n, seed)
        # `rows` ascend by score: the first of a cluster is its best.
        best = np.sort(np.unique(clusters, return_index=True)[1])
        others = np.delete(np.arange(n_candidates), best)
        chosen = np.concatenate([best, others])[:n]
        if len(best) < n < candidates.n_samples:
            n_different = len(np.unique(candidates.read_coordinates(rows[chosen]), axis=0))
            warn_of_no_gain(n - n_different, n)
        if utilities is not None:
            is_open = np.ones(n_candidates, dtype=bool)
            for i, position in enumerate(chosen):
                if i >= len(best):
                    is_open[:] = True
                utilities[i, rows[is_open]] = -scores[rows[is_open]]
                is_open &= clusters != clusters[position]
        return rows[chosen], scores[rows[chosen]]


def _find_clusters(Z: NDArray[np.float32], n: int, seed: int) -> NDArray[np.integer]:
    """Cluster of each sample; fewer than `n` clusters where samples are equal."""
    if len(Z) * n <= _LARGE:
        estimator = KMeans(n, n_init=1, random_state=seed)
    else:
        # Batches of a few samples a cluster, or centres move by chance.
        estimator = MiniBatchKMeans(n, n_init=1, batch_size=max(1024, 4 * n), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # equal samples, which are expected
        return estimator.fit_predict(Z)
