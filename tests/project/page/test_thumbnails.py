import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from skvaal.project.page.thumbnails import make_sprite


def cut(style, number):
    """The picture that a browser shows of a sprite, where it is as large as in there."""
    data = re.search(r"base64,([^)]+)\)", style)[1]
    sheet = np.asarray(Image.open(BytesIO(b64decode(data))).convert("RGB")).astype(int)
    scale = [float(x) / 100 for x in re.search(r"size:([\d.]+)% ([\d.]+)%", style).groups()]
    width, height = (round(a / b) for a, b in zip(sheet.shape[1::-1], scale, strict=True))
    place = re.search(rf"\.t{number}{{background-position:([\d.]+)% ([\d.]+)%}}", style)
    x, y = (float(share) / 100 for share in place.groups())
    # As in CSS: so many percent of the picture lie over so many percent of the element.
    left, top = round(x * (sheet.shape[1] - width)), round(y * (sheet.shape[0] - height))
    return sheet[top : top + height, left : left + width]


@pytest.mark.parametrize("n", [1, 2, 7, 30])
@pytest.mark.parametrize("shape", [(8, 8), (20, 33)])
def test_each_number_shows_its_picture(n, shape):
    shades = np.linspace(0, 255, n).astype(np.uint8)
    images = np.ones((n, 3, *shape), np.uint8) * shades[:, None, None, None]

    sprite = make_sprite(images, range(n))

    assert sprite.numbers == {i: i for i in range(n)}
    for i in range(n):
        picture = cut(sprite.style, i)
        assert picture.shape == (*shape, 3)
        assert np.abs(picture - shades[i]).max() <= 8


def test_colours_stay(tmp_path):
    images = np.zeros((2, 3, 16, 16), np.uint8)
    images[0, 0] = images[1, 2] = 250

    sprite = make_sprite(images, [0, 1])

    assert cut(sprite.style, 0).mean(axis=(0, 1)).round(-1).tolist() == [250, 0, 0]
    assert cut(sprite.style, 1).mean(axis=(0, 1)).round(-1).tolist() == [0, 0, 250]


def test_rows_are_numbered_as_they_come_each_once():
    images = np.zeros((9, 3, 8, 8), np.uint8)

    assert make_sprite(images, [5, 2, 5]).numbers == {5: 0, 2: 1}


def test_the_more_pictures_the_smaller():
    noise = np.random.RandomState(0).randint(0, 256, (1, 3, 200, 200)).astype(np.uint8)

    few = make_sprite(noise, [0])
    many = make_sprite(np.broadcast_to(noise, (1_000, 3, 200, 200)), range(1_000))

    assert cut(few.style, 0).shape == (128, 128, 3)
    assert cut(many.style, 999).shape == (64, 64, 3)
    assert len(many.style) < 2_700_000


def test_nothing_to_show():
    assert make_sprite(np.zeros((1, 3, 8, 8), np.uint8), []).style == ""
