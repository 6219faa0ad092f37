"""Class probabilities by the members of an ensemble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skvaal._predictions.members import predict_by_members

X, Y = load_digits(return_X_y=True)
X, Y, X_POOL = X[:120] / 16, Y[:120], X[120:200] / 16
FOREST = {"n_estimators": 5, "random_state": 0}
AVERAGING = {
    "forest": RandomForestClassifier(**FOREST),
    "extra trees": ExtraTreesClassifier(**FOREST),
    "bagging": BaggingClassifier(**FOREST),
    "bagging of features": BaggingClassifier(
        GaussianNB(), max_features=0.5, bootstrap=False, **FOREST
    ),
    "bagging of repeated features": BaggingClassifier(
        DecisionTreeClassifier(), bootstrap_features=True, **FOREST
    ),
    "voting": VotingClassifier(
        [("tree", DecisionTreeClassifier()), ("nb", GaussianNB())], voting="soft"
    ),
    "pipeline": make_pipeline(StandardScaler(), RandomForestClassifier(**FOREST)),
    "pipelines": make_pipeline(make_pipeline(StandardScaler(), RandomForestClassifier(**FOREST))),
}


@pytest.mark.parametrize("name", AVERAGING)
@pytest.mark.parametrize("names_of_classes", [False, True])
def test_their_mean_is_the_ensembles_answer(name, names_of_classes):
    y = np.array(list("abcdefghij"))[Y] if names_of_classes else Y
    model = AVERAGING[name].fit(X, y)
    members = predict_by_members(model, X_POOL)
    np.testing.assert_allclose(members.mean(axis=0), model.predict_proba(X_POOL), atol=1e-12)
    assert members.std(axis=0).max() > 0.1


def test_boosting():
    model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), **FOREST).fit(X, Y)
    members = predict_by_members(model, X_POOL)
    expected = [tree.predict_proba(X_POOL) for tree in model.estimators_]
    np.testing.assert_array_equal(members, expected)


def test_a_class_that_a_bootstrap_sample_lacks():
    few = np.r_[0:60:5, 100:103]
    # Of a base with sample weights, the others would only weigh nothing.
    model = BaggingClassifier(KNeighborsClassifier(1), 10, random_state=0).fit(X[few], Y[few])
    assert any(len(member.classes_) < len(model.classes_) for member in model.estimators_)
    members = predict_by_members(model, X_POOL)
    np.testing.assert_allclose(members.mean(axis=0), model.predict_proba(X_POOL), atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", AVERAGING)
def test_frames_without_a_warning(name):
    columns = [f"pixel {i}" for i in range(64)]
    frame, pool = (pd.DataFrame(each, columns=columns) for each in (X, X_POOL))
    model = AVERAGING[name].fit(frame, Y)
    members = predict_by_members(model, pool)
    np.testing.assert_allclose(members.mean(axis=0), model.predict_proba(pool), atol=1e-12)


def test_polars_frames():
    polars = pytest.importorskip("polars")
    model = RandomForestClassifier(**FOREST).fit(polars.DataFrame(X), Y)
    members = predict_by_members(model, polars.DataFrame(X_POOL))
    np.testing.assert_array_equal(members, predict_by_members(model, X_POOL))


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
@pytest.mark.parametrize("name", ["forest", "bagging", "bagging of repeated features"])
def test_sparse(name, layout):
    model = AVERAGING[name].fit(scipy.sparse.csr_array(X), Y)
    members = predict_by_members(model, scipy.sparse.coo_matrix(X_POOL).asformat(layout))
    np.testing.assert_array_equal(members, predict_by_members(model, X_POOL))


def test_texts():
    texts, y = ["one cat", "two cats", "one dog", "two dogs"], [0, 0, 1, 1]
    members = [
        (analyzer, make_pipeline(TfidfVectorizer(analyzer=analyzer), MultinomialNB()))
        for analyzer in ("word", "char")
    ]
    model = VotingClassifier(members, voting="soft").fit(texts, y)
    found = predict_by_members(model, ["three cats", "dog"])
    np.testing.assert_allclose(found.mean(axis=0), model.predict_proba(["three cats", "dog"]))


def test_members_of_voting_read_columns_by_name():
    frame = pd.DataFrame(X_POOL, columns=[f"pixel {i}" for i in range(64)])
    some = FunctionTransformer(lambda frame: frame[["pixel 20", "pixel 30"]].to_numpy())
    members = [(name, make_pipeline(some, GaussianNB(var_smoothing=v))) for name, v in
               [("a", 0.1), ("b", 1.0)]]  # fmt: skip
    model = VotingClassifier(members, voting="soft").fit(frame, Y[:80])
    found = predict_by_members(model, frame)
    np.testing.assert_allclose(found.mean(axis=0), model.predict_proba(frame))


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_a_scikit_activeml_classifier_holds_the_ensemble(in_pipeline):
    classifiers = pytest.importorskip("skactiveml.classifier")
    forest = RandomForestClassifier(**FOREST)
    inner = make_pipeline(StandardScaler(), forest) if in_pipeline else forest
    # Class 9 has no label yet: the forest does not know it.
    y = np.where((Y == 9) | (np.arange(len(Y)) > 80), np.nan, Y)
    model = classifiers.SklearnClassifier(inner, classes=range(10)).fit(X, y)
    members = predict_by_members(model, X_POOL)
    assert members.shape == (5, 80, 9)
    np.testing.assert_allclose(members.mean(axis=0), model.predict_proba(X_POOL)[:, :9])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogisticRegression(max_iter=500), "LogisticRegression has none; use a Committee"),
        (GradientBoostingClassifier(n_estimators=2), "GradientBoostingClassifier has none"),
        (BaggingClassifier(n_estimators=1), "BaggingClassifier has none"),
        (
            # Each member tells one class from the rest.
            OneVsRestClassifier(GaussianNB()),
            "not all members of OneVsRestClassifier know its 3",
        ),
    ],
)
def test_no_members_that_could_disagree(model, message):
    samples, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        predict_by_members(model.fit(samples, y), samples)


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(**FOREST), MultiOutputClassifier(GaussianNB())]
)
def test_several_outputs(model):
    samples, y = load_iris(return_X_y=True)
    model.fit(samples, np.column_stack([y, y, y]))
    with pytest.raises(ValueError, match=f"one output, and {type(model).__name__} has 3"):
        predict_by_members(model, samples)


@pytest.mark.parametrize("model", [RandomForestClassifier(), BaggingClassifier()])
def test_not_fitted(model):
    with pytest.raises(NotFittedError):
        predict_by_members(model, X_POOL)
