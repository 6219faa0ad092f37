"""Images that stay encoded until they are asked for."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skvaal._files.decoding import DEFAULT_MAX_PIXELS, decode, open_regular, opened, size_of
from skvaal._files.encoded import EncodedArray
from skvaal._utils.files import told

DEFAULT_IMAGE_SIZE = 64
MIN_IMAGE_SIZE = 8


class LazyImages(EncodedArray):
    """Encoded images in the place of an array of shape (n, 3, size, size) and dtype uint8.

    An index decodes the images that it asks for and no other; each time anew, so keep what is
    needed more than once. An image is brought to RGB, its shorter side to `size` pixels, and its
    middle is cut out. Build one by :meth:`from_files` or :meth:`from_bytes`.

    Parameters
    ----------
    source : object
        Where the encoded images are: ``open(i)``, ``name(i)``, ``take(positions)``, ``len()``.
    size : int
        Height and width, in pixels.
    max_pixels : int, default=50_000_000
        How many pixels an image may have before it is cut; a larger one is an error when it is
        asked for.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (20, 10), "red").save(file, "PNG")
    >>> data = np.frombuffer(file.getvalue(), dtype=np.uint8)
    >>> images = LazyImages.from_bytes(data, [0, len(data)])
    >>> images.shape, images[0, ...].shape, images[[0, 0]].shape
    ((1, 3, 10, 10), (3, 10, 10), (2, 3, 10, 10))
    """

    def __init__(self, source: _Source, size: int, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self.source = source
        self.size = size
        self.max_pixels = max_pixels

    @classmethod
    def from_files(
        cls,
        paths: Sequence[str | Path],
        *,
        image_size: int = DEFAULT_IMAGE_SIZE,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> LazyImages:
        """Images in files.

        Parameters
        ----------
        paths : sequence of str or Path
            Files of JPEG, JPEG 2000, PNG, BMP, WebP, TIFF, GIF or PPM. They are not opened here.
        image_size : int, default=64
            Height and width, in pixels.
        max_pixels : int, default=50_000_000
            How many pixels an image may have in its file. Pillow refuses more than twice
            ``PIL.Image.MAX_IMAGE_PIXELS``, whatever is asked for here.

        Returns
        -------
        LazyImages
            In the order of `paths`.

        Examples
        --------
        >>> LazyImages.from_files(["a.jpg", "b.jpg"]).shape
        (2, 3, 64, 64)
        """
        files = _Files(np.array([str(path) for path in paths], dtype=object))
        return cls(files, image_size, max_pixels=max_pixels)

    @classmethod
    def from_bytes(
        cls,
        data: NDArray,
        offsets: ArrayLike,
        *,
        image_size: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> LazyImages:
        """Encoded images one behind the other in one array.

        Parameters
        ----------
        data : ndarray of uint8, shape (n_bytes,)
            The encoded images.
        offsets : array-like of int, shape (n + 1,)
            Image i is ``data[offsets[i]:offsets[i + 1]]``.
        image_size : int or None, default=None
            Height and width, in pixels; None takes the shorter side of the first image.
        max_pixels : int, default=50_000_000
            How many pixels an image may have before it is cut.

        Returns
        -------
        LazyImages
            In the order of `offsets`.

        Raises
        ------
        ValueError
            If the offsets do not fit the data, or the first image cannot be read.
        """
        offsets = np.asarray(offsets)
        n_bytes = len(data)
        if data.ndim != 1 or data.dtype != np.uint8:
            raise ValueError(f"data is {data.dtype} of shape {data.shape}, not uint8 of (n,).")
        if (
            offsets.ndim != 1
            or offsets.dtype.kind not in "iu"
            or len(offsets) < 2
            or offsets[0] < 0
            or offsets[-1] > n_bytes
            or np.any(offsets[1:] <= offsets[:-1])
        ):
            raise ValueError(
                f"offsets must be whole numbers that rise, from 0 or more to at most the "
                f"{n_bytes} bytes of data; they are {offsets}."
            )
        source = _Bytes(data, offsets[:-1], offsets[1:])
        if image_size is None:
            try:
                with source.open(0) as file, opened(file, max_pixels) as image:
                    image_size = min(image.size)
            except Exception as error:  # a decoder raises all kinds
                raise ValueError(f"data does not begin with an image ({error}).") from error
        return cls(source, image_size, max_pixels=max_pixels)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the array, (n, 3, size, size)."""
        return (len(self.source), 3, self.size, self.size)

    @property
    def paths(self) -> list[str] | None:
        """The images' files; None if they are bytes in memory."""
        return list(self.source.paths) if isinstance(self.source, _Files) else None

    def take(self, key: slice | ArrayLike) -> LazyImages:
        """Some of the images, still encoded.

        Parameters
        ----------
        key : slice, array of int or array of bool
            Which ones.

        Returns
        -------
        LazyImages
            In the order of `key`.

        Examples
        --------
        >>> LazyImages.from_files(["a.jpg", "b.jpg", "c.jpg"]).take([2, 0]).shape
        (2, 3, 64, 64)
        """
        source = self.source.take(self._positions(key))
        return LazyImages(source, self.size, max_pixels=self.max_pixels)

    def file_sizes(self) -> list[tuple[int, int] | None]:
        """Width and height of each image in its file, as viewers show it; headers are read.

        Returns
        -------
        list of pairs of int, or None where the header cannot be read

        Examples
        --------
        >>> LazyImages.from_files(["no_such_image.jpg"]).file_sizes()
        [None]
        """
        sizes: list[tuple[int, int] | None] = []
        for position in range(len(self)):
            try:
                with self.source.open(position) as file, opened(file, self.max_pixels) as image:
                    sizes.append(size_of(image))
            except Exception:  # a decoder raises all kinds
                sizes.append(None)
        return sizes

    def checksum(self) -> int:
        """Number that changes with the images: with their bytes, or with their files' sizes.

        Returns
        -------
        int
            CRC-32. Files are not opened.

        Examples
        --------
        >>> LazyImages.from_bytes(np.zeros(4, np.uint8), [0, 4], image_size=8).checksum() > 0
        True
        """
        return self.source.checksum(self.size)

    def _decode(self, position: int) -> NDArray[np.uint8]:
        try:
            with self.source.open(position) as file:
                pixels = decode(file, self.size, max_pixels=self.max_pixels)
        # A decoder fails on damaged bytes by whatever error it comes to.
        except Exception as error:
            raise ValueError(
                f"{self.source.name(position)} cannot be decoded ({told(error)}); repair it or "
                "take it away."
            ) from error
        return pixels


class _Source(Protocol):
    def __len__(self) -> int: ...

    def open(self, position: int) -> BinaryIO: ...

    def name(self, position: int) -> str: ...

    def take(self, positions: NDArray[np.intp]) -> _Source: ...

    def checksum(self, size: int) -> int: ...


class _Files:
    def __init__(self, paths: NDArray) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def open(self, position: int) -> BinaryIO:
        return open_regular(self.paths[position])

    def name(self, position: int) -> str:
        return self.paths[position]

    def take(self, positions: NDArray[np.intp]) -> _Files:
        return _Files(self.paths[positions])

    def checksum(self, size: int) -> int:
        files = [Path(path) for path in self.paths]
        names = [(path.parent.name, path.name, path.stat().st_size) for path in files]
        return zlib.crc32(repr((size, names)).encode())


class _Bytes:
    def __init__(self, data: NDArray, starts: NDArray, stops: NDArray) -> None:
        self.data, self.starts, self.stops = data, starts, stops

    def __len__(self) -> int:
        return len(self.starts)

    def open(self, position: int) -> BinaryIO:
        encoded = self.data[self.starts[position] : self.stops[position]]
        return cast(BinaryIO, io.BytesIO(encoded.tobytes()))

    def name(self, position: int) -> str:
        return f"the image of the bytes from {self.starts[position]} on"

    def take(self, positions: NDArray[np.intp]) -> _Bytes:
        return _Bytes(self.data, self.starts[positions], self.stops[positions])

    def checksum(self, size: int) -> int:
        places = np.array([self.starts, self.stops], dtype="<i8")
        return zlib.crc32(places.tobytes(), zlib.crc32(self.data.tobytes(), size))
