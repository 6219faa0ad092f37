"""What every rule asks of a learner."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from skvaal import ExpectedGain, StabilizedPredictions, TargetAccuracy

RULES = [StabilizedPredictions(), ExpectedGain(), TargetAccuracy()]
X = np.random.RandomState(0).rand(20, 3)
Y = np.arange(20) % 2


@pytest.fixture(params=RULES, ids=lambda rule: type(rule).__name__)
def rule(request):
    return request.param


def test_a_learner_that_cannot_predict(rule):
    for learner, message in (
        (None, "learner=None has no predict"),
        (object(), "learner=object has no predict"),
        (GaussianNB, r"learner is a class; pass a fitted object of GaussianNB"),
    ):
        with pytest.raises(TypeError, match=message):
            rule.update(learner, X, X_labeled=X, y_labeled=Y)


def test_a_learner_of_one_class(rule):
    class Says:
        classes_ = np.array(["a"])

        def predict(self, X):
            return np.repeat("a", len(X))

    with pytest.raises(ValueError, match="learner=Says knows one class only, .*'a'.* needs two"):
        rule.update(Says(), X, X_labeled=X, y_labeled=Y)


def test_a_learner_that_is_not_fitted():
    with pytest.raises(NotFittedError, match="not fitted"):
        StabilizedPredictions().update(LogisticRegression(), X)
    with pytest.raises(NotFittedError, match="not fitted"):
        TargetAccuracy().update(LogisticRegression(), X_labeled=X, y_labeled=Y, X_val=X, y_val=Y)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros((20, 2)), r"predict of Answers gives the shape \(20, 2\) for 20 samples"),
        (np.zeros(19), r"predict of Answers gives the shape \(19,\)"),
        (np.full(20, np.nan), "predict of Answers gives NaN"),
        (None, "predict of Answers gives the shape"),
    ],
    ids=["two outputs", "too few", "nan", "None"],
)
def test_predictions_that_are_none(answer, message):
    class Answers:
        def predict(self, X):
            return answer

    with pytest.raises(ValueError, match=message):
        StabilizedPredictions().update(Answers(), X)


def test_predictions_of_several_kinds():
    class Answers:
        def predict(self, X):
            return np.array(["a", None] * 10, dtype=object)

    with pytest.raises(TypeError, match="predict of Answers gives no classes of one kind"):
        StabilizedPredictions().update(Answers(), X)


def test_learners_of_modal(shuffled_digits):
    modal = pytest.importorskip("modAL.models")
    X, y = shuffled_digits
    learner = modal.ActiveLearner(
        GaussianNB(var_smoothing=1e-2), X_training=X[:60], y_training=y[:60]
    )
    bare = GaussianNB(var_smoothing=1e-2).fit(X[:60], y[:60])
    given = {"X_labeled": X[:60], "y_labeled": y[:60]}
    of_learner, of_model = TargetAccuracy(0.5), TargetAccuracy(0.5)
    assert of_learner.update(learner) == of_model.update(bare, **given)
    assert of_learner.curve_ == of_model.curve_
    committee = modal.Committee([learner, learner])
    with pytest.raises(ValueError, match="committee of 2.*pass X_val and y_val"):
        TargetAccuracy().update(committee, **given)
    rule = TargetAccuracy()
    rule.update(committee, **given, X_val=X[60:], y_val=y[60:])
    assert rule.curve_[0].accuracy == committee.score(X[60:], y[60:])
