"""A batch of typical samples that are unlike each other: weights, damped around each choice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from skvaal._selection._distances import mean_neighbour_distance, squared_distances_to
from skvaal._selection._ranking import ranks, smallest

# Neighbours are sought among at most so many samples, and at least so many are candidates.
_MAX_REFERENCE = 10_000
_MIN_CANDIDATES = 20_000
# 1 - exp(-16) is 1 in float32: farther samples are not damped.
_REACH = 16.0


def greedy(
    scores: NDArray[np.floating],
    Z: NDArray[np.float32],
    Z_labeled: object,
    n: int,
    random_state: np.random.RandomState,
    /,
    *,
    score_power: float = 0.5,
    typicality_power: float = 1.0,
    n_neighbors: int = 20,
    bandwidth: float = 0.1,
    candidates_factor: float = 10.0,
    uncertainty: NDArray[np.floating] | None = None,
    uncertainty_power: float = 1.0,
    verbose: bool = False,
) -> NDArray[np.intp]:
    """Take the largest weight, damp the weights around it, and again.

    A weight is ``rank(-score) ** score_power * rank(typicality) ** typicality_power``, ranks in
    (0, 1], typicality 1 / mean distance to the nearest neighbours in the pool, which keeps outliers
    out; with an uncertainty, times ``rank(uncertainty) ** uncertainty_power``. A choice multiplies
    the weights of the others by ``1 - exp(-d ** 2 / (2 * h))``, where d is the distance and h is
    `bandwidth` times the total variance of `Z`.

    A pool of more than 20,000 samples is first cut to the ``candidates_factor * n`` largest
    weights, but not below 20,000; of more than 10,000, neighbours are sought among so many of it,
    drawn at random.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is taken sooner.
    Z : array of shape (n_samples, latent_dim)
        Latent means of the pool.
    Z_labeled : ignored
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Breaks ties.
    score_power, typicality_power : float, default=0.5 and 1.0
        At least 0, which leaves that factor out.
    n_neighbors : int, default=20
    bandwidth : float, default=0.1
        In units of the total variance.
    candidates_factor : float, default=10.0
        At least 1.
    uncertainty : array of shape (n_samples,), default=None
        Higher is taken sooner.
    uncertainty_power : float, default=1.0
        At least 0, which leaves that factor out.
    verbose : bool, default=False
        Whether a progress bar is shown.

    Returns
    -------
    array of int of shape (n,)
        In the order of choosing.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import greedy
    >>> Z = np.float32([[0.0], [0.1], [0.2], [1.0], [1.3], [1.5]])
    >>> greedy(np.zeros(6), Z, None, 2, np.random.RandomState(0), n_neighbors=2)
    array([1, 4])
    """
    # Shuffled, so that of equal weights the first is any.
    rows = random_state.permutation(len(scores))
    h = np.float32(bandwidth * Z.var(axis=0, dtype=np.float64).sum())
    log_weights = score_power * np.log(ranks(-scores))
    if typicality_power:
        typicality = -_spread(Z, n_neighbors, random_state)
        log_weights = log_weights + typicality_power * np.log(ranks(typicality))
    if uncertainty is not None:
        log_weights = log_weights + uncertainty_power * np.log(ranks(uncertainty))
    n_candidates = max(_MIN_CANDIDATES, int(min(candidates_factor * n, len(rows))))
    if len(rows) > n_candidates:
        rows = rows[smallest(-log_weights[rows], n_candidates, random_state)]
    chosen = rows[_damped(log_weights[rows], Z[rows], n, h, verbose)]
    if len(chosen) < n:
        # What is left equals something chosen.
        others = np.setdiff1d(np.arange(len(scores)), chosen)
        more = smallest(scores[others], n - len(chosen), random_state)
        chosen = np.concatenate([chosen, others[more]])
    return chosen


def _spread(
    Z: NDArray[np.float32], n_neighbors: int, random_state: np.random.RandomState
) -> NDArray[np.float32]:
    reference = np.arange(len(Z))
    if len(Z) > _MAX_REFERENCE:
        reference = np.sort(random_state.choice(len(Z), _MAX_REFERENCE, replace=False))
    return mean_neighbour_distance(Z, reference, n_neighbors)


def _damped(
    log_weights: NDArray[np.float64],
    Z: NDArray[np.float32],
    n: int,
    h: np.float32,
    verbose: bool,
) -> NDArray[np.intp]:
    """Positions in the order of choosing, fewer than `n` if no weight is left."""
    # In logarithms, or the weights of a large batch become 0.
    log_weights = log_weights.copy()
    chosen: list[int] = []
    for _ in tqdm(range(n), desc="choosing", unit="sample", leave=False, disable=not verbose):
        best = int(log_weights.argmax())
        if log_weights[best] == -np.inf:
            break
        chosen.append(best)
        distances = squared_distances_to(Z, Z[best])
        near = np.flatnonzero(distances <= 2 * _REACH * h)
        with np.errstate(divide="ignore", invalid="ignore"):
            # The sample itself and its equals are at distance 0, where the logarithm is -inf.
            damping = np.log(-np.expm1(-distances[near].astype(np.float64) / (2 * h)))
        log_weights[near] += np.nan_to_num(damping, nan=-np.inf, neginf=-np.inf)
    return np.array(chosen, dtype=np.intp)
