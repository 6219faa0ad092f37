"""Which model a learner asks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvaal._predictions.learner import find_models, has_probabilities, name_model


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
