"""A batch with one sample of each cluster.

References
----------
.. [1] Zhdanov, "Diverse mini-batch Active Learning", 2019, arXiv 1901.05954.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning

from skvaal._selection._ranking import CANDIDATES_FACTOR, candidates

# Candidates times clusters, from which on k-means goes over mini-batches.
_LARGE = 2_000_000


def cluster(
    scores: NDArray[np.floating],
    Z: NDArray[np.float32],
    Z_labeled: object,
    n: int,
    random_state: np.random.RandomState,
    /,
    *,
    candidates_factor: float = CANDIDATES_FACTOR,
) -> NDArray[np.intp]:
    """Take the smallest score in each of `n` clusters (k-means) of the candidates.

    The candidates are the ``candidates_factor * n`` smallest scores [1]_. Large sets are clustered
    over mini-batches. Where there are fewer clusters than `n`, because samples are equal, the
    smallest scores left over make up the number.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is taken sooner.
    Z : array of shape (n_samples, latent_dim)
        Coordinates of the pool; read once, those of the candidates only.
    Z_labeled : ignored
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Seeds the clusters and breaks ties.
    candidates_factor : float, default=10.0
        At least 1, which is top-k; infinity clusters the whole pool.

    Returns
    -------
    array of int of shape (n,)
        One of each cluster first, smallest score first.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import cluster
    >>> Z = np.float32([[0.0], [0.1], [9.0], [9.1]])
    >>> cluster(np.array([1.0, 2.0, 4.0, 3.0]), Z, None, 2, np.random.RandomState(0))
    array([0, 3])
    """
    rows = candidates(scores, n, candidates_factor, random_state)
    seed = random_state.randint(np.iinfo(np.int32).max)
    if len(rows) == n:
        return rows
    labels = _clusters(Z[rows], n, seed)
    # `rows` ascend by score: the first of a cluster is its best.
    _, best = np.unique(labels, return_index=True)
    best.sort()
    others = np.delete(np.arange(len(rows)), best)
    return rows[np.concatenate([best, others])[:n]]


def _clusters(Z: NDArray[np.float32], n: int, seed: int) -> NDArray[np.integer]:
    """Cluster of each sample, fewer than `n` clusters where samples are equal."""
    if len(Z) * n <= _LARGE:
        estimator = KMeans(n, n_init=1, random_state=seed)
    else:
        # Batches of a few samples a cluster, or centres move by chance.
        estimator = MiniBatchKMeans(n, n_init=1, batch_size=max(1024, 4 * n), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # equal samples, which are expected
        return estimator.fit_predict(Z)
