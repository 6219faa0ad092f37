"""Small data sets in the forms of the real ones."""

import pickle
import struct

import numpy as np
import pytest


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its str, as in CIFAR's official files."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, obj):
        self.write(pickle.BINSTRING + struct.pack("<i", len(obj)) + obj)
        self.memoize(obj)

    dispatch[bytes] = save_bytes


def write_python2_pickle(path, content):
    with open(path, "wb") as file:
        Python2Pickler(file, protocol=2).dump(content)
    # NumPy's module of those days.
    path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))


def noise(n):
    return np.random.default_rng(n).integers(0, 256, (n, 3072), dtype=np.uint8)


@pytest.fixture
def cifar10_folder(tmp_path):
    """Five batches of four samples, a test batch of two, three classes."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    sizes = {f"data_batch_{i}": 4 for i in range(1, 6)} | {"test_batch": 2}
    for name, n in sizes.items():
        content = {
            b"batch_label": name.encode(),
            b"labels": [i % 3 for i in range(n)],
            b"data": noise(n) + np.uint8(len(name)),
            b"filenames": [b"a.png"] * n,
        }
        write_python2_pickle(folder / name, content)
    meta = {b"num_cases_per_batch": 4, b"label_names": [b"cat", b"dog", b"ship"], b"num_vis": 3072}
    write_python2_pickle(folder / "batches.meta", meta)
    return folder


@pytest.fixture
def cifar100_arrays():
    return {
        b"fine_labels": [0, 1, 2, 3, 2],
        b"coarse_labels": [1, 0, 1, 0, 1],
        b"data": noise(5),
    }


@pytest.fixture
def cifar100_folder(tmp_path, cifar100_arrays):
    """Four classes in two superclasses."""
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name in ("train", "test"):
        write_python2_pickle(folder / name, cifar100_arrays)
    meta = {
        b"fine_label_names": [b"apple", b"bear", b"rose", b"wolf"],
        b"coarse_label_names": [b"animals", b"plants"],
    }
    write_python2_pickle(folder / "meta", meta)
    return folder


@pytest.fixture
def image_tree(tmp_path, write_image):
    """Three reddish cats and two bluish dogs: the last digit of a file is in its green."""
    folder = tmp_path / "pets"
    for i in range(3):
        write_image(folder / "cat" / f"c{i}.png", (255, i, 0))
    for i in range(2):
        write_image(folder / "dog" / f"d{i}.png", (0, i, 255))
    return folder
