"""Pools and labels in files, and what every error of a reader must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from skvaal._files.pools import read_pool

EXPORTS = Path(__file__).parents[1] / "data" / "exports"
PHOTOS = ("cats/a 1.jpg", "cats/b#2.jpg", "dogs/d.jpg", "dogs/ü.jpg", "e=1&x.jpg")


@pytest.fixture
def photos(tmp_path, write_image):
    """Folder of five photos, each of its own colour."""
    for number, name in enumerate(PHOTOS):
        write_image(tmp_path / "photos" / name, colour=(40 * number, 0, 99))
    return tmp_path / "photos"


@pytest.fixture
def pool(photos):
    return read_pool(photos, image_size=8)


@pytest.fixture
def texts(tmp_path):
    """Pool of four texts, two of them equal."""
    path = tmp_path / "texts.csv"
    path.write_text("text,label\nsun,\nrain,01\nsun,NA\n1,\n")
    return read_pool(path)


@pytest.fixture
def write(tmp_path):
    """Writes a file, and returns its path."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        else:
            path.write_bytes(content)
        return path

    return write
