"""The training of VAAL as a skorch net: two modules, two optimizers, Algorithm 1."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

import numpy as np
import torch
from skorch.callbacks import EpochTimer, PassthroughScoring
from torch import nn
from torch.utils.data import DataLoader

from skvaal._data import PairedPools, PairedSampler
from skvaal._device import memory_checked
from skvaal._engine import fit_layout, optimizer_defaults, resolve_precision
from skvaal._evaluation import Evaluation
from skvaal._feeding import Prefetched, ResidentPools, resident
from skvaal._interruption import InterruptibleNet
from skvaal._modules import check_discriminator, check_vae, condition_dim_of
from skvaal._params import accepted_names
from skvaal._training import HISTORY_TERMS, Training

# The modules that each phase of a training moves, by ablation.
_PHASES: dict[str | None, list[set[str]]] = {
    None: [{"vae", "discriminator"}],
    "no_vae": [{"discriminator"}],
    "frozen_vae": [{"vae"}, {"discriminator"}],
    "no_discriminator": [{"vae"}],
}


class VAALNet(Training, Evaluation, InterruptibleNet):
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
    precision : {'auto', 'float32', 'bf16', 'fp16'}
        What autocast computes in; losses, weights and optimizers are float32 all the same.
    augmentation : {None, 'flip', 'crop', 'flip_crop'}
        How images are changed at random in training, see :mod:`skvaal._augmentation`.
    condition_dim : int
        Columns that the discriminator, and a VAE whose constructor has that parameter in its
        decoder, reads beside mu or z. The pools must then have a condition of so many.
    optimizer_vae, optimizer_discriminator : class
        ``torch.optim`` classes.
    **kwargs : dict
        Of :class:`skorch.NeuralNet`, such as ``compile=True``, and ``vae__*``,
        ``discriminator__*``, ``optimizer_vae__*``, ``optimizer_discriminator__*``,
        ``callbacks__*``, ``iterator_train__*``, ``compile__*``.

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
        precision: str = "auto",
        augmentation: str | None = None,
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
        self.precision = precision
        self.augmentation = augmentation
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
        self.vae_ = fit_layout(vae)
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
        device = torch.device(self.device)
        scales = resolve_precision(self.precision, device) is torch.float16
        self.scaler_ = torch.amp.GradScaler(device.type, enabled=scales)
        self.optimizer_ = _BothOptimizers(self.optimizer_vae_, self.optimizer_discriminator_)
        return self

    def build_optimizer(self, name: str, module: nn.Module) -> torch.optim.Optimizer:
        """Optimizer of a module, with the parameters of ``optimizer_<name>``."""
        args, kwargs = self.get_params_for_optimizer(f"optimizer_{name}", module.named_parameters())
        optimizer = getattr(self, f"optimizer_{name}")
        faster = optimizer_defaults(optimizer, kwargs, torch.device(self.device))
        return optimizer(*args, **faster, **kwargs)

    def torch_compile(self, module: nn.Module, name: str) -> nn.Module:
        """Leave the module as it is: what is run of it is compiled when it is first run."""
        return module

    def get_iterator(
        self, dataset: PairedPools | ResidentPools, training: bool = False
    ) -> Prefetched:
        """Whole paired batches, drawn by :class:`~skvaal._data.PairedSampler`."""
        if not training:
            raise NotImplementedError("VAALNet is evaluated through means, log_odds and elbo")
        sampler = PairedSampler(
            len(dataset.labeled),
            len(dataset.unlabeled),
            self.batch_size,
            self.n_vae_steps,
            self._shard,
        )
        # batch_size=None: the sampler's items are batches already.
        loader = DataLoader(
            dataset, sampler=sampler, batch_size=None, **self.get_params_for("iterator_train")
        )
        return Prefetched(loader, torch.device(self.device))

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

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Keep the variance that evaluation uses."""
        super().on_train_end(net, X, y, **kwargs)
        # Over batches: a callback may have stopped the epoch, or the batch, before its end.
        batches = self.history[-1]["batches"] if self.history else []
        variances = [batch["variance"] for batch in batches if "variance" in batch]
        if variances and "vae" in self.phase_:
            self.variance_ = float(np.mean(variances))

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> VAALNet:
        """Train on from the present weights, one phase after the other.

        Raises
        ------
        KeyboardInterrupt
            If the user interrupted; a callback that stops training ends it normally.
        DeviceMemoryError
            If a GPU has too little memory.
        TrainingDivergedError
            If a loss, or a weight after the last step, is not finite.
        """
        # A user's own DataLoader may have workers, which cannot read from a GPU.
        data = X
        if not self.get_params_for("iterator_train"):
            data = resident(X, torch.device(self.device))
        for phase in _PHASES[self.ablation]:
            self.phase_ = phase
            with memory_checked(self.batch_size, self.device):
                super().partial_fit(data, y, classes, **fit_params)
            if self.interrupted_:
                raise KeyboardInterrupt
            self._check_weights()
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
