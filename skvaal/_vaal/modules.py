"""The networks: two variational auto-encoders and the discriminator of their latent space.

A module of your own serves as `vae` if it has

- ``encode(x) -> (mu, logvar)``, each (n_samples, latent_dim),
- ``decode(z) -> x_hat``, of the shape of x; logits where the likelihood is Bernoulli,

and as `discriminator` if ``forward(mu)`` returns the log-odds of being labelled, (n_samples,) or
(n_samples, 1). A class receives the shape of a sample if its constructor has a parameter
`input_shape` (VAE), and the size of what it reads if it has `latent_dim` (discriminator).

A conditional net, such as ``net='pseudo_label'``, appends columns of a condition to what the
discriminator reads, and its `latent_dim` counts them. A VAE class whose constructor has a parameter
`condition_dim` receives their number, and its ``decode`` then reads z with the condition appended.
An instance says so by an attribute `condition_dim`.

An optional method ``folded() -> vae`` returns a module that encodes the same sooner, in evaluation
mode. An optional attribute `linear_path`, a :class:`~skvaal._vaal.linear_path.LinearPath`, is
fitted to the data before training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from numbers import Integral
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from skvaal._engine.folding import fold
from skvaal._utils.params import Interval, SequenceOf, check_params
from skvaal._vaal.layers import DoublingConvTranspose2d, HalvingConv2d
from skvaal._vaal.linear_path import LinearPath

MIN_IMAGE_SIZE = 8
# Nobody means more: a layer of so many weights takes 1 GiB, and four times that in training.
_MAX_SIZE, _MAX_WIDTH, _MAX_WEIGHTS = 2**20, 2**10, 2**28
_SIZE = Interval(Integral, 1, _MAX_SIZE, closed="both")
_SIZES = SequenceOf(Integral, 1, _MAX_SIZE, closed="both")


def _shape_of(length: int) -> list:
    return [SequenceOf(Integral, 1, None, closed="left", length=length)]


def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
    """Draw z from N(mu, exp(logvar)) so that gradients reach mu and logvar."""
    noise = torch.randn_like(mu) if noise is None else noise
    return mu + torch.exp(0.5 * logvar) * noise


class _VAE(nn.Module):
    """What both auto-encoders share: two linear layers after the encoder, and the linear path."""

    _shared_constraints: ClassVar[dict[str, list]] = {
        "latent_dim": [_SIZE],
        "condition_dim": [Interval(Integral, 0, _MAX_SIZE, closed="both")],
        "linear_path": ["boolean"],
    }
    input_shape: tuple[int, ...]
    latent_dim: int
    condition_dim: int
    encoder: nn.Sequential
    decoder: nn.Sequential
    fc_mu: nn.Linear
    fc_logvar: nn.Linear
    linear_path: LinearPath | None

    def _keep_sizes(
        self, input_shape: tuple[int, ...], latent_dim: int, condition_dim: int
    ) -> None:
        self.input_shape = tuple(input_shape)
        self.latent_dim = latent_dim
        self.condition_dim = condition_dim

    def _add_linear_path(self, is_wanted: bool) -> None:
        """Add the linear path; what the layers add to it begins at 0."""
        self.linear_path = LinearPath(self.input_shape, self.latent_dim) if is_wanted else None
        if is_wanted:
            for last in (self.fc_mu, self.fc_logvar, self.decoder[-1]):
                for parameter in last.parameters():
                    nn.init.zeros_(parameter)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (n_samples, latent_dim)."""
        h = self.encoder(x)
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        if self.linear_path is not None:
            linear_mu, linear_logvar = self.linear_path.encode(x)
            mu, logvar = mu + linear_mu, logvar + linear_logvar
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Mean, or logits, of p(x|z), from z of shape (n_samples, latent_dim + condition_dim)."""
        x_hat = self._decode_layers(z)
        if self.linear_path is not None:
            x_hat = x_hat + self.linear_path.decode(z[:, : self.latent_dim])
        return x_hat

    def _decode_layers(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def folded(self) -> _VAE:
        """Copy to score with: batch normalisation is part of the layers, and no decoder.

        The module must be in evaluation mode. A subclass with its own ``encode`` returns itself.
        """
        if type(self).encode is not _VAE.encode:  # it may look for a normalisation
            return self
        new = copy(self)
        new._modules = {name: m for name, m in self._modules.items() if name != "decoder"}
        new.encoder = fold(self.encoder)
        return new


class ConvVAE(_VAE):
    """Convolutional variational auto-encoder for images of any size from 8x8.

    The encoder halves the image until its shorter side is 2 or 3 pixels (kernel 4, stride 2,
    padding 1, batch normalisation, ReLU), doubling the channels from `width` up to ``8 * width``;
    the decoder mirrors it. On 3x32x32 with ``width=128, latent_dim=32`` it is the network of the
    authors' published code (https://github.com/sinhasam/vaal), with 22,835,139 parameters.

    Parameters
    ----------
    input_shape : tuple (channels, height, width)
        Height and width in pixels, at least 8; they need not be equal, nor powers of two.
    latent_dim : int, default=32
        Size of the latent space.
    width : int, default=16
        Channels after the first stage. The authors use 128, which costs about fifty times as much.
    condition_dim : int, default=0
        Columns of a condition that the decoder reads after z.
    linear_path : bool, default=True
        Whether encoder and decoder have a path of principal components of the flattened pixels,
        beside their layers: training then begins at the optimum of the linear VAE [1]_. The
        strategy fits it; False leaves the layers alone, as in the paper.

    Notes
    -----
    Weights and activations are laid out channels last, which is fastest: a subclass that reshapes
    them needs ``reshape`` instead of ``view``.

    References
    ----------
    .. [1] Lucas, Tucker, Grosse, Norouzi, "Don't Blame the ELBO! A Linear VAE Perspective on
           Posterior Collapse", NeurIPS 2019, arXiv 1911.02469.

    Examples
    --------
    >>> import torch
    >>> from skvaal import ConvVAE
    >>> vae = ConvVAE((1, 28, 28), latent_dim=8)
    >>> mu, logvar = vae.encode(torch.zeros(5, 1, 28, 28))
    >>> mu.shape, vae.decode(mu).shape
    (torch.Size([5, 8]), torch.Size([5, 1, 28, 28]))
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **_VAE._shared_constraints,
        "input_shape": _shape_of(3),
        "width": [Interval(Integral, 1, _MAX_WIDTH, closed="both")],
    }

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        *,
        latent_dim: int = 32,
        width: int = 16,
        condition_dim: int = 0,
        linear_path: bool = True,
    ) -> None:
        super().__init__()
        _check(ConvVAE, locals())
        channels_in, height, image_width = input_shape
        if min(height, image_width) < MIN_IMAGE_SIZE:
            raise ValueError(
                f"images must be at least {MIN_IMAGE_SIZE}x{MIN_IMAGE_SIZE} pixels, "
                f"got {height}x{image_width}"
            )
        self._keep_sizes(input_shape, latent_dim, condition_dim)
        n_stages = int(math.log2(min(height, image_width))) - 1
        channels = [width * min(2**stage, 8) for stage in range(n_stages)]
        encoded = (channels[-1], height >> n_stages, image_width >> n_stages)
        # The decoder has one stage less and rounds up, then crops: every size comes back exactly.
        halvings = 2 ** (n_stages - 1)
        decoded = (channels[-1], -(-height // halvings), -(-image_width // halvings))

        stages = _stages(HalvingConv2d, nn.BatchNorm2d, [channels_in, *channels])
        self.encoder = nn.Sequential(*stages, nn.Flatten())
        self.fc_mu = _linear(math.prod(encoded), latent_dim)
        self.fc_logvar = _linear(math.prod(encoded), latent_dim)
        self.decoder = nn.Sequential(
            _linear(latent_dim + condition_dim, math.prod(decoded)),
            nn.Unflatten(1, decoded),
            *_stages(DoublingConvTranspose2d, nn.BatchNorm2d, channels[::-1]),
            nn.Conv2d(channels[0], channels_in, kernel_size=1),
        )
        self._add_linear_path(linear_path)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _decode_layers(self, z: Tensor) -> Tensor:
        _, height, width = self.input_shape
        return self.decoder(z)[:, :, :height, :width]


class DenseVAE(_VAE):
    """Fully connected variational auto-encoder for feature rows.

    Parameters
    ----------
    input_shape : tuple (n_features,)
    latent_dim : int, default=32
        Size of the latent space.
    hidden : sequence of int, default=(128, 128)
        Sizes of the encoder's hidden layers, each followed by batch normalisation and ReLU; the
        decoder has them in reverse.
    condition_dim : int, default=0
        Columns of a condition that the decoder reads after z.
    linear_path : bool, default=True
        As in :class:`ConvVAE`; of the features.

    Examples
    --------
    >>> import torch
    >>> from skvaal import DenseVAE
    >>> vae = DenseVAE((64,), latent_dim=4)
    >>> mu, logvar = vae.encode(torch.zeros(5, 64))
    >>> mu.shape, vae.decode(mu).shape
    (torch.Size([5, 4]), torch.Size([5, 64]))
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **_VAE._shared_constraints,
        "input_shape": _shape_of(1),
        "hidden": [_SIZES],
    }

    def __init__(
        self,
        input_shape: tuple[int],
        *,
        latent_dim: int = 32,
        hidden: Sequence[int] = (128, 128),
        condition_dim: int = 0,
        linear_path: bool = True,
    ) -> None:
        super().__init__()
        _check(DenseVAE, locals())
        (n_features,) = input_shape
        self._keep_sizes(input_shape, latent_dim, condition_dim)
        sizes = [n_features, *hidden]
        self.encoder = nn.Sequential(*_stages(_linear, nn.BatchNorm1d, sizes))
        self.fc_mu = _linear(sizes[-1], latent_dim)
        self.fc_logvar = _linear(sizes[-1], latent_dim)
        sizes = [latent_dim + condition_dim, *hidden[::-1]]
        self.decoder = nn.Sequential(
            *_stages(_linear, nn.BatchNorm1d, sizes), _linear(sizes[-1], n_features)
        )
        self._add_linear_path(linear_path)


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

    _parameter_constraints: ClassVar[dict[str, list]] = {"latent_dim": [_SIZE], "hidden": [_SIZES]}

    def __init__(self, latent_dim: int, *, hidden: Sequence[int] = (512, 512)) -> None:
        super().__init__()
        _check(LatentDiscriminator, locals())
        sizes = [latent_dim, *hidden]
        layers = [nn.Sequential(_linear(a, b), nn.ReLU()) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*layers, _linear(sizes[-1], 1))

    def forward(self, mu: Tensor) -> Tensor:
        """Log-odds of being labelled, (n_samples,), from mu, (n_samples, latent_dim)."""
        return self.layers(mu).squeeze(1)


def _check(component: Any, given: dict[str, Any]) -> None:
    """Raise if an argument is none that the class declares."""
    check_params(component, {name: given[name] for name in component._parameter_constraints})


def _linear(n_inputs: int, n_outputs: int) -> nn.Linear:
    if n_inputs * n_outputs > _MAX_WEIGHTS:
        raise ValueError(
            f"a layer from {n_inputs} to {n_outputs} numbers has {n_inputs * n_outputs:.2g} "
            f"weights, more than {_MAX_WEIGHTS:.2g}; choose smaller layers, or fewer features"
        )
    return nn.Linear(n_inputs, n_outputs)


def _stages(layer: Any, normalization: Any, sizes: Sequence[int]) -> list[nn.Sequential]:
    """Layers from each size to the next, with batch normalisation and ReLU."""
    return [nn.Sequential(layer(a, b), normalization(b), nn.ReLU()) for a, b in pairwise(sizes)]
