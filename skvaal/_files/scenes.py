"""Scenes and their label maps in files, decoded when they are indexed, in any proportions."""

from __future__ import annotations

import io
import zlib
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from skvaal._files.decoding import DEFAULT_MAX_PIXELS, open_regular, opened, to_rgb
from skvaal._files.encoded import EncodedArray

# A file, or its bytes.
Encoded = Path | NDArray[np.uint8]
Size = tuple[int, int]  # height and width, in pixels
Self = TypeVar("Self", bound="_LazyArray")

_MASK_MODES = ("L", "P", "1")  # a number of 8 bits at most for each pixel


def resize_mask(mask: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Resize a label map, (height, width), by the nearest pixel.

    >>> import numpy as np
    >>> resize_mask(np.arange(16, dtype=np.uint8).reshape(4, 4), (2, 2)).tolist()
    [[5, 7], [13, 15]]
    """
    height, width = size
    image = Image.fromarray(np.ascontiguousarray(mask))
    return np.asarray(image.resize((width, height), Image.Resampling.NEAREST))


class _LazyArray(EncodedArray):
    """Files that stand in for an array of uint8; what is asked for is decoded and resized."""

    def __init__(
        self, files: Sequence[Encoded], size: Size, *, max_pixels: int = DEFAULT_MAX_PIXELS
    ) -> None:
        self.files = list(files)
        self.size = size
        self.max_pixels = max_pixels

    @abstractmethod
    def _read(self, file: BinaryIO) -> NDArray[np.uint8]:
        """One image or map, of the size that was asked for."""

    def take(self: Self, key: slice | ArrayLike) -> Self:
        """Some of them, still encoded, in the order of `key`."""
        taken = object.__new__(type(self))
        vars(taken).update(vars(self))
        taken.files = [self.files[i] for i in self._positions(key).tolist()]
        return taken

    def checksum(self) -> int:
        """Number that changes with the bytes in memory, or with the files' names and sizes."""
        total = zlib.crc32(repr(self.size).encode())
        for file in self.files:
            if isinstance(file, Path):
                names = (file.parent.name, file.name, file.stat().st_size)
                total = zlib.crc32(repr(names).encode(), total)
            else:
                total = zlib.crc32(np.ascontiguousarray(file).tobytes(), total)
        return total

    def _decode(self, position: int) -> NDArray[np.uint8]:
        file = self.files[position]
        try:
            with open_regular(file) if isinstance(file, Path) else _in_memory(file) as stream:
                return self._read(stream)
        # A decoder fails on damaged bytes by whatever error it comes to.
        except Exception as error:
            name = str(file) if isinstance(file, Path) else f"image {position} in memory"
            raise ValueError(
                f"{name} cannot be decoded ({error}); repair it or take it away."
            ) from error


def _in_memory(encoded: Any) -> BinaryIO:
    return cast(BinaryIO, io.BytesIO(np.asarray(encoded).tobytes()))


class LazyScenes(_LazyArray):
    """Images, uint8 of shape (n, 3, height, width), resized as a whole.

    Parameters
    ----------
    files : sequence of Path or of ndarray of uint8
        Image files, or their bytes. They are not opened here.
    size : tuple (height, width)
        In pixels. An image of other proportions is stretched.
    max_pixels : int, default=50_000_000
        How many pixels an image may have; a larger one is an error when it is asked for.

    Examples
    --------
    >>> from pathlib import Path
    >>> LazyScenes([Path("a.png"), Path("b.png")], (90, 160)).shape
    (2, 3, 90, 160)
    """

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the array, (n, 3, height, width)."""
        return (len(self.files), 3, *self.size)

    def _read(self, file: BinaryIO) -> NDArray[np.uint8]:
        height, width = self.size
        with opened(file, self.max_pixels) as image:
            # libjpeg scales by 1/2, 1/4 or 1/8 while it decodes; twice the size is left to resize.
            image.draft("RGB", (2 * width, 2 * height))
            rgb = to_rgb(image)
            if rgb.size != (width, height):
                rgb = rgb.resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(rgb).transpose(2, 0, 1)  # (h, w, 3) -> (3, h, w)


class LazyMasks(_LazyArray):
    """Label maps, uint8 of shape (n, height, width), resized by the nearest pixel.

    Parameters
    ----------
    files : sequence of Path or of ndarray of uint8
        Images with one number of 8 bits a pixel, or their bytes. They are not opened here.
    size : tuple (height, width)
        In pixels.
    labels : dict of int to int
        Number of the class by number in the file; any other number is an error.
    max_pixels : int, default=50_000_000
        How many pixels a map may have; a larger one is an error when it is asked for.

    Examples
    --------
    >>> from pathlib import Path
    >>> LazyMasks([Path("a.png"), Path("b.png")], (90, 160), labels={7: 0, 0: 255}).shape
    (2, 90, 160)
    """

    def __init__(
        self,
        files: Sequence[Encoded],
        size: Size,
        *,
        labels: dict[int, int],
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        super().__init__(files, size, max_pixels=max_pixels)
        self.labels = dict(labels)
        self._table = np.full(256, -1, dtype=np.int16)  # -1: no number of this data set
        self._table[list(labels)] = list(labels.values())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the array, (n, height, width)."""
        return (len(self.files), *self.size)

    def _read(self, file: BinaryIO) -> NDArray[np.uint8]:
        with opened(file, self.max_pixels) as image:
            if image.mode not in _MASK_MODES:
                raise ValueError(
                    f"its mode is {image.mode}; a label map has one number of 8 bits a pixel"
                )
            numbers = np.asarray(image).astype(np.uint8)
        labels = self._table[numbers]
        if (labels < 0).any():
            strange = sorted(np.unique(numbers[labels < 0]).tolist())
            raise ValueError(f"it holds {strange[0]}, which is the number of no class")
        return resize_mask(labels.astype(np.uint8), self.size)
