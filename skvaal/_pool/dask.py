"""Samples in a dask array: blocks that may lie on the workers of a cluster."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.conversion import check_mask
from skvaal._pool.source import Rows, Source
from skvaal._utils.progress import Verbose, may_show, progress_bar, visibility


class DaskSource(Source):
    """Samples of a dask array.

    :meth:`map_blocks` sends a function to the samples. Reading rows, as training does, brings them
    here, and computes each block that holds one of them.
    """

    def __init__(self, X: Any, name: str) -> None:
        if any(np.isnan(size) for size in X.shape):
            raise ValueError(
                f"{name} is a dask array with unknown chunk sizes (shape {X.shape}), so that its "
                f"samples cannot be counted; call {name}.compute_chunk_sizes() first, or, where it "
                "was a DataFrame, to_dask_array(lengths=True)"
            )
        super().__init__(X.shape, np.dtype(X.dtype), name)
        self.X = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))

    def _read(self, rows: Rows) -> NDArray:
        ascending, inverse = np.unique(self._positions(rows), return_inverse=True)
        with _explained_import_errors():
            return self._checked(self.X[ascending].compute(), len(ascending))[inverse]

    def map_blocks(
        self, function: Callable[..., Any], *arrays: NDArray | None, verbose: Verbose = False
    ) -> list[Any]:
        """Apply a function to every block where dask computes it: on its worker, or in threads.

        It is called with a Source, the slice of rows of the whole that this holds, and these rows
        of each of `arrays`. Results are in the order of the blocks, empty ones left out. If a
        worker is lost, dask repeats its work; if it lacks a module, this is an ImportError.
        """
        import cloudpickle
        import dask

        whole = copy.copy(self)
        whole.X = None
        # Pickled here, so that the scheduler needs neither skvaal nor torch, and a module that a
        # worker lacks is an error of the task.
        task = cloudpickle.dumps(partial(_apply_to_block, function, whole))
        call = dask.delayed(cloudpickle.loads)(task)
        bounds = pairwise([0, *np.cumsum(self.X.chunks[0]).tolist()])
        tasks = [
            call(block, rows, *[None if each is None else each[slice(*rows)] for each in arrays])
            for block, rows in zip(self.X.to_delayed().ravel(), bounds, strict=True)
            if rows[0] < rows[1]
        ]
        # The graph holds the model on purpose, even one of 10 MB or more. Without `distributed`
        # nothing warns; were it first imported within `config.set`, the end of that block would
        # remove its configuration, and every later computation would fail.
        settings = {"distributed.admin.large-graph-warning-threshold": "10 GB"}
        settings = settings if "distributed" in sys.modules else {}
        with _explained_import_errors(), dask.config.set(settings):
            return _compute(tasks, verbose)

    def _checked(self, X: Any, n: int) -> NDArray:
        """A block, or rows, as an array of the promised shape and dtype."""
        check_mask(X, f"a part of {self.name}")
        X = np.asarray(X)
        if X.shape != (n, *self._item_shape):
            raise ValueError(
                f"a part of {self.name} has shape {X.shape}, but its chunks promise "
                f"{(n, *self._item_shape)}; a function that made {self.name}, by map_blocks for "
                "example, changes the shape"
            )
        return X.astype(self.dtype, copy=False)


class BlockSource(Source):
    """A block of a :class:`DaskSource` in memory; rows are counted as in the whole."""

    def __init__(self, whole: DaskSource, X: NDArray, start: int) -> None:
        vars(self).update(vars(whole))
        self.X = X
        self.start = start

    def _read(self, rows: Rows) -> NDArray:
        # A copy: another task may hold the same block.
        return self.X[self._positions(rows) - self.start]


def _apply_to_block(
    function: Callable[..., Any], whole: DaskSource, block: Any, rows: tuple[int, int], *parts: Any
) -> Any:
    start, end = rows
    source = BlockSource(whole, whole._checked(block, end - start), start)
    return function(source, slice(start, end), *parts)


def _compute(tasks: Sequence[Any], verbose: Verbose) -> list[Any]:
    import dask
    from tqdm.dask import TqdmCallback

    if may_show(verbose):
        options = {"desc": "computing", "leave": False, **visibility(verbose)}
        with TqdmCallback(unit="task", **options):  # in this process
            tasks = dask.persist(*tasks)
        if "distributed" in sys.modules:
            from distributed import as_completed, futures_of

            futures = futures_of(tasks)
            done = as_completed(futures) if futures else ()
            for _ in progress_bar(
                done, verbose=verbose, desc="computing", total=len(futures), unit="block"
            ):
                pass
    return list(dask.compute(*tasks))


@contextmanager
def _explained_import_errors() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"a worker of the cluster cannot import {error.name!r} ({error}); install on every "
            "worker what is installed here, skvaal and torch among it",
            name=error.name,
        ) from error
