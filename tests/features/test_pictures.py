"""Images in files and in arrays."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from skvaal._features.pictures import open_pictures
from skvaal._files.images import LazyImages


@pytest.fixture
def paths(pixels, tmp_path):
    """The images in files without loss."""
    names = []
    for i, image in enumerate(pixels):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(image.transpose(1, 2, 0)).save(names[-1])
    return names


def test_an_array_keeps_its_size(pixels):
    pictures = open_pictures(pixels, None, 224)
    assert (len(pictures), pictures.size) == (6, (20, 16))
    np.testing.assert_array_equal(pictures.pixels(np.array([4, 0])), pixels[[4, 0]])


def test_channels_may_stand_last(pixels):
    last = open_pictures(np.moveaxis(pixels, 1, -1), None, 224)
    first = open_pictures(pixels, None, 224)
    np.testing.assert_array_equal(last.pixels(np.arange(6)), pixels)
    assert last.key(2) == first.key(2)


@pytest.mark.parametrize("axis", [1, 3])
def test_grey_images_get_three_equal_channels(pixels, axis):
    grey = pixels[:, 0]
    pictures = open_pictures(np.expand_dims(grey, axis), None, 224)
    np.testing.assert_array_equal(pictures.pixels(np.arange(6)), np.stack([grey] * 3, axis=1))


def test_tensors_and_lists_of_images(pixels):
    for X in (torch.from_numpy(pixels), list(pixels)):
        pictures = open_pictures(X, None, 224)
        np.testing.assert_array_equal(pictures.pixels(np.arange(6)), pixels)


@pytest.mark.parametrize(
    "wrap",
    [list, tuple, np.array, lambda x: np.array(x, dtype=object), pd.Series,
     lambda x: pd.DataFrame({"path": x}), lambda x: np.array(x)[:, None]],
    ids=["list", "tuple", "array", "objects", "Series", "DataFrame", "column"],
)  # fmt: skip
def test_files_in_any_list(paths, wrap):
    pictures = open_pictures(wrap(paths), 16, 224)
    assert (len(pictures), pictures.size) == (6, (16, 16))
    expected = LazyImages.from_files(paths, image_size=16)[:]
    np.testing.assert_array_equal(pictures.pixels(np.arange(6)), expected)


def test_paths_of_pathlib(paths, tmp_path):
    pictures = open_pictures([tmp_path / "0.png"], 16, 224)
    assert pictures.key(0) == open_pictures(paths, 16, 224).key(0)


def test_sizes_of_encoded_images(paths):
    images = LazyImages.from_files(paths, image_size=12)
    assert open_pictures(images, None, 224).size == (12, 12)
    assert open_pictures(images, 20, 224).size == (20, 20)
    assert open_pictures(paths, None, 224).size == (224, 224)
    np.testing.assert_array_equal(
        open_pictures(images, 20, 224).pixels(np.arange(6)),
        LazyImages.from_files(paths, image_size=20)[:],
    )


def test_the_key_is_the_content_and_not_the_name(paths, tmp_path):
    os.link(paths[0], tmp_path / "same.jpg")
    pictures = open_pictures([paths[0], str(tmp_path / "same.jpg"), paths[1]], 16, 224)
    assert pictures.key(0) == pictures.key(1) != pictures.key(2)


def test_one_pixel_is_another_content(pixels):
    changed = pixels.copy()
    changed[3, 1, 2, 2] ^= 1
    before, after = (open_pictures(X, None, 224) for X in (pixels, changed))
    assert [before.key(i) == after.key(i) for i in range(6)] == [i != 3 for i in range(6)]
    assert open_pictures(pixels.reshape(6, 3, 16, 20), None, 224).key(0) != before.key(0)


@pytest.mark.parametrize("what", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_named(what, tmp_path, paths):
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    pictures = open_pictures([paths[0], str(path)], 16, 224)
    with pytest.raises(OSError, match=f"{what} cannot be read.*take it away"):
        pictures.key(1)


def test_a_broken_image_is_named(paths):
    with open(paths[2], "r+b") as file:
        file.truncate(60)
    pictures = open_pictures(paths, 16, 224)
    with pytest.raises(ValueError, match=r"2\.png cannot be decoded"):
        pictures.pixels(np.array([1, 2]))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("photo.jpg", TypeError, "is 'photo.jpg', one path; pass a list"),
        (["a.jpg", None], TypeError, r"X\[1\] is None, which is no path"),
        (["a.jpg", float("nan")], TypeError, r"X\[1\] is nan, which is no path"),
        (["a.jpg", ""], TypeError, r"X\[1\] is '', which is no path"),
        (np.array([["a", "b"]]), ValueError, r"shape \(1, 2\); pass one column"),
        (np.array([None, "a.jpg"], dtype=object), TypeError, r"X\[0\] is a NoneType"),
        (np.zeros((4, 3, 8, 8)), ValueError, r"float64; pixels must be uint8.*\* 255"),
        (np.zeros((4, 8, 8), np.uint8), ValueError, r"lacks the channels \(X\[:, None\] adds"),
        (np.zeros((4, 10), np.uint8), ValueError, r"shape \(4, 10\); pass paths"),
        (np.zeros((4, 5, 8, 8), np.uint8), ValueError, r"shape \(4, 5, 8, 8\); pass paths"),
        (np.zeros((0, 3, 8, 8), np.uint8), ValueError, "X is empty: found 0 sample"),
        (np.zeros((2, 3, 0, 8), np.uint8), ValueError, "its images have no pixels"),
        ([], ValueError, r"shape \(0,\)"),
        (3, ValueError, r"shape \(\)"),
    ],
    ids=lambda value: "" if not isinstance(value, type) else value.__name__,
)  # fmt: skip
def test_bad_input(X, error, message):
    with pytest.raises(error, match=message):
        open_pictures(X, None, 224)
