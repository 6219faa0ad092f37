"""Which model a learner asks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import BayesianRidge, LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvaal._predictions.models import (
    find_models,
    has_deviation,
    has_probabilities,
    name_model,
)


@pytest.mark.parametrize(
    "model",
    [BaggingClassifier(), BaggingClassifier(GaussianNB()), AdaBoostClassifier(GaussianNB())],
)
def test_an_ensemble_is_the_model_and_its_template_is_not(model):
    assert find_models(model) == [model]
    assert find_models(SimpleNamespace(estimator=model, X_training=None)) == [model]


def test_a_committee_holds_several():
    models = [GaussianNB(), SVC()]
    learners = [SimpleNamespace(estimator=model, teach=None) for model in models]
    assert find_models(SimpleNamespace(learner_list=learners)) == models
    assert name_model(SimpleNamespace(learner_list=learners)) == "GaussianNB"
    assert name_model(None) == "None"


class WithRegressor(LinearRegression):
    def predict_proba(self, X):
        raise AssertionError("a regressor was asked")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (LogisticRegression(), True),
        (make_pipeline(StandardScaler(), GaussianNB()), True),
        (SVC(), False),
        (make_pipeline(StandardScaler(), SVC()), False),
        (LinearRegression(), False),
        (WithRegressor(), False),
        (None, False),
    ],
)
def test_who_has_probabilities(model, expected):
    assert has_probabilities(model) is expected
    # modAL's learners have the method whatever their model has.
    learner = SimpleNamespace(estimator=model, X_training=np.ones((1, 1)), predict_proba=print)
    if model is not None:
        assert has_probabilities(learner) is expected
        both = SimpleNamespace(learner_list=[learner, learner], predict_proba=print)
        assert has_probabilities(both) is expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (GaussianProcessRegressor(), True),
        (make_pipeline(StandardScaler(), make_pipeline(BayesianRidge())), True),
        (LinearRegression(), False),
        (make_pipeline(StandardScaler(), SVC()), False),
        (SimpleNamespace(predict=dict), False),  # Python knows no signature of it
        (SimpleNamespace(predict="no function"), False),
        (None, False),
    ],
    ids=["process", "pipelines", "linear", "classifier", "builtin", "text", "None"],
)
def test_who_has_a_standard_deviation(model, expected):
    assert has_deviation(model) is expected
    if model is not None:
        assert has_deviation(SimpleNamespace(estimator=model, X_training=None)) is expected
