"""The training of VAAL as a skorch net: two modules, two optimizers, Algorithm 1."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import EpochTimer, PassthroughScoring
from torch import Tensor, nn
from torch.utils.data import DataLoader

from skvaal._data import PairedPools, PairedSampler, Side, split_batch
from skvaal._evaluation import Evaluation
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
from skvaal._modules import check_discriminator, check_vae, condition_dim_of, reparameterize
from skvaal._params import accepted_names

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
# The modules that each phase of a training moves, by ablation.
_PHASES: dict[str | None, list[set[str]]] = {
    None: [{"vae", "discriminator"}],
    "no_vae": [{"discriminator"}],
    "frozen_vae": [{"vae"}, {"discriminator"}],
    "no_discriminator": [{"vae"}],
}


class VAALNet(Evaluation, NeuralNet):
    """skorch net that trains a VAE and a discriminator against each other.

    :class:`~skvaal.VAALQueryStrategy` builds and drives it; use it directly only to change how
    training works. It is fitted on a dataset of labelled and unlabelled batches, so that there is
    no y.

    Parameters
    ----------
    vae, discriminator : class or instance of torch.nn.Module
        Interface in :mod:`skvaal._modules`. An instance is copied, never trained itself.
    input_shape : tuple of int
        Shape of one sample, (n_features,) or (channels, height, width).
    likelihood : {'gaussian', 'bernoulli'}
        p(x|z).
    variance : 'optimal' or float
        Of the Gaussian likelihood; 'optimal' is the maximum-likelihood one of each batch.
    beta, lambda1, lambda2 : float
        Weights of the KL divergence, of equation 1 and of equation 2.
    n_vae_steps, n_discriminator_steps : int
        Updates of each in an iteration. Every VAE step has a mini-batch of its own; the
        discriminator's steps read the mu of the last one, so that neither encoder nor decoder
        runs for them.
    joint_batches : bool
        Whether labelled and unlabelled samples pass the VAE together, with the same
        batch-normalisation statistics, or one pool after the other.
    loss_weighting : {'evidence', 'published'}
        Whether equation 1 is the evidence lower bound, or what the authors' published code has.
    score_in_train_mode : bool
        Whether the scores of :meth:`scores` depend on the batch, as in the authors' code.
    ablation : {None, 'no_vae', 'frozen_vae', 'no_discriminator'}
        What is left out; see :class:`~skvaal.VAALQueryStrategy`. With 'frozen_vae' there are two
        phases of `max_epochs` each.
    condition_dim : int
        Columns that the discriminator, and a VAE whose constructor has that parameter in its
        decoder, reads beside mu or z. The pools must then have a condition of so many.
    optimizer_vae, optimizer_discriminator : class
        ``torch.optim`` classes.
    **kwargs : dict
        Of :class:`skorch.NeuralNet`, and ``vae__*``, ``discriminator__*``, ``optimizer_vae__*``,
        ``optimizer_discriminator__*``, ``callbacks__*``, ``iterator_train__*``.

    Attributes
    ----------
    vae_, discriminator_ : torch.nn.Module
    latent_dim_ : int
    decoder_reads_condition_ : bool
    variance_ : float
        Variance of p(x|z) that :meth:`elbo` uses: the mean over the last epoch's batches.
    centroid_ : array of shape (2, latent_dim)
        Mean and standard deviation of the labelled set's centroid; only without a discriminator.
    history : skorch.history.History
        Per batch and epoch: ``train_loss`` (``vae_loss``, or ``discriminator_loss`` where the VAE
        is not trained), and the terms of ``HISTORY_TERMS``, in nats per sample; NaN for what has
        no part in a phase.
    """

    def __init__(
        self,
        vae: type[nn.Module] | nn.Module,
        discriminator: type[nn.Module] | nn.Module,
        *,
        input_shape: tuple[int, ...],
        likelihood: str = "gaussian",
        variance: str | float = "optimal",
        beta: float = 1.0,
        lambda1: float = 1.0,
        lambda2: float = 1.0,
        n_vae_steps: int = 1,
        n_discriminator_steps: int = 1,
        joint_batches: bool = True,
        loss_weighting: str = "evidence",
        score_in_train_mode: bool = False,
        ablation: str | None = None,
        condition_dim: int = 0,
        optimizer_vae: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_discriminator: type[torch.optim.Optimizer] = torch.optim.Adam,
        lr: float = 5e-4,
        batch_size: int = 64,
        verbose: int = 0,
        **kwargs: Any,
    ) -> None:
        # Before skorch's own: afterwards it refuses modules as plain attributes.
        self.vae = vae
        self.discriminator = discriminator
        self.input_shape = input_shape
        self.likelihood = likelihood
        self.variance = variance
        self.beta = beta
        self.lambda1 = lambda1
        self.lambda2 = lambda2
        self.n_vae_steps = n_vae_steps
        self.n_discriminator_steps = n_discriminator_steps
        self.joint_batches = joint_batches
        self.loss_weighting = loss_weighting
        self.score_in_train_mode = score_in_train_mode
        self.ablation = ablation
        self.condition_dim = condition_dim
        self.optimizer_vae = optimizer_vae
        self.optimizer_discriminator = optimizer_discriminator
        super().__init__(
            module=None,
            criterion=None,
            lr=lr,
            batch_size=batch_size,
            train_split=None,
            predict_nonlinearity=None,
            verbose=verbose,
            **kwargs,
        )

    # What skorch asks of a net with several modules -------------------------------------------

    @property
    def module_(self) -> nn.Module:
        """Both modules in one, for callbacks that know a single module and restore its weights."""
        return nn.ModuleDict({"vae": self.vae_, "discriminator": self.discriminator_})

    @property
    def criterion_(self) -> nn.Module:
        """Nothing, for callbacks that save a criterion: the losses have no state."""
        return nn.Identity()

    def _get_param_names(self) -> list[str]:
        # What __init__ fixes is no parameter, or `clone` would pass it a second time.
        fixed = {"module", "criterion", "train_split", "predict_nonlinearity"}
        return [name for name in super()._get_param_names() if name not in fixed]

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        terms = ("train_loss", *HISTORY_TERMS)
        return [
            ("epoch_timer", EpochTimer()),
            *((term, PassthroughScoring(term, on_train=True)) for term in terms),
        ]

    def initialize_module(self) -> VAALNet:
        """Build VAE and discriminator, and find the latent size that the VAE has."""
        context: dict[str, Any] = {"input_shape": self.input_shape}
        if self.condition_dim:
            context["condition_dim"] = self.condition_dim
        vae = self._build("vae", self.vae, context)
        n_decoded = condition_dim_of(vae, self.vae, self.condition_dim)
        self.decoder_reads_condition_ = n_decoded > 0
        self.latent_dim_ = check_vae(vae, self.input_shape, n_decoded)
        discriminator = self.build_discriminator()
        check_discriminator(discriminator, self.latent_dim_ + self.condition_dim)
        self.vae_ = vae
        self.discriminator_ = discriminator
        self.phase_ = _PHASES[self.ablation][0]
        return self

    def build_discriminator(self) -> nn.Module:
        """Untrained discriminator; the VAE must have been built."""
        size = self.latent_dim_ + self.condition_dim
        return self._build("discriminator", self.discriminator, {"latent_dim": size})

    def _build(self, name: str, component: Any, context: dict[str, Any]) -> nn.Module:
        """Instance of a component, told what it wants to know of the data."""
        given = self.get_params_for(name)
        # float32 as the batches are, whatever torch's default is.
        if isinstance(component, nn.Module) and not given:
            return deepcopy(component).float()
        known = accepted_names(type(component) if isinstance(component, nn.Module) else component)
        context = {k: v for k, v in context.items() if known is None or k in known}
        try:
            module = self.initialized_instance(component, {**context, **given})
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"{name}={getattr(component, '__name__', component)} cannot be built with "
                f"{ {**context, **given} }: {error}"
            ) from error
        if not isinstance(module, nn.Module):
            raise TypeError(f"{name}={component!r} makes a {type(module).__name__}, not a module")
        return module.float()

    def initialize_criterion(self) -> VAALNet:
        """Do nothing: the losses are functions, without state."""
        return self

    def initialize_optimizer(self, triggered_directly: Any = None) -> VAALNet:
        """Build one optimizer for each module, over that module's parameters only."""
        for name in ("vae", "discriminator"):
            module = getattr(self, f"{name}_")
            setattr(self, f"optimizer_{name}_", self.build_optimizer(name, module))
        self.optimizer_ = _BothOptimizers(self.optimizer_vae_, self.optimizer_discriminator_)
        return self

    def build_optimizer(self, name: str, module: nn.Module) -> torch.optim.Optimizer:
        """Optimizer of a module, with the parameters of ``optimizer_<name>``."""
        args, kwargs = self.get_params_for_optimizer(f"optimizer_{name}", module.named_parameters())
        return getattr(self, f"optimizer_{name}")(*args, **kwargs)

    def get_iterator(self, dataset: PairedPools, training: bool = False) -> DataLoader:
        """Whole paired batches, drawn by :class:`~skvaal._data.PairedSampler`."""
        if not training:
            raise NotImplementedError("VAALNet is evaluated through means, log_odds and elbo")
        sampler = PairedSampler(
            len(dataset.labeled), len(dataset.unlabeled), self.batch_size, self.n_vae_steps
        )
        # batch_size=None: the sampler's items are batches already.
        return DataLoader(
            dataset, sampler=sampler, batch_size=None, **self.get_params_for("iterator_train")
        )

    def take_over(self, previous: VAALNet) -> None:
        """Go on from another net: its weights, its history, and what its optimizers remember.

        Parameters
        ----------
        previous : VAALNet
            Trained, of the same architecture. Learning rates and the like stay this net's own.
        """
        self.module_.load_state_dict(previous.module_.state_dict())
        # A copy: the other net may be in use still.
        self.history_: Any = copy(previous.history_)
        for name in ("optimizer_vae_", "optimizer_discriminator_"):
            mine, others = getattr(self, name), getattr(previous, name)
            if type(mine) is type(others):
                groups = mine.state_dict()["param_groups"]
                mine.load_state_dict({**others.state_dict(), "param_groups": groups})

    # Training ---------------------------------------------------------------------------------

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
        pairs = split_batch(batch, self.n_vae_steps, self.device)
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
        values = torch.stack([*vae_terms, *discriminator_terms]).cpu()
        self._check_finite(values)
        for term, value in zip(HISTORY_TERMS, values.tolist(), strict=True):
            self.history.record_batch(term, value)
        loss = "vae_loss" if "vae" in self.phase_ else "discriminator_loss"
        return {"loss": values[HISTORY_TERMS.index(loss)], "y_pred": mu}

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
        return self.vae_.encode(x)[0]

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
        mu, logvar = self.vae_.encode(x)
        logvar = bounded_logvar(logvar)
        x_hat = self._decode(reparameterize(mu, logvar), condition)
        if self.likelihood == "bernoulli":
            variance = torch.zeros((), device=x.device)
        elif self.variance == "optimal":
            variance = optimal_variance(x_hat, x)
        else:
            variance = torch.tensor(float(self.variance), device=x.device)
        log_likelihood = self._log_likelihood(x_hat, x, variance)
        if self.loss_weighting == "published":
            bound = published_bound(x_hat, x, mu, logvar, self.beta, n_of_pool)
        else:
            bound = evidence_lower_bound(log_likelihood, mu, logvar, self.beta)
        return [mu, logvar, log_likelihood, bound, variance]

    def _descend(self, loss: Tensor, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """One optimizer step on one module; callbacks see that module's gradients."""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        named_parameters = list(module.named_parameters())
        self.notify("on_grad_computed", named_parameters=named_parameters, training=True)
        optimizer.step()

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

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Keep the variance that evaluation uses."""
        super().on_train_end(net, X, y, **kwargs)
        # Over batches: a callback may have stopped the epoch, or the batch, before its end.
        batches = self.history[-1]["batches"] if self.history else []
        variances = [batch["variance"] for batch in batches if "variance" in batch]
        if variances and "vae" in self.phase_:
            self.variance_ = float(np.mean(variances))

    # skorch's fit swallows every KeyboardInterrupt, since its callbacks stop training with one. A
    # real one must reach the caller, or a half-trained net goes on to choose samples.

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call the callbacks, and remember whether one of them stops training."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt as error:
            self.stopped_by_callback_ = _raised_by_statement(error)
            raise

    def fit_loop(self, X: Any, y: Any = None, epochs: int | None = None, **kwargs: Any) -> VAALNet:
        """Train, and remember whether the user broke it off.

        Raises
        ------
        TrainingDivergedError
            If a loss, or a weight after the last step, is not finite.
        """
        self.interrupted_ = self.stopped_by_callback_ = False
        try:
            super().fit_loop(X, y, epochs, **kwargs)
        except KeyboardInterrupt:
            self.interrupted_ = not self.stopped_by_callback_
            raise
        self._check_weights()
        return self

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> VAALNet:
        """Train on from the present weights, one phase after the other.

        Raises
        ------
        KeyboardInterrupt
            If the user interrupted; a callback that stops training ends it normally.
        """
        for phase in _PHASES[self.ablation]:
            self.phase_ = phase
            super().partial_fit(X, y, classes, **fit_params)
            if self.interrupted_:
                raise KeyboardInterrupt
        if self.ablation == "no_discriminator":
            self.centroid_ = self._centroid(X.labeled)
        return self


class _BothOptimizers(torch.optim.Optimizer):
    """The parameter groups of both optimizers, shared, for callbacks that know only one.

    A learning-rate schedule set on it reaches both. Its ``step`` moves nothing: the optimizers
    step themselves, and schedulers want to see that a step was taken.
    """

    def __init__(self, *optimizers: torch.optim.Optimizer) -> None:
        super().__init__([group for each in optimizers for group in each.param_groups], {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do nothing."""


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


def _raised_by_statement(error: BaseException) -> bool:
    """Whether a ``raise`` in Python code threw it, as callbacks do, and not a signal."""
    traceback = error.__traceback__
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    opcode = traceback.tb_frame.f_code.co_code[traceback.tb_lasti]
    return dis.opname[opcode] == "RAISE_VARARGS"
