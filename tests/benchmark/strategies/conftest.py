import numpy as np
import pytest

from skvaal.benchmark.estimators import get_estimator


@pytest.fixture
def samples():
    """Three classes that overlap, the last one rare."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [50, 44, 6])
    return y[:, None] + 0.5 * rng.standard_normal((100, 3)), y


@pytest.fixture
def pool(samples):
    """Each second sample; the others are labelled."""
    return samples[0][1::2]


@pytest.fixture
def learner(samples):
    models = pytest.importorskip("modAL.models")
    X, y = samples
    return models.ActiveLearner(
        estimator=get_estimator("logistic_regression")(0), X_training=X[::2], y_training=y[::2]
    )


@pytest.fixture
def network_learner(samples):
    """The same on a small neural network."""
    models = pytest.importorskip("modAL.models")
    X, y = samples
    estimator = get_estimator("mlp")(0).set_params(torchclassifier__n_iter=20)
    return models.ActiveLearner(estimator=estimator, X_training=X[::2], y_training=y[::2])


@pytest.fixture
def images():
    """Images of uint8, (60, 1, 8, 8), in three classes."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.integers(0, 80, (60, 1, 8, 8)) + 80 * y[:, None, None, None]
    return X.astype(np.uint8), y
