import numpy as np
import pytest

from skvaal.benchmark.datasets import Dataset, LazyImages

X = np.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize(
    ("y", "classes", "expected_y", "expected_classes"),
    [
        (["b", "a", "b", "a"], None, [1, 0, 1, 0], ("a", "b")),
        ([10, 9, 10, 9], None, [1, 0, 1, 0], ("9", "10")),
        ([2.0, 1.0, 1.0, 2.0], None, [1, 0, 0, 1], ("1", "2")),
        ([True, False, True, True], None, [1, 0, 1, 1], ("False", "True")),
        (["b", "a", "b", "a"], ["b", "a"], [0, 1, 0, 1], ("b", "a")),
        ([0, 1, 1, 0], ["b", "a"], [0, 1, 1, 0], ("b", "a")),
        ([7, 5, 5, 7], [7, 5], [0, 1, 1, 0], ("7", "5")),
        (np.array(["b", 1, 1, "b"], dtype=object), None, [1, 0, 0, 1], ("1", "b")),
    ],
)
def test_labels_become_numbers_of_classes(y, classes, expected_y, expected_classes):
    dataset = Dataset.from_arrays(X, y, classes=classes)

    np.testing.assert_array_equal(dataset.y, expected_y)
    assert dataset.y.dtype == np.intp
    assert dataset.classes == expected_classes


def test_samples_are_taken_as_they_are():
    dataset = Dataset.from_arrays(X, [0, 1, 0, 1], name="mine")

    assert dataset.X is X
    assert (dataset.name, dataset.kind) == ("mine", "rows")
    assert dataset.X_test is None
    assert dataset.y_test is None
    assert dataset.superclasses is None


def test_test_split_shares_the_numbers_of_the_classes():
    dataset = Dataset.from_arrays(X, list("abca"), X_test=X[:2], y_test=list("cb"))

    np.testing.assert_array_equal(dataset.y_test, [2, 1])
    np.testing.assert_array_equal(dataset.X_test, X[:2])


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 3, 8, 8), dtype=np.uint8), LazyImages.from_files(["a.png", "b.png"])],
)
def test_four_dimensions_are_images(images):
    dataset = Dataset.from_arrays(images, ["a", "b"])

    assert dataset.kind == "images"
    assert dataset.X is images


def with_value(value):
    damaged = X.copy()
    damaged[2, 1] = value
    return damaged


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": X[:3]}, r"y has shape \(4,\); the 3 samples need one label each"),
        ({"y": [[0], [1], [0], [1]]}, r"y has shape \(4, 1\)"),
        ({"X": X[:, 0]}, r"X has shape \(4,\); it must be \(n, features\)"),
        ({"X": np.zeros((4, 8, 8))}, r"Grey images become so by X\[:, None\]"),
        ({"X": np.zeros((4, 8, 8, 3))}, r"channels last; use X\.transpose\(0, 3, 1, 2\)"),
        ({"X": X.astype(str)}, "X has dtype <U32; encode it as numbers"),
        ({"X": X[:0], "y": []}, "no sample"),
        ({"X": with_value(np.nan)}, "X holds NaN; fill it in"),
        ({"X": with_value(np.inf)}, "X holds infinite numbers; leave"),
        ({"y": [0, 1, np.nan, 1]}, "y holds missing labels"),
        ({"y": ["a", None, "a", "b"]}, "y holds missing labels"),
        ({"y": [0.5, 1.0, 1.0, 0.25]}, "y holds numbers such as 0.5"),
        ({"y": [0.0, 1.0, np.inf, 1.0]}, "y holds numbers such as inf"),
        ({"y": ["a"] * 4}, "has the one class 'a'; there must be at least 2"),
        ({"classes": ["a", "b", "c"]}, "the class 'c' of own data has no sample"),
        ({"classes": ["a", "b", "a"]}, "names a class twice"),
        ({"y": [0, 1, 2, 1], "classes": ["a", "b"]}, "y holds 2, which is neither one of"),
        ({"y": list("abcb"), "classes": ["a", "b"]}, "y holds 'c', which is neither one of"),
        ({"y": [0, 1, -1, 1], "classes": ["a", "b"]}, "y holds -1, which is neither"),
        ({"X_test": X}, "X_test and y_test belong together"),
        ({"y_test": [0]}, "X_test and y_test belong together"),
        ({"X_test": X[:, :1], "y_test": [0, 1, 0, 1]}, "they must be alike"),
        ({"X_test": X.astype(np.uint8), "y_test": [0, 1, 0, 1]}, "they must be alike"),
        ({"X_test": X, "y_test": [0, 1]}, r"y_test has shape \(2,\)"),
        ({"X_test": with_value(np.nan), "y_test": [0, 1, 0, 1]}, "X_test holds NaN"),
        ({"X_test": X, "y_test": [0, 1, 0, 5]}, "the class '5' of own data has no sample"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dataset.from_arrays(**({"X": X, "y": [0, 1, 0, 1]} | arguments))
