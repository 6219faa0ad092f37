"""Samples of a map-style ``torch.utils.data.Dataset``, such as images in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, IterableDataset

from skvaal._pool.conversion import unwrap
from skvaal._pool.source import Rows, Source
from skvaal._utils.params import naming


class DatasetSource(Source):
    """Items of a Dataset, each read when it is asked for: tensors or arrays, all like the first.

    Of a tuple or list, the first member is the sample; the rest, such as a label, is ignored.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        if isinstance(dataset, IterableDataset):
            raise TypeError(
                f"{name} is an IterableDataset ({type(dataset).__name__}), whose samples have no "
                "index that a query could return; pass a map-style Dataset, with __len__ and "
                "__getitem__"
            )
        try:
            n = len(dataset)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError):
            raise TypeError(
                f"{name} is a {type(dataset).__name__} without a length; give it __len__"
            ) from None
        self.dataset: Any = dataset
        first = np.empty((), np.float32)
        if n:
            with _naming_rows(dataset, name, [0]):
                item = self.dataset[0]
            first = _sample(item, name, 0)
        super().__init__((n, *first.shape), first.dtype, name)

    def _read_items(self, positions: list[int]) -> Iterator[Any]:
        for row in positions:
            with _naming_rows(self.dataset, self.name, [row]):
                item = self.dataset[row]
            yield item

    def _read(self, rows: Rows) -> NDArray:
        positions = self._positions(rows).tolist()
        items: Iterable[Any] = self._read_items(positions)
        if hasattr(self.dataset, "__getitems__"):
            with _naming_rows(self.dataset, self.name, positions):
                items = list(self.dataset.__getitems__(positions))
            if len(items) < len(positions):
                raise ValueError(
                    f"{self.name}.__getitems__ returned {len(items)} items for {len(positions)} "
                    "indices"
                )
        X = np.empty((len(positions), *self._item_shape), self.dtype)
        for i, (row, item) in enumerate(zip(positions, items, strict=False)):
            sample = _sample(item, self.name, row)
            if sample.shape != self._item_shape:
                raise ValueError(
                    f"{self.name}[{row}] has shape {sample.shape}, but {self.name}[0] has shape "
                    f"{self._item_shape}; give the Dataset a transform that makes all items alike, "
                    "for images one that resizes and crops"
                )
            if sample.dtype != self.dtype:
                raise ValueError(
                    f"{self.name}[{row}] is of dtype {sample.dtype}, but {self.name}[0] of "
                    f"{self.dtype}; give the Dataset a transform that converts all items alike"
                )
            X[i] = sample
        return X


@contextmanager
def _naming_rows(dataset: Any, name: str, rows: list[int]) -> Iterator[None]:
    """Say at which items a Dataset fails, as :func:`naming` does; an OSError stays one."""
    first = ", ".join(map(str, rows[:3])) + (", ..." if len(rows) > 3 else "")
    failure = f"{name}[{first}] cannot be read from {type(dataset).__name__}"
    with naming(failure):
        try:
            yield
        except OSError as error:
            if error.errno is None:
                raise OSError(f"{failure}: {error}") from error
            text = f"{failure}: {error.strerror}"
            raise OSError(error.errno, text, error.filename) from error
        except IndexError as error:
            raise IndexError(f"{error}; its __len__ promises {len(dataset)} items") from error


def _sample(item: Any, name: str, row: int) -> NDArray:
    """The sample in an item of a Dataset."""
    x = item[0] if isinstance(item, tuple | list) and len(item) else item
    if isinstance(x, torch.Tensor | np.ndarray):
        return np.asarray(unwrap(x, f"{name}[{row}]"))
    kind, way_out = type(x).__name__, "for images, give the Dataset a transform such as "
    way_out += "torchvision.transforms.PILToTensor()"
    if isinstance(x, Mapping) and x:
        way_out = f"give the Dataset a transform that returns one of them, item[{next(iter(x))!r}]"
        kind += f" with the keys {', '.join(map(repr, x))}"
    raise TypeError(
        f"{name}[{row}] is a {kind if x is item else type(item).__name__}"
        + (f" that begins with a {kind}" if x is not item else "")
        + f"; an item must be a tensor or an array, or a tuple that begins with one: {way_out}"
    )
