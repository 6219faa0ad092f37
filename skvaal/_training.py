"""One iteration of Algorithm 1: the VAE's steps, then the discriminator's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from skvaal._augmentation import N_DRAWN, augmented
from skvaal._data import Side, split_batch
from skvaal._engine import Engine
from skvaal._exceptions import TrainingDivergedError
from skvaal._losses import (
    adversarial_loss,
    bounded_logvar,
    discriminator_loss,
    evidence_lower_bound,
    kl_divergence,
    optimal_variance,
    published_bound,
    relabeled_discriminator_loss,
    transductive_loss,
)
from skvaal._modules import reparameterize

# What a step records beside train_loss, in the order of the tensor that `train_step` builds.
HISTORY_TERMS = (
    "vae_loss",
    "reconstruction_loss",
    "kl",
    "adversarial_loss",
    "variance",
    "discriminator_loss",
    "discriminator_accuracy_labeled",
    "discriminator_accuracy_unlabeled",
)


class Training(Engine):
    """The half of :class:`~skvaal.VAALNet` that trains."""

    module_: Any
    optimizer_: Any
    optimizer_vae_: Any
    optimizer_discriminator_: Any
    scaler_: torch.amp.GradScaler
    history: Any
    phase_: set[str]
    likelihood: str
    variance: str | float
    beta: float
    lambda1: float
    lambda2: float
    n_vae_steps: int
    n_discriminator_steps: int
    joint_batches: bool
    loss_weighting: str
    augmentation: str | None
    device: Any
    notify: Callable[..., None]
    _log_likelihood: Callable[..., Tensor]

    def train_step(
        self, batch: Tensor | tuple[Tensor, Tensor], **fit_params: Any
    ) -> dict[str, Tensor]:
        """Run one iteration of Algorithm 1: the VAE's steps, then the discriminator's.

        Parameters
        ----------
        batch : tensor of shape (2 * n_vae_steps * batch_size, ...), or pair of tensors
            An item of :class:`~skvaal._data.PairedPools`; the first half is labelled.

        Returns
        -------
        dict
            'loss', the VAE's, and 'y_pred', mu.
        """
        self._set_training(True)
        self._begin_step()
        pairs = split_batch(batch, self.n_vae_steps, self.device)
        if self.augmentation is not None:
            pairs = [(*self._augmented(*pair[:2]), pair[2]) for pair in pairs]
        absent = torch.full((), torch.nan, device=self.device)
        vae_terms, discriminator_terms = [absent] * 5, [absent] * 3
        if "vae" in self.phase_:
            for labeled, unlabeled, side in pairs:
                mu, vae_terms = self._vae_step(labeled, unlabeled, side)
        else:
            labeled, unlabeled, side = pairs[-1]
            mu = self._frozen_mu(torch.cat([labeled, unlabeled]))
        if "discriminator" in self.phase_:
            for _ in range(self.n_discriminator_steps):
                discriminator_terms = self._discriminator_step(mu, side)
        self.optimizer_.step()

        # One transfer for all of them: each .item() would make a GPU wait.
        values = self._mean_of_all(torch.stack([*vae_terms, *discriminator_terms])).cpu()
        self._check_finite(values)
        for term, value in zip(HISTORY_TERMS, values.tolist(), strict=True):
            self.history.record_batch(term, value)
        loss = "vae_loss" if "vae" in self.phase_ else "discriminator_loss"
        return {"loss": values[HISTORY_TERMS.index(loss)], "y_pred": mu}

    def _augmented(self, labeled: Tensor, unlabeled: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([labeled, unlabeled])
        drawn = self._drawn(torch.rand, (len(x), N_DRAWN), len(labeled))
        assert self.augmentation is not None
        labeled, unlabeled = augmented(x, drawn, self.augmentation).chunk(2)
        return labeled, unlabeled

    def _vae_step(
        self, labeled: Tensor, unlabeled: Tensor, side: Side | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Descend L_VAE = lambda1 * L_trd + lambda2 * L_adv on one mini-batch of each pool."""
        condition = None if side is None else side.condition
        if self.joint_batches:
            x = torch.cat([labeled, unlabeled])
            *terms, variance = self._forward(x, len(labeled), condition)
        else:
            halves = (None, None) if condition is None else condition.chunk(2)
            passes = (
                self._forward(pool, len(pool), half)
                for pool, half in zip((labeled, unlabeled), halves, strict=True)
            )
            *parts, variances = zip(*passes, strict=True)
            terms = [torch.cat(part) for part in parts]
            variance = torch.stack(variances).mean()
        mu, logvar, log_likelihood, bound = terms
        loss = self.lambda1 * transductive_loss(*bound.chunk(2))
        adv = torch.full_like(loss, torch.nan)
        with _frozen(self.discriminator_):
            if "discriminator" in self.phase_:
                adv = adversarial_loss(*self._logits(mu, condition).chunk(2))
                loss = loss + self.lambda2 * adv
            self._descend(loss, self.vae_, self.optimizer_vae_)
        mu = mu.detach()
        kl = kl_divergence(mu, logvar.detach()).mean()
        recorded = [loss, -log_likelihood.mean(), kl, adv, variance]
        return mu, [term.detach() for term in recorded]

    @torch.no_grad()
    def _frozen_mu(self, x: Tensor) -> Tensor:
        """Mu of a VAE that is not trained in this phase, its batch statistics included."""
        self.vae_.eval()
        return self._encode(x)[0]

    def _discriminator_step(self, mu: Tensor, side: Side | None = None) -> list[Tensor]:
        """Descend L_D on the mu of one mini-batch of each pool."""
        if side is None:
            labeled, unlabeled = self._logits(mu).chunk(2)
            loss = discriminator_loss(labeled, unlabeled)
        else:
            labeled, unlabeled = self._logits(mu, side.condition).chunk(2)
            loss = relabeled_discriminator_loss(labeled, unlabeled, side.indicator)
        self._descend(loss, self.discriminator_, self.optimizer_discriminator_)
        return [loss.detach(), (labeled > 0).float().mean(), (unlabeled <= 0).float().mean()]

    def _forward(self, x: Tensor, n_of_pool: int, condition: Tensor | None = None) -> list[Tensor]:
        """Mu, bounded logvar, log p(x|z) of a drawn z, bound, and the variance of p(x|z)."""
        mu, logvar = self._encode(x)
        logvar = bounded_logvar(logvar)
        z = reparameterize(mu, logvar, self._drawn(torch.randn, mu.shape, n_of_pool))
        x_hat = self._decode(z, condition)
        if self.likelihood == "bernoulli":
            variance = torch.zeros((), device=x.device)
        elif self.variance == "optimal":
            variance = self._mean_of_all(optimal_variance(x_hat, x))
        else:
            variance = torch.tensor(float(self.variance), device=x.device)
        log_likelihood = self._log_likelihood(x_hat, x, variance)
        if self.loss_weighting == "published":
            n_of_pool *= self._shard[1]
            bound = published_bound(x_hat, x, mu, logvar, self.beta, n_of_pool)
        else:
            bound = evidence_lower_bound(log_likelihood, mu, logvar, self.beta)
        return [mu, logvar, log_likelihood, bound, variance]

    def _descend(self, loss: Tensor, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """One optimizer step on one module; callbacks see that module's gradients."""
        optimizer.zero_grad(set_to_none=True)
        # float16 is scaled, or small gradients were 0; otherwise the scaler does nothing.
        self._backward(self.scaler_.scale(loss), module)
        self.scaler_.unscale_(optimizer)
        named_parameters = list(module.named_parameters())
        self.notify("on_grad_computed", named_parameters=named_parameters, training=True)
        self.scaler_.step(optimizer)
        self.scaler_.update()

    # What is otherwise where several processes train one model; see DistributedNet.

    @property
    def _shard(self) -> tuple[int, int]:
        """Which part of every batch this process takes, and how many there are."""
        return 0, 1

    def _drawn(self, draw: Callable[..., Tensor], shape: tuple[int, ...], n_of_pool: int) -> Tensor:
        """Random numbers for samples of one pool or both, one after the other."""
        return draw(shape, device=self.device, dtype=torch.float32)

    def _mean_of_all(self, values: Tensor) -> Tensor:
        """Mean over the processes."""
        return values

    def _backward(self, loss: Tensor, module: nn.Module) -> None:
        """Gradients of a loss by the parameters of a module."""
        loss.backward()

    def _check_finite(self, values: Tensor) -> None:
        # Everything that is trained on is in one of the two losses.
        losses = [HISTORY_TERMS.index(f"{name}_loss") for name in self.phase_]
        if torch.isfinite(values[losses]).all():
            return
        terms = ", ".join(
            f"{term}={value:.3g}"
            for term, value in zip(HISTORY_TERMS, values.tolist(), strict=True)
        )
        self._raise_diverged(terms)

    def _check_weights(self) -> None:
        # The losses of the last step were taken before it; what it did shows in the weights only.
        for name, tensor in self.module_.state_dict().items():
            if not torch.isfinite(tensor).all():
                self._raise_diverged(f"{name} is not finite")

    def _raise_diverged(self, what: str) -> None:
        raise TrainingDivergedError(
            f"training diverged in epoch {len(self.history)} ({what}); lower lr, bring X to a "
            "common scale (StandardScaler; images as uint8 or in [0, 1]), or clip gradients with "
            "callbacks=[skorch.callbacks.GradientNormClipping(1.0)]"
        )


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Keep a module's parameters out of the graph; gradients flow through it all the same."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
