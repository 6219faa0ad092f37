"""Algorithm 1: in each iteration, the VAE's steps and then the discriminator's.

References
----------
.. [1] Sinha, Ebrahimi, Darrell, "Variational Adversarial Active Learning", ICCV 2019,
       arXiv 1904.00370.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor, nn

from skvaal._engine.augmentation import N_DRAWS, augment
from skvaal._engine.batches import Pair, split_batch
from skvaal._utils.exceptions import TrainingDivergedError
from skvaal._utils.params import describe, naming
from skvaal._utils.signals import raised_by_signal
from skvaal._vaal.losses import (
    adversarial_loss,
    bounded_logvar,
    discriminator_loss,
    evidence_lower_bound,
    kl_divergence,
    optimal_variance,
    transductive_loss,
)
from skvaal._vaal.modules import reparameterize
from skvaal._vaal.two_modules import TwoModuleNet

# What each iteration records, besides train_loss.
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
# The losses that the modules descend. The first of them that is trained is skorch's train_loss.
TRAINED_LOSSES = ("vae_loss", "discriminator_loss")
# With larger ones, float32 cannot compute the square of an output.
_MAX_WEIGHT = 1e15
Terms = dict[str, Tensor]


class StoppedByCallback(KeyboardInterrupt):
    """A callback ended training, as skorch's EarlyStopping does."""


class VAEPass(NamedTuple):
    """What one pass through the VAE gives, for the samples of both pools, labelled first."""

    x: Tensor  # (2 * n, ...)
    x_hat: Tensor  # (2 * n, ...), of a drawn z
    mu: Tensor  # (2 * n, latent_dim)
    logvar: Tensor  # (2 * n, latent_dim), bounded
    log_likelihood: Tensor  # (2 * n,)
    variance: Tensor  # (), of p(x|z)


class Training(TwoModuleNet):
    """The half of :class:`~skvaal.VAALNet` that trains.

    A variant of the method overrides :meth:`iterate`, :meth:`pass_pair` or a loss.
    """

    def train_step(
        self, batch: Tensor | tuple[Tensor, Tensor], **fit_params: Any
    ) -> dict[str, Tensor]:
        """Run one iteration of Algorithm 1, and record its terms."""
        # Of the modules inside, none is looked at again: they are many.
        if not (self.vae_.training and self.discriminator_.training):
            self._set_training(True)
        self._begin_step()
        pairs = split_batch(batch, self.n_vae_steps, self.device)
        if self.engine.augmentation is not None:
            pairs = [self._augment(pair, self.engine.augmentation) for pair in pairs]
        mu, terms = self.iterate(pairs)
        self.optimizer_.step()  # it moves nothing, but schedulers want to see it
        return {"loss": self._record(terms), "y_pred": mu}

    def iterate(self, pairs: Sequence[Pair]) -> tuple[Tensor, Terms]:
        """Train both modules: one iteration of Algorithm 1."""
        mu, terms = self.train_vae(pairs)
        return mu, {**terms, **self.train_discriminator(mu, pairs[-1])}

    def train_vae(self, pairs: Sequence[Pair]) -> tuple[Tensor, Terms]:
        """Take the VAE's steps of an iteration, each on a mini-batch pair of its own."""
        for pair in pairs:
            mu, terms = self.vae_step(pair)
        return mu, terms

    def train_discriminator(self, mu: Tensor, pair: Pair) -> Terms:
        """Take the discriminator's steps of an iteration, all on the same mu."""
        for _ in range(self.n_discriminator_steps):
            terms = self.discriminator_step(mu, pair)
        return terms

    def vae_step(self, pair: Pair) -> tuple[Tensor, Terms]:
        """Descend L_VAE on one mini-batch of each pool."""
        passed = self.pass_pair(pair)
        # Gradients flow through the discriminator, but not to its weights.
        with _frozen(self.discriminator_):
            losses = self.compute_vae_loss(passed, pair.extra)
            self._descend(losses["vae_loss"], self.vae_, self.optimizer_vae_)
        mu = passed.mu.detach()
        terms = {
            **losses,
            "reconstruction_loss": -passed.log_likelihood.mean(),
            "kl": kl_divergence(mu, passed.logvar.detach()).mean(),
            "variance": passed.variance,
        }
        return mu, {name: term.detach() for name, term in terms.items()}

    def discriminator_step(self, mu: Tensor, pair: Pair) -> Terms:
        """Descend L_D on the mu of one mini-batch of each pool."""
        labeled, unlabeled = self.logits(mu, pair.extra).chunk(2)
        loss = self.compute_discriminator_loss(labeled, unlabeled, pair.extra)
        self._descend(loss, self.discriminator_, self.optimizer_discriminator_)
        return {
            "discriminator_loss": loss.detach(),
            "discriminator_accuracy_labeled": (labeled > 0).float().mean(),
            "discriminator_accuracy_unlabeled": (unlabeled <= 0).float().mean(),
        }

    def pass_pair(self, pair: Pair) -> VAEPass:
        """Pass both pools through the VAE together, with the same batch statistics."""
        x = torch.cat([pair.labeled, pair.unlabeled])
        return self.pass_through_vae(x, len(pair.labeled), pair.extra)

    def pass_through_vae(self, x: Tensor, n_of_pool: int, extra: Tensor | None = None) -> VAEPass:
        """Encode samples, draw z, and decode it."""
        mu, logvar = self.encode(x)
        logvar = bounded_logvar(logvar)
        noise = self.processes.draw(torch.randn, tuple(mu.shape), n_of_pool, self.device)
        x_hat = self.decode(reparameterize(mu, logvar, noise), extra)
        if self.likelihood == "bernoulli":
            variance = torch.zeros((), device=x.device)
        elif self.variance == "optimal":
            variance = self.processes.mean(optimal_variance(x_hat, x))
        else:
            variance = torch.tensor(float(self.variance), device=x.device)
        log_likelihood = self.log_likelihood(x_hat, x, variance)
        return VAEPass(x, x_hat, mu, logvar, log_likelihood, variance)

    def compute_vae_loss(self, passed: VAEPass, extra: Tensor | None) -> Terms:
        """L_VAE = lambda1 * L_trd + lambda2 * L_adv, and its adversarial term."""
        transductive = self.compute_transductive_loss(passed)
        adversarial = adversarial_loss(*self.logits(passed.mu, extra).chunk(2))
        loss = float(self.lambda1) * transductive + float(self.lambda2) * adversarial
        return {"vae_loss": loss, "adversarial_loss": adversarial}

    def compute_transductive_loss(self, passed: VAEPass) -> Tensor:
        """L_trd: equation 1 of [1]_, turned so that it is minimised."""
        bound = evidence_lower_bound(passed.log_likelihood, passed.mu, passed.logvar, self.beta)
        return transductive_loss(*bound.chunk(2))

    def compute_discriminator_loss(
        self, labeled: Tensor, unlabeled: Tensor, extra: Tensor | None
    ) -> Tensor:
        """L_D: equation 3 of [1]_."""
        return discriminator_loss(labeled, unlabeled)

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call the callbacks; an error names the one that raised it."""
        getattr(self, method_name)(self, **cb_kwargs)
        for name, callback in self.callbacks_:
            if _does_nothing(callback, method_name):
                continue
            try:
                with naming(partial(self._describe_callback, name, callback, "fails", method_name)):
                    getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt as error:
                # A callback stops training by the exception that Ctrl-C raises. The user's must
                # reach the caller, or a half-trained net goes on to choose samples.
                if raised_by_signal(error):
                    raise
                what = self._describe_callback(name, callback, "stops training", method_name)
                raise StoppedByCallback(what) from error

    def _looks_on(self, method_name: str) -> bool:
        """Whether the net or one of its callbacks does anything when it is notified."""
        is_own = getattr(type(self), method_name) is not getattr(NeuralNet, method_name)
        return is_own or not all(_does_nothing(each, method_name) for _, each in self.callbacks_)

    def _describe_callback(self, name: str, callback: Any, does: str, method_name: str) -> str:
        prefix = f"callbacks__{name}"
        shown = describe(prefix, type(callback).__name__, self.get_params_for(prefix))
        return f"{shown} {does} in {method_name}"

    def _augment(self, pair: Pair, kind: str) -> Pair:
        x = torch.cat([pair.labeled, pair.unlabeled])
        n_of_pool = len(pair.labeled)
        draws = self.processes.draw(torch.rand, (len(x), N_DRAWS), n_of_pool, self.device)
        labeled, unlabeled = augment(x, draws, kind).chunk(2)
        return Pair(labeled, unlabeled, pair.extra)

    def _descend(self, loss: Tensor, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Take one optimizer step on one module; callbacks see that module's gradients."""
        steps = partial(self._describe_step, optimizer)
        with naming(steps):
            optimizer.zero_grad(set_to_none=True)
        # In float16, small gradients would be 0. Otherwise the scaler does nothing.
        self.scaler_.scale(loss).backward()
        self.processes.average_gradients(module)
        self.scaler_.unscale_(optimizer)
        if self._looks_on("on_grad_computed"):
            named_parameters = list(module.named_parameters())
            self.notify("on_grad_computed", named_parameters=named_parameters, training=True)
        with naming(steps):
            self.scaler_.step(optimizer)
        self.scaler_.update()

    def _record(self, terms: Terms) -> Tensor:
        """Record an iteration's terms, each (); return the first loss that was descended."""
        absent = torch.full((), torch.nan, device=self.device)
        # One transfer for all of them: each .item() would make a GPU wait.
        values = torch.stack([terms.get(name, absent) for name in HISTORY_TERMS])
        values = self.processes.mean(values).cpu()
        recorded = dict(zip(HISTORY_TERMS, values.tolist(), strict=True))
        trained = [HISTORY_TERMS.index(name) for name in TRAINED_LOSSES if name in terms]
        if not torch.isfinite(values[trained]).all():
            self._raise_diverged(", ".join(f"{term}={x:.3g}" for term, x in recorded.items()))
        for term, value in recorded.items():
            self.history.record_batch(term, value)
        return values[trained[0]]

    def _check_weights(self) -> None:
        # The losses of the last step are from before it. Only the weights show what it did.
        for name, tensor in self.module_.state_dict().items():
            if not torch.isfinite(tensor).all():
                self._raise_diverged(f"{name} is not finite")
        for name, weights in self.module_.named_parameters():
            if weights.numel() and (largest := weights.detach().abs().max()) > _MAX_WEIGHT:
                self._raise_diverged(f"{name} has weights up to {largest:.2g}")

    def _raise_diverged(self, what: str) -> None:
        raise TrainingDivergedError(
            f"training diverged in epoch {len(self.history)} ({what}); lower lr, bring X to a "
            "common scale (StandardScaler; images as uint8 or in [0, 1]), or clip gradients with "
            "callbacks=[skorch.callbacks.GradientNormClipping(1.0)]"
        )


def _does_nothing(callback: Any, method_name: str) -> bool:
    """Whether a callback leaves a method as skorch has it, without a word."""
    method = getattr(callback, method_name, None)
    return getattr(method, "__func__", None) is getattr(Callback, method_name)


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
