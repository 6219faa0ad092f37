"""What mode of torch the caller is in, and what its defaults are, changes nothing."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from skvaal import VAALQueryStrategy
from skvaal._engine.modes import own_modes
from skvaal._predictions.task_loss import TaskLossHead


@contextmanager
def defaults(dtype=torch.float32, device="cpu"):
    torch.set_default_dtype(dtype)
    torch.set_default_device(device)
    try:
        yield
        assert torch.get_default_dtype() == dtype
        assert torch.empty(0).device.type == device
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)


MODES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "default float64": lambda: defaults(torch.float64),
    "default float16": lambda: defaults(torch.float16),
    # Stands for a GPU: whatever is made there by mistake cannot be computed with.
    "default device": lambda: defaults(device="meta"),
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


@pytest.mark.parametrize("mode", MODES)
def test_load_in_a_mode(expected, mode, tmp_path):
    fit().save(tmp_path / "model.skvaal")
    with MODES[mode]():
        found = answers(VAALQueryStrategy.load(tmp_path / "model.skvaal"))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_types_of_new_tensors():
    with defaults(torch.float64), own_modes("cpu"):
        for made in (
            torch.rand(2),
            torch.tensor([0.5]),
            torch.full((2,), 0.5),
            torch.arange(0.0, 2),
        ):
            assert made.dtype == torch.float32
        assert torch.tensor([1]).dtype == torch.int64
        assert torch.rand(2, dtype=torch.float64).dtype == torch.float64
        assert torch.tensor(np.zeros(2)).dtype == torch.float64


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
@pytest.mark.parametrize("mode", MODES)
def test_diagnose_in_a_mode(mode):
    strategy = fit()
    plain = strategy.diagnose(X[:20], X[20:])
    with MODES[mode]():
        assert strategy.diagnose(X[:20], X[20:]).auc_cross_fitted == plain.auc_cross_fitted


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.slow
def test_predicted_losses_in_a_mode(mode):
    def predict():
        return TaskLossHead(seed=0).fit(X, X[:, 0] ** 2).predict(X)

    expected = predict()
    with MODES[mode]():
        np.testing.assert_array_equal(predict(), expected)
