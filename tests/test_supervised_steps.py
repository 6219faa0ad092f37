"""Steps in front of a strategy that learn from labels get those of the labelled samples."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectFromModel, SelectKBest, SelectPercentile, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    HerdingQueryStrategy,
    VAALQuery,
    VAALQueryStrategy,
)

from .conftest import SMALL

N, N_LABELED = 80, 30
CLASSES = np.array(["cat", "dog"])


@pytest.fixture(scope="module")
def samples():
    """Column 1 tells the classes apart, column 3 the labelled samples from the others."""
    random_state = np.random.RandomState(0)
    y = np.arange(N) % 2
    X = random_state.normal(size=(N, 5))
    X[:, 1] += 3 * y
    X[:N_LABELED, 3] += 50
    return X, CLASSES[y]


def strategies(**params):
    return {
        "herding": HerdingQueryStrategy(random_state=0, **params),
        "vaal": VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, **params),
    }


QUERIES = {"herding": HerdingQuery, "vaal": VAALQuery}


def by_learner(X, y, pipeline, make_query):
    models = pytest.importorskip("modAL.models")
    query = make_query(strategy=pipeline)
    learner = models.ActiveLearner(GaussianNB(), query, X[:N_LABELED], y[:N_LABELED])
    indices, _ = learner.query(X[N_LABELED:], n_instances=5)
    return indices, query.strategy_


def by_committee(X, y, pipeline, make_query):
    models = pytest.importorskip("modAL.models")
    query = make_query(strategy=pipeline)
    members = [
        models.ActiveLearner(GaussianNB(), query, X[:N_LABELED], y[:N_LABELED]) for _ in "ab"
    ]
    indices, _ = models.Committee(members, query).query(X[N_LABELED:], n_instances=5)
    return indices, query.strategy_


def by_scikit_activeml(X, y, pipeline, make_query):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling, VAALSampling

    make = VAALSampling if make_query is VAALQuery else HerdingSampling
    sampling = make(pipeline, missing_label="?")
    indices = sampling.query(X, np.where(np.arange(N) < N_LABELED, y, "?"), batch_size=5)
    return indices - N_LABELED, sampling.strategy_


ADAPTERS = {
    "ActiveLearner": by_learner,
    "Committee": by_committee,
    "scikit-activeml": by_scikit_activeml,
}


@pytest.mark.parametrize("missing_label", [-1, "?"])
@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_step_is_fitted_on_the_labelled_samples(samples, adapter, name, missing_label):
    X, y = samples
    strategy = strategies(uncertainty=None, missing_label=missing_label)[name]
    pipeline = make_pipeline(StandardScaler(), SelectKBest(k=2), strategy)
    indices, fitted = ADAPTERS[adapter](X, y, pipeline, QUERIES[name])

    Z = StandardScaler().fit_transform(X)  # both pools
    select = SelectKBest(k=2).fit(Z[:N_LABELED], y[:N_LABELED])
    np.testing.assert_allclose(fitted[1].scores_, select.scores_)
    assert select.get_support()[1]
    Z = select.transform(Z)
    expected = clone(strategy).fit_query(Z[:N_LABELED], Z[N_LABELED:], 5)
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_allclose(fitted[0].mean_, X.mean(axis=0))


class Centers(TransformerMixin, BaseEstimator):
    """Distances to the centers of the classes; no tag says that it needs labels."""

    def fit(self, X, y):
        self.centers_ = np.stack([X[y == label].mean(axis=0) for label in np.unique(y)])
        return self

    def transform(self, X):
        return np.linalg.norm(X[:, None] - self.centers_, axis=2)


@pytest.mark.parametrize(
    "step",
    [
        make_column_transformer((SelectKBest(k=1), [0, 1, 3]), (StandardScaler(), [2])),
        make_union(SelectKBest(k=1), StandardScaler()),
        SelectFromModel(LogisticRegression(), max_features=1),
        make_pipeline(StandardScaler(), SelectKBest(k=1)),
        LinearDiscriminantAnalysis(),
        SelectPercentile(percentile=40),
        Centers(),
    ],
    ids=lambda step: type(step).__name__,
)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_step_that_learns_from_labels(samples, adapter, step):
    X, y = samples
    strategy = HerdingQueryStrategy(uncertainty=None, random_state=0)
    pipeline = make_pipeline(clone(step), strategy)
    indices, _ = ADAPTERS[adapter](X, y, pipeline, HerdingQuery)
    by_hand = clone(step).fit(X[:N_LABELED], y[:N_LABELED])
    Z_labeled, Z_pool = by_hand.transform(X[:N_LABELED]), by_hand.transform(X[N_LABELED:])
    np.testing.assert_array_equal(indices, strategy.fit_query(Z_labeled, Z_pool, 5))


def test_in_the_meta_estimator(samples):
    X, y = samples
    seen = []

    def record(X, y):
        seen.append((len(X), set(y)))
        return f_classif(X, y)

    pipeline = make_pipeline(SelectKBest(record, k=2), HerdingQueryStrategy(uncertainty=None))
    ActiveLearningClassifier(
        GaussianNB(), pipeline, initial_size=10, batch_size=5, n_rounds=2, random_state=0
    ).fit(X, y)
    assert seen == [(10, set(CLASSES)), (15, set(CLASSES))]


@pytest.mark.parametrize("name", QUERIES)
def test_without_labels_it_is_an_error(samples, name):
    X, y = samples
    strategy = strategies(uncertainty=None)[name]
    query = QUERIES[name](strategy=make_pipeline(SelectKBest(k=2), strategy))
    labels = {
        "a learner without labels": (SimpleNamespace(X_training=X[:N_LABELED]), None),
        "samples that are passed": (None, X[:N_LABELED]),
        "none labelled": (SimpleNamespace(X_training=None), None),
    }
    for learner, X_labeled in labels.values():
        with pytest.raises(ValueError, match="step 'selectkbest' learns from labels"):
            query(learner, X[N_LABELED:], 3, X_labeled=X_labeled)


def test_without_labels_it_is_an_error_in_scikit_activeml(samples):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling

    X, _ = samples
    sampling = HerdingSampling(make_pipeline(SelectKBest(k=2), HerdingQueryStrategy()))
    with pytest.raises(ValueError, match="step 'selectkbest' learns from labels"):
        sampling.query(X, np.full(N, np.nan))
