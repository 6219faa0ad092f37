"""The schedule of VAAL's published code in plain PyTorch, for skvaal to be timed against.

An iteration has two steps of the VAE, each on mini-batches of its own, labelled and unlabelled
samples apart, and one step of the discriminator, for which the whole VAE runs again; samples are
loaded one by one; for scores the decoder runs, too. The losses are those of the published code,
and the networks are skvaal's at the published size. Nothing in skvaal uses this module.

References
----------
Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019, arXiv 1904.00370.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from skvaal import ConvVAE, LatentDiscriminator
from skvaal._vaal.modules import reparameterize

N_VAE_STEPS = 2


class Images(Dataset):
    """uint8 images, converted one by one.

    Parameters
    ----------
    X : array of shape (n, channels, height, width)
    """

    def __init__(self, X: NDArray[np.uint8]) -> None:
        self.X = X

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self.X[index].astype(np.float32)) / 255


class PublishedVAAL:
    """Networks and optimizers of the published code, with its training and its scoring.

    Parameters
    ----------
    X_labeled, X_unlabeled : array of shape (n, channels, height, width)
        uint8 images, at least a mini-batch of each.
    batch_size : int, default=128
    width : int, default=128
        Channels after the first stage.
    device : str, default="cpu"
    """

    def __init__(
        self,
        X_labeled: NDArray[np.uint8],
        X_unlabeled: NDArray[np.uint8],
        *,
        batch_size: int = 128,
        width: int = 128,
        device: str = "cpu",
    ) -> None:
        self.batch_size = batch_size
        self.device = device
        self.batches = [
            _endless(DataLoader(Images(X), batch_size, shuffle=True, drop_last=True))
            for X in (X_labeled, X_unlabeled)
        ]
        shape = tuple(X_labeled.shape[1:])
        self.vae = ConvVAE(shape, latent_dim=32, width=width, linear_path=False).to(device)
        self.discriminator = LatentDiscriminator(32).to(device)
        self.vae_optimizer = torch.optim.Adam(self.vae.parameters(), lr=5e-4)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=5e-4)

    def iteration(self) -> None:
        """Two steps of the VAE, one of the discriminator."""
        self.vae.train()
        self.discriminator.train()
        pools = self._pools()
        for step in range(N_VAE_STEPS):
            self._vae_step(pools)
            if step < N_VAE_STEPS - 1:
                pools = self._pools()
        self._discriminator_step(pools)

    @torch.no_grad()
    def scores(self, X: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Log-odds of being labelled, (n,)."""
        parts = []
        for x in DataLoader(Images(X), self.batch_size):
            mu, _, _ = self._forward(x.to(self.device))
            parts.append(self.discriminator(mu).cpu().numpy())
        return np.concatenate(parts)

    def _pools(self) -> list[Tensor]:
        return [next(batches).to(self.device) for batches in self.batches]

    def _forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.vae.encode(x)
        return mu, logvar, self.vae.decode(reparameterize(mu, logvar))

    def _vae_step(self, pools: list[Tensor]) -> None:
        loss = torch.zeros((), device=self.device)
        for x in pools:
            mu, logvar, x_hat = self._forward(x)
            kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()
            fooled = F.softplus(-self.discriminator(mu)).mean()
            loss = loss + F.mse_loss(x_hat, x) + kl + fooled
        self.vae_optimizer.zero_grad()
        loss.backward()
        self.vae_optimizer.step()

    def _discriminator_step(self, pools: list[Tensor]) -> None:
        with torch.no_grad():
            labeled, unlabeled = (self._forward(x)[0] for x in pools)
        of_labeled, of_unlabeled = self.discriminator(labeled), self.discriminator(unlabeled)
        loss = F.softplus(-of_labeled).mean() + F.softplus(of_unlabeled).mean()
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()


def _endless(loader: DataLoader) -> Iterator[Tensor]:
    while True:
        yield from loader
