"""Stopping where successive models agree."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from sklearn.neighbors import KNeighborsClassifier

from skvaal import StabilizedPredictions

X_STOP = np.arange(100.0)[:, None]


class Says:
    """A model that answers what it was told."""

    def __init__(self, answer):
        self.answer = answer

    def predict(self, X):
        return self.answer[np.asarray(X)[:, 0].astype(int)]


def changed(n, labels=("a", "b")):
    """100 predictions, of which `n` of the first half are another class."""
    answer = np.repeat(labels, 50)
    answer[:n] = labels[1]
    return Says(answer)


def test_stops_where_the_mean_agreement_reaches_the_threshold():
    stopping = StabilizedPredictions(threshold=0.95, n_rounds=2)
    answers = [stopping.update(changed(n), X_STOP) for n in (20, 10, 6, 5, 5, 20)]
    truth = [
        cohen_kappa_score(changed(a).answer, changed(b).answer)
        for a, b in ((20, 10), (10, 6), (6, 5), (5, 5), (5, 20))
    ]
    np.testing.assert_allclose(stopping.agreements_, truth)
    means = [np.mean(truth[i - 2 : i]) for i in range(2, 6)]
    assert answers == [False, False, *(mean >= 0.95 for mean in means)]
    assert answers == [False, False, False, False, True, False]


def test_says_what_it_rests_on():
    stopping = StabilizedPredictions(n_rounds=2)
    stopping.update(changed(0), X_STOP)
    assert stopping.reason_ == (
        "It is too early to tell whether predictions are stable: that takes 3 models, and there "
        "are 1."
    )
    stopping.update(changed(20), X_STOP)
    stopping.update(changed(20), X_STOP)
    assert stopping.reason_.startswith("Predictions still change: on 100 samples, successive")
    assert "agree at 0.800 (Cohen's kappa, mean of the last 2)" in stopping.reason_
    assert stopping.reason_.endswith("stopping is advised from 0.99.")
    assert stopping.update(changed(20), X_STOP)
    assert stopping.should_stop_
    assert "are stable" in stopping.reason_
    assert "1.000" in stopping.reason_


def test_models_that_say_one_class_do_not_agree():
    stopping = StabilizedPredictions(n_rounds=1)
    for _ in range(3):
        assert not stopping.update(Says(np.zeros(100)), X_STOP)
    assert stopping.agreements_ == [0.0, 0.0]


def test_digits_stop_late_enough_and_before_the_end(shuffled_digits):
    X, y = shuffled_digits
    stopping = StabilizedPredictions(0.97)
    scores = []
    for n in range(20, 500, 20):
        model = KNeighborsClassifier(1).fit(X[:n], y[:n])
        scores.append(model.score(X[500:], y[500:]))
        if stopping.update(model, X):
            break
    assert 100 < n < 480
    final = KNeighborsClassifier(1).fit(X[:480], y[:480]).score(X[500:], y[500:])
    assert final - scores[-1] < 0.05
    assert final - scores[3] > 0.05


def test_a_large_stop_set_is_drawn_once():
    seen = []

    class Keeps(Says):
        def predict(self, X):
            seen.append(X[:, 0].tolist())
            return super().predict(X)

    def play(random_state):
        stopping = StabilizedPredictions(stop_size=30, random_state=random_state)
        for _ in range(2):
            stopping.update(Keeps(changed(0).answer), X_STOP)
        assert seen[-1] == seen[-2] == stopping.stop_rows_.tolist()
        assert len(set(seen[-1])) == 30
        return seen[-1]

    assert play(0) == play(0)
    assert play(0) != play(1)


@pytest.mark.parametrize("wrap", [pd.DataFrame, csr_array, np.ndarray.tolist])
def test_stop_sets_of_every_kind(shuffled_digits, wrap):
    X, y = shuffled_digits
    X_stop, models = wrap(X), []
    stopping, expected = StabilizedPredictions(stop_size=50, random_state=0), None
    for n in (30, 60):
        model = LogisticRegression(max_iter=300).fit(wrap(X[:n]), y[:n])
        models.append(model)
        stopping.update(model, X_stop)
    rows = stopping.stop_rows_
    expected = cohen_kappa_score(*(each.predict(wrap(X[rows])) for each in models))
    assert stopping.agreements_ == pytest.approx([expected])


def test_a_rule_keeps_its_parameters_and_a_clone_begins_anew():
    stopping = StabilizedPredictions(threshold=0.9)
    before = stopping.get_params()
    stopping.update(changed(0), X_STOP)
    assert stopping.get_params() == before
    assert not hasattr(clone(stopping), "agreements_")
    restored = pickle.loads(pickle.dumps(stopping))
    restored.update(changed(5), X_STOP)
    stopping.update(changed(5), X_STOP)
    assert restored.agreements_ == stopping.agreements_


def test_a_failed_update_changes_nothing():
    stopping = StabilizedPredictions(n_rounds=1)
    stopping.update(changed(0), X_STOP)
    before = dict(vars(stopping))
    with pytest.raises(ValueError, match="X_stop"):
        stopping.update(changed(0), X_STOP[:50])
    assert vars(stopping) == before


def test_samples_that_are_not_those_of_the_first_round(shuffled_digits):
    X, y = shuffled_digits
    model = LogisticRegression(max_iter=300).fit(X[:50], y[:50])
    stopping = StabilizedPredictions()
    stopping.update(model, X)
    for other in (X[:500], X[:, :60]):
        with pytest.raises(ValueError, match=r"X_stop has the shape .* but it had \(600, 64\)"):
            stopping.update(model, other)
    with pytest.raises(ValueError, match="X_stop cannot be predicted by LogisticRegression: .*60"):
        clone(stopping).update(model, X[:, :60])
    with pytest.raises(ValueError, match="X_stop cannot be predicted .*NaN"):
        clone(stopping).update(model, np.where(X > 0.5, np.nan, X))
    with pytest.raises(ValueError, match="X_stop is missing"):
        clone(stopping).update(model)
    with pytest.raises(ValueError, match="X_stop has 1 samples"):
        clone(stopping).update(model, X[:1])


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"threshold": 0}, "threshold"),
        ({"threshold": 1.01}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"n_rounds": 0}, "n_rounds"),
        ({"stop_size": 1}, "stop_size"),
        ({"random_state": "zero"}, "random_state"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(params, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of StabilizedPredictions"):
        StabilizedPredictions(**params).update(changed(0), X_STOP)
