"""Bad input ends in an error that names the argument, before any training."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skvaal import EmptyPoolWarning, VAALNet, VAALQueryStrategy
from skvaal._validation import labeled_mask

X_ROWS = np.random.RandomState(0).rand(30, 4)
Y = np.repeat([0, -1], 15)


@pytest.fixture(autouse=True)
def no_training(request, monkeypatch):
    """Fail if anything is trained, except where a test says that it may."""
    if "trains" in request.keywords or "fitted" in request.fixturenames:
        return

    def fit(*args, **kwargs):
        raise AssertionError("trained before the input was validated")

    monkeypatch.setattr(VAALNet, "partial_fit", fit)


@pytest.fixture(scope="module")
def fitted():
    return VAALQueryStrategy(max_epochs=1, random_state=0).fit(X_ROWS, Y)


@pytest.fixture(scope="module")
def fitted_images():
    X = np.random.RandomState(0).randint(0, 255, (20, 1, 8, 8), dtype=np.uint8)
    return VAALQueryStrategy(max_epochs=1, vae__width=2).fit(X, np.repeat([0, -1], 10))


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
def test_query_size(fitted, n, error, message):
    with pytest.raises(error, match=message):
        fitted.query(X_ROWS, n)


@pytest.mark.parametrize("n", [np.int64(3), 30])
def test_valid_query_size(fitted, n):
    assert len(fitted.query(X_ROWS, n)) == n


def test_empty_pool(fitted):
    with pytest.raises(ValueError, match="X_unlabeled is empty"):
        fitted.query(X_ROWS[:0])
    with pytest.raises(ValueError, match="X_labeled is empty"):
        VAALQueryStrategy().fit_pools(X_ROWS[:0], X_ROWS)


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
        VAALQueryStrategy().fit_pools(labeled, unlabeled)


@pytest.mark.parametrize(
    ("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (1e300, "infinity or a value")]
)
@pytest.mark.parametrize("chunk", [4_000_000, 8])
def test_nan_and_infinity_are_located(value, name, chunk, monkeypatch):
    monkeypatch.setattr("skvaal._validation._CHECK_CHUNK", chunk)
    X = X_ROWS.copy()
    X[17, 2] = value
    with pytest.raises(ValueError, match=rf"Input X contains {name}.*first at X\[17, 2\]"):
        VAALQueryStrategy().fit(X, Y)


@pytest.mark.parametrize("method", ["query", "score_samples", "transform", "score"])
def test_nan_at_inference(fitted, method):
    X = X_ROWS.copy()
    X[1, 1] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN, first at X\w*\[1, 1\]"):
        getattr(fitted, method)(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((9, 28, 28)), r"images need a channel axis: X\[:, None\]"),
        (np.zeros((9, 1, 8, 8, 8)), "5 axes"),
        (np.zeros(9), "Reshape your data"),
        (np.zeros((9, 1, 7, 30)), "7x30 pixels; at least 8x8"),
        (np.zeros((9, 32, 32, 3)), "data_format='channels_last'"),
        (np.zeros((9, 28, 28, 1)), "data_format='channels_last'"),
        (np.array([["a", "b"]] * 9, dtype=object), "X holds strings"),
        (np.array([["a", "b"]] * 9), "X holds strings"),
        (np.array([[1.0, "b"]] * 9, dtype=object), "X holds strings"),
        (np.zeros((9, 2), complex), "Complex data not supported"),
    ],
)
def test_shapes_and_dtypes(X, message):
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy().fit(X, np.repeat([0, -1], [4, 5]))


def test_lengths_of_X_and_y():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        VAALQueryStrategy().fit(X_ROWS, Y[:-1])


@pytest.mark.parametrize("method", ["query", "score_samples", "transform", "score"])
def test_use_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(VAALQueryStrategy(), method)(X_ROWS)
    with pytest.raises(NotFittedError):
        VAALQueryStrategy().inverse_transform(np.zeros((2, 2)))


def test_another_shape_than_fitted(fitted, fitted_images):
    with pytest.raises(ValueError, match="expecting 4 features"):
        fitted.query(X_ROWS[:, :3])
    with pytest.raises(ValueError, match=r"fitted on samples of shape \(4,\)"):
        fitted.query(np.zeros((3, 1, 8, 8)))
    with pytest.raises(ValueError, match=r"fitted on samples of shape \(1, 8, 8\)"):
        fitted_images.query(np.zeros((3, 1, 8, 9), np.uint8))
    with pytest.raises(ValueError, match="fitted on uint8 images"):
        fitted_images.query(np.zeros((3, 1, 8, 8)))


def test_a_sample_too_large_to_be_computed_with_is_named(fitted):
    X = X_ROWS.copy()
    X[4] = 3e38
    with pytest.raises(ValueError, match=r"X\[4\] has the score"):
        fitted.score_samples(X)
    by_score = copy.copy(fitted).set_params(selection="topk")
    with pytest.raises(ValueError, match=r"X_unlabeled\[4\] has the score"):
        by_score.query(X)
    # The default reads no score, but distances.
    with pytest.raises(ValueError, match=r"X_unlabeled\[4\] is too large for distances"):
        fitted.query(X)


def test_integer_rows_may_be_scored_by_a_strategy_fitted_on_floats(fitted):
    assert fitted.score_samples(np.ones((2, 4), int)).shape == (2,)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"beta": -1}, "beta"),
        ({"likelihood": "laplace"}, "likelihood"),
        ({"variance": 0}, "variance"),
        ({"batch_size": 0}, "batch_size"),
        ({"max_epochs": 2.5}, "max_epochs"),
        ({"n_vae_steps": 0}, "n_vae_steps"),
        ({"data_format": "nchw"}, "data_format"),
        ({"device": "gpu"}, "device='gpu'"),
        ({"vae": "conv"}, "vae"),
    ],
)
def test_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy(**params).fit(X_ROWS, Y)


def test_bernoulli_wants_the_unit_interval():
    with pytest.raises(ValueError, match=r"likelihood='bernoulli' needs X in \[0, 1\]"):
        VAALQueryStrategy(likelihood="bernoulli").fit(X_ROWS * 2, Y)


@pytest.mark.trains
@pytest.mark.parametrize(
    ("y", "message"),
    [(np.zeros(30), "no unlabelled samples: missing_label=-1 is not in"),
     (np.full(30, -1), "no labelled samples")],
)  # fmt: skip
def test_empty_pools_warn_and_work(y, message):
    strategy = VAALQueryStrategy(max_epochs=1, selection="topk")
    with pytest.warns(EmptyPoolWarning, match=message):
        strategy.fit(X_ROWS, y)
    with pytest.warns(EmptyPoolWarning, match="says nothing"):
        strategy.query(X_ROWS, 2)


@pytest.mark.trains
def test_fit_without_y_trains_the_vae_and_query_warns():
    strategy = VAALQueryStrategy(max_epochs=1, selection="topk").fit(X_ROWS)
    assert strategy.transform(X_ROWS).shape == (30, 16)
    with pytest.warns(EmptyPoolWarning, match="0 labelled and 30 unlabelled"):
        strategy.query(X_ROWS)


@pytest.mark.trains
def test_a_fit_that_fails_leaves_the_estimator_unfitted():
    strategy = VAALQueryStrategy(max_epochs=1).fit(X_ROWS, Y)
    with pytest.raises(ValueError, match="NaN"):
        strategy.fit(np.full((3, 5), np.nan), [0, -1, -1])
    with pytest.raises(NotFittedError):
        strategy.query(X_ROWS)


@pytest.mark.trains
@pytest.mark.parametrize(
    "X",
    [
        X_ROWS.tolist(),
        pd.DataFrame(X_ROWS, columns=list("abcd")),
        torch.from_numpy(X_ROWS),
        X_ROWS.astype(np.float16),
        (X_ROWS * 100).astype(np.uint8),
        X_ROWS > 0.5,
        X_ROWS.astype(object),
        np.asfortranarray(X_ROWS),
    ],
    ids=["list", "DataFrame", "tensor", "float16", "uint8", "bool", "object", "fortran"],
)
def test_kinds_of_rows(X):
    strategy = VAALQueryStrategy(max_epochs=1).fit(X, Y)
    assert strategy.query(X, 3).shape == (3,)


def test_labels_may_have_any_mark_and_shape():
    nan = float("nan")
    marked = [
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
        (["cat", nan, "dog"], nan),
        (np.array([[0, -1], [-1, -1], [2, 2]]), -1),
    ]
    for y, missing_label in marked:
        assert labeled_mask(y, missing_label).tolist() == [True, False, True], (y, missing_label)


def test_nan_in_y_that_is_not_the_mark_is_an_error():
    with pytest.raises(ValueError, match="y contains NaN, but missing_label=-1"):
        labeled_mask(np.array([0.0, np.nan, -1.0]), -1)
    with pytest.raises(ValueError, match="missing_label must be one value"):
        labeled_mask([0, -1], [-1, -2])


def test_frames_with_other_columns_are_an_error():
    frame = pd.DataFrame(X_ROWS, columns=list("abcd"))
    with pytest.raises(ValueError, match="same columns in the same order"):
        VAALQueryStrategy().fit_pools(frame, frame.iloc[:, ::-1])


def test_dates_are_no_numbers():
    with pytest.raises(ValueError, match="X holds dates or times"):
        VAALQueryStrategy().fit(np.full((3, 2), "2020-01-01", dtype="datetime64[D]"), [0, -1, -1])


def test_a_mark_of_another_type_marks_nothing():
    assert labeled_mask(["a", "b"], -1).all()
    assert labeled_mask([0, 1], None).all()
    assert labeled_mask([0, 1], "?").all()
    assert labeled_mask([0, 1], np.nan).all()
