"""The path of principal components through a VAE: where its training begins.

References
----------
.. [1] Lucas, Tucker, Grosse, Norouzi, "Don't Blame the ELBO! A Linear VAE Perspective on Posterior
       Collapse", NeurIPS 2019, arXiv 1911.02469.
.. [2] Tipping, Bishop, "Probabilistic Principal Component Analysis", Journal of the Royal
       Statistical Society B 61, 1999.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from skvaal._pool.components import PrincipalComponents

# A Bernoulli decoder's probability is kept so far from 0 and 1, where logits are infinite.
_LEAST_PROBABILITY = 1e-3


class LinearPath(nn.Module):
    """Encoder and decoder of a linear VAE at its optimum; nothing in it is trained.

    With the leading eigenvectors U and eigenvalues Lambda of the data's covariance, its mean m, and
    the mean s2 of the other eigenvalues, q(z|x) has the mean ``(Lambda - s2)^.5 Lambda^-1 U' (x -
    m)`` and the variance ``s2 / Lambda``, and p(x|z) the mean ``m + U (Lambda - s2)^.5 z`` and the
    variance s2. This maximises the evidence lower bound of a linear VAE [1]_, which then equals the
    likelihood of probabilistic principal component analysis [2]_.

    Samples are flattened. Before :meth:`fit`, and in latent units that the data have no component
    for, mean and log-variance are 0.
    """

    mean: Tensor
    components: Tensor
    encoder_scale: Tensor
    decoder_scale: Tensor
    logvar: Tensor

    def __init__(self, input_shape: tuple[int, ...], latent_dim: int) -> None:
        super().__init__()
        n_features = math.prod(input_shape)
        self.input_shape = tuple(input_shape)
        self.decodes_logits = False
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("components", torch.zeros(latent_dim, n_features))
        for name in ("encoder_scale", "decoder_scale", "logvar"):
            self.register_buffer(name, torch.zeros(latent_dim))

    @property
    def is_fitted(self) -> bool:
        """Whether :meth:`fit` was called, here or where the weights are from."""
        return bool(self.components.any())

    def fit(self, space: PrincipalComponents) -> None:
        """Take over the leading components, as many as there are latent units."""
        assert space.variances is not None
        latent_dim = len(self.components)
        noise = space.noise_variance(latent_dim)
        # Copies: arrays that came from another process may be read-only, of which torch warns.
        variances = torch.tensor(space.variances[:latent_dim], dtype=torch.float64)
        n = len(variances)
        # Components that vary no more than the noise are left to the rest of the VAE.
        signal = (variances - noise).clamp(min=0)
        variances = variances.clamp(min=noise)
        self.mean.copy_(torch.tensor(space.mean))
        self.components[:n].copy_(torch.tensor(space.components[:n]))
        self.encoder_scale[:n] = signal.sqrt() / variances
        self.decoder_scale[:n] = signal.sqrt()
        self.logvar[:n] = torch.log(noise / variances)

    def coordinates(self, x: Tensor) -> Tensor:
        """Principal components of samples, U' (x - m), (n_samples, latent_dim)."""
        # Under autocast, low precision would blur the distances between samples.
        with torch.autocast(x.device.type, enabled=False):
            return (x.flatten(1).float() - self.mean) @ self.components.T

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (n_samples, latent_dim)."""
        mu = self.coordinates(x) * self.encoder_scale
        return mu, self.logvar.expand_as(mu)

    def decode(self, z: Tensor) -> Tensor:
        """Mean, or logits, of p(x|z), of the shape of x."""
        with torch.autocast(z.device.type, enabled=False):
            x_hat = self.mean + (z.float() * self.decoder_scale) @ self.components
        if self.decodes_logits:
            x_hat = torch.logit(x_hat, eps=_LEAST_PROBABILITY)
        return x_hat.reshape(-1, *self.input_shape)
