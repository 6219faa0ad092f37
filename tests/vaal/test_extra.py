"""Columns that conditional nets make of a task model's predictions."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._predictions.predictions import Predictions, measure_uncertainty
from skvaal._vaal.variants.conditional import PseudoLabel, RankedLoss

RNG = np.random.RandomState(0)
MEMBERS = RNG.dirichlet(np.ones(4), (3, 30))
PROBA = MEMBERS.mean(axis=0)


def test_pseudo_labels_are_one_hot():
    columns = PseudoLabel(4).columns(Predictions(PROBA[:5]), 5)
    np.testing.assert_array_equal(columns, np.eye(4)[PROBA[:5].argmax(axis=1)])


@pytest.mark.parametrize("uncertainty", ["auto", None, "entropy", "disagreement"])
def test_task_loss_is_a_rank_among_the_fitted(uncertainty):
    predictions = Predictions.of(MEMBERS, 30)
    extra = RankedLoss.fitted_on(predictions, uncertainty)
    measured = "margin" if uncertainty in ("auto", None) else uncertainty
    values = measure_uncertainty(measured, predictions)
    columns = extra.columns(predictions, 30)
    # Without ties the ranks are 1 / n, 2 / n, ..., 1.
    np.testing.assert_allclose(columns[np.argsort(values), 0], np.arange(1, 31) / 30, rtol=1e-6)
    # A sample's rank does not depend on the samples around it.
    np.testing.assert_array_equal(extra.columns(predictions.rows(np.array([7])), 1), columns[[7]])


def test_rank_of_new_samples_stays_in_the_interval():
    fitted = Predictions(PROBA[:4], loss=np.array([1.0, 2, 2, 3]))
    new = Predictions(PROBA[:5], loss=np.array([0.0, 1, 1.5, 2, 9]))
    columns = RankedLoss.fitted_on(fitted, "auto").columns(new, 5)
    np.testing.assert_array_equal(columns[:, 0], [0.25, 0.25, 0.25, 0.75, 1])


def test_predicted_loss_goes_before_the_uncertainty():
    predictions = Predictions(PROBA, loss=RNG.randn(30))
    extra = RankedLoss.fitted_on(predictions, "entropy")
    assert extra.of_loss
    columns = extra.columns(predictions, 30)
    assert columns[:, 0].argsort().tolist() == predictions.loss.argsort().tolist()
    with pytest.raises(ValueError, match="head on the learner's features.*VAALQuery"):
        extra.columns(Predictions(PROBA), 30)


@pytest.mark.parametrize(
    "extra",
    [PseudoLabel(4), RankedLoss.fitted_on(Predictions(PROBA), "auto")],
    ids=["class", "loss"],
)
def test_other_classes_than_fitted(extra):
    with pytest.raises(ValueError, match="mine has 2 classes, but 4 were fitted"):
        extra.columns(Predictions(np.full((3, 2), 0.5)), 3, "mine")
