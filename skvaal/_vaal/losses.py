"""Equations 1 to 3 of VAAL, and the distance of its ablation, as pure functions of tensors.

One reduction throughout: likelihoods and KL are summed over dimensions, losses are averaged over
samples. Averaging the squared error over pixels while summing the KL over the latent dimensions
multiplies the KL by the number of pixels and makes the posterior collapse.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370.
.. [2] Kingma, Welling, "Auto-Encoding Variational Bayes", ICLR 2014, arXiv 1312.6114.
.. [3] Rybkin, Daniilidis, Levine, "Simple and Effective VAE Training with Calibrated Decoders",
       ICML 2021, arXiv 2006.13202.
.. [4] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
       2020, arXiv 2004.04943.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Below the quantisation noise of an 8-bit image in [0, 1], (1 / 255) ** 2 / 12 = 1.3e-6.
VARIANCE_FLOOR = 1e-6
# exp(8) and exp(-12) are far outside every useful posterior and far inside float32.
LOGVAR_RANGE = (-12.0, 8.0)


def bounded_logvar(logvar: Tensor) -> Tensor:
    """Squeeze log-variances, (n, latent_dim), smoothly into ``LOGVAR_RANGE``.

    A value outside would stay there after a hard clamp, which has no gradient there.
    """
    low, high = LOGVAR_RANGE
    logvar = high - F.softplus(high - logvar)
    return low + F.softplus(logvar - low)


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence of N(mu, exp(logvar)), (n, latent_dim), from N(0, 1), (n,), in nats [2]_."""
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar).sum(dim=1)


def optimal_variance(x_hat: Tensor, x: Tensor) -> Tensor:
    """Maximum-likelihood variance of a Gaussian decoder on this batch, () ([3]_, section 3.2).

    It has no gradient, and needs none: the likelihood's derivative by the variance is 0 there.
    """
    return (x_hat.detach() - x).square().mean().clamp(min=VARIANCE_FLOOR)


def gaussian_log_likelihood(x_hat: Tensor, x: Tensor, variance: Tensor | float) -> Tensor:
    """Log-density of x, (n, ...), under N(x_hat, variance), (n,), in nats."""
    squared_error = (x_hat - x).square().flatten(1).sum(dim=1)
    n_dims = x[0].numel()
    log_variance = torch.log(torch.as_tensor(variance, dtype=x_hat.dtype, device=x_hat.device))
    return -0.5 * (squared_error / variance + n_dims * (math.log(2 * math.pi) + log_variance))


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Log-probability of x in [0, 1], (n, ...), under a Bernoulli decoder, (n,), in nats."""
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def evidence_lower_bound(
    log_likelihood: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Log p(x|z) - beta * KL(q(z|x) || p(z)): a sample's part of equation 1, (n,), in nats."""
    return log_likelihood - float(beta) * kl_divergence(mu, logvar)


def published_bound(
    x_hat: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float, n_samples: int
) -> Tensor:
    """Bound that the authors' published code maximises instead of the evidence lower bound.

    The code averages the squared error over batch and pixels, but sums the KL divergence over the
    batch and the latent dimensions. So beta weighs ``n_samples * n_dims / 2`` times as much as
    under a Gaussian of unit variance: 196,608 times, for a batch of 128 images of 3x32x32. Here
    n_samples counts one pool's samples in the batch. The mean of the result, (n,), is minus the
    published loss.
    """
    squared_error = (x_hat - x).square().flatten(1).mean(dim=1)
    return -squared_error - float(beta) * n_samples * kl_divergence(mu, logvar)


def transductive_loss(elbo_labeled: Tensor, elbo_unlabeled: Tensor) -> Tensor:
    """L_trd, equation 1 with its sign turned, so that it is minimised: -E_L[ELBO] - E_U[ELBO]."""
    return -(elbo_labeled.mean() + elbo_unlabeled.mean())


def adversarial_loss(logits_labeled: Tensor, logits_unlabeled: Tensor) -> Tensor:
    """L_adv, equation 2: -E_L[log D] - E_U[log D]; the VAE wants all to be called labelled.

    D is the sigmoid of the logits, (n,), which are log-odds of being labelled.
    """
    # BCE(sigmoid(l), 1) = softplus(-l)
    return F.softplus(-logits_labeled).mean() + F.softplus(-logits_unlabeled).mean()


def discriminator_loss(logits_labeled: Tensor, logits_unlabeled: Tensor) -> Tensor:
    """L_D, equation 3: -E_L[log D] - E_U[log(1 - D)]; labelled is 1, unlabelled 0."""
    # BCE(sigmoid(l), 0) = softplus(l)
    return F.softplus(-logits_labeled).mean() + F.softplus(logits_unlabeled).mean()


def relabeled_discriminator_loss(
    logits_labeled: Tensor, logits_unlabeled: Tensor, indicator: Tensor
) -> Tensor:
    """Equation 3 with the states of unlabelled samples relabelled, as in SRAAL [4]_.

    The binary cross-entropy has the soft target 1 - indicator for an unlabelled sample, instead of
    0, so a sample that the task model is sure of counts as nearly labelled. The indicator, (n,), is
    in [0, 1], and 1 where the task model is unsure. The paper writes
    ``log(indicator - D)``, which is undefined wherever D exceeds the indicator. With indicator 1
    this is :func:`discriminator_loss`.
    """
    of_unlabeled = F.softplus(logits_unlabeled), F.softplus(-logits_unlabeled)
    unlabeled = indicator * of_unlabeled[0] + (1 - indicator) * of_unlabeled[1]
    return F.softplus(-logits_labeled).mean() + unlabeled.mean()


def centroid(mu: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """2-Wasserstein barycentre of Gaussians, (n, latent_dim): means of their means and spreads."""
    return mu.mean(dim=0), std.mean(dim=0)


def wasserstein_distance(mu: Tensor, std: Tensor, other_mu: Tensor, other_std: Tensor) -> Tensor:
    """2-Wasserstein distance of diagonal Gaussians to one, (n,), in units of the latent space.

    The root of ``||mu - other_mu||^2 + ||std - other_std||^2``. In the paper's ablation without a
    discriminator, the distance to the centroid of the labelled set ranks the samples ([1]_).
    """
    squared = (mu - other_mu).square().sum(dim=1) + (std - other_std).square().sum(dim=1)
    return squared.sqrt()
