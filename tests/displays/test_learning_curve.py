"""The learning curve."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skvaal import ActiveLearningClassifier, HerdingQuery, LearningCurveDisplay

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def active(digits):
    X = digits[0]
    params = {"initial_size": 4, "batch_size": 3, "n_rounds": 2, "random_state": 0}
    y = (X[:, 20] > 0.5).astype(int)
    return ActiveLearningClassifier(LogisticRegression(), HerdingQuery(), **params).fit(X, y)


def test_the_curve_is_that_of_the_rounds(active):
    display = LearningCurveDisplay.from_estimator(active, name="herding", color="green")
    assert display.line_.get_xdata().tolist() == [4, 7, 10]
    np.testing.assert_array_equal(display.line_.get_ydata(), active.learning_curve_["accuracy"])
    assert display.line_.get_color() == "green"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["herding"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("labels", "accuracy")


def test_curves_on_one_axes(active):
    display = LearningCurveDisplay.from_estimator(active, name="herding")
    other = LearningCurveDisplay([4, 10], [0.2, 0.3], name="random").plot(display.ax_)
    assert other.figure_ is display.figure_
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["herding", "random"]


def test_without_a_name_there_is_no_legend(active):
    assert LearningCurveDisplay.from_estimator(active).ax_.get_legend() is None


def test_bad_input(active):
    with pytest.raises(TypeError, match="plays no rounds; pass a fitted ActiveLearningClassifier"):
        LearningCurveDisplay.from_estimator(LogisticRegression())
    with pytest.raises(NotFittedError):
        LearningCurveDisplay.from_estimator(ActiveLearningClassifier(LogisticRegression()))
    with pytest.raises(TypeError, match="ax must be an Axes"):
        LearningCurveDisplay.from_estimator(active, ax=[])
