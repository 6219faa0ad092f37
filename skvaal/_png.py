"""PNG images, in the few lines that a report needs instead of an imaging library.

References
----------
.. [1] "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, 2025.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2  # colour types


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode an image as PNG.

    Parameters
    ----------
    pixels : array of uint8 of shape (height, width) or (height, width, 3)
        Grey or RGB.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import numpy as np
    >>> encode_png(np.zeros((2, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    height, width = pixels.shape[:2]
    colour_type = _GREY if pixels.ndim == 2 else _RGB
    # Eight bits a channel; the only methods of compression and filtering; not interlaced.
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    lines = np.pad(
        pixels.reshape(height, -1), ((0, 0), (1, 0))
    )  # each begins with its filter: none
    data = zlib.compress(lines.tobytes(), 9)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def data_uri(png: bytes) -> str:
    """Write a PNG as the source of an ``<img>``.

    Parameters
    ----------
    png : bytes

    Returns
    -------
    str
    """
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
