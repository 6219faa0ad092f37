import io

import numpy as np
import pytest
from PIL import Image

from skvaal._files.decoding import decode, find_problem
from skvaal._files.images import LazyImages


def as_file(image, form="PNG"):
    file = io.BytesIO()
    image.save(file, form)
    return file


@pytest.mark.parametrize("size", [(30, 10), (10, 30)])
def test_middle_is_cut_out(size):
    image = Image.new("RGB", size, "black")
    image.paste(
        "white", tuple((side - 10) // 2 for side in size) + tuple((s + 10) // 2 for s in size)
    )

    cut = decode(as_file(image), 10)

    assert cut.shape == (3, 10, 10)
    assert cut.min() == 255


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_shorter_side_becomes_the_size(form):
    """A ramp along the longer side keeps its middle half."""
    ramp = np.repeat(np.linspace(0, 255, 400).astype(np.uint8)[None], 200, axis=0)

    resized = decode(as_file(Image.fromarray(ramp), form), 20)

    expected = np.linspace(0, 255, 400)[100:300].reshape(20, 10).mean(axis=1)
    np.testing.assert_allclose(resized[0], np.tile(expected, (20, 1)), atol=3)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (8, 8), 9), (9, 9, 9)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.new("RGBA", (8, 8), (1, 2, 3, 128)), (1, 2, 3)),
        (Image.new("LA", (8, 8), (5, 128)), (5, 5, 5)),
        (
            Image.new("RGB", (8, 8), (1, 2, 3)).convert("P", palette=Image.Palette.ADAPTIVE),
            (1, 2, 3),
        ),
        (Image.fromarray(np.full((8, 8), 0x4321, dtype=np.uint16)), (0x43, 0x43, 0x43)),
    ],
    ids=["grey", "black and white", "alpha", "grey with alpha", "palette", "16 bits"],
)
def test_every_mode_becomes_rgb(image, expected):
    assert tuple(decode(as_file(image), 8)[:, 3, 3]) == expected


def test_palette_with_transparency_does_not_warn():
    image = Image.new("P", (8, 8), 0)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=bytes([128, 255]))

    assert decode(file, 8).shape == (3, 8, 8)


def test_floats_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("F", (8, 8), 0.5).save(path)

    assert "floats" in find_problem(path)
    with pytest.raises(ValueError, match=r"a\.tif cannot be decoded \(its pixels are floats"):
        LazyImages.from_files([path], image_size=8)[0]


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".webp", ".tif"])
@pytest.mark.parametrize("damage_by", ["none", "cut", "text", "empty"])
def test_damage_is_found(tmp_path, ending, damage_by):
    path = tmp_path / f"a{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    damaged = {"none": content, "cut": content[:-200], "text": b"<html>", "empty": b""}
    path.write_bytes(damaged[damage_by])

    assert (find_problem(path) == "") == (damage_by == "none")


def test_jpeg_with_bytes_behind_its_end_is_readable(write_image, tmp_path):
    path = write_image(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + bytes(16))

    assert find_problem(path) == ""
