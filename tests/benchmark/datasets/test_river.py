import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from skvaal.benchmark.datasets import load_dataset


@pytest.fixture
def made_up_river(monkeypatch):
    """A stand-in, for the package is not in every environment of the tests."""
    rows = [({"b": float(i % 5), "a": i}, "even" if i % 2 == 0 else "odd") for i in range(20)]
    yes_or_no = [({"a": i / 20}, i > 9) for i in range(20)]
    package = ModuleType("river")
    package.datasets = SimpleNamespace(ImageSegments=lambda: rows, Phishing=lambda: yes_or_no)
    monkeypatch.setitem(sys.modules, "river", package)


@pytest.mark.usefixtures("made_up_river")
def test_columns_are_in_the_order_of_their_names_and_scaled():
    data = load_dataset("image_segments")

    assert data.classes == ("even", "odd")
    np.testing.assert_array_equal(np.sort(data.X[:, 0]), np.arange(20, dtype=np.float32) / 19)
    np.testing.assert_array_equal(np.round(19 * data.X[:, 0]) % 2, data.y)
    assert set(np.round(4 * data.X[:, 1])) == {0, 1, 2, 3, 4}


@pytest.mark.usefixtures("made_up_river")
def test_truth_becomes_the_names_of_classes_in_an_order_of_its_own():
    data = load_dataset("phishing")

    assert data.classes == ("honest", "phishing")
    np.testing.assert_array_equal(data.y, data.X[:, 0] > 9 / 19)
    assert (np.diff(data.y) != 0).sum() > 1  # in the file they stand class by class
    assert load_dataset("phishing").checksum() == data.checksum()


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [("image_segments", (2310, 18), [330] * 7), ("phishing", (1250, 9), [702, 548])],
)
def test_tables_of_the_package(name, shape, counts):
    pytest.importorskip("river")
    data = load_dataset(name)

    assert data.X.shape == shape
    assert np.bincount(data.y).tolist() == counts
    assert data.X.dtype == np.float32
    assert (data.X.min(), data.X.max()) == (0, 1)


def test_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "river", None)

    with pytest.raises(ImportError, match=r"data='phishing' .*pip install skvaal\[tabular\]"):
        load_dataset("phishing")
