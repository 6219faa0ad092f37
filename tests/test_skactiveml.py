"""VAALSampling and HerdingSampling with the real scikit-activeml."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch.utils.data import TensorDataset

from skvaal import (
    EmptyPoolWarning,
    HerdingQueryStrategy,
    MissingProbabilitiesWarning,
    VAALQueryStrategy,
)

from .conftest import QUICK, SMALL

pytest.importorskip("skactiveml")
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import SubSamplingWrapper
from skactiveml.utils import MISSING_LABEL

from skvaal import skactiveml
from skvaal.skactiveml import HerdingSampling, VAALSampling

# Of float32: in batches of another size, sums are rounded otherwise. That of a small score is
# rounded as the terms are, which are as large as those of any other score.
ROUNDING = {"rtol": 1e-6, "atol": 1e-6}


@pytest.fixture
def pool(digits):
    X, y = digits
    return X, np.where(y == -1, np.nan, y)


@pytest.fixture
def sampling():
    return VAALSampling(VAALQueryStrategy(**QUICK), random_state=0)


def expected(X, y):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(X[:40], X[40:])
    return -strategy.score_samples(X)


def test_candidates_none_are_the_unlabelled_rows(sampling, pool):
    X, y = pool
    indices, utilities = sampling.query(X, y, batch_size=4, return_utilities=True)
    assert utilities.shape == (4, 240)
    assert np.isnan(utilities[:, :40]).all()
    np.testing.assert_allclose(utilities[0, 40:], expected(X, y)[40:], **ROUNDING)
    np.testing.assert_array_equal(indices, 40 + np.argsort(-utilities[0, 40:])[:4])
    # Chosen samples are no candidates of the next row.
    for row in range(4):
        assert np.isnan(utilities[row, indices[:row]]).all()


def test_candidates_as_rows(sampling, pool):
    X, y = pool
    candidates = np.array([50, 60, 70, 200])
    indices, utilities = sampling.query(X, y, candidates, batch_size=2, return_utilities=True)
    assert set(indices) <= set(candidates)
    assert np.flatnonzero(~np.isnan(utilities[0])).tolist() == candidates.tolist()


def test_candidates_as_samples(sampling, pool):
    X, y = pool
    indices, utilities = sampling.query(X, y, X[100:110], batch_size=3, return_utilities=True)
    assert utilities.shape == (3, 10)
    assert indices.max() < 10
    np.testing.assert_allclose(utilities[0], expected(X, y)[100:110], **ROUNDING)


def test_candidates_in_a_dataset_are_samples(pool):
    X, y = pool
    given = X[100:110], TensorDataset(torch.from_numpy(X[100:110]))
    expected, indices = (
        HerdingSampling(random_state=0).query(X, y, each, batch_size=3) for each in given
    )
    np.testing.assert_array_equal(indices, expected)


def test_candidates_as_samples_where_all_of_X_is_labelled(sampling, pool):
    X, y = pool
    indices = sampling.query(X[:40], y[:40], X[100:150], batch_size=3)
    assert len(set(indices.tolist())) == 3
    assert sampling.strategy_.n_unlabeled_ == 50


@pytest.mark.parametrize(
    ("missing_label", "labels"),
    [(MISSING_LABEL, float), (-1, int), (None, object), ("?", "<U5")],
)
def test_any_missing_label(pool, missing_label, labels):
    X, y = pool
    marked = np.array([missing_label if np.isnan(v) else labels_of(v, labels) for v in y], labels)
    sampling = VAALSampling(VAALQueryStrategy(**QUICK), missing_label, random_state=0)
    assert sampling.query(X, marked).shape == (1,)
    assert sampling.strategy_.n_labeled_ == 40


def labels_of(value, dtype):
    return int(value) if dtype in (int, float) else f"c{int(value)}"


@pytest.mark.parametrize("make", [VAALSampling, HerdingSampling])
@pytest.mark.parametrize(
    ("y", "way_out"),
    [
        (np.repeat([1, -1], [40, 200]), "pass missing_label=-1"),
        (np.repeat([1.0, 2.0], 120), "pass the missing_label of y, or candidates="),
    ],
    ids=["other mark", "no mark"],
)
def test_no_unlabelled_row_is_told_before_any_work(digits, make, y, way_out):
    with pytest.raises(ValueError, match=f"no row of y is missing_label=nan, .*{way_out}"):
        make().query(digits[0], y, batch_size=3)


@pytest.mark.parametrize("make", [VAALSampling, HerdingSampling])
def test_no_labelled_row_is_a_batch_by_coverage_with_a_warning(pool, make):
    X = np.repeat(np.eye(5), 20, axis=0) + np.random.RandomState(0).rand(100, 5) / 10
    sampling = make_sampling(make, **{"max_epochs": 40} if make is VAALSampling else {})
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool"):
        indices, utilities = sampling.query(
            X, np.full(100, np.nan), batch_size=5, return_utilities=True
        )
    assert len({row // 20 for row in indices.tolist()}) == 5  # each of five groups
    np.testing.assert_array_equal(np.nanargmax(utilities, axis=1), indices)


def test_the_classifier_is_asked_with_the_seed_of_the_strategy(labeled_pool, monkeypatch):
    seeds, ask = [], skactiveml.ask_learner

    def note(*args, seed_source, **params):
        seeds.append(seed_source)
        return ask(*args, seed_source=seed_source, **params)

    monkeypatch.setattr(skactiveml, "ask_learner", note)
    HerdingSampling(HerdingQueryStrategy(random_state=7)).query(*labeled_pool, clf=GaussianNB())
    assert seeds == [7]


def test_the_placeholder_of_the_samples_is_no_number_of_features(labeled_pool):
    sampling = make_sampling(HerdingSampling)
    sampling.query(*labeled_pool)
    assert not hasattr(sampling, "n_features_in_")
    sampling.query(*labeled_pool, clf=GaussianNB())  # and again


def test_images(images):
    X, y = images
    sampling = VAALSampling(VAALQueryStrategy(**QUICK, vae__width=2), missing_label=-1)
    assert sampling.query(X, y, batch_size=2).min() >= 40


def test_pipeline(pool):
    X, y = pool
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK))
    sampling = VAALSampling(pipeline)
    _, utilities = sampling.query(X, y, return_utilities=True)
    np.testing.assert_allclose(
        utilities[0, 40:], -sampling.strategy_.score_samples(X[40:]), rtol=1e-5
    )
    assert not hasattr(pipeline[-1], "net_")


def test_in_scikit_activemls_wrapper(pool):
    X, y = pool
    wrapped = SubSamplingWrapper(
        VAALSampling(VAALQueryStrategy(**QUICK)), max_candidates=30, random_state=0
    )
    indices, utilities = wrapped.query(X, y, batch_size=3, return_utilities=True)
    assert np.isfinite(utilities[0]).sum() == 30
    assert indices.min() >= 40


def test_same_seed_same_choice(pool):
    X, y = pool
    params = {k: v for k, v in QUICK.items() if k != "random_state"}

    def choose(seed):
        sampling = VAALSampling(VAALQueryStrategy(**params), random_state=seed)
        return sampling.query(X, y, batch_size=10).tolist()

    assert choose(0) == choose(0)
    assert choose(0) != choose(1)


def test_parameters():
    sampling = VAALSampling(VAALQueryStrategy(beta=3))
    assert sampling.get_params()["strategy__beta"] == 3
    assert (
        clone(sampling)
        .set_params(strategy__vae__latent_dim=4)
        .strategy.get_params()["vae__latent_dim"]
        == 4
    )
    with pytest.raises(TypeError, match="Pipeline that ends in one"):
        VAALSampling(StandardScaler()).query(np.eye(3), [0, np.nan, np.nan])


@pytest.mark.parametrize("rule", ["k_center", "greedy", "herding"])
@pytest.mark.parametrize("as_samples", [True, False])
@pytest.mark.slow
def test_the_rule_of_the_strategy_makes_the_batch(digits, quick, rule, as_samples):
    X, labels = digits
    y = np.where(labels == -1, np.nan, labels)
    candidates = X[100:] if as_samples else np.arange(100, len(X))
    sampling = VAALSampling(VAALQueryStrategy(**{**quick, "rule": rule}), random_state=0)
    indices, utilities = sampling.query(X, y, candidates, batch_size=4, return_utilities=True)
    rows = indices if as_samples else indices - 100
    np.testing.assert_array_equal(rows, sampling.strategy_.query(X[100:], 4))
    np.testing.assert_array_equal(indices, sampling.query(X, y, candidates, batch_size=4))
    for step, (row, now) in enumerate(zip(indices, utilities, strict=True)):
        assert np.isfinite(now[row])
        assert np.isnan(now[indices[:step]]).all()


@pytest.mark.parametrize(
    "params",
    [
        {"uncertainty": "margin", "rule": "greedy"},
        {"net": "pseudo_label"},
        {"net": "relabeled"},
    ],
)
def test_without_a_classifier_there_is_none_to_ask(digits, quick, monkeypatch, params):
    X, labels = digits
    monkeypatch.setattr(VAALQueryStrategy, "fit_pools", lambda *a, **k: pytest.fail("trained"))
    sampling = VAALSampling(VAALQueryStrategy(**{**quick, **params}))
    with pytest.raises(
        ValueError, match="VAALSampling has no classifier: pass clf=.* uncertainty=None"
    ):
        sampling.query(X, np.where(labels == -1, np.nan, labels))


# A classifier


TARGETS = load_digits().target[:240]


def make_sampling(make, **params):
    if make is HerdingSampling:
        return make(HerdingQueryStrategy(random_state=0, **params))
    return make(VAALQueryStrategy(**{**SMALL, **params}))


@pytest.fixture
def labeled_pool(digits):
    X, y = digits
    return X, np.where(y == -1, np.nan, TARGETS)


CLASSIFIERS = {
    "of scikit-activeml": SklearnClassifier(GaussianNB(), classes=np.arange(10)),
    "of scikit-learn": GaussianNB(),
    "a Pipeline": make_pipeline(StandardScaler(), GaussianNB()),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("make", [VAALSampling, HerdingSampling])
@pytest.mark.parametrize("fit_clf", [True, False])
def test_a_classifier_is_asked(labeled_pool, make, name, fit_clf):
    X, y = labeled_pool
    clf, by_hand = clone(CLASSIFIERS[name]), clone(CLASSIFIERS[name])
    by_hand.fit(X[:40], y[:40])
    if not fit_clf:
        clf = by_hand
    sampling = make_sampling(make)
    indices, utilities = sampling.query(
        X, y, batch_size=6, return_utilities=True, clf=clf, fit_clf=fit_clf
    )
    proba = by_hand.predict_proba(X[40:])
    expected = sampling.strategy_.query(X[40:], 6, proba=proba)
    np.testing.assert_array_equal(indices, 40 + expected)
    np.testing.assert_array_equal(np.nanargmax(utilities, axis=1), indices)
    assert np.isnan(utilities[:, :40]).all()
    table = sampling.strategy_.explain(X[40:], expected, proba=proba)
    np.testing.assert_allclose(table["gain"], utilities[np.arange(6), indices], rtol=1e-4)
    without = sampling.query(X, y, batch_size=6)
    assert indices.tolist() != without.tolist()
    assert fit_clf is not hasattr(clf, "classes_") or name == "of scikit-activeml"


def test_a_classifier_that_is_not_fitted(labeled_pool):
    sampling = make_sampling(HerdingSampling)
    with pytest.raises(NotFittedError, match="GaussianNB is not fitted"):
        sampling.query(*labeled_pool, clf=GaussianNB(), fit_clf=False)


def test_a_classifier_without_probabilities(labeled_pool):
    X, y = labeled_pool
    sampling = make_sampling(HerdingSampling)
    with pytest.warns(MissingProbabilitiesWarning, match="LinearSVC has no predict_proba") as w:
        indices = sampling.query(X, y, batch_size=3, clf=LinearSVC())
    assert len(w) == 1
    np.testing.assert_array_equal(indices, sampling.query(X, y, batch_size=3))


@pytest.mark.parametrize("net", ["pseudo_label", "relabeled", "ta_vaal"])
def test_a_net_reads_the_classifier(labeled_pool, net):
    X, y = labeled_pool
    sampling = make_sampling(VAALSampling, net=net, rule="topk")
    indices, utilities = sampling.query(X, y, batch_size=3, return_utilities=True, clf=GaussianNB())
    np.testing.assert_array_equal(np.nanargmax(utilities, axis=1), indices)


@pytest.mark.parametrize("missing_label", [-1, None, "?"])
@pytest.mark.parametrize("clf", [GaussianNB(), LogisticRegression(max_iter=500)])
def test_a_classifier_with_any_missing_label(labeled_pool, missing_label, clf):
    X, y = labeled_pool
    dtype = {-1: int, None: object, "?": "<U5"}[missing_label]
    as_label = str if missing_label == "?" else int
    marked = [missing_label if np.isnan(each) else as_label(each) for each in y]
    strategy = HerdingQueryStrategy(random_state=0)
    indices = HerdingSampling(strategy, missing_label).query(
        X, np.array(marked, dtype), batch_size=5, clf=clf
    )
    expected = HerdingSampling(strategy).query(X, y, batch_size=5, clf=clf)
    np.testing.assert_array_equal(indices, expected)


def test_a_classifier_in_scikit_activemls_wrapper(labeled_pool):
    X, y = labeled_pool
    for make in (VAALSampling, HerdingSampling):
        wrapped = SubSamplingWrapper(make_sampling(make), max_candidates=30, random_state=0)
        indices, utilities = wrapped.query(
            X, y, batch_size=3, return_utilities=True, clf=GaussianNB()
        )
        assert np.isfinite(utilities[0]).sum() == 30
        np.testing.assert_array_equal(np.nanargmax(utilities, axis=1), indices)


def test_each_takes_its_own_strategy():
    X, y = np.eye(3), [0, np.nan, np.nan]
    with pytest.raises(TypeError, match="must be a VAALQueryStrategy or.* got HerdingQueryStr"):
        VAALSampling(HerdingQueryStrategy()).query(X, y)
    with pytest.raises(TypeError, match="must be a HerdingQueryStrategy or.* got VAALQueryStr"):
        HerdingSampling(VAALQueryStrategy()).query(X, y)


@pytest.mark.parametrize("candidates", [[-2, 238, 239], [238, 238, 239]])
def test_candidates_that_name_a_row_twice_count_once(digits, candidates):
    X, labels = digits
    sampling = HerdingSampling(random_state=0)
    with pytest.warns(match="larger than number of candidates"):
        indices = sampling.query(X, np.where(labels == -1, np.nan, labels), candidates, 3)
    assert sorted(indices) == [238, 239]


@pytest.mark.parametrize(
    ("y", "mark"),
    [
        (np.r_[np.zeros(5), [np.nan] * 5, -np.ones(20)], -1),
        ([0] * 5 + [None] * 5 + [-1] * 20, -1),
        (["a"] * 5 + [None] * 5 + ["?"] * 20, "?"),
    ],
)
def test_nulls_that_are_not_the_mark_are_no_labels(y, mark):
    X = np.random.RandomState(0).randn(30, 4)
    with pytest.raises(ValueError, match=r"y\[5\] is (nan|None).*missing_label"):
        HerdingSampling(missing_label=mark).query(X, y)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X": np.float64(3)}, "X is a single number"),
        ({"candidates": np.float64(3)}, "candidates is a single number"),
        ({"X": np.eye(4)}, "X has 4 rows and y 3"),
        ({"X": np.eye(0), "y": []}, "X has 0 rows|y cannot be used"),
        ({"y": [[0, 1], [0]]}, "y cannot be used|X has 3 rows and y 2"),
        ({"batch_size": 0}, "batch_size=0 must be a whole number from 1"),
        ({"batch_size": 1.5}, "batch_size=1.5 must be a whole number from 1"),
        ({"clf": "a model"}, "clf='a model' must be a classifier, or None"),
        ({"clf": SimpleNamespace(fit=len)}, "must be a classifier, or None"),
        ({"fit_clf": 2}, "fit_clf must be True or False, got 2"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_a_wrong_argument_is_named(given, message):
    right = {"X": np.eye(3), "y": [0, np.nan, np.nan]}
    with pytest.raises((ValueError, TypeError), match=message):
        HerdingSampling().query(**{**right, **given})
    with pytest.raises(ValueError, match="random_state cannot be used"):
        HerdingSampling(random_state="zero").query(**right)


def test_a_mask_is_not_looked_under():
    X = np.random.RandomState(0).randn(30, 4)
    y = np.r_[np.zeros(5), [np.nan] * 25]
    hidden = np.ma.masked_array(X, X > 1)
    for strategy in (None, make_pipeline(StandardScaler(), HerdingQueryStrategy())):
        sampling = HerdingSampling(strategy)
        with pytest.raises(ValueError, match=r"X\[\d+, \d\] is masked"):
            sampling.query(hidden, y)
        with pytest.raises(ValueError, match=r"candidates\[\d+, \d\] is masked"):
            sampling.query(X, y, hidden)
        with pytest.raises(ValueError, match=r"y\[3\] is masked"):
            sampling.query(X, np.ma.masked_array(y, np.arange(30) == 3))


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ([3.7, 20.2], "candidates has one axis and is of dtype float64; pass integers"),
        (np.arange(30) > 9, "is of dtype bool; .*np.flatnonzero of a mask"),
        (np.ma.masked_array([20, 21], [False, True]), r"candidates\[1\] is masked"),
        (
            np.array([2**64 - 1, 20], dtype=np.uint64),
            r"candidates\[0\] is 18\d+, but X has 30 rows",
        ),
        ([20, -31], r"candidates\[1\] is -31, but X has 30 rows"),
        (np.array([20, 2.5], dtype=object), r"candidates\[1\] is 2.5; rows of X are integers"),
        (np.array([20, True], dtype=object), r"candidates\[1\] is True; rows of X are integers"),
        ([], "candidates is empty"),
    ],
    ids=["floats", "mask", "masked", "unsigned", "range", "objects", "bool", "none"],
)
def test_candidates_that_are_no_rows(candidates, message):
    X = np.random.RandomState(0).randn(30, 4)
    with pytest.raises((ValueError, TypeError), match=message):
        HerdingSampling().query(X, [0] * 5 + [np.nan] * 25, candidates)


@pytest.mark.parametrize(
    ("y", "mark"),
    [
        (pd.Series([0, 1] * 3 + [None] * 24, dtype="Int64"), np.nan),
        (pl.Series([0, 1] * 3 + [None] * 24), np.nan),
        (pl.Series([0, 1] * 3 + [None] * 24), None),
        (pl.Series(["cat", "dog"] * 3 + [None] * 24), None),
        (pd.Series(["cat", "dog"] * 3 + [None] * 24, dtype="string"), None),
        (pl.Series([0, 1] * 3 + [-1] * 24), -1),
        (np.array(["cat", "dog"] * 3 + [np.nan] * 24, dtype=object), None),
        (pl.Series(["cat", "dog"] * 3 + ["?"] * 24), "?"),
    ],
    ids=[
        "Int64", "polars, nan", "polars, None", "polars texts", "pandas texts", "polars, -1",
        "objects", "polars, ?",
    ],
)  # fmt: skip
def test_labels_in_a_series(y, mark):
    X = np.random.RandomState(0).randn(30, 4)
    expected = HerdingSampling(random_state=0).query(X, [0, 1] * 3 + [np.nan] * 24, batch_size=3)
    sampling = HerdingSampling(missing_label=mark, random_state=0)
    np.testing.assert_array_equal(sampling.query(X, y, batch_size=3), expected)
