"""How samples reach a GPU: from its own memory, or read ahead into pinned memory.

Other devices read a batch when they need it. A thread that reads ahead could draw from the
generator that the training draws from, and no run could be repeated; a GPU has a generator of its
own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from skvaal._engine.batches import PairedPools
from skvaal._pool.source import Source

# Share of a GPU's free memory that samples may take.
_MAX_MEMORY_SHARE = 0.25
_N_BATCHES_AHEAD = 2


class ResidentPools(Dataset):
    """:class:`PairedPools` in the memory of a device; items are the same."""

    def __init__(self, pools: PairedPools, device: torch.device) -> None:
        def load(array: NDArray) -> Tensor:
            return torch.from_numpy(array).to(device)

        self.device = device
        both = pools.labeled, pools.unlabeled
        self.labeled, self.unlabeled = (load(pool.take(slice(None))) for pool in both)
        self.extras = [load(pool.extra) for pool in both if pool.extra is not None]

    def __len__(self) -> int:
        return len(self.unlabeled)

    def __getitem__(self, positions: tuple[Any, Any]) -> Tensor | tuple[Tensor, Tensor]:
        rows = [torch.from_numpy(each).to(self.device) for each in positions]
        batch = torch.cat([self.labeled[rows[0]], self.unlabeled[rows[1]]])
        if not self.extras:
            return batch
        return batch, torch.cat([e[each] for e, each in zip(self.extras, rows, strict=True)])


def make_resident(pools: PairedPools, device: torch.device) -> PairedPools | ResidentPools:
    """Copy pools to a GPU, if they are arrays in memory and fit there."""
    both = pools.labeled, pools.unlabeled
    if device.type != "cuda" or any(isinstance(pool.X, Source) for pool in both):
        return pools
    free, _ = torch.cuda.mem_get_info(device)
    n_bytes = prod(pools.labeled.sample_shape) * np.dtype(pools.labeled.batch_dtype).itemsize
    fits = sum(map(len, both)) * n_bytes <= _MAX_MEMORY_SHARE * free
    return ResidentPools(pools, device) if fits else pools


class Prefetched:
    """An iterable whose next items a thread reads ahead for a GPU; for other devices, itself."""

    def __init__(self, batches: Any, device: torch.device) -> None:
        self.batches = batches
        self.device = device

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        if self.device.type != "cuda":
            return iter(self.batches)
        return read_ahead(map(_pin, self.batches))


def read_ahead(items: Iterable[Any]) -> Iterator[Any]:
    """Iterate over items while a thread gets the next two.

    An error of `items` is raised where its item is asked for.
    """
    items, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, items, end) for _ in range(_N_BATCHES_AHEAD))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(thread.submit(next, items, end))
            yield item


def _pin(batch: Any) -> Any:
    if isinstance(batch, tuple | list):
        return tuple(map(_pin, batch))
    return batch.pin_memory() if batch.device.type == "cpu" else batch
