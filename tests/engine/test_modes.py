"""What mode of torch the caller is in changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skvaal import VAALQueryStrategy
from skvaal._predictions.task_loss import TaskLossHead

MODES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
}
X = np.random.RandomState(0).randn(60, 8).astype(np.float32)


def fit(**params):
    strategy = VAALQueryStrategy(max_epochs=2, random_state=0, **params)
    return strategy.fit_pools(X[:20], X[20:])


def answers(strategy):
    return strategy.score_samples(X), strategy.transform(X), strategy.query(X[20:], 5)


@pytest.fixture(scope="module")
def expected():
    return answers(fit())


@pytest.mark.parametrize("mode", MODES)
def test_fit_and_query_in_a_mode(expected, mode):
    with MODES[mode]():
        found = answers(fit())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
@pytest.mark.parametrize("mode", MODES)
def test_diagnose_in_a_mode(mode):
    strategy = fit()
    plain = strategy.diagnose(X[:20], X[20:])
    with MODES[mode]():
        assert strategy.diagnose(X[:20], X[20:]).auc_cross_fitted == plain.auc_cross_fitted


@pytest.mark.parametrize("mode", MODES)
def test_predicted_losses_in_a_mode(mode):
    def predict():
        return TaskLossHead(seed=0).fit(X, X[:, 0] ** 2).predict(X)

    expected = predict()
    with MODES[mode]():
        np.testing.assert_array_equal(predict(), expected)
