"""Every strategy on task models of each kind, where the labels know some of the classes only."""

import numpy as np
import pytest

from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.strategies import LIBRARIES, STRATEGIES, get_strategies

models = pytest.importorskip("modAL.models")

NEED_TORCH = {"mc_dropout", "dbal", "core_set_features"}
N_STEPS = {"mlp": 10, "small_cnn": 5}
CASES = [
    (name, estimator)
    for name in STRATEGIES
    for estimator in ("random_forest", *N_STEPS)
    if estimator != "random_forest" or name not in NEED_TORCH
]


def make(name, estimator):
    (library,) = (one for one in LIBRARIES.values() if name in one.strategies)
    pytest.importorskip(library.package)
    params = {"max_epochs": 1, "batch_size": 32}
    return get_strategies([name], vaal_params=params, estimator=estimator)[name](0)


def task_model(estimator):
    model = get_estimator(estimator)(0)
    steps = [key for key in model.get_params() if key.endswith("n_iter")]
    forest = [key for key in model.get_params() if key.endswith("n_estimators")]
    model.set_params(**dict.fromkeys(forest, 10))
    return model.set_params(**dict.fromkeys(steps, N_STEPS.get(estimator)))


@pytest.fixture
def biased(images):
    """Images, and the indices of the labelled: two of three classes, one of them by one sample."""
    X, y = images
    labeled = np.r_[np.flatnonzero(y == 0)[:9], np.flatnonzero(y == 2)[:1]]
    return X, y, labeled


@pytest.mark.parametrize(("name", "estimator"), CASES)
@pytest.mark.slow
def test_a_class_may_be_missing_from_the_labels(name, estimator, biased):
    X, y, labeled = biased
    pool = np.delete(X, labeled, axis=0)
    learner = models.ActiveLearner(
        task_model(estimator), X_training=X[labeled], y_training=y[labeled]
    )

    indices, scores = make(name, estimator)(learner, pool, n_instances=6)

    assert len(set(indices)) == 6
    assert set(indices) <= set(range(len(pool)))
    assert np.isfinite(scores).all()
