import numpy as np
import pytest

from skvaal.benchmark.datasets import load_dataset
from tests.benchmark.datasets.conftest import noise, write_python2_pickle


def test_cifar10_has_batches_in_order_and_the_official_split(cifar10_folder):
    cifar = load_dataset("cifar10", data_dir=cifar10_folder.parent)

    assert (cifar.name, cifar.kind, cifar.classes) == ("cifar10", "images", ("cat", "dog", "ship"))
    expected = (noise(4) + np.uint8(len("data_batch_1"))).reshape(4, 3, 32, 32)
    np.testing.assert_array_equal(cifar.X, np.tile(expected, (5, 1, 1, 1)))
    np.testing.assert_array_equal(cifar.y, 5 * [0, 1, 2, 0])
    expected = (noise(2) + np.uint8(len("test_batch"))).reshape(2, 3, 32, 32)
    np.testing.assert_array_equal(cifar.X_test, expected)
    np.testing.assert_array_equal(cifar.y_test, [0, 1])
    assert cifar.superclasses is None


def test_cifar10_prefers_the_official_folder(cifar10_folder):
    (cifar10_folder.parent / "cifar10.npz").touch()

    assert len(load_dataset("cifar10", data_dir=cifar10_folder.parent).y) == 20


def test_cifar100_has_superclasses(cifar100_folder, cifar100_arrays):
    cifar = load_dataset("cifar100", data_dir=cifar100_folder.parent)

    assert cifar.classes == ("apple", "bear", "rose", "wolf")
    np.testing.assert_array_equal(cifar.superclasses, [1, 0, 1, 0])
    np.testing.assert_array_equal(cifar.y, cifar100_arrays[b"fine_labels"])
    np.testing.assert_array_equal(cifar.X[2, 0].ravel(), cifar100_arrays[b"data"][2, :1024])
    np.testing.assert_array_equal(cifar.y_test, cifar100_arrays[b"fine_labels"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cifar10", r"neither cifar-10-batches-py nor a file cifar10\.npz"),
        ("cifar100", "no folder .*cifar-100-python"),
    ],
)
def test_missing_folder_is_named(tmp_path, name, message):
    with pytest.raises(FileNotFoundError, match=message):
        load_dataset(name, data_dir=tmp_path)


def test_missing_batch_is_named(cifar10_folder):
    (cifar10_folder / "data_batch_3").unlink()

    with pytest.raises(FileNotFoundError, match="data_batch_3; unpack the archive once more"):
        load_dataset("cifar10", data_dir=cifar10_folder.parent)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({b"data": np.zeros((5, 3072))}, r"data are float64 of shape \(5, 3072\)"),
        ({b"data": np.zeros((5, 10), dtype=np.uint8)}, r"data are uint8 of shape \(5, 10\)"),
        ({b"fine_labels": [0, 1, 2, 3]}, "fine_labels must be 5 whole numbers below 4"),
        ({b"fine_labels": [0, 1, 2, 3, 4]}, "fine_labels must be 5 whole numbers below 4"),
        ({b"coarse_labels": [0, 1, 1, 1, 2]}, "coarse_labels must be 5 whole numbers below 2"),
        ({b"coarse_labels": [1, 0, 1, 0, 0]}, "coarse_labels do not group the fine_labels"),
        ({b"fine_labels": [0, 1, 2, 2, 2]}, "coarse_labels do not group the fine_labels"),
        ({b"data": None}, "data are a NoneType"),
    ],
)
def test_wrong_content_is_named(cifar100_folder, cifar100_arrays, change, message):
    write_python2_pickle(cifar100_folder / "train", cifar100_arrays | change)

    with pytest.raises(ValueError, match=message):
        load_dataset("cifar100", data_dir=cifar100_folder.parent)


def test_missing_key_is_named(cifar100_folder, cifar100_arrays):
    del cifar100_arrays[b"fine_labels"]
    write_python2_pickle(cifar100_folder / "train", cifar100_arrays)

    with pytest.raises(ValueError, match="train is not an official file: it lacks fine_labels"):
        load_dataset("cifar100", data_dir=cifar100_folder.parent)
