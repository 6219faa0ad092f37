import io
import pickle

import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import train_test_split

from skvaal._files.images import LazyImages

N = 5


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (N, 3, 12, 12), dtype=np.uint8)


@pytest.fixture
def encoded(pixels):
    """PNG, so that nothing is lost."""
    return [encode(image) for image in pixels]


def encode(image):
    file = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(params=["bytes", "files"])
def images(request, encoded, tmp_path):
    if request.param == "bytes":
        offsets = np.cumsum([0] + [len(each) for each in encoded])
        return LazyImages.from_bytes(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)
    paths = [tmp_path / f"{i}.png" for i in range(N)]
    for path, content in zip(paths, encoded, strict=True):
        path.write_bytes(content)
    return LazyImages.from_files(paths, image_size=12)


def test_looks_like_an_array(images, pixels):
    assert images.shape == pixels.shape
    assert images.dtype == pixels.dtype
    assert images.ndim == pixels.ndim
    assert len(images) == N
    np.testing.assert_array_equal(np.asarray(images), pixels)


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        np.int64(3),
        slice(None),
        slice(1, 4, 2),
        slice(4, 4),
        [3, 0, 3],
        np.array([-1, 0]),
        np.array([], dtype=int),
        np.array([True, False, False, True, False]),
        (np.array([2, 1]), ...),
    ],
    ids=str,
)
def test_indices_mean_what_they_mean_to_an_array(images, pixels, key):
    taken = images[key]

    assert taken.dtype == np.uint8
    np.testing.assert_array_equal(taken, pixels[key])


@pytest.mark.parametrize("key", [N, -N - 1, [0, N], [True], (0, 0), [[0, 1]], True, [0.5]], ids=str)
def test_wrong_indices_raise(images, key):
    with pytest.raises(IndexError):
        images[key]


def test_only_what_is_asked_for_is_decoded(images, monkeypatch):
    opened = []
    source_open = images.source.open
    monkeypatch.setattr(
        images.source, "open", lambda position: opened.append(position) or source_open(position)
    )

    images.take([1, 2])
    assert opened == []

    images[np.array([3, 1])]
    assert opened == [3, 1]


def test_part_stays_encoded(images, pixels):
    part = images.take(np.array([4, 0, 2])).take([True, False, True])

    assert isinstance(part, LazyImages)
    np.testing.assert_array_equal(part[:], pixels[[4, 2]])


def test_pickles(images, pixels):
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(images))[1], pixels[1])


def test_splits_as_scikit_learn_splits(images, pixels):
    _, held_out, _, positions = train_test_split(images, np.arange(N), random_state=0)

    np.testing.assert_array_equal(held_out, pixels[positions])


def test_array_without_copy_is_refused(images):
    with pytest.raises(ValueError, match="without a copy"):
        images.__array__(copy=False)


@pytest.mark.parametrize("offsets", [[0], [0, 5, 5], [-1, 5], [0, 5, 100], [5, 2]])
def test_offsets_must_fit(offsets):
    with pytest.raises(
        ValueError,
        match="offsets must be whole numbers that rise, from 0 .* the 10 ",
    ):
        LazyImages.from_bytes(np.zeros(10, dtype=np.uint8), offsets, image_size=8)


def test_bytes_that_are_no_image_are_refused():
    with pytest.raises(ValueError, match="data does not begin with an image"):
        LazyImages.from_bytes(np.zeros(10, dtype=np.uint8), [0, 10])


def test_file_that_is_damaged_later_is_named(write_image, damage, tmp_path):
    path = write_image(tmp_path / "a.png", size=(100, 100))
    images = LazyImages.from_files([path])
    damage(path)

    with pytest.raises(ValueError, match=r"a\.png cannot be decoded .*; repair it or take it away"):
        images[[0]]
