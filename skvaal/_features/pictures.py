"""Images in files, still encoded, or in arrays: what each holds, and its pixels."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._features.embedding import hash_file, hash_of
from skvaal._pool.conversion import as_array
from skvaal._pool.kinds import is_pandas, is_polars

# Pillow decodes outside of Python's lock.
_MOST_THREADS = 8
_WAY_OUT = (
    "pass paths of image files, LazyImages, or uint8 images of shape (n, 3, height, width) or "
    "(n, height, width, 3)"
)


class Pictures(ABC):
    """Images by position."""

    size: tuple[int, int]  # height and width of the pixels

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def key(self, position: int) -> bytes:
        """Hash of what is there of an image."""

    @abstractmethod
    def pixels(self, positions: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Images, (n, 3, height, width)."""


class EncodedPictures(Pictures):
    """Images in files or in memory, decoded at one size when they are asked for."""

    def __init__(self, images: Any, size: int) -> None:
        from skvaal._files.images import LazyImages

        self.images = LazyImages(images.source, size, max_pixels=images.max_pixels)
        self.size = (size, size)

    def __len__(self) -> int:
        return len(self.images)

    def key(self, position: int) -> bytes:
        source = self.images.source
        try:
            with source.open(position) as file:
                return hash_file(file)
        except OSError as error:
            raise OSError(
                f"{source.name(position)} cannot be read ({error}); repair it or take it away."
            ) from error

    def pixels(self, positions: NDArray[np.intp]) -> NDArray[np.uint8]:
        n_threads = min(_MOST_THREADS, os.cpu_count() or 1)
        with ThreadPoolExecutor(n_threads) as threads:
            return np.stack(list(threads.map(self.images.__getitem__, positions.tolist())))


class ArrayPictures(Pictures):
    """Images in a uint8 array (n, 1 or 3, height, width); grey ones get three equal channels."""

    def __init__(self, X: NDArray[np.uint8]) -> None:
        self.X = X
        self.size = X.shape[2], X.shape[3]

    def __len__(self) -> int:
        return len(self.X)

    def key(self, position: int) -> bytes:
        image = np.ascontiguousarray(self.X[position])
        return hash_of(b"pixels", repr(image.shape).encode(), image.tobytes())

    def pixels(self, positions: NDArray[np.intp]) -> NDArray[np.uint8]:
        images = np.asarray(self.X[positions])
        return np.broadcast_to(images, (len(images), 3, *images.shape[2:]))


def open_pictures(X: Any, image_size: int | None, default_size: int, name: str = "X") -> Pictures:
    """Find out what X holds; a TypeError or a ValueError if it is no images.

    Encoded images are decoded at `image_size`, else at the size that LazyImages have, else at the
    default size; arrays keep theirs.
    """
    if _is_lazy_images(X):
        return EncodedPictures(X, image_size or X.size)
    paths = _as_paths(X, name)
    if paths is not None:
        from skvaal._files.images import LazyImages

        return EncodedPictures(LazyImages.from_files(paths), image_size or default_size)
    images = X if isinstance(X, np.ndarray) else as_array(X, name)
    if images.ndim == 1 and len(images) and images.dtype == object:
        raise TypeError(f"{name}[0] is a {type(images[0]).__name__}, which is no image; {_WAY_OUT}")
    return ArrayPictures(_channels_first(images, name))


def _is_lazy_images(X: Any) -> bool:
    loaded = sys.modules.get("skvaal._files.images")
    return loaded is not None and isinstance(X, loaded.LazyImages)


def _as_paths(X: Any, name: str) -> list[str] | None:
    """Paths that X holds, one in a row; None if its first is none."""
    if isinstance(X, str | bytes | os.PathLike):
        raise TypeError(f"{name} is {X!r}, one path; pass a list of paths of image files")
    if is_pandas(X) or is_polars(X):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        if X.dtype.kind not in "OUT":
            return None
        X = X[:, 0] if X.ndim == 2 and X.shape[1] == 1 else X
        if X.ndim != 1:
            raise ValueError(
                f"{name} holds texts in an array of shape {X.shape}; pass one column of paths"
            )
        X = X.tolist()
    if not isinstance(X, list | tuple) or not X or not isinstance(X[0], str | os.PathLike):
        return None
    for row, path in enumerate(X):
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise TypeError(f"{name}[{row}] is {path!r}, which is no path; leave such rows out")
    return [os.fspath(path) for path in X]


def _channels_first(X: NDArray, name: str) -> NDArray[np.uint8]:
    if X.ndim != 4 or not (X.shape[1] in (1, 3) or X.shape[3] in (1, 3)):
        found = f"{name} has shape {X.shape}"
        if X.ndim == 3:
            found += f", which lacks the channels ({name}[:, None] adds one)"
        raise ValueError(f"{found}; {_WAY_OUT}")
    if len(X) == 0:
        raise ValueError(f"{name} is empty: found 0 sample(s) (shape={X.shape})")
    if X.dtype != np.uint8:
        raise ValueError(
            f"{name} is of dtype {X.dtype}; pixels must be uint8, from 0 to 255. Of numbers in "
            f"[0, 1] make ({name} * 255).round().astype('uint8')"
        )
    if 0 in X.shape:
        raise ValueError(f"{name} has shape {X.shape}: its images have no pixels")
    return X if X.shape[1] in (1, 3) else np.moveaxis(X, -1, 1)
