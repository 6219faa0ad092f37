"""The networks: two variational auto-encoders and the discriminator of their latent space.

A module of your own serves as `vae` if it has

- ``encode(x) -> (mu, logvar)``, each (n_samples, latent_dim),
- ``decode(z) -> x_hat``, of the shape of x; logits where the likelihood is Bernoulli,

and as `discriminator` if ``forward(mu)`` returns the log-odds of being labelled, (n_samples,) or
(n_samples, 1). A class whose constructor has a parameter `input_shape` (VAE) or `latent_dim`
(discriminator) is handed it.

With a condition (``VAALQueryStrategy(condition=...)``) the discriminator reads mu and the condition
side by side, and its `latent_dim` counts both. A VAE class whose constructor has a parameter
`condition_dim` is handed the number of columns, and its ``decode`` then reads z and the condition
side by side; an instance says so by an attribute `condition_dim`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from skvaal._params import accepted_names

MIN_IMAGE_SIZE = 8


def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
    """Draw z from N(mu, exp(logvar)) so that gradients reach mu and logvar.

    The standard normal `noise` is drawn here, unless it is given.
    """
    noise = torch.randn_like(mu) if noise is None else noise
    return mu + torch.exp(0.5 * logvar) * noise


class ConvVAE(nn.Module):
    """Convolutional variational auto-encoder for images of any size from 8x8.

    The encoder halves the image until its shorter side is 2 or 3 pixels (kernel 4, stride 2,
    padding 1, batch normalisation, ReLU), doubling the channels from `width` up to ``8 * width``;
    the decoder mirrors it. On 3x32x32 with ``width=128, latent_dim=32`` it is the network of the
    authors' published code, of 22,835,139 parameters.

    Parameters
    ----------
    input_shape : tuple (channels, height, width)
        Height and width in pixels, at least 8; they need not be equal, nor powers of two.
    latent_dim : int, default=32
        Size of the latent space.
    width : int, default=16
        Channels after the first stage. The authors use 128; 16 is some 50 times cheaper, which
        is what a processor without a GPU can train in half a minute.
    condition_dim : int, default=0
        Columns that the decoder reads beside z.

    References
    ----------
    Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019.

    Examples
    --------
    >>> import torch
    >>> from skvaal import ConvVAE
    >>> vae = ConvVAE((1, 28, 28), latent_dim=8)
    >>> mu, logvar = vae.encode(torch.zeros(5, 1, 28, 28))
    >>> mu.shape, vae.decode(mu).shape
    (torch.Size([5, 8]), torch.Size([5, 1, 28, 28]))
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        *,
        latent_dim: int = 32,
        width: int = 16,
        condition_dim: int = 0,
    ) -> None:
        super().__init__()
        channels_in, height, image_width = input_shape
        if min(height, image_width) < MIN_IMAGE_SIZE:
            raise ValueError(
                f"images must be at least {MIN_IMAGE_SIZE}x{MIN_IMAGE_SIZE} pixels, "
                f"got {height}x{image_width}"
            )
        self.input_shape = tuple(input_shape)
        self.latent_dim = latent_dim
        self.condition_dim = condition_dim

        n_stages = int(math.log2(min(height, image_width))) - 1
        channels = [width * min(2**stage, 8) for stage in range(n_stages)]
        encoded = (channels[-1], height >> n_stages, image_width >> n_stages)
        # The decoder has one stage less and rounds up, then crops: every size comes back exactly.
        halvings = 2 ** (n_stages - 1)
        decoded = (channels[-1], -(-height // halvings), -(-image_width // halvings))

        stages = [_down(a, b) for a, b in pairwise([channels_in, *channels])]
        self.encoder = nn.Sequential(*stages, nn.Flatten())
        self.fc_mu = nn.Linear(math.prod(encoded), latent_dim)
        self.fc_logvar = nn.Linear(math.prod(encoded), latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim + condition_dim, math.prod(decoded)),
            nn.Unflatten(1, decoded),
            *[_up(a, b) for a, b in pairwise(channels[::-1])],
            nn.Conv2d(channels[0], channels_in, kernel_size=1),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (n_samples, latent_dim)."""
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        """Mean, or logits, of p(x|z), (n_samples, channels, height, width).

        z is (n_samples, latent_dim + condition_dim).
        """
        _, height, width = self.input_shape
        return self.decoder(z)[:, :, :height, :width]


class DenseVAE(nn.Module):
    """Fully connected variational auto-encoder for feature rows.

    Parameters
    ----------
    input_shape : tuple (n_features,)
    latent_dim : int, default=16
        Size of the latent space.
    hidden : sequence of int, default=(128, 128)
        Sizes of the encoder's hidden layers, each followed by batch normalisation and ReLU; the
        decoder has them in reverse.
    condition_dim : int, default=0
        Columns that the decoder reads beside z.

    Examples
    --------
    >>> import torch
    >>> from skvaal import DenseVAE
    >>> vae = DenseVAE((64,), latent_dim=4)
    >>> mu, logvar = vae.encode(torch.zeros(5, 64))
    >>> mu.shape, vae.decode(mu).shape
    (torch.Size([5, 4]), torch.Size([5, 64]))
    """

    def __init__(
        self,
        input_shape: tuple[int],
        *,
        latent_dim: int = 16,
        hidden: Sequence[int] = (128, 128),
        condition_dim: int = 0,
    ) -> None:
        super().__init__()
        (n_features,) = input_shape
        self.input_shape = tuple(input_shape)
        self.latent_dim = latent_dim
        self.condition_dim = condition_dim
        sizes = [n_features, *hidden]
        self.encoder = nn.Sequential(*[_dense(a, b) for a, b in pairwise(sizes)])
        self.fc_mu = nn.Linear(sizes[-1], latent_dim)
        self.fc_logvar = nn.Linear(sizes[-1], latent_dim)
        sizes = [latent_dim + condition_dim, *hidden[::-1]]
        self.decoder = nn.Sequential(
            *[_dense(a, b) for a, b in pairwise(sizes)], nn.Linear(sizes[-1], n_features)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (n_samples, latent_dim)."""
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        """Mean, or logits, of p(x|z), (n_samples, n_features).

        z is (n_samples, latent_dim + condition_dim).
        """
        return self.decoder(z)


class InputAsLatent(nn.Module):
    """In the place of a VAE where there is none: z is x, flattened.

    Parameters
    ----------
    input_shape : tuple of int

    Examples
    --------
    >>> import torch
    >>> from skvaal._modules import InputAsLatent
    >>> mu, logvar = InputAsLatent((1, 8, 8)).encode(torch.ones(5, 1, 8, 8))
    >>> mu.shape
    torch.Size([5, 64])
    """

    def __init__(self, input_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.input_shape = tuple(input_shape)
        # Of size 0: optimizers refuse a module without parameters.
        self.nothing = nn.Parameter(torch.empty(0))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The sample as its own mean, and zeros, each (n_samples, n_dims)."""
        mu = x.flatten(1)
        return mu, torch.zeros_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """The sample again."""
        return z.reshape(-1, *self.input_shape)


class LatentDiscriminator(nn.Module):
    """Multi-layer perceptron that reads mu and gives the log-odds of being labelled.

    Parameters
    ----------
    latent_dim : int
        Size of the latent space.
    hidden : sequence of int, default=(512, 512)
        Sizes of the hidden layers.

    Examples
    --------
    >>> import torch
    >>> from skvaal import LatentDiscriminator
    >>> LatentDiscriminator(32)(torch.zeros(5, 32)).shape
    torch.Size([5])
    """

    def __init__(self, latent_dim: int, *, hidden: Sequence[int] = (512, 512)) -> None:
        super().__init__()
        sizes = [latent_dim, *hidden]
        layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))

    def forward(self, mu: Tensor) -> Tensor:
        """Log-odds of being labelled, (n_samples,), from mu, (n_samples, latent_dim)."""
        return self.layers(mu).squeeze(1)


@torch.no_grad()
def check_vae(vae: Any, input_shape: tuple[int, ...], condition_dim: int = 0) -> int:
    """Try a VAE on zeros; return its latent size, or say what is wrong with it.

    `condition_dim` is the number of columns that its decoder reads beside z.
    """
    name = type(vae).__name__
    for method in ("encode", "decode"):
        if not callable(getattr(vae, method, None)):
            raise TypeError(
                f"vae={name} has no method {method!r}; a VAE needs encode(x) -> (mu, logvar) and "
                "decode(z) -> x_hat"
            )
    # In eval mode, on the module's own device: no statistic of it changes.
    was_training = vae.training
    vae.eval()
    parameter = next(vae.parameters(), torch.empty(0))
    x = torch.zeros(2, *input_shape, dtype=torch.float32, device=parameter.device)
    try:
        encoded = vae.encode(x)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(
            f"vae={name}: encode fails on samples of shape {tuple(input_shape)}: {error}"
        ) from error
    if not (isinstance(encoded, tuple) and len(encoded) == 2):
        raise TypeError(f"vae={name}: encode(x) must return the pair (mu, logvar)")
    mu, logvar = encoded
    if mu.ndim != 2 or mu.shape != logvar.shape:
        raise ValueError(
            f"vae={name}: encode(x) must return mu and logvar of shape (n_samples, latent_dim), "
            f"got {tuple(mu.shape)} and {tuple(logvar.shape)}"
        )
    z = torch.cat([mu, mu.new_zeros(len(mu), condition_dim)], dim=1) if condition_dim else mu
    try:
        x_hat = vae.decode(z)
    except (RuntimeError, ValueError, TypeError) as error:
        with_it = f" with {condition_dim} columns of a condition" if condition_dim else ""
        raise ValueError(
            f"vae={name}: decode fails on latent vectors of size {mu.shape[1]}{with_it}: {error}"
        ) from error
    if x_hat.shape != x.shape:
        raise ValueError(
            f"vae={name}: decode(encode(x)) has shape {tuple(x_hat.shape)} for x of shape "
            f"{tuple(x.shape)}"
        )
    vae.train(was_training)
    return mu.shape[1]


def condition_dim_of(vae: Any, component: Any, condition_dim: int) -> int:
    """Columns that a VAE's decoder reads beside z, `condition_dim` or 0.

    An attribute `condition_dim` tells or, where there is none, whether the class that it was built
    of has such a parameter.
    """
    told = not isinstance(component, nn.Module) and "condition_dim" in (
        accepted_names(component) or ()
    )
    read = getattr(vae, "condition_dim", condition_dim if told else 0)
    if read not in (0, condition_dim):
        raise ValueError(
            f"vae={type(vae).__name__} has a decoder for a condition of {read} columns, but the "
            f"condition here has {condition_dim}; build it with condition_dim={condition_dim}, or "
            "pass the class"
        )
    return int(read)


@torch.no_grad()
def check_discriminator(discriminator: Any, latent_dim: int) -> None:
    """Try a discriminator on zeros, and say what is wrong with it."""
    name = type(discriminator).__name__
    was_training = discriminator.training
    discriminator.eval()
    parameter = next(discriminator.parameters(), torch.empty(0))
    try:
        logits = discriminator(
            torch.zeros(2, latent_dim, dtype=torch.float32, device=parameter.device)
        )
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(
            f"discriminator={name} fails on latent vectors of size {latent_dim}: {error}"
        ) from error
    if logits.numel() != 2:
        raise ValueError(
            f"discriminator={name} must return one logit a sample, got shape "
            f"{tuple(logits.shape)} for 2 samples"
        )
    discriminator.train(was_training)


def _down(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _up(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _dense(size_in: int, size_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size_in, size_out), nn.BatchNorm1d(size_out), nn.ReLU())
