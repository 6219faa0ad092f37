"""Where distances between samples are measured: among latent means, or in the samples themselves.

The samples themselves are seen through their principal components, which costs one pass over a
pool and makes pixels of many images comparable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from tqdm.auto import tqdm

from skvaal._data import Pool

_MAX_COMPONENTS = 32
# Samples that the components are fitted on, at most; fewer, but so many, of large images, of which
# only so many numbers are in memory: 128 MB of float32.
_MAX_FITTED = 4_000
_MIN_FITTED = 256
_MAX_NUMBERS = 2**25
_TOO_LARGE = (
    "too large for distances to be computed; bring X to a common scale before fit (StandardScaler)"
)


@dataclass(frozen=True, eq=False)
class InputSpace:
    """Principal components of the samples.

    Attributes
    ----------
    mean : array of shape (n_dims,)
    components : array of shape (n_components, n_dims)
    labeled : array of shape (n_labeled, n_components)
        Coordinates of the labelled samples.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._data import Pool
    >>> from skvaal._space import InputSpace
    >>> X = np.float32([[0, 0], [2, 2], [4, 4]])
    >>> space = InputSpace.fitted_on(Pool(X[:1]), Pool(X[1:]), seed=0)
    >>> np.abs(np.diff(space.project(Pool(X))[:, 0])).round(2) == np.float32(2.83)
    array([ True,  True])
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    labeled: NDArray[np.float32]

    @classmethod
    def fitted_on(cls, labeled: Pool, unlabeled: Pool, seed: int) -> InputSpace:
        """Components of both pools together, at most 32, on at most 4,000 samples of them.

        Of samples of more than 8,388 numbers fewer, so that memory is bounded.

        Parameters
        ----------
        labeled, unlabeled : Pool
        seed : int
            Of the draw, and of the solver.
        """
        rng = np.random.RandomState(seed)
        pools = labeled, unlabeled
        total = sum(len(pool) for pool in pools)
        n_fitted = min(_MAX_FITTED, max(_MIN_FITTED, _rows_in_memory(labeled)))
        parts = []
        for pool in pools:
            share = min(len(pool), -(-len(pool) * n_fitted // total))
            rows = np.sort(rng.permutation(len(pool))[:share])
            if len(rows):
                parts.append(_flat(pool.take(rows)))
        X = np.concatenate(parts)
        if _too_large(X).any():
            raise ValueError(f"X has samples {_TOO_LARGE}")
        n_components = min(_MAX_COMPONENTS, *X.shape)
        solver = "full" if min(X.shape) <= 2 * _MAX_COMPONENTS else "randomized"
        # Equal samples have no variance to explain, and that of large ones is not looked at.
        with np.errstate(invalid="ignore", over="ignore"):
            pca = PCA(n_components, svd_solver=solver, random_state=seed).fit(X)
        mean, components = pca.mean_.astype(np.float32), pca.components_.astype(np.float32)
        Z_labeled = _project(labeled, mean, components)
        if _too_large(Z_labeled).any():
            raise ValueError(f"X has samples {_TOO_LARGE}")
        return cls(mean, components, Z_labeled)

    def project(self, pool: Pool, name: str = "X", *, verbose: bool = False) -> NDArray[np.float32]:
        """Coordinates of samples.

        Parameters
        ----------
        pool : Pool
        name : str
            Of the argument that the pool came in, for messages.
        verbose : bool, default=False
            Whether a progress bar is shown.

        Returns
        -------
        array of shape (n_samples, n_components)
        """
        Z = _project(pool, self.mean, self.components, verbose)
        too_large = _too_large(Z)
        if too_large.any():
            row = int(too_large.argmax())
            row = row if pool.rows is None else int(pool.rows[row])
            raise ValueError(f"{name}[{row}] is {_TOO_LARGE}")
        return Z


def _project(
    pool: Pool,
    mean: NDArray[np.float32],
    components: NDArray[np.float32],
    verbose: bool = False,
) -> NDArray[np.float32]:
    Z = np.empty((len(pool), len(components)), dtype=np.float32)
    step = max(1, _rows_in_memory(pool) // 8)
    with tqdm(
        total=len(pool), desc="projecting", unit="sample", leave=False, disable=not verbose
    ) as bar:
        for start in range(0, len(pool), step):
            rows = slice(start, start + step)
            X = pool.take(rows)
            with np.errstate(invalid="ignore", over="ignore"):
                Z[rows] = (_flat(X) - mean) @ components.T
            bar.update(len(X))
    return Z


def _too_large(X: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows squared distances would be too large of for float32."""
    with np.errstate(invalid="ignore", over="ignore"):
        return ~np.isfinite(4 * np.einsum("ij,ij->i", X, X))


def _rows_in_memory(pool: Pool) -> int:
    return _MAX_NUMBERS // math.prod(pool.sample_shape)


def _flat(X: NDArray) -> NDArray[np.float32]:
    """Rows as the VAE sees them: uint8 images are scaled to [0, 1]."""
    flat = X.reshape(len(X), -1).astype(np.float32)
    return flat / np.float32(255) if X.dtype == np.uint8 else flat
