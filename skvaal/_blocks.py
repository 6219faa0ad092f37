"""What is computed of a pool, where the pool lies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from skvaal._data import Pool
from skvaal._sources import DaskSource, Source


def is_in_blocks(pool: Pool) -> bool:
    """Whether :func:`over_blocks` goes to the blocks of a pool; of some rows only it does not.

    Parameters
    ----------
    pool : Pool

    Returns
    -------
    bool
    """
    # Some rows are fewer than the blocks that they lie in.
    return isinstance(pool.X, DaskSource) and pool.rows is None


def over_blocks(function: Callable[[Pool], Any], pool: Pool, *, verbose: bool = False) -> Any:
    """Apply a function to a pool; of a dask array to each block, on the workers of a cluster.

    Parameters
    ----------
    function : callable
        Of a pool, by picklable means; returns an array, or a tuple of such, that can be put end to
        end. A block is told its rows in the whole as the `rows` of the pool.
    pool : Pool
    verbose : bool, default=False
        Whether a progress bar of the blocks is shown.

    Returns
    -------
    array or tuple of arrays

    Examples
    --------
    >>> import dask.array as da, numpy as np
    >>> from skvaal._blocks import over_blocks
    >>> from skvaal._data import Pool
    >>> from skvaal._sources import as_samples
    >>> X = as_samples(da.from_array(np.arange(6.0)[:, None], chunks=(4, 1)), "X")
    >>> over_blocks(lambda pool: pool.take(slice(None))[:, 0] + len(pool), Pool(X))
    array([4., 5., 6., 7., 6., 7.], dtype=float32)
    """
    if not is_in_blocks(pool):
        return function(pool)
    results = cast(DaskSource, pool.X).map_blocks(
        partial(_of_block, function), pool.condition, verbose=verbose
    )
    if isinstance(results[0], tuple):
        return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))
    return np.concatenate(results)


def _of_block(
    function: Callable[[Pool], Any], block: Source, rows: slice, condition: NDArray | None
) -> Any:
    return function(Pool(block, np.arange(rows.start, rows.stop), condition=condition))
