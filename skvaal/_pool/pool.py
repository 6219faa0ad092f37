"""A pool of samples: an array, and the rows of it that belong to the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.dask import DaskSource
from skvaal._pool.source import Source
from skvaal._utils.progress import Verbose

Positions = NDArray[np.intp]


class Pool:
    """Rows of an array, or of samples that are read when they are asked for.

    A pool is a view: nothing is copied before a batch is asked for. `X` has the shape (n_rows,
    n_features) or (n_rows, channels, height, width); `rows`, (n_samples,), belong to the pool, or
    all. `extra`, (n_samples, n_columns), is what a network reads besides the samples. 4-D uint8
    arrays are images with values from 0 to 255.
    """

    def __init__(
        self,
        X: NDArray | Source,
        rows: Positions | None = None,
        *,
        extra: NDArray[np.float32] | None = None,
    ) -> None:
        self.X = X
        self.rows = rows
        self.extra = extra
        self.is_uint8_image = X.dtype == np.uint8 and X.ndim == 4

    def __len__(self) -> int:
        return len(self.X) if self.rows is None else len(self.rows)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.X.shape[1:]

    @property
    def batch_dtype(self) -> type[np.generic]:
        """What :meth:`take` returns: uint8 for uint8 images, else float32."""
        return np.uint8 if self.is_uint8_image else np.float32

    @property
    def lies_in_blocks(self) -> bool:
        """Whether :meth:`apply` goes to the blocks of a dask array: only if all rows belong."""
        # With `rows`, the blocks would be read for a few samples of each.
        return isinstance(self.X, DaskSource) and self.rows is None

    def take(self, positions: Positions | slice) -> NDArray:
        """Read samples, by positions within the pool: a new array in C order."""
        if self.rows is not None:
            positions = self.rows[positions]
        # Always a copy of an array: a module may work in place, and X is the user's.
        as_batch = np.asarray if isinstance(self.X, Source) else np.array
        return as_batch(self.X[positions], dtype=self.batch_dtype, order="C")

    def part(self, positions: Positions) -> Pool:
        """Make a pool of some of the samples, by positions within this pool."""
        rows = positions if self.rows is None else self.rows[positions]
        return Pool(self.X, rows, extra=None if self.extra is None else self.extra[positions])

    def apply(self, function: Callable[[Pool], Any], *, verbose: Verbose = False) -> Any:
        """Apply a function to the pool; for a dask array, to each block on its worker.

        It returns an array or a tuple of arrays with a row for each sample. Those of blocks, which
        are pools whose `rows` count in the whole, are concatenated.
        """
        if not self.lies_in_blocks or not len(self):
            return function(self)

        def apply_to_block(block: Source, rows: slice, extra: NDArray | None) -> Any:
            return function(Pool(block, np.arange(rows.start, rows.stop), extra=extra))

        results = cast(DaskSource, self.X).map_blocks(apply_to_block, self.extra, verbose=verbose)
        if isinstance(results[0], tuple):
            return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))
        return np.concatenate(results)
