"""Accuracy by cross-validation, and its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline

from skvaal._stopping.curve import CurvePoint, compute_curve, cross_validate

MODEL = GaussianNB(var_smoothing=1e-2)


def test_accuracy_is_that_of_scikit_learn(shuffled_digits):
    X, y = (each[:100] for each in shuffled_digits)
    point = cross_validate(X, y, MODEL)
    folds = KFold(5, shuffle=True, random_state=0)
    assert point.accuracy == pytest.approx(cross_val_score(MODEL, X, y, cv=folds).mean())
    assert (point.n_labels, point.n_tested) == (100, 100)
    assert point.error == pytest.approx(np.sqrt(point.accuracy * (1 - point.accuracy) / 100))


def test_a_curve_has_a_point_for_each_size(shuffled_digits):
    X, y = shuffled_digits
    points = compute_curve(X, y, [0, 1, 20, 100], MODEL)
    assert points == [cross_validate(X[:n], y[:n], MODEL) for n in (20, 100)]


def test_containers_stay_what_they_are(shuffled_digits):
    X, y = (each[:60] for each in shuffled_digits)
    expected = cross_validate(X, y, MultinomialNB())
    assert cross_validate(pd.DataFrame(X), y, MultinomialNB()) == expected
    assert cross_validate(csr_array(X), y, MultinomialNB()) == expected
    texts = ["red apple", "old house", "green apple", "new house"] * 5
    model = make_pipeline(CountVectorizer(), MultinomialNB())
    assert cross_validate(texts, np.array(["fruit", "house"] * 10), model).accuracy == 1


def test_weights_weigh_hits_and_reach_the_model(shuffled_digits):
    X, y = (each[:60] for each in shuffled_digits)
    weights = np.where(y < 5, 1000.0, 1.0)
    point = cross_validate(X, y, MODEL, weights=weights)
    assert point.n_tested == pytest.approx((y < 5).sum(), rel=0.01)  # the others hardly count
    # The model hardly expects the light classes, so that it errs less on the heavy ones.
    folds = KFold(5, shuffle=True, random_state=0)
    hits = np.zeros(60, bool)
    for train, test in folds.split(X):
        model = MODEL.fit(X[train], y[train], weights[train])
        hits[test] = model.predict(X[test]) == y[test]
    assert point.accuracy == pytest.approx(np.average(hits, weights=weights))


def test_samples_with_equal_weights_are_counted_as_many():
    hits = np.array([True, True, False, True])
    assert CurvePoint.of(4, hits, np.full(4, 0.3)).n_tested == pytest.approx(4)
    uneven = CurvePoint.of(4, hits, np.array([1.0, 1.0, 1.0, 9.0]))
    assert uneven.accuracy == 11 / 12
    assert uneven.n_tested == pytest.approx(12**2 / 84)


def test_interval_is_wilsons():
    # As proportion_confint(8, 10, method="wilson") of statsmodels.
    low, high = CurvePoint.of(10, np.arange(10) < 8).interval(0.95)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert CurvePoint.of(10, np.ones(10, bool)).interval(0.95)[1] == 1
    assert CurvePoint.of(10, np.zeros(10, bool)).interval(0.95)[0] < 1e-15


def test_interval_holds_the_truth_as_often_as_it_says(draw_curve):
    points = draw_curve(lambda n: 0.9, range(1, 501), n_tested=100)
    covered = [low <= 0.9 <= high for low, high in (each.interval(0.8) for each in points)]
    assert 0.74 < np.mean(covered) < 0.88
