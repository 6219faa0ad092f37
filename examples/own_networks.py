"""Use your own networks: a VAE with encode and decode, and a discriminator that reads mu."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from skvaal import VAALQueryStrategy


class LinearVAE(nn.Module):
    """The smallest VAE: both ways are linear, as in probabilistic PCA."""

    def __init__(self, input_shape, latent_dim=4):  # skvaal passes input_shape
        super().__init__()
        (n_features,) = input_shape
        self.encoder = nn.Linear(n_features, 2 * latent_dim)
        self.decoder = nn.Linear(latent_dim, n_features)

    def encode(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z):
        return self.decoder(z)


class NoisyDiscriminator(nn.Module):
    """Reads mu through dropout, so that it memorises the labelled samples less easily."""

    def __init__(self, latent_dim, dropout=0.5):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 1)
        )

    def forward(self, mu):
        return self.layers(mu)


X, y = load_digits(return_X_y=True)
X = X / 16
y = np.where(np.arange(len(y)) < 100, y, -1)
strategy = VAALQueryStrategy(
    vae=LinearVAE,
    vae__latent_dim=8,
    discriminator=NoisyDiscriminator,
    discriminator__dropout=0.3,
    optimizer_discriminator=torch.optim.SGD,
    optimizer_discriminator__lr=0.05,
    max_epochs=5,
    random_state=0,
).fit(X, y)
for name in ("reconstruction_loss", "kl", "discriminator_loss"):
    print(f"{name}: {strategy.history_[0, name]:.2f} -> {strategy.history_[-1, name]:.2f}")
print("to label next:", strategy.query(X[100:], n=5))
