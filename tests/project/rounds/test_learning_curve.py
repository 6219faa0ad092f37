"""The learning curve of the labels so far, and what asking has saved."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from skvaal._stopping.curve import compute_curve
from skvaal.project.rounds.learning_curve import estimate_saving


@pytest.fixture(scope="module")
def clusters():
    """Eight far clusters, one for each class, of 20 samples."""
    generator = np.random.RandomState(0)
    y = np.repeat(np.arange(8), 20)
    X = np.c_[10.0 * np.cos(y), 10.0 * np.sin(y)] + generator.normal(size=(160, 2))
    return X, y.astype(str).astype(object)


@pytest.fixture(scope="module")
def by_class(clusters):
    """Order in which one sample of each class comes, then the next one of each."""
    return np.arange(160).reshape(8, 20).T.ravel()


def test_curve_rises_with_labels_that_tell_more(clusters):
    X, y = clusters
    order = np.random.RandomState(0).permutation(160)
    points = compute_curve(X[order], y[order], [0, 1, 8, 40, 160], GaussianNB(var_smoothing=1e-2))
    assert [point.n_labels for point in points] == [8, 40, 160]
    accuracies = [point.accuracy for point in points]
    assert accuracies == sorted(accuracies)
    assert accuracies[0] < 0.6
    assert accuracies[-1] > 0.95
    assert points[0].error > points[-1].error


def test_accuracy_of_labels_that_tell_nothing_is_that_of_guessing(clusters):
    X, _ = clusters
    y = np.random.RandomState(1).choice(["a", "b"], 160)
    (point,) = compute_curve(X, y, [160], GaussianNB(var_smoothing=1e-2))
    assert abs(point.accuracy - 0.5) < 4 * point.error


def test_one_class_is_predicted_as_such(clusters):
    X, _ = clusters
    (point,) = compute_curve(X, np.array(["a"] * 160), [10], GaussianNB(var_smoothing=1e-2))
    assert point.accuracy == 1
    assert point.error == 0


def test_an_order_that_covers_the_classes_saves_labels(clusters, by_class):
    X, y = clusters
    sizes = [8, 16, 24, 32, 48]
    model = GaussianNB(var_smoothing=1e-2)
    # The first eight are of two classes: random orders find the others late.
    start = np.r_[0:4, 20:24]
    order = np.r_[start, [row for row in by_class if row not in start]][:48]
    saving = estimate_saving(X[order], y[order], sizes, model)
    assert saving.n_labels in sizes
    assert saving.n_random > saving.n_labels


def test_an_accuracy_that_no_random_order_reaches_has_no_number(clusters, by_class):
    X, y = clusters
    order = by_class[:80]
    y = y[order].copy()
    y[40:] = np.random.RandomState(0).choice(np.unique(y), 40)
    saving = estimate_saving(X[order], y, [8, 24, 40, 60, 80], KNeighborsClassifier(1))
    assert saving.n_labels == 40
    assert saving.n_random is None


def test_a_random_order_saves_nothing_beyond_chance(clusters):
    X, y = clusters
    sizes = [20, 40, 60, 80, 100]
    savings = []
    for seed in range(5):
        order = np.random.RandomState(seed).permutation(160)[:100]
        saving = estimate_saving(X[order], y[order], sizes, GaussianNB(), random_state=seed)
        savings.append(saving.n_random - saving.n_labels)
    assert abs(np.mean(savings)) < 20


def test_an_order_that_repeats_itself_costs_labels(clusters):
    X, y = clusters
    order = np.r_[0:4, 20:24, 4:16, 24:36, 40:48, 60:68, 80:88, 100:108, 120:128, 140:148]
    sizes = [8, 16, 24, 32, len(order)]
    saving = estimate_saving(X[order], y[order], sizes, GaussianNB(var_smoothing=1e-2))
    assert saving.n_random < saving.n_labels


def test_too_few_answers_tell_nothing(clusters):
    X, y = clusters
    assert estimate_saving(X, y, [10, 20, 30], GaussianNB()) is None


def test_the_same_seed_gives_the_same(clusters):
    X, y = clusters
    order = np.random.RandomState(0).permutation(160)
    first, second = (
        estimate_saving(X[order], y[order], [10, 40, 80, 160], GaussianNB(), random_state=3)
        for _ in range(2)
    )
    assert first == second
