"""Overlap of predicted and true classes of pixels."""

import numpy as np
import pytest

from skvaal.benchmark.statistics import intersection_over_union, pixel_confusion


def test_overlap_by_hand():
    true = [[0, 0, 1], [1, 2, 11]]
    predicted = [[0, 1, 1], [1, 0, 2]]  # the last is of no class: it does not count
    confusion = pixel_confusion(true, predicted, n_classes=3, ignore_index=11)

    np.testing.assert_array_equal(confusion, [[1, 1, 0], [0, 2, 0], [1, 0, 0]])
    np.testing.assert_allclose(intersection_over_union(confusion), [1 / 3, 2 / 3, 0])


def test_counts_add_up():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 4, (2, 6, 5, 5), dtype=np.uint8)
    parts = [
        pixel_confusion(t, p, n_classes=4, ignore_index=255)
        for t, p in zip(true, predicted, strict=True)
    ]
    whole = pixel_confusion(true, predicted, n_classes=4, ignore_index=255)
    np.testing.assert_array_equal(sum(parts), whole)


def test_a_class_that_is_nowhere_has_no_overlap():
    confusion = pixel_confusion([0, 0], [0, 0], n_classes=2, ignore_index=255)
    np.testing.assert_array_equal(intersection_over_union(confusion), [1, np.nan])


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([0, 1], [0], "y_true has shape"),
        ([0, 3], [0, 0], "y_true holds classes from 0 to 3, but n_classes=2"),
        ([0, 1], [0, 2], "y_pred holds classes from 0 to 2"),
        ([0, 1], [0, -1], "y_pred holds classes from -1 to 0"),
    ],
)
def test_what_cannot_be_compared(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        pixel_confusion(true, predicted, n_classes=2, ignore_index=255)
