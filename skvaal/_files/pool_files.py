"""The files behind a pool of images, and files that are added to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skvaal._files.images import LazyImages
from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import readable


def files_of(samples: NamedSamples) -> list[str]:
    """Paths of all images, behind them those that were left out."""
    paths = samples.X.paths if isinstance(samples.X, LazyImages) else None
    root = samples.root or ""
    own = [os.path.join(root, name) for name in samples.names] if paths is None else paths
    return [*own, *(os.path.join(root, name) for name in samples.left_out)]


def name_of(path: str, root: str | os.PathLike[str]) -> str:
    """Path relative to the root, with '/'; a path elsewhere as it is."""
    relative = os.path.relpath(path, root)
    is_outside = os.path.isabs(path) and relative.split(os.sep)[0] == os.pardir
    return readable((path if is_outside else relative).replace(os.sep, "/"))


def with_files(samples: NamedSamples, paths: Sequence[str]) -> NamedSamples:
    """Return images with others behind them; these are named by their absolute paths."""
    if not paths:
        return samples
    size = samples.X.shape[-1]
    root = os.path.abspath(samples.root or "")
    names = [name_of(os.path.abspath(path), root) for path in paths]
    X: Any
    if isinstance(samples.X, LazyImages):
        files = [*(samples.X.paths or ()), *paths]
        X = LazyImages.from_files(files, image_size=size, max_pixels=samples.X.max_pixels)
    else:
        X = np.concatenate([samples.X, LazyImages.from_files(paths, image_size=size)[:]])
    return replace(samples, X=X, names=np.array([*samples.names, *names], dtype=object))
