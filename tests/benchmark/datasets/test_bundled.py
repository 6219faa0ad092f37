import numpy as np
import pytest

from skvaal.benchmark.datasets import load_dataset
from skvaal.benchmark.datasets._bundled import scaled


def test_digits_are_rows_in_unit_range_without_official_split():
    digits = load_dataset("digits")

    assert digits.kind == "rows"
    assert digits.X.shape == (1797, 64)
    assert (digits.X.min(), digits.X.max()) == (0, 1)
    assert digits.y.shape == (1797,)
    assert set(digits.y) == set(range(len(digits.classes)))
    assert digits.X_test is None
    assert digits.y_test is None


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("iris", (150, 4), ("setosa", "versicolor", "virginica")),
        ("wine", (178, 13), ("class_0", "class_1", "class_2")),
        ("breast_cancer", (569, 30), ("malignant", "benign")),
    ],
)
def test_each_feature_spans_the_unit_range(name, shape, classes):
    dataset = load_dataset(name)

    assert (dataset.name, dataset.kind, dataset.classes) == (name, "rows", classes)
    assert dataset.X.shape == shape
    assert dataset.X.dtype == np.float32
    np.testing.assert_array_equal(dataset.X.min(axis=0), 0)
    np.testing.assert_array_equal(dataset.X.max(axis=0), 1)
    assert set(dataset.y) == set(range(len(classes)))


def test_feature_of_one_value_becomes_zero():
    np.testing.assert_array_equal(scaled(np.array([[7, -1], [7, 3], [7, 0]])).T[0], 0)


def test_scale_is_of_each_feature():
    np.testing.assert_array_equal(
        scaled(np.array([[-1, 0], [3, 5], [0, 10]])).T, [[0, 1, 0.25], [0, 0.5, 1]]
    )
