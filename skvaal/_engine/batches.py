"""The paired batches that VAAL trains on: as many labelled samples as unlabelled ones.

An item of the data set is a whole batch, so that no sample is collated by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from skvaal._engine.generators import generator_on
from skvaal._pool.pool import Pool, Positions


class Pair(NamedTuple):
    """Mini-batches of both pools, for one training step."""

    labeled: Tensor  # (n, ...)
    unlabeled: Tensor  # (n, ...)
    extra: Tensor | None  # (2 * n, n_extra), labelled first


class PairedPools(Dataset):
    """Labelled and unlabelled pool; an item is a whole training batch.

    Both have one sample shape and one batch dtype, and equally many extra columns, or a ValueError
    is raised.
    """

    def __init__(self, labeled: Pool, unlabeled: Pool) -> None:
        widths = [None if p.extra is None else p.extra.shape[1] for p in (labeled, unlabeled)]
        if widths[0] != widths[1]:
            raise ValueError(f"the pools have {widths[0]} and {widths[1]} extra columns")
        self.labeled = labeled
        self.unlabeled = unlabeled

    def __len__(self) -> int:
        return len(self.unlabeled)

    def __getitem__(self, positions: tuple[Positions, Positions]) -> Tensor | tuple[Tensor, Tensor]:
        """Labelled samples, then as many unlabelled ones, (2 * n_positions, ...).

        If the pools have extra columns, a pair: these samples, and their extra columns.
        """
        labeled, unlabeled = positions
        x = np.concatenate([self.labeled.take(labeled), self.unlabeled.take(unlabeled)])
        if self.labeled.extra is None or self.unlabeled.extra is None:
            return torch.from_numpy(x)
        extra = np.concatenate([self.labeled.extra[labeled], self.unlabeled.extra[unlabeled]])
        return torch.from_numpy(x), torch.from_numpy(extra)


class PairedSampler(Sampler):
    """Positions for :class:`PairedPools`: one pass over the unlabelled pool, labelled to match.

    All batches have the same size, and so the same batch statistics and compiled graphs: the last
    batch of an epoch is filled up from the beginning of the epoch. Labelled samples come in
    shuffled rounds, so that the training sees each equally often.

    An item holds the batches of `steps_per_item` steps, and of each step `batch_size` samples of
    each pool, or fewer for a small pool. `shard` says which part of each step is taken, and of how
    many; a part has at least 2 samples, since batch normalisation cannot train on one.
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
        shard_size = max(2, min(batch_size, n_unlabeled) // self.n_shards)
        self.steps_per_item = steps_per_item
        self.item_size = shard_size * self.n_shards * steps_per_item
        # Of the thread that trains; for a GPU, another one reads the batches.
        self.generator = generator_on("cpu")

    def __len__(self) -> int:
        return -(-self.n_unlabeled // self.item_size)

    def __iter__(self) -> Iterator[tuple[Positions, Positions]]:
        total = len(self) * self.item_size
        generator = self.generator
        shuffled = torch.randperm(self.n_unlabeled, generator=generator)
        unlabeled = np.resize(shuffled.numpy(), total)
        rounds = -(-total // self.n_labeled)
        draws = torch.rand(rounds, self.n_labeled, generator=generator)
        labeled = draws.argsort(dim=1).flatten().numpy()
        for start in range(0, total, self.item_size):
            item = slice(start, start + self.item_size)
            yield self._take_shard(labeled[item]), self._take_shard(unlabeled[item])

    def _take_shard(self, positions: Positions) -> Positions:
        steps = positions.reshape(self.steps_per_item, self.n_shards, -1)
        return steps[:, self.shard].ravel()


def split_batch(
    batch: Tensor | tuple[Tensor, Tensor], n_steps: int, device: str | torch.device
) -> list[Pair]:
    """Split an item of :class:`PairedPools` into the mini-batch pairs of its steps."""
    x, extra = (batch, None) if isinstance(batch, Tensor) else batch
    halves = _split_halves(to_float(x, device), n_steps)
    if extra is None:
        return [Pair(*both, None) for both in halves]
    extras = _split_halves(extra.to(device), n_steps)
    return [Pair(*both, torch.cat(each)) for both, each in zip(halves, extras, strict=True)]


def iterate_batches(pool: Pool, size: int) -> Iterator[Tensor]:
    """Iterate over all samples of a pool in order: uint8 for uint8 images, else float32."""
    for start in range(0, len(pool), size):
        yield torch.from_numpy(pool.take(slice(start, start + size)))


def to_float(batch: Tensor, device: str | torch.device) -> Tensor:
    """Move a batch to the device as float32; uint8 images are scaled to [0, 1] there.

    One byte a pixel crosses the bus instead of four.
    """
    batch = batch.to(device, non_blocking=True)
    return batch.float().div_(255) if batch.dtype == torch.uint8 else batch


def _split_halves(batch: Tensor, n_steps: int) -> list[tuple[Tensor, Tensor]]:
    labeled, unlabeled = (half.chunk(n_steps) for half in batch.chunk(2))
    return list(zip(labeled, unlabeled, strict=True))
