"""From samples to rows of features: each content once, in batches, and none that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from skvaal._features.cache import FeatureCache
from skvaal._utils.progress import Verbose, progress_bar

_BLOCK = 2**20
# Rows of features, (n, n_features), of the samples at some positions.
Compute = Callable[[NDArray[np.intp]], NDArray[np.float32]]


def hash_of(*parts: bytes) -> bytes:
    """Hash of contents, which tells where each ends."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def hash_file(file: BinaryIO) -> bytes:
    """Hash of what is left of a file, which need not fit into memory."""
    digest = blake2b(digest_size=16)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.digest()


def embed(
    keys: Sequence[bytes],
    compute: Compute,
    n_features: int,
    *,
    cache: FeatureCache | None,
    batch_size: int,
    verbose: Verbose = 0,
) -> NDArray[np.float32]:
    """Features of samples with these keys, (n, n_features); equal keys are computed once."""
    first: dict[bytes, int] = {}
    for position, key in enumerate(keys):
        first.setdefault(key, position)
    found = {} if cache is None else cache.read(list(first), n_features)
    missing = [position for key, position in first.items() if key not in found]
    with progress_bar(total=len(missing), verbose=verbose, desc="features", unit="sample") as bar:
        for start in range(0, len(missing), batch_size):
            positions = np.array(missing[start : start + batch_size], dtype=np.intp)
            rows = compute(positions)
            batch = [keys[position] for position in positions]
            if cache is not None:
                cache.write(batch, rows)
            found.update(zip(batch, rows, strict=True))
            bar.update(len(batch))
    features = np.empty((len(keys), n_features), dtype=np.float32)
    for row, key in zip(features, keys, strict=True):
        row[:] = found[key]
    return features
