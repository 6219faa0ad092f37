"""Trainings that end far above where they began."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EarlyStopping

from skvaal import TrainingDivergedWarning, VAALQueryStrategy
from skvaal._vaal.divergence import warn_of_divergence

GENERATOR = np.random.default_rng(0)
KINDS = {
    "wine": StandardScaler().fit_transform(load_wine().data),
    "iris": load_iris().data,
    "one-hot": np.eye(8)[GENERATOR.integers(0, 8, 60)],
    "constant columns": np.hstack([GENERATOR.normal(size=(60, 2)), np.ones((60, 4))]),
    "equal": np.ones((20, 3)),
    "heavy tails": GENERATOR.standard_cauchy((60, 5)),
    "two": GENERATOR.normal(size=(2, 3)),
    "images": GENERATOR.integers(0, 255, (20, 1, 8, 8), dtype=np.uint8),
}
WORSE = "the VAE is worse than before"
NO_BETTER = "the discriminator is worse than one that says the same"


def fit(X, **params):
    y = np.where(np.arange(len(X)) < max(1, len(X) // 8), 0, -1)
    return VAALQueryStrategy(random_state=0, **{"max_epochs": 4, **params}).fit(X, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("params", [{}, {"max_epochs": 1}, {"variance": 1.0}], ids=str)
def test_ordinary_trainings(kind, params):
    fit(KINDS[kind], **params)


def messages(X, **params):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrainingDivergedWarning)
        fit(X, **params)
    found = [each for each in caught if each.category is TrainingDivergedWarning]
    assert all(each.filename == __file__ for each in found)
    return " ".join(str(each.message) for each in found)


@pytest.mark.parametrize("lr", [3.0, 1e3])
@pytest.mark.parametrize("kind", ["wine", "iris", "images"])
def test_a_learning_rate_that_is_far_too_large(kind, lr):
    assert WORSE in messages(KINDS[kind], lr=lr)


@pytest.mark.parametrize(
    ("module", "expected", "other"),
    [("vae", WORSE, None), ("discriminator", NO_BETTER, WORSE)],
)
def test_a_learning_rate_of_one_module(module, expected, other):
    found = messages(KINDS["iris"], **{f"optimizer_{module}__lr": 100.0, "lambda2": 0.0})
    assert expected in found
    assert other is None or other not in found


def test_weights_that_a_callback_brings_back():
    best = EarlyStopping(monitor="train_loss", load_best=True)
    assert messages(KINDS["iris"], lr=100.0, callbacks=[best]) == ""


def batches_of(bounds, losses):
    return [
        {"reconstruction_loss": bound - 1.0, "kl": 0.5, "discriminator_loss": loss}
        for bound, loss in zip(bounds, losses, strict=True)
    ]


@pytest.mark.parametrize(
    ("bounds", "losses", "expected"),
    [
        ([0, 14.9], [1, 1], []),
        ([0, 15.1], [1, 1], [WORSE]),
        ([15.1], [9], []),  # one batch tells nothing of a step
        ([0, *[99] * 20, 1, 99], [1] * 23, []),  # of the last ones, one is good
        ([0, 1, *[99] * 10], [1] * 12, [WORSE]),
        ([np.nan] * 3, [9, 4.1, 9], []),
        ([np.nan] * 3, [1, 4.2, 9], [NO_BETTER]),
        ([np.nan] * 3, [5, 6, 6], []),  # it was so before
        ([0, 99], [np.nan] * 2, [WORSE]),
    ],
)
def test_where_the_limits_are(bounds, losses, expected):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_divergence(batches_of(bounds, losses), n_numbers=5, beta=2.0, lambda1=1.0)
    assert [
        str(each.message)[: len(text)] for each, text in zip(caught, expected, strict=True)
    ] == (expected)


def test_a_bound_that_is_not_trained():
    warn_of_divergence(batches_of([0, 99], [1, 1]), n_numbers=5, beta=2.0, lambda1=0.0)
