"""What learners are asked, and what happens where they cannot answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skvaal._predictions import task_loss
from skvaal._predictions.learner import ask_learner
from skvaal._predictions.members import predict_by_members
from skvaal._predictions.predictions import PredictionNeeds

N_LABELED = 60
FOREST = {"n_estimators": 5, "random_state": 0}
POOL = PredictionNeeds(pool=True)
BOTH = PredictionNeeds(pool=True, labeled=True)
MEMBERS = PredictionNeeds(pool=True, members=True, required_by="uncertainty='disagreement'")
LOSSES = PredictionNeeds(pool=True, labeled=True, losses=True, required_by="net='task_loss'")


@pytest.fixture(scope="module")
def pools():
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32) / 16
    return X[:N_LABELED], y[:N_LABELED], X[N_LABELED:240]


def learn(pools, model):
    """A learner in modAL's form; its template stays as it is."""
    X, y, _ = pools
    return SimpleNamespace(
        estimator=model.fit(X, y), X_training=X, y_training=y, predict_proba=model.predict_proba
    )


def ask(learner, pools, needs, seed_source=0):
    return ask_learner(learner, pools[0], pools[2], needs, seed_source=seed_source)


class Counting(GaussianNB):
    """Counts the calls of predict_proba, and remembers how many rows each was of."""

    calls: list[int] = []

    def predict_proba(self, X):
        self.calls.append(len(X))
        return super().predict_proba(X)


@pytest.mark.parametrize(
    ("needs", "calls"),
    [
        (PredictionNeeds(), []),
        (PredictionNeeds(members=True), []),
        (POOL, [180]),
        (BOTH, [180, 60]),
        (LOSSES, [180, 60]),
    ],
)
def test_once_for_each_pool_that_is_needed(pools, monkeypatch, needs, calls):
    monkeypatch.setattr(Counting, "calls", [])
    labeled, pool = ask(learn(pools, Counting()), pools, needs)
    assert Counting.calls == calls
    assert (pool.proba is None, labeled.proba is None) == (len(calls) < 1, len(calls) < 2)


BARE = {
    "GaussianNB": GaussianNB(),
    "Pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "BaggingClassifier": BaggingClassifier(**FOREST),
    "BaggingClassifier of KNeighborsClassifier": BaggingClassifier(
        KNeighborsClassifier(3), **FOREST
    ),
    "AdaBoostClassifier": AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), **FOREST),
    "RandomForestClassifier": RandomForestClassifier(**FOREST),
}


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("in_learner", [False, True])
def test_a_classifier_or_a_learner_that_holds_one(pools, name, in_learner):
    learner = learn(pools, BARE[name])
    model = learner.estimator
    labeled, pool = ask(learner if in_learner else model, pools, BOTH)
    np.testing.assert_array_equal(labeled.proba, model.predict_proba(pools[0]))
    np.testing.assert_array_equal(pool.proba, model.predict_proba(pools[2]))
    assert pool.members is None


@pytest.mark.parametrize("name", [name for name in BARE if name not in ("GaussianNB", "Pipeline")])
@pytest.mark.parametrize("in_learner", [False, True])
def test_members_and_the_answer_of_the_whole(pools, name, in_learner):
    learner = learn(pools, BARE[name])
    model = learner.estimator
    _, pool = ask(learner if in_learner else model, pools, MEMBERS)
    assert pool.members.shape == (5, 180, 10)
    assert pool.members.std(axis=0).max() > 0.1
    # Boosting weighs its members: the mean would be another answer.
    np.testing.assert_array_equal(pool.proba, model.predict_proba(pools[2]))


def test_no_members(pools):
    with pytest.raises(ValueError, match="GaussianNB has none; use a Committee"):
        ask(learn(pools, GaussianNB()), pools, MEMBERS)


def test_a_scikit_activeml_classifier(pools):
    classifiers = pytest.importorskip("skactiveml.classifier")
    X, y, X_pool = pools
    model = classifiers.SklearnClassifier(RandomForestClassifier(**FOREST), classes=range(10))
    labeled, pool = ask(model.fit(X, y), pools, BOTH)
    np.testing.assert_array_equal(labeled.proba, model.predict_proba(X))
    _, pool = ask(model, pools, MEMBERS)
    np.testing.assert_allclose(pool.members.mean(axis=0), model.predict_proba(X_pool))


# Committees


def committee_of(*learners):
    models = pytest.importorskip("modAL.models")
    return models.Committee(
        [models.ActiveLearner(model, X_training=X, y_training=y) for model, X, y in learners]
    )


@pytest.mark.parametrize("needs", [BOTH, MEMBERS])
def test_committee(pools, needs):
    X, y, X_pool = pools
    committee = committee_of((GaussianNB(), X[:50], y[:50]), (KNeighborsClassifier(3), X, y))
    _, pool = ask(committee, pools, needs)
    votes = [learner.predict_proba(X_pool) for learner in committee]
    np.testing.assert_array_equal(pool.members, votes)
    np.testing.assert_allclose(pool.proba, np.mean(votes, axis=0))


def test_committee_of_ensembles(pools):
    X, y, _ = pools
    models = [BaggingClassifier(**FOREST), AdaBoostClassifier(**FOREST)]
    _, pool = ask(committee_of(*[(model, X, y) for model in models]), pools, MEMBERS)
    assert pool.members.shape == (2, 180, 10)


@pytest.mark.parametrize("container", [list, np.array])
def test_committee_of_texts(container):
    texts = container(["one cat", "two cats", "one dog", "two dogs"])
    pool = container(["three cats", "dogs", "no dog"])
    learners = [(make_pipeline(TfidfVectorizer(analyzer=a), MultinomialNB()), texts, [0, 0, 1, 1])
                for a in ("word", "char")]  # fmt: skip
    committee = committee_of(*learners)
    _, found = ask_learner(committee, texts, pool, MEMBERS, seed_source=0)
    np.testing.assert_array_equal(found.members, [one.predict_proba(pool) for one in committee])


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_committee_of_frames(pools, name):
    library = pytest.importorskip(name)
    X, y, X_pool = pools
    columns = [f"pixel {i}" for i in range(64)]
    frames = [library.DataFrame(dict(zip(columns, each.T, strict=True))) for each in (X, X_pool)]
    model = RandomForestClassifier(**FOREST)
    committee = committee_of((model, frames[0], y), (GaussianNB(), frames[0], y))
    labeled, pool = ask_learner(committee, *frames, BOTH, seed_source=0)
    assert (labeled.proba.shape, pool.members.shape) == ((60, 10), (2, 180, 10))


def test_committee_of_sparse(pools):
    X, y, X_pool = (scipy.sparse.csr_matrix(pools[0]), pools[1], scipy.sparse.csr_matrix(pools[2]))
    committee = committee_of((MultinomialNB(), X, y), (RandomForestClassifier(**FOREST), X, y))
    labeled, pool = ask_learner(committee, X, X_pool, BOTH, seed_source=0)
    assert (labeled.proba.shape, pool.members.shape) == ((60, 10), (2, 180, 10))


# No labels


@pytest.mark.parametrize("none", [None, np.empty((0, 64))])
@pytest.mark.parametrize("needs", [BOTH, LOSSES])
def test_without_labelled_samples_there_is_a_column_for_each_class(pools, none, needs):
    model = GaussianNB().fit(*pools[:2])
    labeled, pool = ask_learner(model, none, pools[2], needs, seed_source=0)
    assert labeled.proba.shape == (0, 10)
    assert labeled.followed_by(pool).proba.shape == (180, 10)


@pytest.mark.parametrize(
    "model", [GaussianNB(), RandomForestClassifier(), make_pipeline(StandardScaler(), GaussianNB())]
)
@pytest.mark.parametrize("needs", [POOL, MEMBERS, LOSSES])
def test_not_fitted(pools, model, needs):
    learner = SimpleNamespace(estimator=model, X_training=None, predict_proba=model.predict_proba)
    message = f"{type(model).__name__} is not fitted.*fit the learner or teach it first, or set"
    if needs is MEMBERS and isinstance(model, GaussianNB):
        message = "not fitted"
    with pytest.raises(NotFittedError, match=message):
        ask_learner(learner, None, pools[2], needs, seed_source=0)


def test_committee_that_is_not_fitted(pools):
    models = pytest.importorskip("modAL.models")
    committee = models.Committee([models.ActiveLearner(GaussianNB()) for _ in range(2)])
    with pytest.raises(NotFittedError, match="GaussianNB is not fitted"):
        ask_learner(committee, None, pools[2], MEMBERS, seed_source=0)


# Learners that cannot answer

WITHOUT = {
    "SVC": SVC(),
    "LinearRegression": LinearRegression(),
    "Pipeline": make_pipeline(StandardScaler(), SVC()),
    "SimpleNamespace": None,
    "None": None,
}


def without_probabilities(pools, name):
    if name in ("None", "SimpleNamespace"):
        return None if name == "None" else SimpleNamespace(X_training=pools[0])
    X, y, _ = pools
    model = WITHOUT[name].fit(X, y)
    return SimpleNamespace(estimator=model, X_training=X, predict_proba=lambda X: X)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_nothing_requires_is_left_out(pools, name):
    labeled, pool = ask(without_probabilities(pools, name), pools, BOTH)
    assert labeled.proba is None
    assert pool.proba is None


@pytest.mark.parametrize("name", WITHOUT)
def test_what_is_required_must_be_there(pools, name):
    message = (
        f"uncertainty='disagreement' needs class probabilities, and {name} has no predict_proba.*"
        "or set uncertainty=None$"
    )
    with pytest.raises(ValueError, match=message):
        ask(without_probabilities(pools, name), pools, MEMBERS)


def test_the_way_out_names_a_net_only_if_there_is_one(pools):
    with pytest.raises(ValueError, match="set uncertainty=None and net='vaal'$"):
        ask(None, pools, replace(MEMBERS, in_fit=True))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p: p * 3, r"predict_proba of GaussianNB\[0\] is no distribution"),
        (lambda p: p * np.nan, r"predict_proba of GaussianNB\[0\] holds NaN"),
        (lambda p: p[:-1], "has 179 samples, but there are 180"),
        (lambda p: p[None], r"predict_proba of GaussianNB has the shape \(1, 180, 10\)"),
        (lambda p: None, r"predict_proba of GaussianNB returns None, .*set uncertainty=None"),
        (lambda p: 0.5, r"predict_proba of GaussianNB has the shape \(\)"),
        (lambda p: p[:, 0], r"predict_proba of GaussianNB has the shape \(180,\)"),
        (lambda p: "0.5", r"predict_proba of GaussianNB has the shape \(\)"),
        (lambda p: p.astype(str), "predict_proba of GaussianNB must hold real numbers, .*dtype <U"),
        (lambda p: p.astype(str).astype(object), "predict_proba of GaussianNB .*holds texts"),
        (lambda p: np.where(p > 2, p, None), r"predict_proba of GaussianNB\[0\] holds NaN"),
        (lambda p: p + 0j, "must hold real numbers, but is of dtype complex"),
        (lambda p: np.zeros(p.shape, "M8[s]"), "must hold real numbers"),
        (
            lambda p: [[1.0], *p[1:].tolist()],
            "predict_proba of GaussianNB cannot be read as an arr",
        ),
        (lambda p: {"a": p}, r"predict_proba of GaussianNB has the shape \(\)"),
        (lambda p: (row for row in p), r"predict_proba of GaussianNB has the shape \(\)"),
        (lambda p: np.ma.masked_array(p, p > 0.5), r"GaussianNB\[0, \d\] is masked"),
        (lambda p: scipy.sparse.csr_matrix(p), "GaussianNB is a sparse matrix; pass .*toarray"),
        (
            lambda p: torch.empty(180, 10, device="meta"),
            "GaussianNB is a tensor on the device 'meta'",
        ),
    ],
)
def test_probabilities_that_are_none(pools, answer, message):
    learner = learn(pools, GaussianNB())
    learner.predict_proba = lambda X: answer(learner.estimator.predict_proba(X))
    with pytest.raises(ValueError, match=message):
        ask(learner, pools, POOL)


@pytest.mark.parametrize(
    "container",
    [
        lambda p: p.tolist(),
        list,
        tuple,
        pd.DataFrame,
        lambda p: p.astype(object),
        lambda p: torch.tensor(p, requires_grad=True),
        lambda p: list(torch.tensor(p)),
        np.ma.masked_array,
    ],
    ids=["lists", "arrays", "tuple", "DataFrame", "objects", "tensor", "tensors", "masked array"],
)
def test_probabilities_in_any_container(pools, container):
    learner = learn(pools, GaussianNB())
    proba = learner.estimator.predict_proba(pools[2])
    learner.predict_proba = lambda X: container(proba)
    np.testing.assert_array_equal(ask(learner, pools, POOL)[1].proba, proba)


@pytest.mark.parametrize("answer", [None, np.ones((180, 10)), "no"])
def test_votes_that_are_none(pools, answer):
    committee = SimpleNamespace(
        learner_list=[learn(pools, GaussianNB())] * 2,
        predict_proba=lambda X: None,
        vote_proba=lambda X: answer,
    )
    with pytest.raises(ValueError, match="vote_proba of GaussianNB"):
        ask(committee, pools, POOL)


@pytest.mark.parametrize("answer", [None, "no", np.ones((3, 10))])
def test_members_that_answer_nothing(pools, answer):
    model = BaggingClassifier(**FOREST).fit(*pools[:2])
    model.estimators_[1].predict_proba = lambda X: answer
    with pytest.raises(ValueError, match="not all members of BaggingClassifier know its 10"):
        predict_by_members(model, pools[2])


# Losses


class WithFeatures(ClassifierMixin, BaseEstimator):
    """A classifier with features of its own, of which one is its confidence."""

    def fit(self, X, y):
        self.inner_ = GaussianNB().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        # Tempered, so that losses on the labelled samples differ.
        p = self.inner_.predict_proba(X) ** 0.01
        return p / p.sum(axis=1, keepdims=True)

    def embed(self, X):
        return np.asarray(X)[:, 20:40].reshape(-1, 4, 5)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_a_head_on_the_models_features_predicts_losses(pools, monkeypatch, in_pipeline):
    X, y, X_pool = pools
    seen = []

    class Head:
        def __init__(self, seed):
            pass

        def fit(self, features, loss):
            seen.append((features, loss))
            return self

        def predict(self, features):
            return np.asarray(features)[:, 3]

    monkeypatch.setattr(task_loss, "TaskLossHead", Head)
    model = make_pipeline(StandardScaler(), WithFeatures()) if in_pipeline else WithFeatures()
    learner = learn(pools, model)
    labeled, pool = ask(learner, pools, LOSSES)
    scaled = [model[:-1].transform(each) if in_pipeline else each for each in (X, X_pool)]
    np.testing.assert_allclose(seen[0][0], scaled[0][:, 20:40])
    proba = model.predict_proba(X)
    np.testing.assert_allclose(seen[0][1], -np.log(proba[np.arange(len(y)), y]))
    np.testing.assert_allclose(labeled.loss, scaled[0][:, 23])
    np.testing.assert_allclose(pool.loss, scaled[1][:, 23])
    # Other labelled samples than the learner's own: the head still learns from those.
    labeled, _ = ask_learner(learner, X_pool[:7], X_pool, LOSSES, seed_source=0)
    assert len(labeled.loss) == 7
    np.testing.assert_allclose(seen[1][1], seen[0][1])


def test_seeded(pools):
    learner = learn(pools, WithFeatures())
    losses = [ask(learner, pools, LOSSES, seed)[1].loss for seed in (0, 0, 1)]
    np.testing.assert_array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    ask(learner, pools, LOSSES, None)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize(
    "change",
    [
        {"estimator": GaussianNB()},  # without features
        {"X_training": np.ones((1, 64)), "y_training": [0]},  # a single loss has no rank
        {"y_training": None},
    ],
)
def test_no_losses(pools, change):
    learner = learn(pools, WithFeatures())
    vars(learner).update(change)
    labeled, pool = ask(learner, pools, LOSSES)
    assert labeled.loss is None
    assert pool.loss is None
    assert pool.proba is not None
