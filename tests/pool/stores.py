"""Places to keep samples in, other than arrays in memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset


class Stored:
    """Shape, dtype and slices, no other way in; no slice of more than some rows."""

    def __init__(self, X, most_rows=10**9, chunks=None):
        self.X, self.most_rows = X, most_rows
        self.shape, self.dtype, self.chunks = X.shape, X.dtype, chunks
        self.reads = []

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.reads.append((rows.start, rows.stop))
        assert rows.stop - rows.start <= self.most_rows, f"{rows} read at once"
        return self.X[rows]

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("read as a whole")


class Items(Dataset):
    """Samples with a label, as a Dataset of images has them; `others` replaces items."""

    def __init__(self, X, others=None):
        self.X, self.others = X, others or {}
        self.n_read = 0

    def __len__(self):
        return len(self.X)

    def __getitem__(self, row):
        self.n_read += 1
        return self.others[row] if row in self.others else (torch.from_numpy(self.X[row]), 7)


class Batches(Items):
    """The same, and many at once."""

    def __getitems__(self, rows):
        return [self[row] for row in rows]


def of_memmap(X, folder):
    X.tofile(folder / "X.dat")
    return np.memmap(folder / "X.dat", dtype=X.dtype, mode="r", shape=X.shape)


def of_h5py(X, folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "X.h5", "w") as file:
        file.create_dataset("X", data=X, chunks=(7, *X.shape[1:]), compression="gzip")
    return h5py.File(folder / "X.h5", "r")["X"]


def of_zarr(X, folder):
    zarr = pytest.importorskip("zarr", minversion="3")
    stored = zarr.create_array(
        folder / "X.zarr", shape=X.shape, chunks=(7, *X.shape[1:]), dtype=X.dtype
    )
    stored[:] = X
    return stored


KINDS = {
    "memmap": of_memmap,
    "h5py": of_h5py,
    "zarr": of_zarr,
    "array-like": lambda X, folder: Stored(X),
    "Dataset": lambda X, folder: Items(X),
    "Dataset of batches": lambda X, folder: Batches(X),
}
of_all_kinds = pytest.mark.parametrize("kind", KINDS)
