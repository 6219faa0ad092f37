"""One encoded image: decoded, or only looked over for damage."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from skvaal._utils.files import leads_nowhere, told

DEFAULT_MAX_PIXELS = 50_000_000
_ORIENTATION = 0x0112  # of EXIF
# Of the formats that Pillow knows, some run other programs, whatever a file is called.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")


def decode(file: BinaryIO, size: int, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> NDArray[np.uint8]:
    """Decode an image: RGB, shorter side resized to `size`, middle cut out.

    Parameters
    ----------
    file : binary file
        The encoded image.
    size : int
        Height and width, in pixels.
    max_pixels : int, default=50_000_000
        How many pixels the image may have. A small file may hold very many.

    Returns
    -------
    ndarray of uint8, shape (3, size, size)
        Red, green and blue.

    Raises
    ------
    ValueError
        If the image is too large, before it is decoded, or its pixels are floats.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> Image.new("L", (20, 10), 7).save(file, "PNG")
    >>> decode(file, 8)[:, 0, 0]
    array([7, 7, 7], dtype=uint8)
    """
    with opened(file, max_pixels) as image:
        # libjpeg scales by 1/2, 1/4 or 1/8 while it decodes; twice the size is left to resize.
        image.draft("RGB", (2 * size, 2 * size))
        rgb = to_rgb(image)
        width, height = rgb.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        if rgb.size != (size, size):
            box = (left, top, left + side, top + side)
            rgb = rgb.resize((size, size), Image.Resampling.BILINEAR, box=box)
        return np.asarray(rgb).transpose(2, 0, 1)  # (h, w, 3) -> (3, h, w)


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file, but no pipe or device, whose end may never come.

    Parameters
    ----------
    path : str or Path
        The file, or a link to it.

    Returns
    -------
    binary file
        At its beginning.

    Raises
    ------
    OSError
        If it is no regular file, or cannot be opened.

    Examples
    --------
    >>> open_regular("no_such_image.jpg")
    Traceback (most recent call last):
    ...
    OSError: no_such_image.jpg is no regular file
    """
    if leads_nowhere(path):
        raise FileNotFoundError(f"{path} is a link that leads nowhere")
    if not Path(path).is_file():
        raise OSError(f"{path} is no regular file")
    return open(path, "rb")


def find_problem(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> str:
    """Tell why a file is no whole image, without decoding it where its format allows that.

    Of a JPEG the header and the mark of the end are read, of a PNG the checksums too; a JPEG that
    lacks the mark, and any other format, is decoded.

    Parameters
    ----------
    path : str or Path
        The file.
    max_pixels : int, default=50_000_000
        How many pixels an image may have.

    Returns
    -------
    str
        Why it is cut off, damaged, too large or no image; empty if it is none of these.

    Examples
    --------
    >>> find_problem("no_such_image.jpg")
    'no regular file'
    """
    if leads_nowhere(path):
        return "a link that leads nowhere"
    if not Path(path).is_file():
        return "no regular file"
    try:
        with open_regular(path) as file, opened(file, max_pixels) as image:
            if image.format == "PNG":
                image.verify()
            elif image.format != "JPEG" or not _ends_as_jpeg(file):
                to_rgb(image)
    # A decoder fails on damaged bytes by whatever error it comes to.
    except Exception as error:
        return told(error) or type(error).__name__
    return ""


@contextmanager
def opened(file: BinaryIO, max_pixels: int) -> Iterator[Image.Image]:
    """Read the header of an image.

    Parameters
    ----------
    file : binary file
        The encoded image.
    max_pixels : int
        How many pixels it may have.

    Yields
    ------
    Image
        Not decoded yet.

    Raises
    ------
    ValueError
        If the image is too large, or of no known format.

    Examples
    --------
    >>> with opened(io.BytesIO(b"GIF"), 100):
    ...     pass
    Traceback (most recent call last):
    ...
    ValueError: it is no image of a known format
    """
    with warnings.catch_warnings():
        # Pillow's own limit, which may be lower than the one that was asked for.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError:  # whose text names an object in memory
            raise ValueError("it is no image of a known format") from None
    with image:
        width, height = image.size
        if width * height > max_pixels:
            raise ValueError(f"its {width} x {height} pixels are more than max_pixels={max_pixels}")
        yield image


def size_of(image: Image.Image) -> tuple[int, int]:
    """Width and height as viewers show an image, which may be stored on its side."""
    width, height = image.size
    is_on_its_side = image.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
    return (height, width) if is_on_its_side else (width, height)


def _ends_as_jpeg(file: BinaryIO) -> bool:
    position = file.tell()
    file.seek(-2, io.SEEK_END)
    end = file.read(2)
    file.seek(position)
    return end == b"\xff\xd9"


def to_rgb(image: Image.Image) -> Image.Image:
    """Decode an image to red, green and blue of 8 bits; a ValueError for pixels of floats."""
    if image.mode == "F":
        raise ValueError("its pixels are floats of an unknown range")
    if image.mode.startswith("I"):  # 16 bits, which convert would clip at 255
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow warns about the direct way
    return image.convert("RGB")
