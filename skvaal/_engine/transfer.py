"""How samples reach a GPU: from its own memory, or read ahead into pinned memory.

Other devices read a batch when they need it. A thread that reads ahead draws from the processor's
generator, and so does the training of other devices: no run could be repeated.
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
from skvaal._engine.generators import generators_in_use, lent_to_torch
from skvaal._pool.source import Source
from skvaal._utils.params import naming

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
    """An iterable whose next items a thread reads ahead for a GPU; for other devices, itself.

    What goes wrong in reading begins with `failure`, if it is given.
    """

    def __init__(self, batches: Any, device: torch.device, failure: str | None = None) -> None:
        self.batches = batches
        self.device = device
        self.failure = failure

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        batches = self.batches if self.failure is None else self._read()
        if self.device.type != "cuda":
            return iter(batches)
        return read_ahead(map(_pin, batches))

    def _read(self) -> Iterator[Any]:
        with naming(self.failure or ""):
            yield from self.batches


def read_ahead(items: Iterable[Any]) -> Iterator[Any]:
    """Iterate over items while a thread gets the next two.

    An error of `items` is raised where its item is asked for.
    """
    items, end = iter(items), object()
    generators = generators_in_use()

    def read() -> Any:
        with lent_to_torch(generators):  # a Dataset may draw
            return next(items, end)

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(read) for _ in range(_N_BATCHES_AHEAD))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(thread.submit(read))
            yield item


def _pin(batch: Any) -> Any:
    if isinstance(batch, tuple | list):
        return tuple(map(_pin, batch))
    return batch.pin_memory() if batch.device.type == "cpu" else batch
