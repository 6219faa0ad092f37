"""Bad input ends in an error that names the argument, the value and the way out."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import AmbiguousInputWarning, HerdingQuery, HerdingQueryStrategy
from skvaal._pool.source import Source
from skvaal._pool.validation import (
    check_like_fitted,
    check_n,
    check_same_columns,
    check_same_kind,
    check_samples,
    check_transformable,
    check_unit_interval,
    kind_of,
)

from .stores import Items, Stored

X_ROWS = np.random.RandomState(0).rand(30, 4)


def check(X, **options):
    return check_samples(X, **{"name": "X_pool", "estimator_name": "VAALQueryStrategy", **options})


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (0, ValueError, "n=0, but it must be from 1 to the number of samples in the pool, 30"),
        (-3, ValueError, "n=-3"),
        (31, ValueError, "n=31"),
        (2.0, TypeError, "n must be an integer, got 2.0 of type float"),
        (True, TypeError, "n must be an integer, got True of type bool"),
        ("3", TypeError, "n must be an integer"),
        (None, TypeError, "n must be an integer"),
    ],
)
def test_number_of_samples(n, error, message):
    with pytest.raises(error, match=message):
        check_n(n, 30)


@pytest.mark.parametrize("n", [1, np.int64(3), 30])
def test_valid_number_of_samples(n):
    assert check_n(n, 30) == n
    assert type(check_n(n, 30)) is int
    with pytest.raises(ValueError, match="n_instances=31"):
        check_n(31, 30, "n_instances")


@pytest.mark.parametrize(
    "X",
    [
        X_ROWS.tolist(),
        pd.DataFrame(X_ROWS, columns=list("abcd")),
        pl.DataFrame(X_ROWS, schema=list("abcd")),
        torch.from_numpy(X_ROWS),
        X_ROWS.astype(np.float16),
        (X_ROWS * 100).astype(np.uint8),
        X_ROWS > 0.5,
        X_ROWS.astype(object),
        np.asfortranarray(X_ROWS),
        csr_matrix(X_ROWS),
        Stored(X_ROWS),
        Items(X_ROWS),
    ],
    ids=lambda X: type(X).__name__,
)
def test_kinds_of_rows(X):
    checked = check(X)
    assert checked.shape == (30, 4)
    assert kind_of(checked) == "feature rows"
    expected = np.asarray(X, dtype=float) if isinstance(X, np.ndarray) else X_ROWS
    np.testing.assert_allclose(checked[0:30].astype(float), expected)


def test_a_numeric_array_is_not_copied_and_a_tensor_with_a_gradient_is_read():
    assert np.shares_memory(check(X_ROWS), X_ROWS)
    np.testing.assert_array_equal(check(torch.ones(3, 2, requires_grad=True)), np.ones((3, 2)))
    assert check(torch.ones(3, 2).bfloat16()).dtype == np.float32


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (np.zeros((3, 1, 8, 8), np.uint8), "uint8 images"),
        (np.zeros((3, 1, 8, 8)), "images of real numbers"),
        (np.zeros((3, 64), np.uint8), "feature rows"),
    ],
)
def test_kinds(X, kind):
    assert kind_of(check(X)) == kind


def test_images_with_channels_last_are_turned():
    X = np.random.RandomState(0).rand(3, 9, 8, 2)
    turned = check(X, data_format="channels_last")
    np.testing.assert_array_equal(turned, np.moveaxis(X, -1, 1))


# Empty pools -------------------------------------------------------------------------------------

EMPTY = [
    X_ROWS[:0],
    np.zeros((0, 1, 8, 8), np.uint8),
    pd.DataFrame(X_ROWS[:0]),
    pl.DataFrame(X_ROWS[:0]),
    torch.zeros(0, 4),
    csr_matrix((0, 4)),
    Stored(X_ROWS[:0]),
]


@pytest.mark.parametrize("X", EMPTY, ids=lambda X: type(X).__name__)
def test_an_empty_pool_is_an_error_unless_it_is_allowed(X):
    with pytest.raises(ValueError, match=r"X_pool is empty: found 0 sample\(s\)"):
        check(X)
    checked = check(X, allow_empty=True)
    assert len(checked) == 0
    assert checked.shape[1:] == tuple(X.shape[1:])


# Shapes and dtypes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((9, 28, 28)), r"images need a channel axis: X_pool\[:, None\]"),
        (np.zeros((9, 1, 8, 8, 8)), "5 axes"),
        (np.zeros(9), "Reshape your data"),
        (np.zeros((9, 1, 7, 30)), "7x30 pixels; at least 8x8"),
        (np.zeros((9, 32, 32, 3)), "data_format='channels_last'"),
        (np.zeros((9, 28, 28, 1)), "data_format='channels_last'"),
        (np.zeros((9, 2), complex), "Complex data not supported"),
        (np.full((3, 2), "2020-01-01", dtype="datetime64[D]"), "X_pool holds dates or times"),
        (Items(np.zeros((3, 8, 8))), r"samples should have the shape \(1, 8, 8\)"),
        (Items(np.zeros((3, 1, 4, 4))), "4x4 pixels"),
        (Items(np.zeros((3, 9, 9, 3))), "data_format='channels_last'"),
        (Items(np.zeros((3, 0))), r"samples of shape \(0,\)"),
        (Items(np.zeros(3), {0: torch.zeros(())}), "has one axis"),
        (Items(np.eye(3)[:0]), "X_pool is empty"),
        (Stored(np.zeros((3, 2), complex)), "dtype complex128; it must hold"),
        (Stored(np.full((3, 2), "a")), "dtype <U1; it must hold"),
        (Stored(np.zeros((0, 2))), "X_pool is empty"),
        (Stored(np.zeros(3)), "has one axis"),
    ],
)
def test_shapes_and_dtypes(X, message):
    with pytest.raises(ValueError, match=message):
        check(X)


@pytest.mark.parametrize(
    "X",
    [
        np.array([["a", "b"]] * 9, dtype=object),
        np.array([["a", "b"]] * 9),
        np.array([[1.0, "b"]] * 9, dtype=object),
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
        pd.DataFrame({"a": [1.0, 2.0], "b": pd.Categorical(["x", "y"])}),
        pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
    ],
)
def test_strings_name_the_encoders_and_the_pipeline(X):
    with pytest.raises(ValueError, match="X_pool holds strings.*; .*OneHotEncoder") as error:
        check(X)
    assert "make_pipeline(ColumnTransformer(...), VAALQueryStrategy())" in str(error.value)
    with pytest.raises(ValueError, match=r"\), HerdingQueryStrategy\(\)\)"):
        check(X, estimator_name="HerdingQueryStrategy")


@pytest.mark.parametrize(
    "make", [list, np.array, pd.Series, pl.Series, lambda X: np.array(X, dtype=object)]
)
def test_texts_name_the_pipeline_that_reads_them(make):
    with pytest.raises(ValueError, match=r"X_pool holds texts; .*TfidfVectorizer\(\), VAALQuery"):
        check(make(["a text", "another"]))


def test_frames_of_polars():
    with pytest.raises(TypeError, match=r"X_pool is a LazyFrame; pass X_pool.collect\(\)"):
        check(pl.DataFrame(X_ROWS).lazy())
    with pytest.raises(ValueError, match=r"NaN, first at X_pool\[1, 0\]"):
        check(pl.DataFrame({"a": [1, None, 3], "b": [1.0, 2.0, 3.0]}))
    assert check(pl.DataFrame({"a": [1, 2], "b": [True, False]})).tolist() == [[1, 1], [2, 0]]


@pytest.mark.parametrize(
    ("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (1e300, "infinity or a value")]
)
@pytest.mark.parametrize("chunk", [4_000_000, 8])
def test_nan_and_infinity_are_located(value, name, chunk, monkeypatch):
    monkeypatch.setattr("skvaal._pool.validation._CHECK_CHUNK", chunk)
    X = X_ROWS.copy()
    X[17, 2] = value
    with pytest.raises(ValueError, match=rf"Input X_pool contains {name}.*at X_pool\[17, 2\]"):
        check(X)


def test_progress_bar(capsys):
    check(X_ROWS, verbose=True)
    assert "checking X_pool" in capsys.readouterr().err


@pytest.mark.parametrize("chunk", [4_000_000, 8])
def test_the_unit_interval(chunk, monkeypatch):
    monkeypatch.setattr("skvaal._pool.validation._CHECK_CHUNK", chunk)
    check_unit_interval(X_ROWS, "X")
    check_unit_interval(np.full((3, 1, 8, 8), 255, np.uint8), "X")
    X = X_ROWS.copy()
    X[17, 2] = -0.5
    with pytest.raises(ValueError, match=r"likelihood='bernoulli' needs X in \[0, 1\].*X\[17\]"):
        check_unit_interval(X, "X")


# Two pools, or a fitted one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labeled", "unlabeled", "message"),
    [
        (np.zeros((5, 3)), np.zeros((5, 4)), r"shape \(3,\), X_unlabeled of shape \(4,\)"),
        (np.zeros((5, 1, 8, 8)), np.zeros((5, 1, 8, 9)), "the pools must agree"),
        (np.zeros((5, 64)), np.zeros((5, 1, 8, 8)), "the pools must agree"),
        (np.zeros((5, 4), int), np.zeros((5, 4)), "dtype int64, X_unlabeled of float64"),
        (np.zeros((5, 1, 8, 8), np.uint8), np.zeros((5, 1, 8, 8), int), "dtype uint8"),
    ],
)
def test_pools_that_differ(labeled, unlabeled, message):
    with pytest.raises(ValueError, match=message):
        check_same_kind(labeled, unlabeled)


def test_pools_that_agree():
    check_same_kind(np.zeros((5, 4), np.float32), np.zeros((3, 4)))
    check_same_kind(np.zeros((5, 4)), check(csr_matrix((3, 4))))


@pytest.mark.parametrize("Frame", [pd.DataFrame, pl.DataFrame])
def test_frames_with_other_columns_are_an_error(Frame):
    frame = Frame({"a": [1], "b": [2]})
    check_same_columns(frame, frame)
    check_same_columns(frame, X_ROWS)
    with pytest.raises(ValueError, match="same columns in the same order"):
        check_same_columns(frame, frame[["b", "a"]])


@pytest.mark.parametrize(
    ("X", "shape", "kind", "message"),
    [
        (
            np.zeros((3, 1, 8, 8)),
            (4,),
            "feature rows",
            r"VAALQ.* samples of shape \(4,\)",
        ),
        (np.zeros((3, 1, 8, 9)), (1, 8, 8), "uint8 images", r"X has samples of shape \(1, 8, 9\)"),
        (np.zeros((3, 64)), (1, 8, 8), "uint8 images", r"X has samples of shape \(64,\)"),
        (np.zeros((3, 1, 8, 8)), (1, 8, 8), "uint8 images", "VAALQ.* was fitted on uint8 images"),
    ],
)
def test_another_shape_or_kind_than_fitted(X, shape, kind, message):
    with pytest.raises(ValueError, match=message):
        check_like_fitted(
            X, input_shape=shape, image_kind=kind, name="X", estimator_name="VAALQueryStrategy"
        )


def test_the_number_of_features_is_left_to_scikit_learn():
    fitted = {"input_shape": (4,), "image_kind": "feature rows"}
    for n_features in (3, 4):
        check_like_fitted(np.zeros((3, n_features)), **fitted, name="X", estimator_name="E")


def test_a_dataset_cannot_pass_a_pipeline():
    check_transformable(X_ROWS, "X")
    with pytest.raises(TypeError, match="X_pool is a Dataset.*Pipeline"):
        check_transformable(Items(X_ROWS), "X_pool")


def test_a_source_is_not_read():
    dataset = Items(np.eye(9))
    assert isinstance(check(dataset), Source)
    assert dataset.n_read == 1


# A frame beside an array

FRAME = pd.DataFrame(X_ROWS, columns=list("abcd"))


@pytest.mark.parametrize("is_labeled", [True, False])
@pytest.mark.parametrize("through", ["fit_pools", "HerdingQuery", "Pipeline"])
def test_names_in_one_pool_only(is_labeled, through):
    X, X_pool = (FRAME[:10], X_ROWS[10:]) if is_labeled else (X_ROWS[:10], FRAME[10:])
    strategy = make_pipeline(StandardScaler(), HerdingQueryStrategy())
    query = HerdingQuery(strategy=strategy) if through == "Pipeline" else HerdingQuery()
    other = "X_unlabeled" if is_labeled else "X_labeled"
    call = partial(query, SimpleNamespace(X_training=X), X_pool, 3)
    if through == "fit_pools":
        call = partial(HerdingQueryStrategy().fit_pools, X, X_pool)
    with pytest.warns(AmbiguousInputWarning, match=f"{other} does not have valid feature") as w:
        call()
    assert len(w) == 1


@pytest.mark.parametrize(
    ("X", "X_pool"),
    [
        (None, FRAME),
        (X_ROWS[:0], FRAME),
        (FRAME[:10], FRAME[10:]),
        (pd.DataFrame(X_ROWS[:10]), X_ROWS[10:]),  # numbers are no names
    ],
    ids=["none", "no rows", "both", "numbered"],
)
def test_pools_without_a_doubt(X, X_pool):
    HerdingQueryStrategy().fit_pools(X, X_pool)


@pytest.mark.parametrize("make", [np.asarray, csr_matrix])
def test_a_query_with_other_columns_names_the_pool(make):
    strategy = HerdingQueryStrategy().fit(make(X_ROWS))
    with pytest.raises(ValueError, match="X_unlabeled must have the columns that HerdingQuery.*4"):
        strategy.query(make(X_ROWS[:, :2]), 3)


def test_a_query_with_other_names_names_the_pool():
    strategy = HerdingQueryStrategy().fit(FRAME)
    with pytest.raises(ValueError, match="X_unlabeled must have the columns .*feature names"):
        strategy.query(FRAME[list("abc")], 3)
