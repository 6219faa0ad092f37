"""One encoded image: decoded, or only looked over for damage."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def decode(file: BinaryIO, size: int) -> NDArray[np.uint8]:
    """Decode an image: RGB, shorter side resized to `size`, middle cut out.

    Parameters
    ----------
    file : binary file
        The encoded image.
    size : int
        Height and width, in pixels.

    Returns
    -------
    ndarray of uint8, shape (3, size, size)
        Red, green and blue.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> Image.new("L", (20, 10), 7).save(file, "PNG")
    >>> decode(file, 8)[:, 0, 0]
    array([7, 7, 7], dtype=uint8)
    """
    with Image.open(file) as image:
        # libjpeg scales by 1/2, 1/4 or 1/8 while it decodes; twice the size is left to resize.
        image.draft("RGB", (2 * size, 2 * size))
        rgb = _to_rgb(image)
        width, height = rgb.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        if rgb.size != (size, size):
            box = (left, top, left + side, top + side)
            rgb = rgb.resize((size, size), Image.Resampling.BILINEAR, box=box)
        return np.asarray(rgb).transpose(2, 0, 1)  # (h, w, 3) -> (3, h, w)


def is_readable(path: str | Path) -> bool:
    """Tell whether a file is a whole image, without decoding it where its format allows that.

    Of a JPEG the header and the mark of the end are read, of a PNG the checksums too; a JPEG that
    lacks the mark, and any other format, is decoded.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    bool
        False for a file that is cut off, damaged or no image.

    Examples
    --------
    >>> is_readable("no_such_image.jpg")
    False
    """
    try:
        with open(path, "rb") as file, Image.open(file) as image:
            if image.format == "PNG":
                image.verify()
            elif image.format != "JPEG" or not _ends_as_jpeg(file):
                _to_rgb(image)
    # A decoder fails on damaged bytes by whatever error it comes to.
    except Exception:
        return False
    return True


def _ends_as_jpeg(file: BinaryIO) -> bool:
    position = file.tell()
    file.seek(-2, io.SEEK_END)
    end = file.read(2)
    file.seek(position)
    return end == b"\xff\xd9"


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("its pixels are floats of an unknown range")
    if image.mode.startswith("I"):  # 16 bits, which convert would clip at 255
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow warns about the direct way
    return image.convert("RGB")
