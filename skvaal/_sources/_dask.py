"""Samples in a dask array: blocks that may lie on the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._sources._source import Rows, Source


class DaskSource(Source):
    """Samples of a dask array.

    :meth:`map_blocks` brings a function to the samples. Where rows are asked for, as in training,
    they are brought here, and each block that they lie in is computed for it.

    Parameters
    ----------
    X : dask.array.Array
        Blocks that cut a sample into pieces are joined.
    name : str
        Of the argument, for messages.

    Raises
    ------
    ValueError
        If the sizes of the blocks are not known.
    """

    def __init__(self, X: Any, name: str) -> None:
        if any(np.isnan(size) for size in X.shape):
            raise ValueError(
                f"{name} is a dask array with unknown chunk sizes (shape {X.shape}), so that its "
                f"samples cannot be counted; call {name}.compute_chunk_sizes() first, or, where it "
                "was a DataFrame, to_dask_array(lengths=True)"
            )
        super().__init__(tuple(int(size) for size in X.shape), np.dtype(X.dtype), name)
        self.X = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))

    def _read(self, rows: Rows) -> NDArray:
        positions = self._positions(rows)
        ascending, inverse = np.unique(positions, return_inverse=True)
        with _told_what_is_missing():
            X = self._checked(self.X[ascending].compute(), len(ascending))
        return X if np.array_equal(ascending, positions) else X[inverse]

    def map_blocks(
        self, function: Callable[..., Any], *beside: NDArray | None, verbose: bool = False
    ) -> list[Any]:
        """Apply a function to every block, where dask computes: on the workers, or in threads.

        Dask does again what a worker had to do that was lost.

        Parameters
        ----------
        function : callable
            Called as ``function(source, rows, *beside)``: samples that are in memory, of which the
            block has `rows`, a slice, counted in the whole. It is sent to a worker once.
        *beside : array of shape (n_samples, ...) or None
            Whose `rows` go with the block.
        verbose : bool, default=False
            Whether a progress bar is shown.

        Returns
        -------
        list
            What it returned, in the order of the blocks.

        Raises
        ------
        ImportError
            If a worker lacks a module, such as torch.
        """
        import cloudpickle
        import dask

        # By what dask has on every worker: a module that is missing there is an error of the task,
        # and the scheduler needs neither skvaal nor torch.
        call = dask.delayed(cloudpickle.loads)(cloudpickle.dumps(_OfBlock(self, function)))
        ends = np.cumsum(self.X.chunks[0]).tolist()
        tasks = [
            call(block, start, *[None if each is None else each[start:end] for each in beside])
            for block, start, end in zip(
                self.X.to_delayed().ravel(), [0, *ends[:-1]], ends, strict=True
            )
            if start < end
        ]
        # A model of ten megabytes and more is meant to be in the graph.
        threshold = "distributed.admin.large-graph-warning-threshold"
        with _told_what_is_missing(), dask.config.set({threshold: "10 GB"}):
            return _computed(tasks, verbose)

    def _checked(self, X: Any, n: int) -> NDArray:
        """A block, or rows, as an array of the shape and dtype that the whole promises."""
        X = np.asarray(X)
        if X.shape != (n, *self._item_shape):
            raise ValueError(
                f"a part of {self.name} has shape {X.shape}, but its chunks promise "
                f"{(n, *self._item_shape)}; a function that made {self.name}, by map_blocks for "
                "example, changes the shape"
            )
        return X.astype(self.dtype, copy=False)


class BlockSource(Source):
    """A block of a :class:`DaskSource` that is in memory; rows are counted as in the whole.

    Parameters
    ----------
    whole : DaskSource
        May be without its array.
    X : array of shape (n_rows, ...)
    start : int
        Row of its first sample.
    """

    def __init__(self, whole: DaskSource, X: NDArray, start: int) -> None:
        vars(self).update(vars(whole))
        self.X = X
        self.start = start

    def _read(self, rows: Rows) -> NDArray:
        # A copy: the block may be another task's, too.
        return self.X[self._positions(rows) - self.start]


class _OfBlock:
    """A function, and what is known of the samples; it goes to the workers."""

    def __init__(self, whole: DaskSource, function: Callable[..., Any]) -> None:
        self.whole = object.__new__(DaskSource)
        vars(self.whole).update({**vars(whole), "X": None})
        self.function = function

    def __call__(self, block: Any, start: int, *beside: Any) -> Any:
        n = len(block)
        source = BlockSource(self.whole, self.whole._checked(block, n), start)
        return self.function(source, slice(start, start + n), *beside)


def _computed(tasks: list[Any], verbose: bool) -> list[Any]:
    import dask
    from tqdm.auto import tqdm
    from tqdm.dask import TqdmCallback

    if not verbose:
        return list(dask.compute(*tasks))
    with TqdmCallback(desc="computing", unit="task", leave=False):  # of a scheduler in here
        tasks = dask.persist(*tasks)
    futures = [future for task in tasks for future in getattr(task, "dask", {}).values()]
    if futures and all(hasattr(future, "add_done_callback") for future in futures):
        from distributed import as_completed

        with tqdm(total=len(futures), desc="computing", unit="block", leave=False) as bar:
            for _ in as_completed(futures):
                bar.update()
    return list(dask.compute(*tasks))


@contextmanager
def _told_what_is_missing() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"a worker of the cluster cannot import {error.name!r} ({error}); install on every "
            "worker what is installed here, skvaal and torch among it",
            name=error.name,
        ) from error
