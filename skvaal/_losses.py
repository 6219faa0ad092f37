"""Equations 1 to 3 of VAAL as pure functions of tensors.

One reduction throughout: likelihoods and KL are summed over dimensions, losses are averaged over
samples. Averaging the squared error over pixels while summing the KL over the latent dimensions,
as is often seen, multiplies the KL by the number of pixels and makes the posterior collapse.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370.
.. [2] Kingma, Welling, "Auto-Encoding Variational Bayes", ICLR 2014, arXiv 1312.6114.
.. [3] Rybkin, Daniilidis, Levine, "Simple and Effective VAE Training with Calibrated Decoders",
       ICML 2021, arXiv 2006.13202.
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
    """Squeeze log-variances smoothly into ``LOGVAR_RANGE``.

    A hard clamp has no gradient outside the range, so that a value once outside stays there; the
    soft one has a gradient everywhere.

    Parameters
    ----------
    logvar : tensor of shape (n_samples, latent_dim)
        What the encoder returned.

    Returns
    -------
    tensor of shape (n_samples, latent_dim)
        Nearly equal to `logvar` inside the range.
    """
    low, high = LOGVAR_RANGE
    logvar = high - F.softplus(high - logvar)
    return low + F.softplus(logvar - low)


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence of N(mu, exp(logvar)) from N(0, 1), in nats ([2]_, appendix B).

    Parameters
    ----------
    mu, logvar : tensors of shape (n_samples, latent_dim)

    Returns
    -------
    tensor of shape (n_samples,)
    """
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar).sum(dim=1)


def optimal_variance(x_hat: Tensor, x: Tensor) -> Tensor:
    """Maximum-likelihood variance of a Gaussian decoder on this batch ([3]_, section 3.2).

    Parameters
    ----------
    x_hat, x : tensors of shape (n_samples, ...)
        Reconstruction and data.

    Returns
    -------
    tensor of shape ()
        Mean squared error, at least ``VARIANCE_FLOOR``, without a gradient: the derivative of the
        likelihood by the variance is zero at the optimum, so that none is lost.
    """
    return (x_hat.detach() - x).square().mean().clamp(min=VARIANCE_FLOOR)


def gaussian_log_likelihood(x_hat: Tensor, x: Tensor, variance: Tensor | float) -> Tensor:
    """Log-density of the data under N(x_hat, variance), in nats.

    Parameters
    ----------
    x_hat, x : tensors of shape (n_samples, ...)
        Reconstruction and data.
    variance : float or tensor of shape ()
        One variance for all dimensions.

    Returns
    -------
    tensor of shape (n_samples,)
        Summed over the dimensions of a sample.
    """
    squared_error = (x_hat - x).square().flatten(1).sum(dim=1)
    n_dims = x[0].numel()
    log_variance = torch.log(torch.as_tensor(variance, dtype=x_hat.dtype, device=x_hat.device))
    return -0.5 * (squared_error / variance + n_dims * (math.log(2 * math.pi) + log_variance))


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Log-probability of data in [0, 1] under a Bernoulli decoder, in nats.

    Parameters
    ----------
    logits, x : tensors of shape (n_samples, ...)
        Decoder output before the sigmoid, and data.

    Returns
    -------
    tensor of shape (n_samples,)
        Summed over the dimensions of a sample.
    """
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def evidence_lower_bound(
    log_likelihood: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Evidence lower bound of each sample, one pool's term of equation 1 before the mean.

    Parameters
    ----------
    log_likelihood : tensor of shape (n_samples,)
    mu, logvar : tensors of shape (n_samples, latent_dim)
    beta : float
        Weight of the KL divergence.

    Returns
    -------
    tensor of shape (n_samples,)
    """
    return log_likelihood - beta * kl_divergence(mu, logvar)


def published_bound(
    x_hat: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float, n_samples: int
) -> Tensor:
    """What the authors' published code has in the place of the evidence lower bound.

    It averages the squared error over batch and pixels, and sums the KL divergence over both the
    batch and the latent dimensions, which makes beta count ``n_samples * n_dims / 2`` times as
    much as under a Gaussian of unit variance: 196,608 times, for a batch of 128 images of 3x32x32.

    Parameters
    ----------
    x_hat, x : tensors of shape (n_samples, ...)
        Reconstruction and data.
    mu, logvar : tensors of shape (n_samples, latent_dim)
    beta : float
        Weight of the KL divergence.
    n_samples : int
        Of a pool, in the batch: the number that the KL divergence is summed over.

    Returns
    -------
    tensor of shape (n_samples,)
        Its mean is minus the published loss.
    """
    squared_error = (x_hat - x).square().flatten(1).mean(dim=1)
    return -squared_error - beta * n_samples * kl_divergence(mu, logvar)


def transductive_loss(elbo_labeled: Tensor, elbo_unlabeled: Tensor) -> Tensor:
    """Equation 1 with its sign turned, so that it is minimised.

    Parameters
    ----------
    elbo_labeled, elbo_unlabeled : tensors of shape (n_samples,)

    Returns
    -------
    tensor of shape ()
    """
    return -(elbo_labeled.mean() + elbo_unlabeled.mean())


def adversarial_loss(logits_labeled: Tensor, logits_unlabeled: Tensor) -> Tensor:
    """Equation 2: the VAE wants every sample to be called labelled.

    Parameters
    ----------
    logits_labeled, logits_unlabeled : tensors of shape (n_samples,)
        Log-odds of being labelled, from the discriminator.

    Returns
    -------
    tensor of shape ()
    """
    # BCE(sigmoid(l), 1) = softplus(-l)
    return F.softplus(-logits_labeled).mean() + F.softplus(-logits_unlabeled).mean()


def discriminator_loss(logits_labeled: Tensor, logits_unlabeled: Tensor) -> Tensor:
    """Equation 3: the discriminator tells labelled (1) from unlabelled (0).

    Parameters
    ----------
    logits_labeled, logits_unlabeled : tensors of shape (n_samples,)
        Log-odds of being labelled, from the discriminator.

    Returns
    -------
    tensor of shape ()
    """
    # BCE(sigmoid(l), 0) = softplus(l)
    return F.softplus(-logits_labeled).mean() + F.softplus(logits_unlabeled).mean()


def relabeled_discriminator_loss(
    logits_labeled: Tensor, logits_unlabeled: Tensor, indicator: Tensor
) -> Tensor:
    """Equation 3 with the states of unlabelled samples relabelled, as in SRAAL [1]_.

    The target of an unlabelled sample is 1 - indicator instead of 0, as a soft target of the binary
    cross-entropy: what the task model is sure of counts as nearly labelled. The paper writes
    ``log(indicator - D)``, which is undefined wherever D is above the indicator. With indicator 1
    this is :func:`discriminator_loss`.

    Parameters
    ----------
    logits_labeled, logits_unlabeled : tensors of shape (n_samples,)
        Log-odds of being labelled, from the discriminator.
    indicator : tensor of shape (n_samples,)
        Of the unlabelled samples, in [0, 1]; 1 where the task model is unsure.

    Returns
    -------
    tensor of shape ()

    References
    ----------
    .. [1] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
           2020, arXiv 2004.04943.
    """
    of_unlabeled = F.softplus(logits_unlabeled), F.softplus(-logits_unlabeled)
    unlabeled = indicator * of_unlabeled[0] + (1 - indicator) * of_unlabeled[1]
    return F.softplus(-logits_labeled).mean() + unlabeled.mean()
