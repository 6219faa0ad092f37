"""Samples of a map-style ``torch.utils.data.Dataset``, such as images in files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from skvaal._sources._source import Rows, Source


class DatasetSource(Source):
    """Items of a Dataset, each read when it is asked for.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        An item is a tensor or an array, or a tuple or list that begins with one; what follows it,
        a label for example, is not looked at. All are of the shape and dtype of the first.
    name : str
        Of the argument, for messages.

    Raises
    ------
    TypeError
        If the dataset has no length, or its items are something else.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        try:
            n = len(dataset)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError):
            raise TypeError(
                f"{name} is a {type(dataset).__name__} without a length; give it __len__"
            ) from None
        self.dataset: Any = dataset
        first = _sample(self.dataset[0], name, 0) if n else np.empty((), np.float32)
        super().__init__((n, *first.shape), first.dtype, name)

    def _read(self, rows: Rows) -> NDArray:
        positions = self._positions(rows).tolist()
        X = np.empty((len(positions), *self._item_shape), self.dtype)
        n_read = 0
        for row, x, item in zip(positions, X, self._items(positions), strict=False):
            sample = _sample(item, self.name, row)
            self._check_like_the_first(sample, row)
            x[...] = sample
            n_read += 1
        if n_read < len(positions):
            raise ValueError(
                f"{self.name}.__getitems__ returned {n_read} items for {len(positions)} indices"
            )
        return X

    def _items(self, positions: list[int]) -> Iterable[Any]:
        if hasattr(self.dataset, "__getitems__"):
            return self.dataset.__getitems__(positions)
        return (self.dataset[row] for row in positions)

    def _check_like_the_first(self, sample: NDArray, row: int) -> None:
        if sample.shape != self._item_shape:
            raise ValueError(
                f"{self.name}[{row}] has shape {sample.shape}, but {self.name}[0] has shape "
                f"{self._item_shape}; give the Dataset a transform that makes all items alike, for "
                "images one that resizes and crops"
            )
        if sample.dtype != self.dtype:
            raise ValueError(
                f"{self.name}[{row}] is of dtype {sample.dtype}, but {self.name}[0] of "
                f"{self.dtype}; give the Dataset a transform that converts all items alike"
            )


def _sample(item: Any, name: str, row: int) -> NDArray:
    """The sample in an item of a Dataset."""
    x = item[0] if isinstance(item, tuple | list) and len(item) else item
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu()
        # numpy has no such dtype.
        return (x.float() if x.dtype == torch.bfloat16 else x).numpy()
    if isinstance(x, np.ndarray):
        return x
    raise TypeError(
        f"{name}[{row}] is a {type(item).__name__}"
        + (f" that begins with a {type(x).__name__}" if x is not item else "")
        + "; an item must be a tensor or an array, or a tuple that begins with one: for images, "
        "give the Dataset a transform such as torchvision.transforms.PILToTensor()"
    )
