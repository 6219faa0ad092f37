"""
Networks of your own
====================

A VAE needs two methods, ``encode`` and ``decode``. A discriminator reads latent means. Any torch
modules of that kind will do.
"""

import matplotlib.pyplot as plt
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


# %%
# Parameters reach a module by its prefix.

digits = load_digits()
X = digits.data / 16
strategy = VAALQueryStrategy(
    vae=LinearVAE,
    vae__latent_dim=8,
    discriminator=NoisyDiscriminator,
    discriminator__dropout=0.3,
    lr=2e-3,
    max_epochs=15,
    random_state=0,
).fit_pools(X[:100], X[100:])

# %%
# The history holds every term of the losses.

history = strategy.history_
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for ax, names in zip(axes, [("reconstruction_loss", "kl"), ("discriminator_loss",)], strict=True):
    for name in names:
        ax.plot(history[:, name], label=name)
    ax.set_xlabel("epoch")
    ax.legend()
plt.show()

# %%
# What goes in, and what the VAE makes of it.

remade = strategy.inverse_transform(strategy.transform(X[:8]))
figure, axes = plt.subplots(2, 8, figsize=(8, 2))
for ax, image in zip(axes.flat, [*X[:8], *remade], strict=True):
    ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    ax.set_axis_off()
plt.show()
