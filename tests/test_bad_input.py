"""Bad input ends in an error that names the argument, before any training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal import (
    EmptyPoolWarning,
    HerdingQueryStrategy,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
)

from .pool.stores import Items, Stored

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


def test_empty_pool(fitted):
    with pytest.raises(ValueError, match="X_unlabeled is empty"):
        fitted.query(X_ROWS[:0])
    with pytest.raises(ValueError, match="X_unlabeled is empty"):
        VAALQueryStrategy().fit_pools(X_ROWS, X_ROWS[:0])
    with pytest.raises(ValueError, match="X is empty"):
        VAALQueryStrategy().fit(X_ROWS[:0], Y[:0])


@pytest.mark.parametrize("method", ["query", "score_samples", "transform", "score"])
def test_nan_at_inference(fitted, method):
    X = X_ROWS.copy()
    X[1, 1] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN, first at X\w*\[1, 1\]"):
        getattr(fitted, method)(X)


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
    with pytest.raises(ValueError, match=r"X_unlabeled\[4\] has the score"):
        copy.copy(fitted).set_params(rule="topk").query(X)
    # Distances are measured before scores are read.
    for strategy in (fitted, HerdingQueryStrategy().fit(X_ROWS, Y)):
        with pytest.raises(ValueError, match=r"X_unlabeled\[4\] is too large for distances"):
            strategy.query(X)


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
    strategy = VAALQueryStrategy(max_epochs=1, rule="topk")
    with pytest.warns(EmptyPoolWarning, match=message):
        strategy.fit(X_ROWS, y)
    with pytest.warns(EmptyPoolWarning, match="say nothing|covers the pool"):
        strategy.query(X_ROWS, 2)


@pytest.mark.trains
def test_fit_without_y_trains_the_vae_and_query_warns():
    strategy = VAALQueryStrategy(max_epochs=1, rule="topk").fit(X_ROWS)
    assert strategy.transform(X_ROWS).shape == (30, 32)
    with pytest.warns(EmptyPoolWarning, match="no sample is labelled") as warned:
        strategy.query(X_ROWS)
    assert warned[0].filename == __file__


@pytest.mark.trains
def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    strategy = VAALQueryStrategy(max_epochs=1, random_state=0)
    for fails in (lambda: strategy.fit(np.full((3, 5), np.nan), [0, -1, -1]),
                  lambda: strategy.set_params(beta="x").fit(X_ROWS, Y)):  # fmt: skip
        with pytest.raises(ValueError, match=r"NaN|beta"):
            fails()
        with pytest.raises(NotFittedError):
            strategy.set_params(beta=1.0).query(X_ROWS)
    expected = strategy.fit(X_ROWS, Y).query(X_ROWS, 3)
    with pytest.raises(ValueError, match="NaN"):
        strategy.fit(np.full((3, 5), np.nan), [0, -1, -1])
    np.testing.assert_array_equal(strategy.query(X_ROWS, 3), expected)


# Samples that are not arrays


def test_another_pool_than_fitted_of_datasets_and_stored_arrays(fitted_images):
    X = np.zeros((20, 1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=r"samples of shape \(1, 8, 9\), but"):
        fitted_images.query(Items(np.zeros((5, 1, 8, 9), np.uint8)))
    with pytest.raises(ValueError, match="X holds images of real numbers"):
        fitted_images.score_samples(Stored(X.astype(float)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        VAALQueryStrategy().fit(Items(X), Y[:19])
    with pytest.raises(ValueError, match="n_instances=300"):
        VAALQuery()(None, Items(X), 300, X_labeled=X[:5])


def test_a_pipeline_says_that_it_cannot_read_a_dataset():
    X = np.zeros((20, 1, 8, 8), np.uint8)
    query = VAALQuery(strategy=make_pipeline(FunctionTransformer(), VAALQueryStrategy()))
    with pytest.raises(TypeError, match="X_pool is a Dataset.*Pipeline"):
        query(None, Items(X), 3, X_labeled=X[:5])
