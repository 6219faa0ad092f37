"""Closed forms of equations 1 to 3, and their gradients."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from skvaal._vaal import losses


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def random(*shape: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_kl_is_that_of_torch_distributions(generator):
    mu, logvar = random(5, 3, generator=generator), random(5, 3, generator=generator)
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(losses.kl_divergence(mu, logvar), expected)


def test_kl_gradient_in_closed_form(generator):
    mu = random(5, 3, generator=generator).requires_grad_()
    logvar = random(5, 3, generator=generator).requires_grad_()
    losses.kl_divergence(mu, logvar).sum().backward()
    torch.testing.assert_close(mu.grad, mu.detach())
    torch.testing.assert_close(logvar.grad, (logvar.detach().exp() - 1) / 2)


def test_kl_of_the_prior_is_zero():
    assert losses.kl_divergence(torch.zeros(2, 4), torch.zeros(2, 4)).tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(1, 5), (6, 5), (6, 2, 3, 4)])
def test_gaussian_likelihood_is_that_of_torch_distributions(shape, generator):
    x_hat, x = random(*shape, generator=generator), random(*shape, generator=generator)
    expected = Normal(x_hat, 0.7).log_prob(x).flatten(1).sum(1)
    actual = losses.gaussian_log_likelihood(x_hat, x, 0.7**2)
    torch.testing.assert_close(actual, expected)


def test_a_variance_that_is_a_number_has_the_precision_of_the_samples(generator):
    x_hat, x = random(4, 3, generator=generator), random(4, 3, generator=generator)
    actual = losses.gaussian_log_likelihood(x_hat, x, 0.3)
    exact = losses.gaussian_log_likelihood(x_hat, x, torch.tensor(0.3, dtype=torch.float64))
    assert torch.equal(actual, exact)


def test_gaussian_likelihood_gradient_in_closed_form(generator):
    x_hat = random(4, 3, generator=generator).requires_grad_()
    x = random(4, 3, generator=generator)
    losses.gaussian_log_likelihood(x_hat, x, 0.5).sum().backward()
    torch.testing.assert_close(x_hat.grad, (x - x_hat.detach()) / 0.5)


def test_optimal_variance_maximises_the_likelihood(generator):
    x_hat, x = random(50, 3, generator=generator), random(50, 3, generator=generator)
    best = float(losses.optimal_variance(x_hat, x))

    def likelihood(variance: float) -> float:
        return float(losses.gaussian_log_likelihood(x_hat, x, variance).mean())

    assert best == pytest.approx(float((x_hat - x).square().mean()))
    assert likelihood(best) > max(likelihood(best * 1.05), likelihood(best / 1.05))


def test_optimal_variance_loses_no_gradient(generator):
    # With the variance put in, the mean likelihood is -D/2 (log mse + log 2 pi + 1).
    x_hat = random(8, 3, generator=generator).requires_grad_()
    x = random(8, 3, generator=generator)
    variance = losses.optimal_variance(x_hat, x)
    losses.gaussian_log_likelihood(x_hat, x, variance).mean().backward()
    actual, x_hat.grad = x_hat.grad, None
    (-1.5 * (x_hat - x).square().mean().log()).backward()
    torch.testing.assert_close(actual, x_hat.grad)


def test_optimal_variance_of_a_perfect_reconstruction_is_the_floor():
    x = torch.ones(3, 4)
    variance = losses.optimal_variance(x, x)
    assert float(variance) == pytest.approx(losses.VARIANCE_FLOOR)
    assert 0 < losses.VARIANCE_FLOOR < (1 / 255) ** 2 / 12  # the noise of 8 bits
    assert torch.isfinite(losses.gaussian_log_likelihood(x, x, variance)).all()


def test_bernoulli_likelihood_is_that_of_torch_distributions(generator):
    logits = random(6, 5, generator=generator)
    x = (random(6, 5, generator=generator) > 0).double()
    expected = Bernoulli(logits=logits).log_prob(x).sum(1)
    torch.testing.assert_close(losses.bernoulli_log_likelihood(logits, x), expected)


def test_bernoulli_gradient_in_closed_form(generator):
    logits = random(4, 3, generator=generator).requires_grad_()
    x = torch.rand(4, 3, generator=generator, dtype=torch.float64)
    losses.bernoulli_log_likelihood(logits, x).sum().backward()
    torch.testing.assert_close(logits.grad, x - logits.detach().sigmoid())


def test_evidence_lower_bound_weighs_the_kl():
    log_likelihood, mu, logvar = torch.tensor([-3.0]), torch.ones(1, 2), torch.zeros(1, 2)
    assert float(losses.evidence_lower_bound(log_likelihood, mu, logvar)) == -4
    assert float(losses.evidence_lower_bound(log_likelihood, mu, logvar, beta=5)) == -8


def test_transductive_loss_sums_the_pools_means():
    loss = losses.transductive_loss(torch.tensor([-1.0, -3.0]), torch.tensor([-10.0]))
    assert float(loss) == 12


def test_adversarial_loss_is_cross_entropy_with_ones(generator):
    labeled, unlabeled = random(5, generator=generator), random(7, generator=generator)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(labeled, torch.ones_like(labeled)) + bce(unlabeled, torch.ones_like(unlabeled))
    torch.testing.assert_close(losses.adversarial_loss(labeled, unlabeled), expected)


def test_discriminator_loss_is_cross_entropy_with_ones_and_zeros(generator):
    labeled, unlabeled = random(5, generator=generator), random(7, generator=generator)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(labeled, torch.ones_like(labeled)) + bce(unlabeled, torch.zeros_like(unlabeled))
    torch.testing.assert_close(losses.discriminator_loss(labeled, unlabeled), expected)


def test_discriminator_and_adversarial_gradients_in_closed_form(generator):
    labeled = random(5, generator=generator).requires_grad_()
    unlabeled = random(7, generator=generator).requires_grad_()
    towards_one = (unlabeled.detach().sigmoid() - 1) / 7
    towards_zero = unlabeled.detach().sigmoid() / 7
    losses.adversarial_loss(labeled, unlabeled).backward()
    torch.testing.assert_close(labeled.grad, (labeled.detach().sigmoid() - 1) / 5)
    torch.testing.assert_close(unlabeled.grad, towards_one)
    unlabeled.grad = None
    losses.discriminator_loss(labeled, unlabeled).backward()
    torch.testing.assert_close(unlabeled.grad, towards_zero)


def test_untrained_discriminator_has_the_losses_of_a_coin():
    zeros = torch.zeros(4)
    assert float(losses.adversarial_loss(zeros, zeros)) == pytest.approx(2 * math.log(2))
    assert float(losses.discriminator_loss(zeros, zeros)) == pytest.approx(2 * math.log(2))


def test_logits_of_any_size_give_finite_losses():
    far = torch.tensor([-1e4, 1e4])
    assert torch.isfinite(losses.discriminator_loss(far, far))
    assert torch.isfinite(losses.adversarial_loss(far, far))


def test_bounded_logvar_keeps_its_range_its_values_and_a_gradient():
    low, high = losses.LOGVAR_RANGE
    logvar = torch.tensor([-1e6, -15.0, -3.0, 0.0, 3.0, 10.0, 1e6], requires_grad=True)
    bounded = losses.bounded_logvar(logvar)
    bounded.sum().backward()
    assert bounded.min() >= low
    assert bounded.max() <= high
    torch.testing.assert_close(bounded[2:5], logvar[2:5], atol=0.02, rtol=0)
    assert (logvar.grad[1:-1] > 0).all()


@pytest.mark.parametrize("shape", [(6, 10), (6, 3, 8, 8)])
def test_published_bound_is_the_published_loss(generator, shape):
    x_hat, x = random(*shape, generator=generator), random(*shape, generator=generator)
    mu, logvar = random(6, 4, generator=generator), random(6, 4, generator=generator)
    # As in the authors' code.
    mse = torch.nn.MSELoss()(x_hat, x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    bound = losses.published_bound(x_hat, x, mu, logvar, beta=0.3, n_samples=6)
    torch.testing.assert_close(-bound.mean(), mse + 0.3 * kld)


def test_relabelled_loss_is_cross_entropy_with_soft_targets(generator):
    labeled, unlabeled = random(5, generator=generator), random(7, generator=generator)
    indicator = torch.rand(7, generator=generator, dtype=torch.float64)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(labeled, torch.ones_like(labeled)) + bce(unlabeled, 1 - indicator)
    actual = losses.relabeled_discriminator_loss(labeled, unlabeled, indicator)
    torch.testing.assert_close(actual, expected)


def test_relabelled_loss_with_indicator_1_is_equation_3_and_with_0_equation_2(generator):
    labeled, unlabeled = random(5, generator=generator), random(7, generator=generator)
    for indicator, other in [
        (torch.ones_like(unlabeled), losses.discriminator_loss),
        (torch.zeros_like(unlabeled), losses.adversarial_loss),
    ]:
        actual = losses.relabeled_discriminator_loss(labeled, unlabeled, indicator)
        assert torch.equal(actual, other(labeled, unlabeled))


def test_the_centroid_has_the_mean_of_the_means_and_of_the_spreads():
    mu, std = torch.tensor([[0.0, 2.0], [4.0, 8.0]]), torch.tensor([[1.0, 1.0], [3.0, 2.0]])
    of_mu, of_std = losses.centroid(mu, std)
    assert of_mu.tolist() == [2.0, 5.0]
    assert of_std.tolist() == [2.0, 1.5]


def test_wasserstein_distance_is_that_of_means_and_of_spreads():
    mu, std = torch.tensor([[3.0, 1.0], [0.0, -1.0]]), torch.tensor([[5.0, 1.0], [1.0, 1.0]])
    distances = losses.wasserstein_distance(mu, std, torch.tensor([0.0, 1.0]), torch.ones(2))
    assert distances.tolist() == [5.0, 2.0]  # 3 and 4 apart; 2 and 0 apart
