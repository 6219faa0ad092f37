"""What a task model says, and what the strategy makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._task import Condition, TaskView, uncertainty_of
from skvaal._uncertainty import disagreement, margin

RNG = np.random.RandomState(0)
MEMBERS = RNG.dirichlet(np.ones(4), (3, 30))
PROBA = MEMBERS.mean(axis=0)


def test_members_are_averaged():
    view = TaskView.of(MEMBERS, 30)
    np.testing.assert_allclose(view.proba, PROBA)
    np.testing.assert_array_equal(view.members, MEMBERS)
    assert TaskView.of(PROBA, 30).members is None
    assert TaskView.of(None, 30).proba is None
    assert TaskView.of(view, 30) is view


def test_rows_and_their_joining_are_each_others_inverse():
    view = TaskView(PROBA, MEMBERS, PROBA[:, 0])
    first, second = view.rows(np.arange(12)), view.rows(np.arange(12, 30))
    again = first.followed_by(second)
    for name in ("proba", "members", "loss"):
        np.testing.assert_array_equal(getattr(again, name), getattr(view, name))
    assert first.followed_by(TaskView()).proba is None


def test_uncertainty_by_name_by_function_and_none():
    view = TaskView.of(MEMBERS, 30)
    np.testing.assert_array_equal(uncertainty_of("auto", view), margin(view.proba))
    np.testing.assert_array_equal(uncertainty_of("disagreement", view), disagreement(MEMBERS))
    np.testing.assert_array_equal(uncertainty_of(lambda p: p[:, 1], view), view.proba[:, 1])
    assert uncertainty_of(None, view) is None
    assert uncertainty_of("auto", TaskView()) is None


def test_a_function_cannot_change_the_probabilities():
    view = TaskView.of(PROBA, 30)

    def in_place(proba):
        proba[:] = 0
        return proba[:, 0]

    uncertainty_of(in_place, view)
    np.testing.assert_array_equal(view.proba, PROBA)


@pytest.mark.parametrize(
    ("uncertainty", "message"),
    [
        ("disagreement", r"\(n_members, n_samples, n_classes\), got.*\(30, 4\)"),
        (lambda p: p, r"uncertainty=<lambda> must return .*\(30,\), got shape \(30, 4\)"),
        (lambda p: p[:, 0] * np.nan, "NaN or infinity in it"),
        (lambda p: None, r"got shape \(\)"),
    ],
)
def test_uncertainty_that_is_none(uncertainty, message):
    with pytest.raises(ValueError, match=message):
        uncertainty_of(uncertainty, TaskView.of(PROBA, 30))


def test_pseudo_labels_are_one_hot():
    condition = Condition.fitted_on("pseudo_label", "auto", TaskView(PROBA))
    columns = condition.columns(TaskView(PROBA[:5]))
    assert condition.dim == 4
    np.testing.assert_array_equal(columns, np.eye(4)[PROBA[:5].argmax(axis=1)])


@pytest.mark.parametrize("uncertainty", ["auto", None, "entropy", "disagreement"])
def test_task_loss_is_a_rank_among_the_fitted(uncertainty):
    view = TaskView.of(MEMBERS, 30)
    condition = Condition.fitted_on("task_loss", uncertainty, view)
    values = uncertainty_of(uncertainty if uncertainty not in ("auto", None) else "margin", view)
    columns = condition.columns(view)
    # Without ties the ranks are 1 / n, 2 / n, ..., 1.
    np.testing.assert_allclose(columns[np.argsort(values), 0], np.arange(1, 31) / 30, rtol=1e-6)
    # Of one sample it is what it was in company.
    np.testing.assert_array_equal(condition.columns(view.rows(np.array([7]))), columns[[7]])


def test_rank_of_new_samples_stays_in_the_interval():
    condition = Condition.fitted_on("task_loss", "auto", TaskView(loss=np.array([1.0, 2, 2, 3])))
    new = TaskView(loss=np.array([0.0, 1, 1.5, 2, 9]))
    np.testing.assert_array_equal(condition.columns(new)[:, 0], [0.25, 0.25, 0.25, 0.75, 1])


def test_predicted_loss_goes_before_the_uncertainty():
    view = TaskView(PROBA, loss=RNG.randn(30))
    condition = Condition.fitted_on("task_loss", "entropy", view)
    assert condition.of_loss
    assert condition.columns(view)[:, 0].argsort().tolist() == view.loss.argsort().tolist()
    with pytest.raises(ValueError, match="head on the learner's features.*VAALQuery"):
        condition.columns(TaskView(PROBA))


@pytest.mark.parametrize("kind", ["pseudo_label", "task_loss"])
def test_other_classes_than_fitted(kind):
    condition = Condition.fitted_on(kind, "auto", TaskView(PROBA))
    with pytest.raises(ValueError, match="mine has 2 classes, but 4 were fitted"):
        condition.columns(TaskView(np.full((3, 2), 0.5)), "mine")
