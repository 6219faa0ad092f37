"""The small networks of the task models: a body without dropout, and a head with it.

Only the head drops out. So Monte Carlo dropout costs one pass of the body, however many samples
are drawn, and a body's batch normalisation never sees a dropped unit.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from skvaal._engine.generators import generators_in_use, lent_to_torch

BodyAndHead = tuple[nn.Module, nn.Sequential]


class Network(nn.Module):
    """A classifier: standardisation, a body and a head.

    Parameters
    ----------
    body : Module
        Takes the samples as floats, returns rows of hidden units.
    head : Sequential
        Takes these; ends in dropout and a linear layer.
    mean, std : Tensor
        Subtracted from a sample (in [0, 1] if it was of uint8), and what that is divided by.

    Examples
    --------
    >>> head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3))
    >>> network = Network(nn.Flatten(), head, mean=torch.zeros(()), std=torch.ones(()))
    >>> network(torch.zeros(2, 1, 2, 2, dtype=torch.uint8)).shape
    torch.Size([2, 3])
    """

    mean: Tensor
    std: Tensor

    def __init__(self, body: nn.Module, head: nn.Sequential, *, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.body = body
        self.head = head
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, (n, n_classes), of samples, (n, ...)."""
        hidden = self.hidden(x)
        with lent_to_torch(generators_in_use()):  # to dropout
            return self.head(hidden)

    def hidden(self, x: Tensor) -> Tensor:
        """Hidden units ahead of the first dropout, (n, d)."""
        x = x.float().div(255) if x.dtype == torch.uint8 else x
        return self.body((x - self.mean) / self.std)

    def embed(self, x: Tensor) -> Tensor:
        """What the last linear layer sees, (n, d), where nothing is dropped."""
        return self.head[:-1](self.hidden(x))

    def drop_in_head(self) -> None:
        """Let the head drop out, and all else be as in evaluation."""
        self.eval()
        self.head.train()


def mlp(input_shape: tuple[int, ...], n_classes: int, dropout: float) -> BodyAndHead:
    """Return a perceptron with two hidden layers.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of a sample; images are flattened.
    n_classes : int
        Number of logits.
    dropout : float
        Chance of a hidden unit to be dropped.

    Returns
    -------
    body : Module
    head : Sequential

    Examples
    --------
    >>> body, head = mlp((64,), 10, 0.5)
    >>> head(body(torch.zeros(2, 64))).shape
    torch.Size([2, 10])
    """
    body = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(input_shape), 256), nn.ReLU())
    return body, _dense_head(256, 256, n_classes, dropout)


def small_cnn(input_shape: tuple[int, ...], n_classes: int, dropout: float) -> BodyAndHead:
    """Return a small convolutional network, for images of any size from 8x8.

    The stride of its first layer brings large images to some 32 pixels, so that the cost hardly
    depends on the size. Stages of convolution, batch normalisation, ReLU and pooling halve them,
    and double the channels from 16, until some 4 pixels are left.

    Parameters
    ----------
    input_shape : tuple (channels, height, width)
        Shape of a sample.
    n_classes : int
        Number of logits.
    dropout : float
        Chance of a hidden unit of the two dense layers to be dropped.

    Returns
    -------
    body : Module
    head : Sequential

    Examples
    --------
    >>> body, head = small_cnn((3, 8, 11), 10, 0.5)
    >>> head(body(torch.zeros(2, 3, 8, 11))).shape
    torch.Size([2, 10])
    """
    channels_in, height, width = input_shape
    stride = max(1, round(min(height, width) / 32))
    height, width = -(-height // stride), -(-width // stride)
    n_stages = max(2, round(math.log2(min(height, width) / 4)))
    channels = [channels_in, *[16 * 2**stage for stage in range(n_stages)]]
    layers: list[nn.Module] = []
    for a, b in pairwise(channels):
        layers += [
            nn.Conv2d(a, b, 2 * stride + 1, stride, padding=stride, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        stride = 1
    n_hidden = channels[-1] * (height >> n_stages) * (width >> n_stages)
    return nn.Sequential(*layers, nn.Flatten()), _dense_head(n_hidden, 128, n_classes, dropout)


def _dense_head(n_in: int, n_hidden: int, n_classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(n_in, n_hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(n_hidden, n_classes),
    )
