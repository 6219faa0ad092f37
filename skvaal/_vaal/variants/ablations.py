"""The paper's ablations: VAAL without its VAE, without training it adversarially, without D.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skvaal._engine.batches import Pair
from skvaal._utils.schema import check_array
from skvaal._vaal.evaluation import Encoded
from skvaal._vaal.losses import centroid, wasserstein_distance
from skvaal._vaal.net import VAALNet
from skvaal._vaal.training import Terms, VAEPass


class InputAsLatent(nn.Module):
    """Stands in for a VAE where there is none: z is x, flattened."""

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


class NoVAENet(VAALNet):
    """The discriminator reads the samples themselves, flattened [1]_."""

    ignored_params = frozenset(
        {"vae", "beta", "lambda1", "lambda2", "likelihood", "variance", "optimizer_vae"}
    )
    has_vae = False

    def build_vae(self) -> nn.Module:
        """Build what stands in for the VAE; parameters of a VAE have no effect."""
        self.latent_dim_ = torch.Size(self.input_shape).numel()
        self.n_decoder_inputs_ = self.n_discriminator_inputs_ = self.latent_dim_
        return InputAsLatent(self.input_shape)

    def decode_mean(self, z: Tensor, extra: Tensor | None = None) -> Tensor:
        """The sample again: no likelihood has a part in it."""
        return self.decode(z, extra)

    def iterate(self, pairs: Sequence[Pair]) -> tuple[Tensor, Terms]:
        """Train the discriminator."""
        mu, _ = self.encode(torch.cat(pairs[-1][:2]))
        return mu, self.train_discriminator(mu, pairs[-1])


class _NotAdversarialNet(VAALNet):
    """Trains the VAE without the adversarial term."""

    def compute_vae_loss(self, passed: VAEPass, extra: Tensor | None) -> Terms:
        """L_VAE without its adversarial term."""
        return {"vae_loss": float(self.lambda1) * self.compute_transductive_loss(passed)}


class FrozenVAENet(_NotAdversarialNet):
    """The VAE is trained without the adversarial term and frozen; then D is trained on it [1]_.

    Each of the two phases takes `max_epochs`.
    """

    ignored_params = frozenset({"lambda2"})
    _is_vae_frozen = False

    def partial_fit(
        self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any
    ) -> FrozenVAENet:
        """Train the VAE, then the discriminator."""
        for is_frozen in (False, True):
            self._is_vae_frozen = is_frozen
            super().partial_fit(X, y, classes, **fit_params)
        return self

    def iterate(self, pairs: Sequence[Pair]) -> tuple[Tensor, Terms]:
        """Train the module of this phase."""
        if not self._is_vae_frozen:
            return self.train_vae(pairs)
        self.vae_.eval()  # nor do its batch statistics change
        with torch.no_grad():
            mu, _ = self.encode(torch.cat(pairs[-1][:2]))
        return mu, self.train_discriminator(mu, pairs[-1])


class NoDiscriminatorNet(_NotAdversarialNet):
    """Only the VAE is trained; the distance to the labelled samples ranks [1]_.

    A score is minus the 2-Wasserstein distance of q(z|x) to the centroid of the labelled set: the
    Gaussian whose mean and standard deviation are the means of theirs.
    """

    ignored_params = frozenset(
        {"discriminator", "lambda2", "n_discriminator_steps", "optimizer_discriminator"}
    )
    has_discriminator = False
    fitted_arrays = ("centroid",)
    centroid_: NDArray[np.float32]

    def partial_fit(
        self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any
    ) -> NoDiscriminatorNet:
        """Train the VAE, and find the centroid of the labelled samples."""
        super().partial_fit(X, y, classes, **fit_params)
        mu, std = torch.from_numpy(self.posteriors(X.labeled)).double().unbind(dim=1)
        self.centroid_ = torch.stack(centroid(mu, std)).float().numpy()
        return self

    def iterate(self, pairs: Sequence[Pair]) -> tuple[Tensor, Terms]:
        """Train the VAE."""
        return self.train_vae(pairs)

    def restore_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> None:
        """Take over the centroid, too: a mean and a standard deviation."""
        super().restore_state(values, arrays)
        check_array(arrays, "centroid", np.float32, (2, self.latent_dim_))

    def score_encoded(self, batch: Encoded) -> Tensor:
        """Minus the distance to the centroid, (n,)."""
        centre = torch.from_numpy(self.centroid_).to(batch.mu.device)
        return -wasserstein_distance(batch.mu, batch.std, *centre)
