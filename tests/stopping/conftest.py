"""Digits in a random order, and curves with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skvaal._stopping.curve import CurvePoint


@pytest.fixture(scope="session")
def shuffled_digits():
    """600 digits as rows in [0, 1], and their classes."""
    X, y = load_digits(return_X_y=True)
    rows = np.random.RandomState(0).permutation(len(X))[:600]
    return X[rows] / 16, y[rows]


@pytest.fixture(scope="session")
def draw_curve():
    """Draws the points of a curve, each from so many tested labels as the truth has."""

    def draw(accuracy, sizes, n_tested, seed=0):
        rng = np.random.RandomState(seed)
        hits = [rng.permutation(n_tested) < rng.binomial(n_tested, accuracy(n)) for n in sizes]
        return [CurvePoint.of(int(n), each) for n, each in zip(sizes, hits, strict=True)]

    return draw
