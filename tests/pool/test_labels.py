"""Marks of unlabelled rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skvaal._pool.validation import labeled_mask

nan = float("nan")


@pytest.mark.parametrize(
    ("y", "missing_label"),
    [
        ([0, -1, 1], -1),
        ([0.0, nan, 1.0], nan),
        ([0.0, np.nan, 1.0], np.nan),
        (np.array([0, nan, "cat"], dtype=object), nan),
        (["cat", None, "dog"], None),
        (["cat", "?", "dog"], "?"),
        (pd.Series([0, -1, 1]), -1),
        (pd.Series(["cat", None, "dog"]), None),
        (pd.Series(["cat", None, "dog"], dtype="string"), nan),
        (pd.Series([0, None, 1], dtype="Int64"), pd.NA),
        (pl.Series([0, -1, 1]), -1),
        (pl.Series(["cat", None, "dog"]), None),
        (pl.Series([0, None, 1]), nan),
        (["cat", nan, "dog"], nan),
        (np.array([[0, -1], [-1, -1], [2, 2]]), -1),
    ],
)
def test_labels_may_have_any_mark_and_shape(y, missing_label):
    assert labeled_mask(y, missing_label).tolist() == [True, False, True]


def test_nan_in_y_that_is_not_the_mark_is_an_error():
    with pytest.raises(ValueError, match="y contains NaN, but missing_label=-1"):
        labeled_mask(np.array([0.0, np.nan, -1.0]), -1)
    with pytest.raises(ValueError, match="missing_label must be one value"):
        labeled_mask([0, -1], [-1, -2])


def test_a_mark_of_another_type_marks_nothing():
    assert labeled_mask(["a", "b"], -1).all()
    assert labeled_mask([0, 1], None).all()
    assert labeled_mask([0, 1], "?").all()
    assert labeled_mask([0, 1], np.nan).all()


def test_no_label_at_all():
    assert labeled_mask([], -1).shape == (0,)
    assert labeled_mask(np.empty((0, 3)), -1).shape == (0,)
