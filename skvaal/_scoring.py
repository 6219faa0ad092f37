"""From a fitted strategy to scores of a pool, and from these to a batch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from skvaal._blocks import is_in_blocks, over_blocks
from skvaal._building import check_names
from skvaal._data import Pool, Positions
from skvaal._device import isolated_seed, resolve_device
from skvaal._selection import (
    SHOWS_PROGRESS,
    check_batch,
    n_considered,
    needs_labeled,
    needs_latent,
    selection_function,
    takes_uncertainty,
)
from skvaal._side import check_task_params

# Means of candidates are computed apart from the scores if all are so many times as many: they
# come for nothing with the scores, but those of a large pool do not fit into memory.
_MANY = 10


def scores_of(strategy: Any, pool: Pool, name: str) -> NDArray[np.float32]:
    """Scores of a pool, higher is more like the labelled samples.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    pool : Pool
    name : str
        Of the argument that the pool came in, for messages.

    Returns
    -------
    array of shape (n_samples,)

    Raises
    ------
    ValueError
        If a score is not finite.
    """
    return _finite(evaluated(strategy, "scores", pool), name)


def lowest_scores_of(strategy: Any, pool: Pool, n: int, name: str) -> NDArray[np.float32]:
    """Scores of a pool, of which the smallest are wanted; the workers of a cluster send no others.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    pool : Pool
    n : int
        How many.
    name : str
        Of the argument that the pool came in, for messages.

    Returns
    -------
    array of shape (n_samples,)
        Infinite where the block of a dask array has `n` that are smaller.

    Raises
    ------
    ValueError
        If a score is not finite.
    """
    if not _goes_to_blocks(strategy, pool) or n >= len(pool):
        return scores_of(strategy, pool, name)
    lowest = _Lowest(_Evaluation.of(strategy, "scores"), n, name)
    rows, found = over_blocks(lowest, pool, verbose=bool(strategy.verbose))
    scores = np.full(len(pool), np.inf, dtype=np.float32)
    scores[rows] = found
    return scores


def evaluated(strategy: Any, method: str, pool: Pool) -> Any:
    """What the net says of a pool; of a dask array block by block, on the workers.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    method : str
        Of :class:`~skvaal._evaluation.Evaluation`, that takes a pool.
    pool : Pool

    Returns
    -------
    array or tuple of arrays
    """
    if _goes_to_blocks(strategy, pool):
        evaluation = _Evaluation.of(strategy, method)
        return over_blocks(evaluation, pool, verbose=bool(strategy.verbose))
    with seeded_scoring(strategy):
        return getattr(strategy.net_, method)(pool)


def _goes_to_blocks(strategy: Any, pool: Pool) -> bool:
    # In training mode a sample's score depends on its batch, which no block may cut.
    return is_in_blocks(pool) and not strategy.net_.score_in_train_mode


_MOVING = Lock()


@dataclass
class _Evaluation:
    """A method of a net, on the worker of a cluster; what its device is, is found out there."""

    net: Any
    method: str
    device: Any

    @classmethod
    def of(cls, strategy: Any, method: str) -> _Evaluation:
        return cls(strategy.net_.for_evaluation(), method, strategy.device)

    def __call__(self, pool: Pool) -> Any:
        with _MOVING:  # the threads of a worker share the net
            net = self.net.on(resolve_device(self.device))
        return getattr(net, self.method)(pool)


@dataclass
class _Lowest:
    """The smallest scores of a block, all that equal the last of them too; with their rows."""

    scores: _Evaluation
    n: int
    name: str

    def __call__(self, block: Pool) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        rows = np.asarray(block.rows)
        scores = _finite(self.scores(block), self.name, rows)
        if self.n < len(scores):
            kept = scores <= np.partition(scores, self.n - 1)[self.n - 1]
            rows, scores = rows[kept], scores[kept]
        return rows, scores


def scores_and_coordinates(
    strategy: Any, pool: Pool, n: int, name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32] | Coordinates | None]:
    """Scores of a pool and, where the selection reads them, its coordinates.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    pool : Pool
    n : int
        How many samples will be chosen.
    name : str
        Of the argument that the pool came in, for messages.

    Returns
    -------
    scores : array of shape (n_samples,)
        Zeros where the selection does not read them.
    Z : array of shape (n_samples, n_dims), Coordinates or None
        Latent means, or what `selection_space` says.
    """
    located = Coordinates(strategy, pool, name)
    if not reads_net(strategy):
        return np.zeros(len(pool), dtype=np.float32), located.all()
    options = strategy._nested_params("selection")
    n_lowest = n_considered(strategy.selection, n, len(pool), options)
    scores_alone = partial(lowest_scores_of, strategy, pool, n_lowest, name)
    space = space_read(strategy)
    if space is None:
        return scores_alone(), None
    if space == "input":
        return scores_alone(), located if n_lowest < len(pool) else located.all()
    # In training mode, the mean of a sample depends on its batch, which is that of the scores.
    if _MANY * n_lowest <= len(pool) and not strategy.net_.score_in_train_mode:
        return scores_alone(), located
    scores, Z = evaluated(strategy, "scores_and_means", pool)
    return _finite(scores, name), Z


class Coordinates:
    """Coordinates of a pool, computed for the rows that are asked for.

    In the place of the array of all of them, for selections that read those of few samples.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    pool : Pool
    name : str
        Of the argument that the pool came in, for messages.
    """

    def __init__(self, strategy: Any, pool: Pool, name: str) -> None:
        self.strategy = strategy
        self.pool = pool
        self.name = name

    def __getitem__(self, rows: Positions) -> NDArray[np.float32]:
        # In the order of the pool, which is how files are read fastest.
        ascending, inverse = np.unique(rows, return_inverse=True)
        return self._of(self.pool.part(ascending))[inverse]

    def all(self) -> NDArray[np.float32]:
        """Coordinates of the whole pool, (n_samples, n_dims)."""
        return self._of(self.pool)

    def _of(self, pool: Pool) -> NDArray[np.float32]:
        if space_read(self.strategy) == "latent":
            return evaluated(self.strategy, "means", pool)
        verbose = bool(self.strategy.verbose)
        project = partial(self.strategy.input_space_.project, name=self.name, verbose=verbose)
        return over_blocks(project, pool, verbose=verbose)


def space_read(strategy: Any) -> str | None:
    """Where the selection measures distances, `selection_space`; None if it measures none.

    Parameters
    ----------
    strategy : VAALQueryStrategy
    """
    return strategy.selection_space if needs_latent(strategy.selection) else None


def reads_net(strategy: Any) -> bool:
    """Whether the choice depends on the VAE and the discriminator.

    Parameters
    ----------
    strategy : VAALQueryStrategy

    Returns
    -------
    bool
        False for ``selection='herding'`` in the input space, unless its scores have a weight.
    """
    return not (
        isinstance(strategy.selection, str)
        and strategy.selection == "herding"
        and strategy.selection_space == "input"
        and not strategy._nested_params("selection").get("score_power", 0)
    )


def check_selection(strategy: Any) -> None:
    """Raise if `selection`, set since `fit`, reads what was not kept there.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    """
    strategy._validate_params()
    check_names(strategy)
    check_task_params(strategy)
    if not reads_net(strategy):
        _check_that_nothing_is_ignored(strategy)
    if space_read(strategy) == "input":
        is_missing = not hasattr(strategy, "input_space_")
    else:
        is_missing = needs_labeled(strategy.selection) and not hasattr(strategy, "labeled_means_")
    if is_missing:
        raise ValueError(
            f"selection={strategy.selection!r} reads coordinates of the samples in "
            f"selection_space={strategy.selection_space!r}, which were not kept: set both before "
            "fit, or fit again"
        )


def _check_that_nothing_is_ignored(strategy: Any) -> None:
    """Raise if a parameter of the discriminator alone is set, and the choice does not read it."""
    off = {"ablation": None, "condition": None, "relabel_states": False}
    for name, value in off.items():
        if getattr(strategy, name) != value:
            raise ValueError(
                f"{name}={getattr(strategy, name)!r} is for the discriminator, but "
                f"selection={strategy.selection!r} does not read its scores; set selection='topk', "
                "or give them a weight with selection__score_power"
            )


def choose(
    strategy: Any,
    scores: NDArray[np.float32],
    Z: NDArray[np.float32] | Coordinates | None,
    n: int,
    uncertainty: NDArray[np.float64] | None = None,
) -> NDArray[np.intp]:
    """Rows of a batch.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.
    scores : array of shape (n_samples,)
    Z : array of shape (n_samples, n_dims), Coordinates or None
    n : int
    uncertainty : array of shape (n_samples,) or None
        Of the task model, higher is less sure; for selections that read it.

    Returns
    -------
    array of int of shape (n,)
    """
    select = selection_function(strategy.selection)
    if space_read(strategy) == "input":
        Z_labeled = strategy.input_space_.labeled
    else:
        Z_labeled = getattr(strategy, "labeled_means_", None)
    random_state = np.random.RandomState(strategy._seed)
    options = strategy._nested_params("selection")
    if takes_uncertainty(strategy.selection):
        options["uncertainty"] = uncertainty
    if isinstance(strategy.selection, str) and strategy.selection in SHOWS_PROGRESS:
        options["verbose"] = bool(strategy.verbose)
    return check_batch(select(scores, Z, Z_labeled, n, random_state, **options), n, len(scores))


def seeded_scoring(strategy: Any) -> AbstractContextManager[None]:
    """In training mode a module may draw numbers, as dropout does.

    Parameters
    ----------
    strategy : VAALQueryStrategy
        Fitted.

    Returns
    -------
    context manager
    """
    net = strategy.net_
    if not net.score_in_train_mode:
        return nullcontext()
    return isolated_seed(strategy._seed, torch.device(net.device))


def _finite(
    scores: NDArray[np.float32], name: str, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    if not np.isfinite(scores).all():
        position = int(np.flatnonzero(~np.isfinite(scores))[0])
        row = position if rows is None else rows[position]
        raise ValueError(
            f"{name}[{row}] has the score {scores[position]}: its values are too large to be "
            "computed with; bring X to a common scale before fit (StandardScaler)"
        )
    return scores
