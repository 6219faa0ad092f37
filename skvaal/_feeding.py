"""How samples reach a GPU: they lie on it, or come in the background, from memory that is pinned.

On other devices nothing is done. What a thread reads ahead there could draw from the generator that
the training draws from, and no run could be repeated; on a GPU that is another one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from skvaal._data import PairedPools, Pool, beside
from skvaal._sources import Source

# Of a GPU's free memory, what samples may take.
_MOST = 0.25
# Batches that are read ahead.
_AHEAD = 2


class ResidentPools(Dataset):
    """:class:`~skvaal._data.PairedPools` in the memory of a device; items are the same.

    Parameters
    ----------
    pools : PairedPools
    device : torch.device

    Examples
    --------
    >>> import numpy as np, torch
    >>> from skvaal._data import PairedPools, Pool
    >>> from skvaal._feeding import ResidentPools
    >>> pools = PairedPools(Pool(np.zeros((2, 3))), Pool(np.ones((4, 3))))
    >>> ResidentPools(pools, torch.device("cpu"))[np.array([1]), np.array([3])]
    tensor([[0., 0., 0.],
            [1., 1., 1.]])
    """

    def __init__(self, pools: PairedPools, device: torch.device) -> None:
        self.device = device
        self.has_side = pools.has_side
        self.labeled, self.unlabeled = (_on(p, device) for p in (pools.labeled, pools.unlabeled))
        if self.has_side:
            self.sides = [
                torch.from_numpy(beside(pool, np.arange(len(pool)))).to(device)
                for pool in (pools.labeled, pools.unlabeled)
            ]

    def __len__(self) -> int:
        return len(self.unlabeled)

    def __getitem__(self, positions: tuple[Any, Any]) -> Tensor | tuple[Tensor, Tensor]:
        rows = [torch.from_numpy(each).to(self.device) for each in positions]
        batch = torch.cat([self.labeled[rows[0]], self.unlabeled[rows[1]]])
        if not self.has_side:
            return batch
        return batch, torch.cat([side[each] for side, each in zip(self.sides, rows, strict=True)])


def resident(pools: PairedPools, device: torch.device) -> PairedPools | ResidentPools:
    """The pools on the device, if it is a GPU, they are in memory and find room there.

    Parameters
    ----------
    pools : PairedPools
    device : torch.device

    Returns
    -------
    PairedPools or ResidentPools
    """
    if device.type != "cuda" or any(
        isinstance(p.X, Source) for p in (pools.labeled, pools.unlabeled)
    ):
        return pools
    free, _ = torch.cuda.mem_get_info(device)
    needed = sum(_n_bytes(pool) for pool in (pools.labeled, pools.unlabeled))
    return ResidentPools(pools, device) if needed <= _MOST * free else pools


class Prefetched:
    """An iterable whose next items are read in the background, for a GPU; otherwise itself.

    Parameters
    ----------
    batches : iterable of tensor, or of tuples of tensors
    device : torch.device
    """

    def __init__(self, batches: Any, device: torch.device) -> None:
        self.batches = batches
        self.device = device

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        if self.device.type != "cuda":
            return iter(self.batches)
        return read_ahead(map(_pinned, self.batches))


def read_ahead(items: Iterable[Any]) -> Iterator[Any]:
    """The same items; a thread gets the next ones while one is in use.

    Parameters
    ----------
    items : iterable

    Yields
    ------
    object
    """
    items = iter(items)
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future] = deque()

        def ask() -> None:
            waiting.append(thread.submit(lambda: list(islice(items, 1))))

        for _ in range(_AHEAD):
            ask()
        while found := waiting.popleft().result():
            ask()
            yield found[0]


def _pinned(batch: Any) -> Any:
    if isinstance(batch, tuple | list):
        return tuple(map(_pinned, batch))
    return batch.pin_memory() if batch.device.type == "cpu" else batch


def _on(pool: Pool, device: torch.device) -> Tensor:
    return torch.from_numpy(pool.take(slice(None))).to(device)


def _n_bytes(pool: Pool) -> int:
    size = int(np.prod(pool.sample_shape)) * np.dtype(pool.batch_dtype).itemsize
    return len(pool) * size
