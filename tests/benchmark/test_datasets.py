import numpy as np
import pytest

from skvaal.benchmark.datasets import DATA_VARIABLE, load_dataset


def test_digits_are_rows_in_unit_range_without_official_split():
    digits = load_dataset("digits")

    assert digits.kind == "rows"
    assert digits.X.shape == (1797, 64)
    assert (digits.X.min(), digits.X.max()) == (0, 1)
    assert digits.y.shape == (1797,)
    assert set(digits.y) == set(range(len(digits.classes)))
    assert digits.X_test is None
    assert digits.y_test is None


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


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("digit", "digits"), ("fashion-mnist", "fashion_mnist"), ("FashionMNIST", "fashion_mnist")],
)
def test_unknown_name_offers_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"data='{name}'.*did you mean '{nearest}'"):
        load_dataset(name)


def test_name_like_no_other_lists_the_known_ones():
    with pytest.raises(ValueError, match="not known; known are digits, fashion_mnist"):
        load_dataset("zzz")


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

    with pytest.raises(ValueError, match="allow_pickle"):
        load_dataset("fashion_mnist", data_dir=tmp_path)
