import io
import os
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from skvaal.benchmark.datasets import DATA_VARIABLE, LazyImages, load_dataset
from tests.damage import flip_bit, flipped, truncated

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

    with pytest.raises(
        ValueError, match=r"caltech101_64\.npz is .*: y has 1 labels, and offsets 3"
    ):
        load_dataset("caltech101_64", data_dir=tmp_path)


@pytest.mark.parametrize(("image_size", "expected"), [(None, 64), (16, 16)])
def test_caltech101_takes_a_size(caltech_folder, image_size, expected):
    caltech = load_dataset("caltech101_64", data_dir=caltech_folder, image_size=image_size)

    assert caltech.X[:2].shape == (2, 3, expected, expected)


@pytest.fixture
def feature_arrays():
    """Six and three samples of four features, two classes."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.uniform(0, 6, (6, 4)).astype(np.float16),
        "y_train": np.array([1, 0, 1, 0, 1, 0]),
        "x_test": rng.uniform(0, 6, (3, 4)).astype(np.float16),
        "y_test": np.array([0, 1, 1]),
        "classes": np.array(["cat", "dog"]),
    }


def test_features_keep_their_proportions(tmp_path, feature_arrays):
    np.savez(tmp_path / "cifar10_features.npz", **feature_arrays)

    features = load_dataset("cifar10_features", data_dir=tmp_path)

    assert (features.name, features.kind) == ("cifar10_features", "rows")
    assert features.X.dtype == features.X_test.dtype == np.float32
    greatest = feature_arrays["x_train"].max().astype(np.float32)
    np.testing.assert_allclose(features.X * greatest, feature_arrays["x_train"], rtol=1e-6)
    np.testing.assert_allclose(features.X_test * greatest, feature_arrays["x_test"], rtol=1e-6)
    assert features.X.max() == 1
    np.testing.assert_array_equal(features.y, feature_arrays["y_train"])
    np.testing.assert_array_equal(features.y_test, feature_arrays["y_test"])
    assert features.classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"x_train": np.ones((6, 2, 2), np.float16)}, r"x_train is float16 of shape \(6, 2, 2\)"),
        ({"x_train": np.ones((6, 4), np.uint8)}, "x_train is uint8"),
        ({"x_train": np.ones((0, 4), np.float16)}, r"x_train is float16 of shape \(0, 4\)"),
        ({"x_train": np.zeros((6, 4), np.float16)}, "x_train must be finite, at least 0"),
        ({"x_test": np.full((3, 4), -1, np.float16)}, "x_test must be finite, at least 0"),
        ({"x_train": np.full((6, 4), np.nan, np.float16)}, "x_train must be finite, at least 0"),
        ({"x_test": np.full((3, 4), np.inf, np.float16)}, "x_test must be finite"),
        ({"x_train": np.full((6, 4), np.inf, np.float16)}, "x_train must be finite"),
        ({"x_test": np.ones((3, 5), np.float16)}, "they must be alike"),
        ({"y_train": np.array([0, 1])}, r"y has shape \(2,\)"),
        ({"y_test": np.array([0, 1, 2])}, "y_test holds 2, which is neither"),
        ({"y_train": np.zeros(6, int)}, "'dog' of cifar10_features has no sample"),
    ],
)
def test_damaged_features_are_named(tmp_path, feature_arrays, damage, message):
    np.savez(tmp_path / "cifar10_features.npz", **feature_arrays | damage)

    with pytest.raises(ValueError, match=rf"cifar10_features\.npz is damaged.*{message}"):
        load_dataset("cifar10_features", data_dir=tmp_path)


def text_arrays(texts, suffix):
    encoded = [text.encode() for text in texts]
    return {
        f"text_bytes{suffix}": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        f"offsets{suffix}": np.cumsum([0] + [len(each) for each in encoded]),
    }


@pytest.fixture
def news_arrays():
    """Four and two texts of two classes, some with letters of two bytes."""
    train = ["Café wins cup.", "Shares fall", "Cup goes to café", "Bank's shares fall"]
    return {
        **text_arrays(train, "_train"),
        **text_arrays(["shares of a bank", "another cup"], "_test"),
        "y_train": np.array([0, 1, 0, 1]),
        "y_test": np.array([1, 0]),
        "classes": np.array(["Sports", "Business"]),
    }


def test_news_become_rows(tmp_path, news_arrays):
    np.savez(tmp_path / "ag_news_small.npz", **news_arrays)

    news = load_dataset("ag_news_small", data_dir=tmp_path)

    assert (news.name, news.kind, news.classes) == ("ag_news_small", "rows", ("Sports", "Business"))
    assert news.X.dtype == news.X_test.dtype == np.float32
    alike = news.X_test @ news.X.T > 0.5  # café, cup; shares, fall
    np.testing.assert_array_equal(alike, news.y_test[:, None] == news.y)
    np.testing.assert_array_equal(news.y, news_arrays["y_train"])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"offsets_train": np.array([0, 5, 4, 10, 12])}, "of the train split, offsets must be"),
        ({"offsets_test": np.array([0, 5, 1000])}, "of the test split, offsets must be"),
        ({"text_bytes_test": np.full(27, 0xE9, np.uint8)}, "of the test split, text 0 is not in"),
        ({"text_bytes_train": np.full(70, 32, np.uint8)}, "no word"),
        ({"y_train": np.array([0, 1])}, r"y has shape \(2,\)"),
        ({"y_test": np.array([0, 5])}, "y_test holds 5, which is neither"),
    ],
)
def test_damaged_news_are_named(tmp_path, news_arrays, damage, message):
    np.savez(tmp_path / "ag_news_small.npz", **news_arrays | damage)

    with pytest.raises(ValueError, match=rf"ag_news_small\.npz is damaged.*{message}"):
        load_dataset("ag_news_small", data_dir=tmp_path)


@pytest.mark.parametrize("name", ["cifar10_features", "ag_news_small"])
def test_array_that_features_or_news_lack_is_named(tmp_path, name):
    np.savez(tmp_path / f"{name}.npz", classes=np.array(["one", "two"]))

    with pytest.raises(ValueError, match=r"lacks .*_train, .*y_test; it must hold"):
        load_dataset(name, data_dir=tmp_path)


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

    with pytest.raises(ValueError, match=r"mine\.npz is refused: it is no \.npz file"):
        load_dataset(path)


def test_file_that_unpacks_to_more_than_the_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, X=np.zeros((1_000, 1_000)), y=np.arange(1_000) % 2)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr("skvaal.benchmark.datasets._npz.memory_gib", lambda: 1e6 / 2**30)

    with pytest.raises(ValueError, match=r"mine\.npz is refused: its arrays take 0\.0 GiB, more"):
        load_dataset(path)


def npy(header):
    text = header.encode("latin1").ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


HEADERS = {
    "more than there is": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 9)}",
    "too many": "{'descr': '<f8', 'fortran_order': False, 'shape': (2147483648, 2147483648)}",
    "nothing many times": "{'descr': '|S0', 'fortran_order': False, 'shape': (1000000000000,)}",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
    "a call": "__import__('os').abort()",
    "a nest": "(" * 100,
    "no header": "",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_lying_header_of_an_array_is_named(tmp_path, kind):
    path = tmp_path / "mine.npz"
    with ZipFile(path, "w") as archive:
        archive.writestr("X.npy", npy(HEADERS[kind]))
        archive.writestr("y.npy", npy("{'descr': '<i8', 'fortran_order': False, 'shape': (0,)}"))

    with pytest.raises(ValueError, match=r"mine\.npz is refused: X cannot be read"):
        load_dataset(path)


def test_encrypted_or_flipped_or_cut_file_is_named(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, X=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    content, expected = path.read_bytes(), load_dataset(path)
    damaged = [*flipped(content, 60), *truncated(content, 20)]
    # of the flag that an entry is encrypted
    damaged.append((0, flip_bit(content, 8 * (content.find(b"PK\x01\x02") + 8))))
    for where, changed in damaged:
        path.write_bytes(changed)
        try:
            read = load_dataset(path)
        except ValueError as error:
            complaint = str(error)
            assert "mine.npz" in complaint
        else:
            np.testing.assert_array_equal(read.X, expected.X, err_msg=str(where))
            np.testing.assert_array_equal(read.y, expected.y, err_msg=str(where))


@pytest.mark.parametrize(
    "y",
    [
        np.array(["2020-01-01"] * 4, dtype="M8[D]"),
        np.arange(4, dtype=complex),
        np.zeros(4, dtype=[("a", "i8"), ("b", "f4")]),
        np.zeros(4, dtype="V3"),
        np.zeros((4, 1)),
        np.float64(3),
    ],
    ids=["dates", "complex", "records", "void", "two dimensions", "a number"],
)
def test_labels_of_any_kind_are_classes_or_named(tmp_path, y):
    path = tmp_path / "mine.npz"
    np.savez(path, X=X, y=y)

    with pytest.raises(ValueError, match=r"mine\.npz: "):
        load_dataset(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
def test_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "mine.npz")

    with pytest.raises(OSError, match=r"mine\.npz is no regular file"):
        load_dataset(tmp_path / "mine.npz")
