"""Pools of samples, and the paired batches that VAAL trains on.

A pool is a view: an array, or samples that are read when they are asked for, and the rows of it
that belong. Nothing is copied before a batch is asked for, and batches are whole arrays, not
collated samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from skvaal._sources import Source

Positions = NDArray[np.intp]


class Pool:
    """Rows of an array.

    Parameters
    ----------
    X : array or Source of shape (n_rows, n_features) or (n_rows, channels, height, width)
        uint8 stands for images of 0 to 255, which :func:`to_float` scales; any other dtype is
        read as float32.
    rows : array of int, default=None
        Which rows belong to the pool; None means all.
    condition : array of float32 of shape (n_samples, condition_dim), default=None
        What the discriminator reads of each sample of the pool beside mu.
    indicator : array of float32 of shape (n_samples,), default=None
        1 - what the discriminator is to learn of each sample of an unlabelled pool; None means 1.
    """

    def __init__(
        self,
        X: NDArray | Source,
        rows: Positions | None = None,
        *,
        condition: NDArray[np.float32] | None = None,
        indicator: NDArray[np.float32] | None = None,
    ) -> None:
        self.X = X
        self.rows = rows
        self.condition = condition
        self.indicator = indicator
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

    def take(self, positions: Positions | slice) -> NDArray:
        """Samples at positions counted within the pool, (n_positions, ...)."""
        if self.rows is not None:
            positions = self.rows[positions]
        # A copy, always, of an array: a module may work in place, and X is the user's.
        as_batch = np.asarray if isinstance(self.X, Source) else np.array
        return as_batch(self.X[positions], dtype=self.batch_dtype, order="C")

    def part(self, positions: Positions) -> Pool:
        """The samples at some positions, and nothing beside them, as a pool of their own."""
        return Pool(self.X, positions if self.rows is None else self.rows[positions])

    def batches(self, batch_size: int) -> Iterator[Tensor]:
        """All samples in order, `batch_size` at a time."""
        for start in range(0, len(self), batch_size):
            yield torch.from_numpy(self.take(slice(start, start + batch_size)))


def to_float(batch: Tensor, device: torch.device) -> Tensor:
    """Move a batch to the device as float32; uint8 images are scaled to [0, 1] there.

    One byte a pixel crosses the bus instead of four.
    """
    batch = batch.to(device, non_blocking=True)
    return batch.float().div_(255) if batch.dtype == torch.uint8 else batch


class Side(NamedTuple):
    """What a training step knows of a mini-batch pair beside x."""

    condition: Tensor  # (2 * n, condition_dim), of no column where nothing is read
    indicator: Tensor  # (n,), of the unlabelled samples


class PairedPools(Dataset):
    """Labelled and unlabelled pool; an item is a whole training batch.

    Parameters
    ----------
    labeled, unlabeled : Pool
        Of one sample shape and one batch dtype, both with a condition or neither.
    """

    def __init__(self, labeled: Pool, unlabeled: Pool) -> None:
        self.labeled = labeled
        self.unlabeled = unlabeled
        self.has_side = unlabeled.condition is not None or unlabeled.indicator is not None

    def __len__(self) -> int:
        return len(self.unlabeled)

    def __getitem__(self, positions: tuple[Positions, Positions]) -> Tensor | tuple[Tensor, Tensor]:
        """Labelled samples, then as many unlabelled ones, (2 * n_positions, ...).

        Where a pool has a condition or an indicator, a pair: these samples, and condition and
        indicator of each side by side, (2 * n_positions, condition_dim + 1).
        """
        labeled, unlabeled = positions
        half = len(labeled)
        batch = np.empty((2 * half, *self.labeled.sample_shape), self.labeled.batch_dtype)
        batch[:half] = self.labeled.take(labeled)
        batch[half:] = self.unlabeled.take(unlabeled)
        if not self.has_side:
            return torch.from_numpy(batch)
        side = np.concatenate([beside(self.labeled, labeled), beside(self.unlabeled, unlabeled)])
        return torch.from_numpy(batch), torch.from_numpy(side)


def beside(pool: Pool, positions: Positions) -> NDArray[np.float32]:
    """Condition and indicator of samples side by side, (n_positions, condition_dim + 1)."""
    n = len(positions)
    condition = np.empty((n, 0)) if pool.condition is None else pool.condition[positions]
    indicator = np.ones(n) if pool.indicator is None else pool.indicator[positions]
    return np.column_stack([condition, indicator]).astype(np.float32)


def split_batch(
    batch: Tensor | tuple[Tensor, Tensor], n_steps: int, device: torch.device
) -> list[tuple[Tensor, Tensor, Side | None]]:
    """Take an item of :class:`PairedPools` apart into the mini-batch pairs of its steps.

    Parameters
    ----------
    batch : tensor, or pair of tensors
    n_steps : int
        That the item is for.
    device : torch.device
        Where the parts are put.

    Returns
    -------
    list of n_steps tuples
        Labelled samples, as many unlabelled ones, and what is known of both beside x.
    """
    x, side = (batch, None) if isinstance(batch, Tensor) else batch
    pairs = _pairs(to_float(x, device), n_steps)
    if side is None:
        return [(*pair, None) for pair in pairs]
    sides = [
        Side(torch.cat([labeled, unlabeled])[:, :-1], unlabeled[:, -1])
        for labeled, unlabeled in _pairs(side.to(device), n_steps)
    ]
    return [(*pair, each) for pair, each in zip(pairs, sides, strict=True)]


def _pairs(batch: Tensor, n_steps: int) -> list[tuple[Tensor, Tensor]]:
    labeled, unlabeled = (half.chunk(n_steps) for half in batch.chunk(2))
    return list(zip(labeled, unlabeled, strict=True))


class PairedSampler(Sampler):
    """Positions for :class:`PairedPools`: one pass over the unlabelled pool, labelled to match.

    Every batch has the same size, so that batch statistics and compiled graphs do too: the last
    one of an epoch is filled up from the epoch's beginning. Labelled samples come in shuffled
    rounds, so that each is seen equally often.

    Parameters
    ----------
    n_labeled, n_unlabeled : int
        Sizes of the pools.
    batch_size : int
        Samples of each pool per step. A larger one than the unlabelled pool is cut to it, but not
        below 2, since batch normalisation cannot train on one sample.
    steps_per_item : int, default=1
        Steps whose batches come in one item, ``n_vae_steps`` of the net.
    shard : tuple of int, default=(0, 1)
        Which part of each step's batch is taken, and of how many equal ones; each has at least 2
        samples.
    """

    def __init__(
        self,
        n_labeled: int,
        n_unlabeled: int,
        batch_size: int,
        steps_per_item: int = 1,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        self.n_labeled = n_labeled
        self.n_unlabeled = n_unlabeled
        self.shard, self.n_shards = shard
        share = max(2, min(batch_size, n_unlabeled) // self.n_shards)
        self.steps_per_item = steps_per_item
        self.item_size = share * self.n_shards * steps_per_item

    def __len__(self) -> int:
        return -(-self.n_unlabeled // self.item_size)

    def __iter__(self) -> Iterator[tuple[Positions, Positions]]:
        total = len(self) * self.item_size
        # Filled up with the beginning of the same permutation.
        unlabeled = np.resize(torch.randperm(self.n_unlabeled).numpy(), total)
        rounds = -(-total // self.n_labeled)
        labeled = torch.rand(rounds, self.n_labeled).argsort(dim=1).flatten().numpy()
        for start in range(0, total, self.item_size):
            item = slice(start, start + self.item_size)
            yield self._part(labeled[item]), self._part(unlabeled[item])

    def _part(self, positions: Positions) -> Positions:
        steps = positions.reshape(self.steps_per_item, self.n_shards, -1)
        return steps[:, self.shard].ravel()
