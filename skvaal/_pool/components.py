"""Components: coordinates to measure distances in, and a few columns for many sparse ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.decomposition import PCA, TruncatedSVD

from skvaal._pool.arrays import SparseSource, issparse
from skvaal._pool.pool import Pool
from skvaal._utils.progress import Verbose, progress_bar

# Limits on the samples that the components are fitted on. Of large images there are fewer, down to
# the minimum, so that at most 128 MB of float32 are in memory.
_MAX_FITTED = 4_000
_MIN_FITTED = 256
_MAX_NUMBERS = 2**25
# Columns that a sparse matrix may have and still be read as a dense one; and columns that a larger
# one is reduced to.
N_REDUCED = 128
# The decomposition of a sparse matrix is fitted on at most so many rows.
_MAX_FITTED_SPARSE = 50_000
# Its rows are projected this many at a time: the product may need as many numbers in float64.
_SPARSE_CHUNK = 10_000
# Of the mean variance of the components, and in squared units of X.
_LEAST_NOISE, _NOISE_FLOOR = 1e-3, 1e-6
_TOO_LARGE = (
    "too large for distances to be computed; bring X to a common scale before fit (StandardScaler)"
)


def needs_reduction(X: Any) -> bool:
    """Whether X is sparse with too many columns to be read as a dense array."""
    is_sparse = isinstance(X, SparseSource) or issparse(X)
    return is_sparse and X.shape[1] > N_REDUCED


@dataclass(frozen=True, eq=False)
class SparseReduction:
    """Truncated singular value decomposition, which turns sparse rows into short dense ones."""

    components: NDArray[np.float32]

    @classmethod
    def fitted_on(
        cls, pools: Sequence[Any], seed: int, n_components: int = N_REDUCED
    ) -> SparseReduction:
        """Fit the decomposition to one pool, or to both together; one of them may be empty."""
        rng = np.random.RandomState(seed)
        matrices = [_as_csr(X) for X in pools if X.shape[0]]
        matrices = [X if X.dtype.kind == "f" else X.astype(np.float32) for X in matrices]
        n = sum(X.shape[0] for X in matrices)
        if n > _MAX_FITTED_SPARSE:
            matrices = [X[_draw_rows(X.shape[0], _MAX_FITTED_SPARSE, n, rng)] for X in matrices]
        X = vstack(matrices, format="csr")
        # Equal rows have no variance to explain: scikit-learn divides 0 by 0.
        with np.errstate(invalid="ignore", divide="ignore"):
            svd = TruncatedSVD(min(n_components, *X.shape), random_state=seed).fit(X)
        return cls(svd.components_.astype(np.float32))

    def check_columns(self, X: Any) -> None:
        """Raise if weights that were trained on other columns cannot go on with X."""
        if X.shape[1] != self.components.shape[1]:
            raise ValueError(
                f"X has {X.shape[1]} features, but warm_start=True goes on from weights for "
                f"{self.components.shape[1]}; set warm_start=False to start anew"
            )

    def reduce(self, X: Any, name: str = "X") -> NDArray[np.float32]:
        """Project samples on the components; a ValueError if one is too large for float32."""
        X = _as_csr(X) if isinstance(X, SparseSource) or issparse(X) else X
        reduced = np.empty((X.shape[0], len(self.components)), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, X.shape[0], _SPARSE_CHUNK):
                rows = slice(start, start + _SPARSE_CHUNK)
                reduced[rows] = np.asarray(X[rows] @ self.components.T)
        finite = np.isfinite(reduced).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"{name}[{int(finite.argmin())}] is too large to be computed with; bring {name} to "
                "a common scale before fit (MaxAbsScaler)"
            )
        return reduced

    def restore(self, Z: NDArray) -> NDArray[np.float32]:
        """Approximate the samples, as a dense array."""
        restored: NDArray[np.float32] = np.asarray(Z, np.float32) @ self.components
        return restored


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of both pools together.

    Sparse samples with more than 128 features are never made dense: their components are those of
    a truncated singular value decomposition, and the mean is 0. Of these, variances are not known.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    variances: NDArray[np.float64] | None = None
    total_variance: float = 0.0

    @classmethod
    def fitted_on(
        cls, labeled: Pool, unlabeled: Pool, seed: int, n_components: int = 32
    ) -> PrincipalComponents:
        """Fit at most `n_components`; one of the pools may be empty.

        Of large pools, a draw is used: at most 4,000 samples, fewer if a sample has more than
        8,388 numbers. Samples too large for distances in float32 are a ValueError.
        """
        pools = (labeled, unlabeled)
        is_sparse = all(needs_reduction(pool.X) for pool in pools if len(pool))
        parts = (
            [_take_csr(pool, slice(None)) for pool in pools] if is_sparse else _draw(*pools, seed)
        )
        if any(_are_too_large(X).any() for X in parts):
            raise ValueError(f"X has samples {_TOO_LARGE}")
        if is_sparse:
            components = SparseReduction.fitted_on(parts, seed, n_components).components
            return cls(np.zeros(components.shape[1], np.float32), components)
        X = np.concatenate(parts)
        solver = "full" if min(X.shape) <= 2 * n_components else "randomized"
        # Equal samples have no variance to explain, and the variance of large ones may overflow.
        with np.errstate(invalid="ignore", over="ignore"):
            pca = PCA(min(n_components, *X.shape), svd_solver=solver, random_state=seed).fit(X)
            total = X.var(axis=0, dtype=np.float64).sum()
        # scikit-learn divides by n - 1. Divided by n, they are the most likely ones.
        variances = pca.explained_variance_.astype(np.float64) * (len(X) - 1) / len(X)
        return cls(
            pca.mean_.astype(np.float32),
            pca.components_.astype(np.float32),
            np.nan_to_num(variances),
            float(np.nan_to_num(total)),
        )

    def noise_variance(self, n_components: int) -> float:
        """Mean variance of the directions beside the first components; 1e-6 at least.

        No less than a thousandth of the mean variance of those components, so that it is above 0
        where no direction is left.
        """
        assert self.variances is not None
        kept = self.variances[:n_components]
        n_left = self.components.shape[1] - len(kept)
        left = max(0.0, self.total_variance - kept.sum()) / n_left if n_left else 0.0
        return float(max(left, _LEAST_NOISE * kept.mean(), _NOISE_FLOOR))

    def project(
        self, pool: Pool, name: str = "X", *, verbose: Verbose = False
    ) -> NDArray[np.float32]:
        """Compute coordinates, (n_samples, n_components); of a dask array, on its workers.

        A sample too large for distances in float32 is a ValueError, which names it.
        """
        if pool.lies_in_blocks:
            return pool.apply(partial(self.project, name=name), verbose=verbose)
        Z = np.empty((len(pool), len(self.components)), dtype=np.float32)
        step = _SPARSE_CHUNK if needs_reduction(pool.X) else max(1, _rows_in_memory(pool) // 8)
        with progress_bar(
            total=len(pool), verbose=verbose, desc="projecting", unit="sample"
        ) as bar:
            for start in range(0, len(pool), step):
                rows = slice(start, min(len(pool), start + step))
                with np.errstate(invalid="ignore", over="ignore"):
                    Z[rows] = self._project_rows(pool, rows)
                bar.update(rows.stop - start)
        return check_coordinates(Z, pool, name)

    def _project_rows(self, pool: Pool, rows: slice) -> NDArray:
        if needs_reduction(pool.X):
            X = _take_csr(pool, rows)
            return np.asarray(X @ self.components.T) - self.mean @ self.components.T
        # The layout decides the last bits, and a file does not keep it: it is always PCA's.
        components = np.asfortranarray(self.components)
        return (_flat(pool.take(rows)) - self.mean) @ components.T


def check_coordinates(Z: NDArray[np.float32], pool: Pool, name: str) -> NDArray[np.float32]:
    """Return coordinates of a pool, or raise if squared distances between some would overflow."""
    too_large = _are_too_large(Z)
    if too_large.any():
        row = int(too_large.argmax())
        row = row if pool.rows is None else int(pool.rows[row])
        raise ValueError(f"{name}[{row}] is {_TOO_LARGE}")
    return Z


def _draw(labeled: Pool, unlabeled: Pool, seed: int) -> list[NDArray[np.float32]]:
    """Samples of both pools, each in proportion to its size."""
    rng = np.random.RandomState(seed)
    total = len(labeled) + len(unlabeled)
    n_fitted = min(_MAX_FITTED, max(_MIN_FITTED, _rows_in_memory(labeled)))
    draws = [(pool, _draw_rows(len(pool), n_fitted, total, rng)) for pool in (labeled, unlabeled)]
    return [_flat(pool.take(rows)) for pool, rows in draws if len(rows)]


def _draw_rows(size: int, n_fitted: int, total: int, rng: Any) -> NDArray[np.intp]:
    """Draw a pool's share of the rows to fit on, in proportion to its size."""
    rows: NDArray[np.intp] = rng.permutation(size)[: -(-size * n_fitted // total)]
    return np.sort(rows)


def _as_csr(X: Any) -> Any:
    """The same samples as a CSR matrix."""
    if isinstance(X, SparseSource):
        return X.X
    return X.tocsr() if issparse(X) else csr_matrix(X[:])


def _take_csr(pool: Pool, rows: slice) -> Any:
    return _as_csr(pool.X)[rows if pool.rows is None else pool.rows[rows]]


def _are_too_large(X: Any) -> NDArray[np.bool_]:
    """Rows of an array or CSR matrix whose squared distances would overflow float32."""
    with np.errstate(invalid="ignore", over="ignore"):
        squares = X.multiply(X).sum(axis=1) if issparse(X) else np.einsum("ij,ij->i", X, X)
        return ~(4 * np.asarray(squares).ravel() <= np.finfo(np.float32).max)


def _rows_in_memory(pool: Pool) -> int:
    return _MAX_NUMBERS // math.prod(pool.sample_shape)


def _flat(X: NDArray) -> NDArray[np.float32]:
    """Rows as the VAE sees them: uint8 images are scaled to [0, 1]."""
    flat = X.reshape(len(X), -1).astype(np.float32)
    return flat / np.float32(255) if X.dtype == np.uint8 else flat
