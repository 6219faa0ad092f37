"""Marks of unlabelled rows."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from skvaal import AmbiguousInputWarning, EmptyPoolWarning, HerdingQueryStrategy
from skvaal._pool.labels import labeled_mask, read_labels

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
        (pd.DataFrame({"class": [0, -1, 1]}), -1),
        (pd.DataFrame({"a": [0, -1, 1], "b": [-1, -1, 2]}), -1),
        ([[0, -1], [-1, -1], [2, 2]], -1),
        ([[0], None, [1, 2]], None),
        (torch.tensor([0, -1, 1]), -1),
        ([torch.tensor(0), torch.tensor(-1), torch.tensor(1)], -1),
        (np.ma.masked_array([0, -1, 1]), -1),
        (pd.Series(["2020", None, "2021"], dtype="datetime64[s]"), None),
        (["None", None, "dog"], None),
        ([True, -1, False], -1),
        ([b"cat", b"?", b"dog"], b"?"),
    ],
)
def test_labels_may_have_any_mark_and_shape(y, missing_label):
    assert labeled_mask(y, missing_label).tolist() == [True, False, True]


# Nulls that are not the mark ----------------------------------------------------------------------

NULLS = {"None": None, "nan": nan, "NA": pd.NA, "NaT": pd.NaT, "nan of Decimal": Decimal("nan")}


@pytest.mark.parametrize("mark", [-1, "?", 0.0], ids=repr)
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(
    "make",
    [list, tuple, lambda y: np.array(y, dtype=object), lambda y: pd.Series(y, dtype=object)],
    ids=["list", "tuple", "objects", "Series"],
)
def test_a_null_that_is_not_the_mark_is_an_error(null, mark, make):
    y = make(["cat", mark, NULLS[null], "dog", NULLS[null]])
    with pytest.raises(
        ValueError, match=r"y\[2\] is .*, but missing_label=.*or pass missing_label"
    ):
        labeled_mask(y, mark)


@pytest.mark.parametrize(
    "y",
    [
        [0] * 2 + [None] + [-1] * 3,
        np.array([0, -1, nan, -1]),
        [0.0, -1.0, nan],
        pd.Series([0, -1, None], dtype="Int64"),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series(["cat", "-", None], dtype="string"),
        pd.Categorical(["cat", "dog", None]),
        pd.Series(pd.Categorical([0, -1, None])),
        pd.Series(pd.to_datetime(["2020", "2021", None])),
        np.array(["2020", "2021", "NaT"], dtype="M8[D]"),
        pd.Series([0, -1, None], dtype="float64[pyarrow]"),
        pl.Series([0, -1, None]),
        pl.Series(["cat", "dog", None]),
        pd.DataFrame({"class": [0, -1, None]}),
        [[0, 1], [-1, -1], [None, 1]],
        [[0], [1, 2], [1, None, 3]],
    ],
    ids=lambda y: f"{type(y).__module__.split('.')[0]} {type(y).__name__} {len(y)}",
)
def test_every_container_of_nulls(y):
    with pytest.raises(
        ValueError, match=r"y\[2.*missing_label=-1 marks unlabelled rows; put -1 in"
    ):
        labeled_mask(y, -1)


def objects(*values):
    """An array of objects that numpy makes nothing else of."""
    made = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        made[position] = value
    return made


@pytest.mark.parametrize(
    "null",
    [
        np.array(None, dtype=object),
        np.array(np.nan),
        np.ma.masked,
        torch.tensor(nan),
        Decimal("sNaN"),
    ],
    ids=["None", "nan", "masked", "tensor", "sNaN"],
)
def test_nulls_in_objects(null):
    y = objects(0, -1, null)
    with pytest.raises(ValueError, match=r"y\[2\] is .*missing_label=-1 marks unlabelled"):
        labeled_mask(y, -1)
    y[1] = 1
    assert labeled_mask(y, None).tolist() == [True, True, False]


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="from NumPy 2 on")
@pytest.mark.parametrize("null", [None, np.nan, pd.NA], ids=str)
def test_nulls_among_texts_of_variable_width(null):
    y = np.array(["cat", "?", "dog"], dtype=np.dtypes.StringDType(na_object=null))
    assert labeled_mask(y, "?").tolist() == [True, False, True]
    y[2] = null
    with pytest.raises(ValueError, match=r"y\[2\] is (None|nan|<NA>), which is no label"):
        labeled_mask(y, "?")
    y[1] = "cow"
    for mark in (None, np.nan):
        assert labeled_mask(y, mark).tolist() == [True, True, False]


def test_a_strategy_says_so_before_it_learns():
    X = np.random.RandomState(0).randn(60, 4)
    with pytest.raises(ValueError, match=r"y\[10\] is None.*missing_label=-1"):
        HerdingQueryStrategy().fit(X, [0] * 10 + [None] * 20 + [-1] * 30)
    marked = HerdingQueryStrategy(missing_label=None).fit(X, [0] * 10 + [None] * 50)
    assert marked.n_labeled_ == 10


# Marks of another type ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "mark", "way_out"),
    [
        (["0", "-1"], -1, "pass missing_label='-1'"),
        (np.array(["0.0", "-1.0"]), -1, "pass missing_label='-1.0'"),
        ([0, "-1", -1], -1, "missing_label='-1'"),
        ([0, -1], "-1", "missing_label=-1"),
        (np.array([0, -1]), "-1", "missing_label=-1"),
        (np.array(["cat", nan]), nan, "missing_label='nan'"),
        (np.array(["cat", None]).astype(str), None, "missing_label='None'"),
        (np.array([b"cat", b"?"]), "?", "missing_label=b'?'"),
        (np.array([False, True]), "True", "missing_label=True"),
        (["cat", " -1"], -1, "missing_label=' -1'"),
        (["cat", "-1.00"], -1, "missing_label='-1.00'"),
        (["cat", "-1.0"], Decimal(-1), "missing_label='-1.0'"),
        ([0, Decimal(-1)], "-1", "missing_label=Decimal('-1')"),
    ],
)
def test_what_reads_like_a_mark_of_another_type_is_an_error(y, mark, way_out):
    with pytest.raises(ValueError, match=rf"y\[1\] is .*{re.escape(way_out)}"):
        labeled_mask(y, mark)


def test_a_mark_must_be_one_value():
    with pytest.raises(ValueError, match="missing_label must be one value"):
        labeled_mask([0, -1], [-1, -2])


@pytest.mark.parametrize("mark", [np.array(-1), np.int64(-1), torch.tensor(-1)], ids=repr)
def test_a_mark_in_an_array_or_a_tensor(mark):
    assert labeled_mask([0, 1, -1], mark).tolist() == [True, True, False]
    assert labeled_mask(objects(0, np.array(1), np.array(-1)), mark).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("unit", "mark"),
    [
        ("M8[ns]", pd.Timestamp(1900, 1, 1)),
        ("M8[ns]", np.datetime64("1900-01-01")),
        ("M8[s]", datetime.datetime(1900, 1, 1)),
        ("M8[D]", datetime.date(1900, 1, 1)),
        ("m8[ns]", pd.Timedelta(-1, "ns")),
        ("m8[s]", datetime.timedelta(seconds=-1)),
        ("m8[ns]", np.timedelta64(-1, "ns")),
    ],
    ids=repr,
)
def test_moments_and_spans_as_marks(unit, mark):
    values = ["2020-01-01", "1900-01-01"] if unit[0] == "M" else [5, -1]
    y = np.array(values, dtype=unit)
    assert labeled_mask(y, mark).tolist() == [True, False]
    assert labeled_mask(objects(-1, mark), mark).tolist() == [True, False]
    assert labeled_mask(y, -1).all()
    assert labeled_mask(objects(*y), -1).all()


def test_a_mark_of_another_type_marks_nothing():
    assert labeled_mask(["a", "b"], -1).all()
    assert labeled_mask([0, 1], None).all()
    assert labeled_mask([0, 1], "?").all()
    assert labeled_mask([0, 1], np.nan).all()
    assert labeled_mask(["a", 0.5], pd.NA).all()


def test_no_label_at_all():
    assert labeled_mask([], -1).shape == (0,)
    assert labeled_mask(np.empty((0, 3)), -1).shape == (0,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ma.masked_array([0, 1, -1], [False, True, False]), r"y\[1\] is masked.*y.filled"),
        ([0, np.ma.masked], r"y\[1\] is masked"),
        ((label for label in [0, 1]), "of type generator; pass list"),
        ({0, 1}, "of type set; pass list"),
        ({"a": 0}, "of type dict"),
        ("cat", "of type str"),
        (3, "of type int"),
        (np.zeros(2, dtype=[("a", int)]), "of type ndarray.*one column"),
    ],
    ids=["masked", "masked in a list", "generator", "set", "dict", "text", "number", "structured"],
)
def test_what_holds_no_labels(y, message):
    with pytest.raises(ValueError, match=message):
        read_labels(y, -1, 2)


# Doubtful labels ----------------------------------------------------------------------------------


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers of samples: 3 and 2"):
        read_labels([0, -1], -1, 3)


@pytest.mark.parametrize("y", [[1, -1, -1], [1.0, -1.0], np.array([1, -1, 1, 1]), [[1], [-1]]])
def test_a_mark_that_may_be_the_other_class_warns(y):
    with pytest.warns(
        AmbiguousInputWarning, match="1 and -1 alone.*if these are two classes, pass"
    ):
        mask = read_labels(y, -1, len(y))
    assert mask.tolist() == [np.ravel(label)[0] == 1 for label in y]


@pytest.mark.parametrize(
    ("y", "mark"),
    [
        ([0, 1, -1], -1),
        ([0, 0, -1], -1),
        ([2, -1], -1),
        ([1, 2, -1], -1),
        (["1", "?"], "?"),
        ([1, None], None),
        ([1, nan], nan),
        ([[1, 1], [-1, -1]], -1),
    ],
)
def test_ordinary_labels_do_not_warn(y, mark):
    assert read_labels(y, mark, len(y)).tolist() == [True] * (len(y) - 1) + [False]


@pytest.mark.parametrize(("y", "message"), [([0, 1], "no unlabelled"), ([-1, -1], "no labelled")])
def test_an_empty_pool_warns(y, message):
    with pytest.warns(EmptyPoolWarning, match=message):
        read_labels(y, -1, 2)
