"""Samples in a ``numpy.memmap``, whose pages do not stay in memory."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._sources._source import Rows, Source

# Pages are given back to the system after so many bytes were read.
_RELEASE_AFTER = 2**26
# A page that is touched brings up to so many bytes around it with it (Linux).
_AROUND = 2**16
# Modes whose mapping is shared with the file: its pages can be read again. Of a copy on write they
# are the only place where changes are.
_SHARED = ("r", "r+", "w+")


class MappedSource(Source):
    """Rows of an array that lies in a mapped file.

    A page that was read counts as memory of the process until it is released, which the system does
    only when memory is short; here it is done every 64 MB.

    Parameters
    ----------
    X : array
        A ``numpy.memmap``, or a view of one.
    name : str
        Of the argument, for messages.
    """

    is_checked = True  # as an array in memory is

    def __init__(self, X: NDArray, name: str) -> None:
        super().__init__(X.shape, X.dtype, name)
        self.X = X
        self._unreleased = 0

    def _read(self, rows: Rows) -> NDArray:
        X = self.X[rows]
        if isinstance(rows, slice):
            X = X.copy()
        self._unreleased += X.nbytes + _AROUND * (1 if isinstance(rows, slice) else len(X))
        if self._unreleased > _RELEASE_AFTER:
            release_pages(self.X)
            self._unreleased = 0
        return X


def is_mapped(X: NDArray) -> bool:
    """Whether an array is a memmap, or a view of one.

    Parameters
    ----------
    X : array

    Returns
    -------
    bool
    """
    return _root(X) is not None


def check_file_size(X: NDArray, name: str) -> None:
    """Raise if a mapped file was cut since: to read beyond its end would kill the process.

    Parameters
    ----------
    X : array
    name : str
        Of the argument, for messages.
    """
    root = _root(X)
    if root is None:
        return
    there, needed = root.base.size(), root.offset + root.nbytes
    if there < needed:
        raise ValueError(
            f"{name} is a memmap of {root.filename}, which has {there} bytes, but shape "
            f"{root.shape}, dtype {root.dtype} and offset {root.offset} need {needed}: the file "
            "was cut; write it again, or map what is there"
        )


def release_pages(X: NDArray) -> None:
    """Give the pages of a mapped file back; they are read again when they are needed.

    Does nothing where the system has no such call, and for ``mode='c'``, whose changes are in
    memory only.

    Parameters
    ----------
    X : array
        A ``numpy.memmap``, or a view of one.
    """
    root = _root(X)
    if root is not None and root.mode in _SHARED and hasattr(mmap, "MADV_DONTNEED"):
        root.base.madvise(mmap.MADV_DONTNEED)


def _root(X: Any) -> Any:
    """The memmap that an array is, or is a view of; its base is the mapping itself."""
    while X is not None and not isinstance(X, mmap.mmap):
        base = getattr(X, "base", None)
        if isinstance(X, np.memmap) and isinstance(base, mmap.mmap):
            return X
        X = base
    return None
