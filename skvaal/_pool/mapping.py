"""Files that arrays are mapped from."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np


def find_memmap(X: Any) -> Any:
    """The memmap that an array is, or is a view of, or None."""
    while X is not None and not isinstance(X, mmap.mmap):
        base = getattr(X, "base", None)
        if isinstance(X, np.memmap) and isinstance(base, mmap.mmap):
            return X
        X = base
    return None


def check_not_cut(X: Any, name: str) -> None:
    """Raise if X is mapped from a file that was cut; reading it would kill the process."""
    root = find_memmap(X) if isinstance(X, np.ndarray) else None
    if root is None:
        return
    there, needed = root.base.size(), root.offset + root.nbytes
    if there < needed:
        raise ValueError(
            f"{name} is a memmap of {root.filename}, which has {there} bytes, but shape "
            f"{root.shape}, dtype {root.dtype} and offset {root.offset} need {needed}: the "
            "file was cut; write it again, or map only what is there"
        )
