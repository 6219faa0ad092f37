"""Distance of a sample's posterior to the labelled set, for VAAL without a discriminator.

In the paper's ablation without a discriminator, the distance to the centroid of the labelled set
stands for uncertainty (Sinha, Ebrahimi, Darrell, ICCV 2019). The posteriors are diagonal
Gaussians, whose 2-Wasserstein distance has a closed form.
"""

from __future__ import annotations

from torch import Tensor


def centroid(mu: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussian in the middle of others: its mean and standard deviation are the means of theirs.

    Among the diagonal Gaussians it is the 2-Wasserstein barycentre, the one with the least mean
    squared distance to all.

    Parameters
    ----------
    mu, std : tensors of shape (n_samples, latent_dim)

    Returns
    -------
    mean, std : tensors of shape (latent_dim,)

    Examples
    --------
    >>> import torch
    >>> from skvaal._wasserstein import centroid
    >>> centroid(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [4.0]]))
    (tensor([1.]), tensor([2.5000]))
    """
    return mu.mean(dim=0), std.mean(dim=0)


def wasserstein_distance(mu: Tensor, std: Tensor, other_mu: Tensor, other_std: Tensor) -> Tensor:
    """2-Wasserstein distance of diagonal Gaussians to one, in units of the latent space.

    The root of ``||mu - other_mu||^2 + ||std - other_std||^2``.

    Parameters
    ----------
    mu, std : tensors of shape (n_samples, latent_dim)
    other_mu, other_std : tensors of shape (latent_dim,)

    Returns
    -------
    tensor of shape (n_samples,)

    Examples
    --------
    >>> import torch
    >>> from skvaal._wasserstein import wasserstein_distance
    >>> one = torch.ones(2)
    >>> wasserstein_distance(torch.tensor([[4.0, 1.0]]), torch.tensor([[1.0, 5.0]]), one, one)
    tensor([5.])
    """
    squared = (mu - other_mu).square().sum(dim=1) + (std - other_std).square().sum(dim=1)
    return squared.sqrt()
