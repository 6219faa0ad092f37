"""A batch that covers the latent space: greedy k-centre.

References
----------
.. [1] Sener, Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach",
       ICLR 2018, arXiv 1708.00489.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from skvaal._selection._distances import nearest_distances, squared_distances_to
from skvaal._selection._ranking import CANDIDATES_FACTOR, candidates


def k_center(
    scores: NDArray[np.floating],
    Z: NDArray[np.float32],
    Z_labeled: NDArray[np.float32],
    n: int,
    random_state: np.random.RandomState,
    /,
    *,
    candidates_factor: float = CANDIDATES_FACTOR,
    verbose: bool = False,
) -> NDArray[np.intp]:
    """Take, again and again, the candidate farthest from all that is labelled or taken.

    The greedy 2-approximation of the k-centre problem [1]_, among the ``candidates_factor * n``
    smallest scores. Time is ``O(candidates_factor * n * (n + n_labeled) * latent_dim)``.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is taken sooner.
    Z : array of shape (n_samples, latent_dim)
        Coordinates of the pool; read once, those of the candidates only.
    Z_labeled : array of shape (n_labeled, latent_dim)
        Coordinates of the labelled samples. If there is none, the smallest score comes first.
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Breaks ties.
    candidates_factor : float, default=10.0
        At least 1, which is top-k; infinity makes the whole pool candidates.
    verbose : bool, default=False
        Whether a progress bar is shown.

    Returns
    -------
    array of int of shape (n,)
        In the order of choosing.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import k_center
    >>> Z = np.float32([[0.0], [1.0], [2.0], [9.0]])
    >>> k_center(np.zeros(4), Z, Z[:1], 2, np.random.RandomState(0))
    array([3, 2])
    """
    rows = candidates(scores, n, candidates_factor, random_state)
    Z = Z[rows]
    distances = nearest_distances(Z, Z_labeled)
    chosen = np.empty(n, dtype=np.intp)
    for i in tqdm(range(n), desc="choosing", unit="sample", leave=False, disable=not verbose):
        # The first of equal ones, which `candidates` sorted by score and then by chance.
        chosen[i] = distances.argmax()
        np.minimum(distances, squared_distances_to(Z, Z[chosen[i]]), out=distances)
        distances[chosen[i]] = -1  # below every duplicate of it
    return rows[chosen]
