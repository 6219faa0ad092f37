import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from skvaal import TrainingDivergedError
from skvaal.benchmark.estimators._networks import Network, mlp
from skvaal.benchmark.estimators._training import (
    MAX_STEPS,
    RECIPES,
    as_tensor,
    shuffled_batches,
    statistics,
    trained,
)

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        yield


def train(samples, *, n_iter=5, lr=1e-3, device=CPU):
    body, head = mlp((2,), 2, 0.1)
    network = Network(body, head, mean=torch.zeros(2), std=torch.ones(()))
    return trained(network, samples, n_iter=n_iter, batch_size=4, lr=lr, device=device)


@pytest.mark.parametrize(("n", "size"), [(1, 2), (3, 3), (10, 4)])
def test_batches_are_of_one_size_and_see_all_samples_equally_often(n, size):
    batches = shuffled_batches(n, 4, 30)

    counts = torch.bincount(batches.flatten(), minlength=n)
    assert batches.shape == (30, size)
    assert counts.max() - counts.min() <= 1


def test_rounds_are_shuffled_anew():
    first, second = shuffled_batches(20, 20, 2)

    assert not torch.equal(first, second)


def test_training_takes_the_steps_it_was_told():
    samples = TensorDataset(torch.rand(10, 2), torch.arange(10) % 2)

    net = train(samples, n_iter=7)

    assert len(net.history[-1]["batches"]) == 7


def test_loss_falls():
    y = torch.arange(40) % 2
    samples = TensorDataset(y[:, None] + 0.1 * torch.rand(40, 2), y)

    losses = train(samples, n_iter=60, lr=1e-2).history[-1, "batches", :, "train_loss"]

    assert np.mean(losses[-5:]) < 0.2 * np.mean(losses[:5])


def test_divergence_is_an_error():
    samples = TensorDataset(torch.full((4, 2), torch.inf), torch.arange(4) % 2)

    with pytest.raises(TrainingDivergedError, match="lower lr, or bring X to a common scale"):
        train(samples)


def test_interrupt_reaches_the_caller(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn.CrossEntropyLoss, "forward", interrupted)

    with pytest.raises(KeyboardInterrupt):
        train(TensorDataset(torch.rand(4, 2), torch.arange(4) % 2))


def test_recipes_train_longer_on_more_samples_up_to_a_bound():
    recipe = RECIPES["small_cnn"]

    assert [recipe.n_steps(n, 64) for n in (1, 960, 6400, 10**6)] == [150, 150, 1000, MAX_STEPS]


def test_statistics_of_images_are_those_of_each_channel_in_unit_range():
    X = np.random.default_rng(0).integers(0, 256, (3000, 2, 3, 4), dtype=np.uint8)

    mean, std = statistics(torch.from_numpy(X))

    np.testing.assert_allclose(mean.flatten(), X.mean((0, 2, 3)) / 255, rtol=1e-5)
    np.testing.assert_allclose(std.flatten(), X.std((0, 2, 3)) / 255, rtol=1e-5)
    assert mean.shape == std.shape == (2, 1, 1)


def test_rows_have_one_deviation_for_all_features():
    X = torch.tensor([[0.0, 5.0, 1.0], [4.0, 5.0, 1.0]])

    mean, std = statistics(X)

    torch.testing.assert_close(mean, torch.tensor([2.0, 5.0, 1.0]))
    torch.testing.assert_close(std, torch.tensor((4 / 3) ** 0.5))


def test_nothing_is_divided_by_zero():
    _, std = statistics(torch.ones(3, 2))

    assert std == 1


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.uint8, torch.uint8), (np.float64, torch.float32), (np.int64, torch.float32)],
)
def test_tensors_are_copies_of_bytes_or_floats(dtype, expected):
    X = np.ones((2, 3), dtype=dtype).T

    tensor = as_tensor(X)
    tensor[0, 0] = 0

    assert tensor.dtype == expected
    assert X[0, 0] == 1
