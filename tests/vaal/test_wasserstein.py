"""Distances of Gaussians: against closed forms and the general formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from skvaal._vaal.losses import centroid, wasserstein_distance


def gaussians(n, latent_dim, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mu = torch.randn(n, latent_dim, generator=generator)
    return mu, torch.rand(n, latent_dim, generator=generator) + 0.1


@pytest.mark.parametrize(
    ("mu", "std", "expected"),
    [
        ([1.0, 1.0], [2.0, 2.0], 0.0),
        ([4.0, 5.0], [2.0, 2.0], 5.0),
        ([1.0, 1.0], [5.0, 6.0], 5.0),
        ([3.0, 1.0], [2.0, 3.0], 5**0.5),
    ],
)
def test_closed_form(mu, std, expected):
    distance = wasserstein_distance(
        torch.tensor([mu]), torch.tensor([std]), torch.ones(2), 2 * torch.ones(2)
    )
    assert distance.tolist() == pytest.approx([expected])


def test_it_is_the_distance_of_any_two_gaussians():
    mu, std = gaussians(5, 3)
    other_mu, other_std = gaussians(1, 3, seed=1)
    other = np.diag(other_std[0].numpy() ** 2)
    expected = []
    for m, s in zip(mu.numpy(), std.numpy(), strict=True):
        root = sqrtm(other)
        middle = sqrtm(root @ np.diag(s**2) @ root)
        traces = np.trace(np.diag(s**2) + other - 2 * middle.real)
        expected.append(np.sqrt(np.square(m - other_mu[0].numpy()).sum() + traces))
    distance = wasserstein_distance(mu, std, other_mu[0], other_std[0])
    np.testing.assert_allclose(distance, expected, rtol=1e-4)


def test_the_centroid_is_the_barycentre():
    mu, std = (t.double() for t in gaussians(20, 3))
    centre = torch.cat(centroid(mu, std)).requires_grad_()
    wasserstein_distance(mu, std, *centre.chunk(2)).square().mean().backward()
    assert centre.grad.abs().max() < 1e-12
