"""A pool as the candidates of a rule: a net scores and places them when the rule asks.

Of a dask array, each worker evaluates its own blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from skvaal._engine.device import resolve_device
from skvaal._engine.generators import own_generators
from skvaal._pool.components import PrincipalComponents, check_coordinates
from skvaal._pool.pool import Pool
from skvaal._rules.rule import Candidates, Reads
from skvaal._utils.exceptions import TrainingDivergedError
from skvaal._utils.progress import Verbose
from skvaal._vaal.missing_share import missing_share
from skvaal._vaal.net import VAALNet

# Latent means come with the scores, but those of a large pool do not fit into memory. From so many
# times as many samples as are asked for, they are computed apart, for those only.
_LARGE_POOL_FACTOR = 10
# A network that was trained well keeps such numbers far below those whose squares overflow.
_MODERATE = 1e6
_MOVING = Lock()
# Spaces in which a net says where samples lie.
NET_SPACES = ("decoded", "latent")


@dataclass(frozen=True)
class NetReader:
    """Asks a trained net about pools, so that no answer depends on chance."""

    net: VAALNet
    device: str | torch.device
    seed: int = 0
    verbose: Verbose = False

    def evaluate(self, method: str, pool: Pool, *args: Any) -> Any:
        """What a method of the net says of a pool."""
        if self._goes_by_blocks(pool):
            return pool.apply(self._on_worker(method, *args), verbose=self.verbose)
        if not self.net.scores_depend_on_batch:
            return getattr(self.net, method)(pool, *args)
        # Modules in training mode may draw, as dropout does.
        with own_generators(self.seed, torch.device(self.net.device)):
            return getattr(self.net, method)(pool, *args)

    def place(
        self, pool: Pool, space: str | None, components: PrincipalComponents | None, name: str
    ) -> NDArray[np.float32]:
        """Coordinates of samples in a space of the rules, (n_samples, n_dims)."""
        if space == "latent":
            return _check_placed(self.evaluate("means", pool), pool, name)
        if components is None:
            raise ValueError("these candidates have no coordinates")
        if space == "components":
            project = partial(components.project, name=name, verbose=self.verbose)
            return pool.apply(project, verbose=self.verbose)
        Z = self.evaluate("decoded_coordinates", pool, components)
        return _check_placed(Z, pool, name)

    def read_scores(self, pool: Pool, name: str) -> NDArray[np.float32]:
        """Score all samples, (n_samples,); an error that a score is not finite names the pool."""
        return check_finite(self.evaluate("scores", pool), name)

    def read_lowest_scores(self, pool: Pool, n: int, name: str) -> NDArray[np.float32]:
        """Scores that are right for the `n` smallest and their equals; workers send no others."""
        if not self._goes_by_blocks(pool) or n >= len(pool):
            return self.read_scores(pool, name)
        lowest = partial(_score_lowest, self._on_worker("scores"), n=n, name=name)
        rows, found = pool.apply(lowest, verbose=self.verbose)
        scores = np.full(len(pool), np.inf, dtype=np.float32)
        scores[rows] = found
        return scores

    def _goes_by_blocks(self, pool: Pool) -> bool:
        # A block must not cut a batch that scores depend on.
        return pool.lies_in_blocks and not self.net.scores_depend_on_batch

    def _on_worker(self, method: str, *args: Any) -> Callable[[Pool], Any]:
        net = self.net.for_evaluation()
        return partial(_evaluate_on_worker, net, method, self.device, args=args)


def check_finite(
    scores: NDArray[np.float32], name: str, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    """Return scores, or raise if one is not finite."""
    if not np.isfinite(scores).all():
        position = int(np.flatnonzero(~np.isfinite(scores))[0])
        row = position if rows is None else rows[position]
        raise ValueError(
            f"{name}[{row}] has the score {scores[position]}: its values are too large to be "
            "computed with; bring X to a common scale before fit (StandardScaler)"
        )
    return scores


def _check_placed(Z: NDArray[np.float32], pool: Pool, name: str) -> NDArray[np.float32]:
    """As check_coordinates; but where the samples are moderate, it is the training that failed."""
    try:
        return check_coordinates(Z, pool, name)
    except ValueError as error:
        farthest = np.abs(Z).max(axis=1).argmax()
        if np.abs(pool.take(farthest[None])).max() > _MODERATE:
            raise
        raise TrainingDivergedError(
            f"training diverged: the networks place samples of {name} too far from each other for "
            f"distances, though {name} holds moderate values; lower lr"
        ) from error


def _evaluate_on_worker(
    net: Any, method: str, device: str | torch.device, block: Pool, args: tuple[Any, ...] = ()
) -> Any:
    """What a method of a net says of a block, where it lies, on the device that is found there."""
    with _MOVING:  # the threads of a worker share the net
        net.on(resolve_device(device))
    return getattr(net, method)(block, *args)


def _score_lowest(
    score: Callable[[Pool], Any], block: Pool, n: int, name: str
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The n smallest scores of a block, and all that equal the last of them, with their rows."""
    rows = np.arange(len(block)) if block.rows is None else block.rows
    scores = check_finite(score(block), name, rows)
    if n < len(scores):
        is_kept = scores <= np.partition(scores, n - 1)[n - 1]
        rows, scores = rows[is_kept], scores[is_kept]
    return rows, scores


class NetCandidates(Candidates):
    """Samples of a pool, scored and placed by a trained net."""

    def __init__(
        self,
        reader: NetReader,
        pool: Pool,
        *,
        reads: Reads,
        rule_space: str | None,
        components: PrincipalComponents | None = None,
        name: str = "X_unlabeled",
        **known: Any,
    ) -> None:
        super().__init__(len(pool), verbose=reader.verbose, **known)
        self.reader = reader
        self.pool = pool
        self.rule_space = rule_space
        self.components = components
        self.name = name
        is_of_net = rule_space in NET_SPACES
        self._is_placed_by_scoring = reads.scores and reads.coordinates and is_of_net

    def read_scores(self) -> NDArray[np.floating]:
        """Scores of all samples, (n_samples,)."""
        if self._scores is None and self._is_placed_by_scoring:
            self._read_both()
        elif self._scores is None:
            self._scores = self.reader.read_scores(self.pool, self.name)
        return super().read_scores()

    def read_lowest_scores(self, n: int) -> NDArray[np.floating]:
        """Scores that are right for the `n` smallest and their equals, (n_samples,)."""
        # Where scores depend on the batch, so do the means: both are of the same batches.
        is_large = _LARGE_POOL_FACTOR * n <= self.n_samples
        reads_apart = is_large and not self.reader.net.scores_depend_on_batch
        if self._scores is not None or (self._is_placed_by_scoring and not reads_apart):
            return self.read_scores()
        return self.reader.read_lowest_scores(self.pool, n, self.name)

    def read_coordinates(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """Coordinates of some samples, or of all, (n_rows, n_dims)."""
        if self._coordinates is None and rows is not None:
            # In the order of the pool, which is how files are read fastest.
            ascending, inverse = np.unique(rows, return_inverse=True)
            return self._place(self.pool.part(ascending))[inverse]
        if self._coordinates is None and self._is_placed_by_scoring:
            self._read_both()
        elif self._coordinates is None:
            self._coordinates = self._place(self.pool)
        return super().read_coordinates(rows)

    def read_missing_share(self) -> float:
        """How much of the pool lies where no label is, from 0 to 1."""
        if self._missing_share is None:
            rng = np.random.RandomState(self.reader.seed)
            Z = self.read_coordinates()
            self._missing_share = missing_share(self.labeled_coordinates, Z, rng)
        return super().read_missing_share()

    def _read_both(self) -> None:
        """Scores and coordinates of the whole pool, in one pass."""
        if self.rule_space == "latent":
            scores, Z = self.reader.evaluate("scores_and_means", self.pool)
        else:
            scores, Z = self.reader.evaluate("scores_and_decoded", self.pool, self.components)
        self._scores = check_finite(scores, self.name)
        self._coordinates = _check_placed(Z, self.pool, self.name)

    def _place(self, pool: Pool) -> NDArray[np.float32]:
        return self.reader.place(pool, self.rule_space, self.components, self.name)
