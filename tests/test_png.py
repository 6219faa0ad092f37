"""Encoded images, read by another library."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from skvaal._png import data_uri, encode_png

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (5, 7), (5, 7, 3), (1, 300, 3)])
def test_another_library_reads_what_was_encoded(shape):
    pixels = np.random.RandomState(0).randint(0, 256, shape).astype(np.uint8)

    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        image.verify()  # the checksums
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert image.mode == ("RGB" if len(shape) == 3 else "L")
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_layout_in_memory_does_not_matter():
    pixels = np.random.RandomState(0).randint(0, 256, (3, 6, 4)).astype(np.uint8)

    assert encode_png(pixels.transpose(1, 2, 0)) == encode_png(
        np.ascontiguousarray(pixels.transpose(1, 2, 0))
    )


def test_data_uri_holds_the_image():
    png = encode_png(np.zeros((2, 2), dtype=np.uint8))

    head, body = data_uri(png).split(",")

    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png
