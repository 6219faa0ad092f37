"""Small pictures of samples, all in one sprite, which a stylesheet cuts into pieces."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIDES = (128, 96, 64, 48)  # of a picture, in pixels; the first for which all fit
_MOST_PIXELS = 4_500_000  # of all pictures
_QUALITIES = (92, 80, 65, 45, 30)  # of JPEG; the first for which the sprite is small enough
_MOST_BYTES = 1_500_000
_MARGIN = 2  # pixels around a picture, of its own edge, so that no neighbour shines through
_BLOCK = 8  # JPEG's, in pixels
_COARSE = 40  # pixels; smaller pictures are shown with sharp pixels


@dataclass(frozen=True)
class Sprite:
    """Pictures in one image.

    Parameters
    ----------
    numbers : dict of int to int
        Of the rows that have a picture, its number: an element of the classes ``thumb`` and
        ``t<number>`` shows it, at whatever width.
    style : str
        The stylesheet, with the image in it.
    """

    numbers: dict[int, int]
    style: str


def make_sprite(images: Any, rows: Iterable[int]) -> Sprite:
    """Put pictures of samples into a sprite.

    Parameters
    ----------
    images : array of uint8 or LazyImages, shape (n, 3, height, width)
        The samples.
    rows : iterable of int
        Which ones; images that can no longer be read are left out.

    Returns
    -------
    Sprite
        As small as so many pictures have to be.

    Examples
    --------
    >>> sprite = make_sprite(np.zeros((9, 3, 8, 8), np.uint8), [4, 2])
    >>> sprite.numbers
    {4: 0, 2: 1}
    """
    rows = list(dict.fromkeys(rows))
    side = next((one for one in _SIDES if len(rows) * one**2 <= _MOST_PIXELS), _SIDES[-1])
    pictures: dict[int, NDArray[np.uint8]] = {}
    for row in rows:
        with suppress(ValueError, OSError):  # a file that was lost after the choice
            pictures[row] = _shrink(np.asarray(images[row]), side)
    if not pictures:
        return Sprite({}, "")
    style = _write_style(list(pictures.values()))
    return Sprite({row: number for number, row in enumerate(pictures)}, style)


def _shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(3, h, w) -> (height, width, 3) of at most `side` pixels."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(np.moveaxis(image, 0, -1)))
    picture.thumbnail((side, side))  # never enlarges
    return np.asarray(picture)


def _write_style(pictures: list[NDArray[np.uint8]]) -> str:
    height, width, _ = pictures[0].shape
    # Whole blocks, so that no picture's colours leak into the next one.
    down, across = (size + _MARGIN + -(size + _MARGIN) % _BLOCK for size in (height, width))
    n_columns = math.ceil(math.sqrt(len(pictures) * down / across))
    n_rows = math.ceil(len(pictures) / n_columns)
    sheet = np.zeros((n_rows * down, n_columns * across, 3), dtype=np.uint8)
    lines = []
    for i, picture in enumerate(pictures):
        top, left = i // n_columns * down, i % n_columns * across
        before = min(_MARGIN, down - height, across - width) // 2
        padding = [(before, down - height - before), (before, across - width - before), (0, 0)]
        sheet[top : top + down, left : left + across] = np.pad(picture, padding, mode="edge")
        x = _percent(left + before, sheet.shape[1] - width)
        y = _percent(top + before, sheet.shape[0] - height)
        lines.append(f".t{i}{{background-position:{x} {y}}}")
    scale = f"{_percent(sheet.shape[1], width)} {_percent(sheet.shape[0], height)}"
    sharp = ";image-rendering:pixelated" if min(height, width) < _COARSE else ""
    data = b64encode(_to_jpeg(sheet)).decode("ascii")
    first = (
        f".thumb{{background-image:url(data:image/jpeg;base64,{data});background-size:{scale};"
        f"aspect-ratio:{width}/{height}{sharp}}}"
    )
    return "\n".join([first, *lines])


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.6g}%" if whole else "0%"


def _to_jpeg(sheet: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    is_grey = (sheet == sheet[..., :1]).all()
    image = Image.fromarray(np.ascontiguousarray(sheet[..., 0]) if is_grey else sheet)
    data = b""
    for quality in _QUALITIES:
        buffer = BytesIO()
        image.save(buffer, format="JPEG", quality=quality, subsampling=0, optimize=True)
        data = buffer.getvalue()
        if len(data) <= _MOST_BYTES:
            break
    return data
