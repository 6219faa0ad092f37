import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvaal.benchmark.estimators._svm import SoftmaxSVC


@parametrize_with_checks([SoftmaxSVC()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_two_classes_get_the_logistic_function_of_the_decision():
    X, y = np.array([[0.0], [0.3], [0.7], [1.0]]), np.array(["a", "a", "b", "b"])

    proba = SoftmaxSVC().fit(X, y).predict_proba(X)

    odds = np.exp(SVC().fit(X, y).decision_function(X))
    np.testing.assert_allclose(proba[:, 1] / proba[:, 0], odds)


def test_more_classes_get_the_softmax_of_the_decision():
    X, y = np.arange(9.0)[:, None], np.arange(9) // 3

    proba = SoftmaxSVC().fit(X, y).predict_proba(X)

    powers = np.exp(SVC().fit(X, y).decision_function(X))
    np.testing.assert_allclose(proba, powers / powers.sum(axis=1, keepdims=True))


def test_strength_of_regularisation_is_handed_on():
    X, y = np.array([[0.0], [0.3], [0.7], [1.0]]), np.array([0, 0, 1, 1])

    weak, strong = (SoftmaxSVC(C=C).fit(X, y).predict_proba(X)[0, 0] for C in (10, 0.01))

    assert weak > strong


def test_prediction_before_fitting_says_so():
    with pytest.raises(NotFittedError):
        SoftmaxSVC().predict_proba(np.zeros((1, 1)))
