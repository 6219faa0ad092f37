"""Distances in blocks, so that no matrix of all pairs is ever in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Numbers in a block of distances: 64 MB of float32.
_BLOCK = 2**24


def squared_distances_to(Z: NDArray[np.float32], z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared Euclidean distances of many points to one, exactly 0 for equal ones.

    Parameters
    ----------
    Z : array of shape (n_samples, latent_dim)
    z : array of shape (latent_dim,)

    Returns
    -------
    array of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._distances import squared_distances_to
    >>> squared_distances_to(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    array([1., 1.], dtype=float32)
    """
    difference = Z - z
    return np.einsum("ij,ij->i", difference, difference)


def blocks_of_squared_distances(
    Z: NDArray[np.float32], others: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Squared distances of every point to every other one, some rows at a time.

    Parameters
    ----------
    Z : array of shape (n_samples, latent_dim)
    others : array of shape (n_others, latent_dim)

    Yields
    ------
    rows : slice
        Of `Z`.
    distances : array of shape (n_rows, n_others)
        Not below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._distances import blocks_of_squared_distances
    >>> Z = np.float32([[0.0], [3.0]])
    >>> [distances.tolist() for _, distances in blocks_of_squared_distances(Z, Z)]
    [[[0.0, 9.0], [9.0, 0.0]]]
    """
    # About the origin, float32 loses least in |a|^2 - 2ab + |b|^2.
    centre = others.mean(axis=0, dtype=np.float64).astype(np.float32)
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


def nearest_distances(Z: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distance of every point to the nearest of others.

    Parameters
    ----------
    Z : array of shape (n_samples, latent_dim)
    others : array of shape (n_others, latent_dim)
        None of them makes the distances infinite.

    Returns
    -------
    array of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._distances import nearest_distances
    >>> nearest_distances(np.float32([[0.0], [3.0]]), np.float32([[1.0], [9.0]]))
    array([1., 4.], dtype=float32)
    """
    nearest = np.full(len(Z), np.inf, dtype=np.float32)
    if len(others):
        for rows, distances in blocks_of_squared_distances(Z, others):
            nearest[rows] = distances.min(axis=1)
    return nearest


def mean_neighbour_distance(
    Z: NDArray[np.float32], reference: NDArray[np.intp], n_neighbors: int
) -> NDArray[np.float32]:
    """Mean distance of every point to its nearest ones among some of them, itself left out.

    Parameters
    ----------
    Z : array of shape (n_samples, latent_dim)
    reference : array of int of shape (n_reference,)
        Rows of `Z`, ascending, among which neighbours are sought.
    n_neighbors : int
        How many; fewer, where there are not so many.

    Returns
    -------
    array of shape (n_samples,)
        0 where there is no other point.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._distances import mean_neighbour_distance
    >>> mean_neighbour_distance(np.float32([[0.0], [1.0], [5.0]]), np.arange(3), 2)
    array([3. , 2.5, 4.5], dtype=float32)
    """
    k = min(n_neighbors, len(reference) - 1)
    mean = np.zeros(len(Z), dtype=np.float32)
    if k < 1:
        return mean
    for rows, distances in blocks_of_squared_distances(Z, Z[reference]):
        own = np.searchsorted(reference, [rows.start, rows.stop])
        inside = np.arange(own[0], own[1])
        distances[reference[inside] - rows.start, inside] = np.inf
        distances.partition(k - 1, axis=1)
        mean[rows] = np.sqrt(distances[:, :k]).mean(axis=1)
    return mean
