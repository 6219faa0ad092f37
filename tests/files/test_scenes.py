"""Scenes and label maps in files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from skvaal._files.scenes import LazyMasks, LazyScenes, resize_mask

RNG = np.random.default_rng(0)


def encoded(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return np.frombuffer(file.getvalue(), np.uint8)


def test_scenes_are_resized_as_a_whole(tmp_path):
    left_to_right = np.zeros((20, 40, 3), np.uint8)
    left_to_right[:, 20:, 0] = 255  # red on the right
    Image.fromarray(left_to_right).save(tmp_path / "a.png")
    scenes = LazyScenes([tmp_path / "a.png", encoded(left_to_right)], (10, 20))

    assert (scenes.shape, scenes.ndim, scenes.dtype, len(scenes)) == ((2, 3, 10, 20), 4, "uint8", 2)
    expected = np.zeros((3, 10, 20))
    expected[0, :, 10:] = 255
    for scene in scenes[:]:
        assert np.abs(scene.astype(int) - expected).mean() < 3  # but for the edge
    np.testing.assert_array_equal(scenes[1], scenes[[False, True]][0])
    np.testing.assert_array_equal(np.asarray(scenes), scenes[:2, ...])
    assert scenes.take([1]).files[0] is scenes.files[1]


def test_jpeg_and_sizes_that_are_kept():
    grey = np.full((16, 24, 3), 90, np.uint8)
    scenes = LazyScenes([encoded(grey, "JPEG")], (16, 24))
    assert np.abs(scenes[0].astype(int) - 90).max() <= 2


def test_masks_take_the_nearest_pixel_and_the_class_numbers():
    ids = RNG.choice(np.uint8([0, 7, 8]), (8, 12))
    masks = LazyMasks([encoded(ids)], (4, 6), labels={0: 255, 7: 0, 8: 1})

    expected = np.select([ids == 7, ids == 8], [0, 1], 255)
    assert masks.shape == (1, 4, 6)
    np.testing.assert_array_equal(masks[0], expected[1::2, 1::2])


def test_a_palette_holds_class_numbers():
    image = Image.fromarray(np.uint8([[0, 1], [1, 0]]), "L").convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0])
    file = io.BytesIO()
    image.save(file, "PNG")
    masks = LazyMasks([np.frombuffer(file.getvalue(), np.uint8)], (2, 2), labels={0: 0, 1: 1})
    np.testing.assert_array_equal(masks[0], np.asarray(image))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 9), (14, 18)])
def test_resized_masks_hold_no_new_number(size):
    mask = RNG.choice(np.uint8([3, 250]), (7, 9))
    resized = resize_mask(mask, size)
    assert resized.shape == size
    assert set(np.unique(resized)) <= {3, 250}


def test_number_of_no_class():
    masks = LazyMasks([encoded(np.uint8([[0, 77]]))], (1, 2), labels={0: 0})
    with pytest.raises(ValueError, match="image 0 in memory cannot be decoded .it holds 77"):
        masks[0]


def test_a_coloured_map(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "color.png")
    with pytest.raises(ValueError, match=r"color\.png cannot be decoded .its mode is RGB"):
        LazyMasks([tmp_path / "color.png"], (4, 4), labels={0: 0})[:]


@pytest.mark.parametrize("content", [b"", b"no image", encoded(np.zeros((9, 9), np.uint8))[:40]])
def test_damaged_file_is_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"a\.png cannot be decoded .*repair it"):
        LazyScenes([tmp_path / "a.png"], (8, 8))[0]


def test_too_many_pixels_and_no_file(tmp_path):
    big = LazyScenes([encoded(np.zeros((9, 9), np.uint8))], (8, 8), max_pixels=80)
    with pytest.raises(ValueError, match="9 x 9 pixels are more than max_pixels=80"):
        big[0]
    with pytest.raises(ValueError, match="is no regular file"):
        LazyScenes([tmp_path], (8, 8))[0]


def test_index_of_two_dimensions():
    scenes = LazyScenes([encoded(np.zeros((9, 9), np.uint8))], (8, 8))
    for key in ((0, 1), np.zeros((2, 2), int)):
        with pytest.raises(IndexError):
            scenes[key]
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(scenes, copy=False) if np.lib.NumpyVersion(
            np.__version__
        ) >= "2.0.0" else scenes.__array__(copy=False)


def test_checksum_changes_with_bytes_names_and_size(tmp_path):
    first, second = (encoded(np.full((9, 9), i, np.uint8)) for i in (0, 1))
    (tmp_path / "a.png").write_bytes(first.tobytes())
    sums = {
        LazyScenes(files, size).checksum()
        for files, size in [
            ([first], (8, 8)),
            ([second], (8, 8)),
            ([first], (8, 9)),
            ([tmp_path / "a.png"], (8, 8)),
        ]
    }
    assert len(sums) == 4
