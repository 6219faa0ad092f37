import os
import shutil
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from skvaal.benchmark.datasets import BadImageWarning, LazyImages, load_dataset


def test_folder_of_classes(image_tree):
    pets = load_dataset(str(image_tree), image_size=8)

    assert (pets.name, pets.kind, pets.classes) == ("pets", "images", ("cat", "dog"))
    assert isinstance(pets.X, LazyImages)
    assert pets.X.shape == (5, 3, 8, 8)
    assert pets.X_test is None
    red, green, blue = pets.X[:][:, :, 0, 0].T
    np.testing.assert_array_equal(blue == 255, pets.y == 1)
    np.testing.assert_array_equal(red == 255, pets.y == 0)
    assert sorted(green) == [0, 0, 1, 1, 2]


def test_default_size(image_tree):
    assert load_dataset(image_tree).X[0].shape == (3, 64, 64)


def test_samples_are_shuffled_by_the_random_state(tmp_path, write_image):
    for i in range(20):
        write_image(tmp_path / f"class {i % 2}" / f"{i}.png", (i, 0, 0))

    first, again, other = (load_dataset(tmp_path, random_state=state) for state in (0, 0, 1))

    assert np.any(np.diff(first.y) < 0)
    np.testing.assert_array_equal(first.X[:][:, 0, 0, 0] % 2, first.y)
    np.testing.assert_array_equal(first.X[:], again.X[:])
    assert np.any(first.X[:] != other.X[:])


@pytest.mark.parametrize("held_out", ["test", "val"])
def test_official_split(tmp_path, image_tree, write_image, held_out):
    folder = tmp_path / "split"
    shutil.copytree(image_tree, folder / "train")
    write_image(folder / held_out / "dog" / "a.png", (7, 7, 7))

    with pytest.raises(ValueError, match=f"{held_out} has 1 folders of classes"):
        load_dataset(folder)
    write_image(folder / held_out / "cat" / "b.png", (8, 8, 8))
    split = load_dataset(folder)

    assert (split.name, split.classes, len(split.y)) == ("split", ("cat", "dog"), 5)
    np.testing.assert_array_equal(split.y_test, [0, 1])
    np.testing.assert_array_equal(split.X_test[:][:, 0, 0, 0], [8, 7])


def test_train_may_stand_alone_or_be_a_class(tmp_path, image_tree):
    alone = tmp_path / "alone"
    shutil.copytree(image_tree, alone / "train")
    vehicles = tmp_path / "vehicles"
    shutil.copytree(image_tree / "cat", vehicles / "car")
    shutil.copytree(image_tree / "dog", vehicles / "train")

    assert load_dataset(alone).classes == ("cat", "dog")
    assert load_dataset(alone).X_test is None
    assert load_dataset(vehicles).classes == ("car", "train")


def test_class_for_testing_only_is_named(tmp_path, image_tree):
    folder = tmp_path / "split"
    shutil.copytree(image_tree, folder / "train")
    shutil.copytree(image_tree, folder / "test")
    (folder / "test" / "dog").rename(folder / "test" / "wolf")

    with pytest.raises(ValueError, match="class 'wolf' is among those for testing"):
        load_dataset(folder)


def test_what_is_no_image_is_passed_over(image_tree, write_image):
    (image_tree / "cat" / "notes.txt").write_text("nice")
    (image_tree / "cat" / ".hidden.png").write_text("no image")
    (image_tree / "README").touch()
    (image_tree / ".cache").mkdir()
    (image_tree / "__MACOSX").mkdir()
    write_image(image_tree / "cat" / "deeper" / "c.png")
    write_image(image_tree / "dog" / "UPPER.JPG")

    pets = load_dataset(image_tree)

    assert pets.classes == ("cat", "dog")
    np.testing.assert_array_equal(np.bincount(pets.y), [3, 3])


def test_bad_file_is_named_before_training(image_tree, damage):
    damage(image_tree / "cat" / "c1.png")

    with pytest.raises(
        ValueError, match=r"1 image in .*: cat/c1\.png \(.+\); .*skip_bad=True \(--skip-bad"
    ):
        load_dataset(image_tree)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
def test_what_is_no_regular_file_is_named_and_not_opened(image_tree):
    """To open a pipe is to wait for its other end."""
    os.mkfifo(image_tree / "cat" / "pipe.png")
    (image_tree / "cat" / "loop.png").symlink_to("loop.png")
    (image_tree / "cat" / "nowhere.png").symlink_to("no such file")
    (image_tree / "cat" / "folder.png").mkdir()
    (image_tree / "cat" / "device.png").symlink_to("/dev/zero")

    with pytest.raises(ValueError, match="5 images in .* cannot be read") as raised:
        load_dataset(image_tree)

    for name in ("pipe", "folder", "device"):
        assert f"cat/{name}.png (no regular file)" in str(raised.value)
    for name in ("loop", "nowhere"):
        assert f"cat/{name}.png (a link that leads nowhere)" in str(raised.value)


def test_links_to_images_are_followed(image_tree):
    (image_tree / "cat" / "link.png").symlink_to("c1.png")
    (image_tree / "dog" / "loop").symlink_to("..")  # a folder of a class has none below it

    assert len(load_dataset(image_tree).y) == 6


def huge_png(width, height):
    """A PNG of black pixels, a thousandth of them in size."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    line = bytes(1 + width // 8)
    pixels = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_huge_image_is_named_before_it_is_decoded(image_tree):
    path = image_tree / "cat" / "huge.png"
    path.write_bytes(huge_png(12_000, 12_000))
    assert path.stat().st_size < 50_000
    limit = Image.MAX_IMAGE_PIXELS

    complaint = r"cat/huge\.png \(its 12000 x 12000 pixels are more than max_pixels=50000000\)"
    with pytest.raises(ValueError, match=complaint):
        load_dataset(image_tree)
    with pytest.raises(ValueError, match=r"huge\.png cannot be decoded \(its 12000 x 12000"):
        LazyImages.from_files([path])[0]
    assert limit == Image.MAX_IMAGE_PIXELS


def test_limit_on_pixels_can_be_set(image_tree):
    assert load_dataset(image_tree, image_size=8, max_pixels=200).X[:].shape == (5, 3, 8, 8)
    with pytest.raises(ValueError, match="its 20 x 10 pixels are more than max_pixels=199"):
        load_dataset(image_tree, image_size=8, max_pixels=199)


@pytest.mark.parametrize(
    ("sizes", "complaint"),
    [
        ({"max_pixels": 3}, "max_pixels=3 must be a whole number of pixels, 64 or more"),
        ({"max_pixels": True}, "max_pixels=True must be a whole number"),
        ({"max_pixels": "1e6"}, "max_pixels='1e6' must be a whole number"),
        ({"image_size": 10**6}, "image_size=1000000 asks for images of .* max_pixels=50000000"),
    ],
)
def test_sizes_that_no_image_can_have_are_named(image_tree, sizes, complaint):
    with pytest.raises(ValueError, match=complaint):
        load_dataset(image_tree, **sizes)


def test_image_that_would_run_a_program_is_refused(image_tree):
    """Pillow hands PostScript to Ghostscript, whatever the file is called."""
    (image_tree / "cat" / "script.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    )

    with pytest.raises(ValueError, match=r"script\.png \(it is no image of a known format\)"):
        load_dataset(image_tree)


def test_names_of_odd_bytes_can_be_shown(image_tree, write_image):
    odd = os.fsdecode(b"caf\xe9")
    try:
        write_image(image_tree / odd / f"{odd}.png")
    except OSError:
        pytest.skip("the file system takes no such name")

    pets = load_dataset(image_tree)

    assert pets.classes == ("caf\\xe9", "cat", "dog")
    assert pets.X[:].shape == (6, 3, 64, 64)
    assert pets.checksum() > 0


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_unreadable_file_is_named(image_tree):
    (image_tree / "cat" / "c1.png").chmod(0)

    with pytest.raises(ValueError, match=r"cat/c1\.png \(.*Permission denied"):
        load_dataset(image_tree)


def test_bad_files_are_left_out_with_one_warning(image_tree, damage, write_image):
    for i in range(7):
        damage(write_image(image_tree / "cat" / f"bad{i}.jpg", size=(100, 100)))

    with pytest.warns(BadImageWarning) as caught:
        pets = load_dataset(image_tree, skip_bad=True)

    assert len(caught) == 1
    message = str(caught[0].message)
    assert "left out 7 images" in message
    assert "cat/bad4.jpg (" in message
    assert "cat/bad5.jpg" not in message
    assert message.endswith("and 2 more")
    np.testing.assert_array_equal(np.bincount(pets.y), [3, 2])
    assert pets.X[:].shape[0] == 5


def test_skipping_is_silent_where_nothing_is_bad(image_tree):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_dataset(image_tree, skip_bad=True)


def test_class_without_a_good_image_is_named(image_tree, damage):
    for path in (image_tree / "dog").iterdir():
        damage(path)

    with (
        pytest.warns(BadImageWarning),
        pytest.raises(ValueError, match="class 'dog' has no image that can be read"),
    ):
        load_dataset(image_tree, skip_bad=True)


def test_class_without_images_is_named(image_tree):
    (image_tree / "eel").mkdir()

    with pytest.raises(ValueError, match="class 'eel' has no image"):
        load_dataset(image_tree)


def test_folder_without_classes_shows_the_form(tmp_path, write_image):
    write_image(tmp_path / "a.png")

    with pytest.raises(ValueError, match=r"0 folders of classes.*FOLDER/class/image\.jpg"):
        load_dataset(tmp_path)


@pytest.fixture
def caltech256(tmp_path, write_image):
    folder = tmp_path / "256_ObjectCategories"
    for i, name in enumerate(["001.ak47", "002.american-flag", "257.clutter"], start=1):
        write_image(folder / name / f"{i:03d}_0001.jpg", (i, i, i))
    write_image(folder / "002.american-flag" / "002_0002.jpg", 9, mode="L")
    # The archive holds such strays.
    (folder / "001.ak47" / "RENAME2").touch()
    write_image(folder / "002.american-flag" / "greg" / "vision309" / "002_0001.jpg")
    return tmp_path


def test_caltech256_is_without_clutter(caltech256):
    dataset = load_dataset("caltech256", data_dir=caltech256, image_size=10)

    assert (dataset.name, dataset.classes) == ("caltech256", ("ak47", "american-flag"))
    assert dataset.X.shape == (3, 3, 10, 10)
    np.testing.assert_array_equal(np.sort(dataset.y), [0, 1, 1])
    assert sorted(dataset.X[:][:, 2, 0, 0]) == [1, 2, 9]
    assert dataset.X_test is None


@pytest.mark.parametrize("parent", ["ILSVRC2012", "imagenet", "."])
def test_imagenet(tmp_path, write_image, parent):
    for part, n in (("train", 2), ("val", 1)):
        for name in ("n01440764", "n01443537"):
            for i in range(n):
                write_image(tmp_path / parent / part / name / f"{name}_{i}.JPEG", size=(30, 20))

    dataset = load_dataset("imagenet", data_dir=tmp_path, image_size=16)

    assert (dataset.name, dataset.classes) == ("imagenet", ("n01440764", "n01443537"))
    np.testing.assert_array_equal(np.sort(dataset.y), [0, 0, 1, 1])
    np.testing.assert_array_equal(dataset.y_test, [0, 1])
    assert dataset.X[:1].shape == (1, 3, 16, 16)


@pytest.mark.parametrize(
    ("name", "message"),
    [("caltech256", "no folder .*256_ObjectCategories"), ("imagenet", "ILSVRC2012/train")],
)
def test_missing_folder_is_named(tmp_path, name, message):
    with pytest.raises(FileNotFoundError, match=message):
        load_dataset(name, data_dir=tmp_path)
