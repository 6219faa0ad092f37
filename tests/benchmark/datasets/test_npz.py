import io

import numpy as np
import pytest
from PIL import Image

from skvaal.benchmark.datasets import DATA_VARIABLE, LazyImages, load_dataset

X = np.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize("by_argument", [True, False])
def test_fashion_mnist_keeps_images_and_official_split(
    fashion_folder, fashion_arrays, monkeypatch, by_argument
):
    if by_argument:
        monkeypatch.delenv(DATA_VARIABLE)

    fashion = load_dataset("fashion_mnist", data_dir=fashion_folder if by_argument else None)

    assert fashion.kind == "images"
    assert fashion.X.dtype == np.uint8
    np.testing.assert_array_equal(fashion.X[:, 0], fashion_arrays["x_train"])
    np.testing.assert_array_equal(fashion.X_test[:, 0], fashion_arrays["x_test"])
    np.testing.assert_array_equal(fashion.y, fashion_arrays["y_train"])
    np.testing.assert_array_equal(fashion.y_test, fashion_arrays["y_test"])
    assert fashion.classes == tuple(fashion_arrays["classes"])


@pytest.mark.parametrize("value", [None, ""])
def test_unset_folder_says_what_to_set(monkeypatch, value):
    if value is None:
        monkeypatch.delenv(DATA_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(DATA_VARIABLE, value)

    with pytest.raises(FileNotFoundError, match=f"set the environment variable {DATA_VARIABLE}"):
        load_dataset("fashion_mnist")


def test_missing_file_names_the_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*fashion_mnist\.npz"):
        load_dataset("fashion_mnist", data_dir=tmp_path)


def test_missing_array_is_named(tmp_path, fashion_arrays):
    del fashion_arrays["y_test"]
    np.savez(tmp_path / "fashion_mnist.npz", **fashion_arrays)

    with pytest.raises(ValueError, match="lacks y_test"):
        load_dataset("fashion_mnist", data_dir=tmp_path)


def test_pickles_are_not_loaded(tmp_path, fashion_arrays):
    fashion_arrays["classes"] = np.array([{}], dtype=object)
    np.savez(tmp_path / "fashion_mnist.npz", **fashion_arrays)

    with pytest.raises(ValueError, match="classes cannot be read .*allow_pickle"):
        load_dataset("fashion_mnist", data_dir=tmp_path)


def jpeg_arrays(greys, size, suffix=""):
    """One image of one grey for each value."""
    encoded = []
    for grey in greys:
        file = io.BytesIO()
        Image.new("RGB", (size, size), (grey,) * 3).save(file, "JPEG")
        encoded.append(file.getvalue())
    return {
        f"jpeg_bytes{suffix}": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        f"offsets{suffix}": np.cumsum([0] + [len(each) for each in encoded]),
    }


def test_cifar10_stays_encoded(tmp_path):
    np.savez(
        tmp_path / "cifar10.npz",
        **jpeg_arrays([10, 200, 90], 32, "_train"),
        **jpeg_arrays([40, 50], 32, "_test"),
        y_train=np.array([1, 0, 1], dtype=np.uint8),
        y_test=np.array([0, 1], dtype=np.uint8),
        classes=np.array(["cat", "dog"]),
    )

    cifar = load_dataset("cifar10", data_dir=tmp_path)

    assert isinstance(cifar.X, LazyImages)
    assert cifar.X.shape == (3, 3, 32, 32)
    np.testing.assert_array_equal(cifar.X[:][:, 1, 5, 5], [10, 200, 90])
    np.testing.assert_array_equal(cifar.X_test[:][:, 1, 5, 5], [40, 50])
    np.testing.assert_array_equal(cifar.y, [1, 0, 1])
    np.testing.assert_array_equal(cifar.y_test, [0, 1])
    assert (cifar.name, cifar.classes) == ("cifar10", ("cat", "dog"))


@pytest.fixture
def caltech_folder(tmp_path):
    """The grey of a training image is its class times 100, plus at most 9."""
    y = np.repeat([0, 1], 10)
    split = np.tile([0, 0, 0, 0, 1], 4)
    np.savez(
        tmp_path / "caltech101_64.npz",
        **jpeg_arrays(y * 100 + np.tile(np.arange(10), 2), 64),
        y=y.astype(np.uint8),
        split=split.astype(np.uint8),
        classes=np.array(["ant", "bass"]),
    )
    return tmp_path


def test_caltech101_is_split_and_shuffled(caltech_folder):
    caltech = load_dataset("caltech101_64", data_dir=caltech_folder)

    greys = caltech.X[:][:, 0, 0, 0]
    np.testing.assert_array_equal(greys // 100, caltech.y)
    assert sorted(greys % 100) == sorted(2 * [0, 1, 2, 3, 5, 6, 7, 8])
    assert np.any(np.diff(caltech.y) < 0)
    np.testing.assert_array_equal(caltech.X_test[:][:, 0, 0, 0], [4, 9, 104, 109])
    np.testing.assert_array_equal(caltech.y_test, [0, 0, 1, 1])


def test_order_follows_the_random_state(caltech_folder):
    first, again, other = (
        load_dataset("caltech101_64", data_dir=caltech_folder, random_state=state).X[:]
        for state in (0, 0, 1)
    )

    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_labels_must_fit_the_images(tmp_path):
    arrays = jpeg_arrays([1, 2], 64)
    np.savez(tmp_path / "caltech101_64.npz", **arrays, y=[0], split=[0], classes=["ant"])

    with pytest.raises(ValueError, match=r"caltech101_64\.npz: y has 1 labels, and offsets 3"):
        load_dataset("caltech101_64", data_dir=tmp_path)


@pytest.mark.parametrize(("image_size", "expected"), [(None, 64), (16, 16)])
def test_caltech101_takes_a_size(caltech_folder, image_size, expected):
    caltech = load_dataset("caltech101_64", data_dir=caltech_folder, image_size=image_size)

    assert caltech.X[:2].shape == (2, 3, expected, expected)


def test_own_file(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, X=X, y=[1, 0, 1, 0], X_test=X[:1], y_test=[1], classes=["no", "yes"])

    mine = load_dataset(str(path))

    assert (mine.name, mine.kind, mine.classes) == ("mine", "rows", ("no", "yes"))
    np.testing.assert_array_equal(mine.X, X)
    np.testing.assert_array_equal(mine.y, [1, 0, 1, 0])
    np.testing.assert_array_equal(mine.y_test, [1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X}, "lacks y; it must hold X, y"),
        ({"X": X, "y": np.array([0, 1, {}, 1], dtype=object)}, "y cannot be read .*allow_pickle"),
        ({"X": X, "y": [0, 1]}, r"mine\.npz: y has shape \(2,\)"),
    ],
)
def test_own_file_that_does_not_fit_is_named(tmp_path, arrays, message):
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays)

    with pytest.raises(ValueError, match=message):
        load_dataset(path)


def test_file_that_is_no_archive_is_named(tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(b"not a zip file")

    with pytest.raises(ValueError, match=r"mine\.npz is no \.npz file, or is damaged"):
        load_dataset(path)
