import pytest
import torch
from torch import nn

from skvaal.benchmark.estimators._networks import Network, mlp, small_cnn
from skvaal.benchmark.estimators._resnet import resnet18


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        yield


def network(build, shape, *, mean=0.0, std=1.0, dropout=0.5):
    body, head = build(shape, 5, dropout)
    return Network(body, head, mean=torch.tensor(mean), std=torch.tensor(std))


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (mlp, (1,)),
        (mlp, (3, 4, 4)),
        (small_cnn, (1, 8, 8)),
        (small_cnn, (7, 9, 23)),
        (small_cnn, (3, 100, 33)),
        (small_cnn, (1, 224, 224)),
        (resnet18, (2, 8, 9)),
        (resnet18, (1, 65, 65)),
    ],
)
def test_networks_take_any_size(build, shape):
    x = torch.rand(2, *shape)
    net = network(build, shape).eval()

    logits, features = net(x), net.embed(x)

    assert logits.shape == (2, 5)
    torch.testing.assert_close(net.head[-1](features), logits)


def test_size_hardly_changes_what_the_small_network_costs():
    sizes = [n_parameters(network(small_cnn, (3, size, size))) for size in (32, 64, 128, 256)]

    assert max(sizes) < 1.3 * min(sizes)


def test_small_network_of_cifar():
    # Convolutions and their batch normalisation, then the dense layers.
    convolutions = 3 * 16 * 9 + 32 + 16 * 32 * 9 + 64 + 32 * 64 * 9 + 128
    dense = 64 * 4 * 4 * 128 + 128 + 128 * 5 + 5

    assert n_parameters(network(small_cnn, (3, 32, 32))) == convolutions + dense


def test_resnet18_has_the_parameters_of_the_paper():
    for_cifar = nn.ModuleList(resnet18((3, 32, 32), 10, 0.5))
    for_imagenet = nn.ModuleList(resnet18((3, 224, 224), 1000, 0.5))

    assert n_parameters(for_cifar) == 11_173_962
    assert n_parameters(for_imagenet) == 11_689_512


def test_samples_are_standardised_and_bytes_scaled():
    x = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    net = Network(
        nn.Identity(),
        nn.Sequential(nn.Dropout(0.5), nn.Identity()),
        mean=torch.tensor([0.0, 0.2, 0.5]),
        std=torch.tensor(0.5),
    ).eval()

    torch.testing.assert_close(net(x), torch.tensor([[0.0, 0.0, 1.0]]))


def test_only_the_head_drops_out():
    net = network(small_cnn, (1, 8, 8))
    x = torch.rand(4, 1, 8, 8)
    statistics = net.body[1].running_mean.clone()

    net.drop_in_head()
    hidden, logits = ([function(x) for _ in range(2)] for function in (net.hidden, net))

    torch.testing.assert_close(*hidden)
    assert not torch.equal(*logits)
    torch.testing.assert_close(net.body[1].running_mean, statistics)
