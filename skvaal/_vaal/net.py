"""VAAL as a skorch net: two modules, two optimizers, and Algorithm 1 to train them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from skorch.callbacks import EpochTimer, PassthroughScoring
from torch import nn
from torch.utils.data import DataLoader

from skvaal._engine.batches import PairedPools, PairedSampler
from skvaal._engine.device import memory_checked
from skvaal._engine.generators import generators_in_use, lent_to_torch
from skvaal._engine.modes import own_modes
from skvaal._engine.processes import OneProcess
from skvaal._engine.settings import EngineSettings
from skvaal._engine.torch_parts import import_torch_parts
from skvaal._engine.transfer import Prefetched, ResidentPools, make_resident
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.dataset import DatasetSource
from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import PredictionNeeds, Predictions
from skvaal._utils.params import Interval, SequenceOf, StrOptions, check_params, naming
from skvaal._utils.signals import watched_signals
from skvaal._vaal.divergence import warn_of_divergence
from skvaal._vaal.evaluation import Evaluation
from skvaal._vaal.training import HISTORY_TERMS, StoppedByCallback, Training

# More updates in an iteration, or a larger step, than anybody means.
_MAX_STEPS, _MAX_LR = 10_000, 1e6
# Parameters that the net shares with VAALQueryStrategy.
SHARED_CONSTRAINTS: dict[str, list] = {
    "likelihood": [StrOptions({"gaussian", "bernoulli"})],
    "variance": [StrOptions({"optimal"}), Interval(Real, 0, None, closed="neither")],
    "beta": [Interval(Real, 0, None, closed="left")],
    "lambda1": [Interval(Real, 0, None, closed="left")],
    "lambda2": [Interval(Real, 0, None, closed="left")],
    "n_vae_steps": [Interval(Integral, 1, _MAX_STEPS, closed="both")],
    "n_discriminator_steps": [Interval(Integral, 1, _MAX_STEPS, closed="both")],
    "optimizer_vae": [callable],
    "optimizer_discriminator": [callable],
    "lr": [Interval(Real, 0, _MAX_LR, closed="right")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
}


class VAALNet(Training, Evaluation):
    """skorch net that trains a VAE and a discriminator against each other.

    :class:`~skvaal.VAALQueryStrategy` builds and drives it. It is fitted on a dataset of labelled
    and unlabelled batches, so that there is no y. A subclass changes how the method works, and can
    be passed as the strategy's `net`; those in :mod:`skvaal._vaal.variants` are examples.

    Parameters
    ----------
    vae, discriminator : class or instance of torch.nn.Module
        Interface in :mod:`skvaal._vaal.modules`. An instance is copied, never trained itself.
    input_shape : tuple of int
        Shape of one sample, (n_features,) or (channels, height, width).
    likelihood, variance, beta, lambda1, lambda2
        As in :class:`~skvaal.VAALQueryStrategy`.
    n_vae_steps, n_discriminator_steps : int
        Updates of each in an iteration. Every VAE step has a mini-batch of its own. The
        discriminator's steps read the mu of the last one, so that neither encoder nor decoder runs
        for them.
    optimizer_vae, optimizer_discriminator, lr, batch_size
        As in :class:`~skvaal.VAALQueryStrategy`.
    engine : EngineSettings
        Precision, compilation, augmentation and loading.
    processes : OneProcess
        The processes that train the net together.
    principal_components : PrincipalComponents or None
        Of both pools; the linear path of a VAE that has one is fitted to them.
    extra : Extra or None
        What a variant has learned to read beside the samples; see :meth:`learn_extra`.
    verbose : int
        1 shows progress bars.
    **kwargs : dict
        Of :class:`skorch.NeuralNet`, and ``vae__*``, ``discriminator__*``, ``optimizer_vae__*``,
        ``optimizer_discriminator__*``, ``callbacks__*``.

    Attributes
    ----------
    vae_, discriminator_ : torch.nn.Module
    latent_dim_ : int
    n_decoder_inputs_, n_discriminator_inputs_ : int
        Columns that decoder and discriminator read, `latent_dim_` unless a variant appends some.
    variance_ : float
        Variance of p(x|z) that :meth:`elbo` uses: the mean over the last epoch's batches.
    history : skorch.history.History
        Per batch and epoch: ``train_loss``, and the terms of ``HISTORY_TERMS`` in nats per sample;
        NaN for what a variant does not train.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import DenseVAE, LatentDiscriminator, VAALNet
    >>> from skvaal._engine.batches import PairedPools
    >>> from skvaal._pool.pool import Pool
    >>> labeled, unlabeled = Pool(np.zeros((8, 3))), Pool(np.ones((20, 3)))
    >>> net = VAALNet(DenseVAE, LatentDiscriminator, input_shape=(3,), max_epochs=1)
    >>> net.fit(PairedPools(labeled, unlabeled)).scores(unlabeled).shape
    (20,)
    """

    #: Parameters and prefixes of VAALQueryStrategy that have no effect on this net.
    ignored_params: ClassVar[frozenset[str]] = frozenset()
    #: What a training must be told by a task model.
    prediction_needs: ClassVar[PredictionNeeds] = PredictionNeeds()
    #: Whether :meth:`learn_extra` reads the strategy's `uncertainty`.
    reads_uncertainty: ClassVar[bool] = False
    #: Whether a sample's score depends on the samples around it.
    scores_depend_on_batch: ClassVar[bool] = False
    has_vae: ClassVar[bool] = True
    has_discriminator: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **SHARED_CONSTRAINTS,
        "vae": [callable, nn.Module],
        "discriminator": [callable, nn.Module],
        "input_shape": [SequenceOf(Integral, 1, None, closed="left")],
        "engine": [EngineSettings],
        "processes": [OneProcess],
        "principal_components": [PrincipalComponents, None],
        "verbose": ["verbose"],
    }

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
        optimizer_vae: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_discriminator: type[torch.optim.Optimizer] = torch.optim.Adam,
        lr: float = 5e-4,
        batch_size: int = 64,
        engine: EngineSettings = EngineSettings(),  # noqa: B008, it is frozen
        processes: OneProcess = OneProcess(),  # noqa: B008, it has no state
        principal_components: PrincipalComponents | None = None,
        extra: Any = None,
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
        self.optimizer_vae = optimizer_vae
        self.optimizer_discriminator = optimizer_discriminator
        self.engine = engine
        self.processes = processes
        self.principal_components = principal_components
        self.extra = extra
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

    def initialize(self) -> VAALNet:
        """Check the parameters; build modules and optimizers."""
        names = VAALNet._parameter_constraints
        check_params(VAALNet, {name: getattr(self, name) for name in names})
        if self.engine.compiles:
            import_torch_parts()
        super().initialize()
        return self

    @classmethod
    def learn_extra(
        cls,
        labeled: Predictions,
        unlabeled: Predictions,
        uncertainty: Any,
        names: tuple[str, str] = ("proba_labeled", "proba_unlabeled"),
    ) -> Any:
        """Learn the parameter `extra` from a task model's predictions; here there is nothing.

        `names` are those of the arguments that held the predictions; a ValueError tells which one
        is missing, or that the pools do not have the same classes.
        """
        return None

    @classmethod
    def restore_extra(
        cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray], uncertainty: Any = None
    ) -> Any:
        """Rebuild the parameter `extra` from what :meth:`export_state` returned."""
        return None

    def attach_extra(self, pool: Pool, predictions: Predictions, name: str = "proba") -> None:
        """Give a pool the columns that the net reads beside its samples, if it reads any.

        A ValueError tells that a prediction is missing, or has other classes than were fitted.
        """

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

    def get_iterator(
        self, dataset: PairedPools | ResidentPools, training: bool = False
    ) -> Prefetched:
        """Whole paired batches, drawn by :class:`~skvaal._engine.batches.PairedSampler`."""
        if not training:
            raise NotImplementedError("VAALNet is evaluated through means, log_odds and elbo")
        sizes = len(dataset.labeled), len(dataset.unlabeled)
        shard = self.processes.index, self.processes.count
        sampler = PairedSampler(*sizes, self.batch_size, self.n_vae_steps, shard)
        # batch_size=None: the sampler's items are batches already.
        given = self.engine.loader_options
        options = {"generator": sampler.generator, **given}
        failure = f"engine__loader={given!r} cannot be used"
        with naming(failure):
            loader = DataLoader(dataset, sampler=sampler, batch_size=None, **options)
        return Prefetched(loader, torch.device(self.device), failure if given else None)

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> VAALNet:
        """Train on from the present weights; X is a PairedPools, y is not read.

        Raises KeyboardInterrupt if the user interrupted (a callback that stops training ends it
        normally), ValueError if a callback stops it before its first iteration, DeviceMemoryError
        if a GPU has too little memory, and TrainingDivergedError if a loss, or a weight after the
        last step, is not finite.
        """
        if not self.initialized_:
            self.initialize()
        # The workers of a user's own DataLoader cannot read from a GPU.
        data = X
        if not self.engine.loader_options:
            data = make_resident(X, torch.device(self.device))
        # A Dataset, or a subclass of a user, may draw as well.
        may_draw = any(isinstance(each.X, DatasetSource) for each in (X.labeled, X.unlabeled))
        may_draw |= not type(self).__module__.startswith("skvaal.")
        with (
            watched_signals(),
            own_modes(self.device),
            lent_to_torch(generators_in_use() if may_draw else None, compiles=self.engine.compiles),
            self.processes.synchronized([self.vae_, self.discriminator_]),
            memory_checked(self.batch_size, self.device),
        ):
            self._train(data, **fit_params)
        self._check_weights()
        return self

    def _train(self, data: Any, **fit_params: Any) -> None:
        """As skorch's ``partial_fit``, which takes each KeyboardInterrupt for a normal end."""
        n_before, ended = len(self.history), None
        try:
            self.notify("on_train_begin", X=data, y=None)
            self._set_training(True)
            self.fit_loop(data, **fit_params)
        except KeyboardInterrupt as error:
            ended = error
        with suppress(StoppedByCallback):
            self.notify("on_train_end", X=data, y=None)
        if ended is not None and not isinstance(ended, StoppedByCallback):
            raise ended
        batches = [batch for epoch in self.history[n_before:] for batch in epoch["batches"]]
        if not any("variance" in batch for batch in batches):
            raise ValueError(
                f"{ended} before the first iteration is through, so that nothing is learned; let "
                "it stop later"
            )
        if not any(getattr(callback, "load_best", False) for _, callback in self.callbacks_):
            batches = [batch for batch in batches if "variance" in batch]
            n_numbers = math.prod(self.input_shape)
            warn_of_divergence(batches, n_numbers, float(self.beta), float(self.lambda1))

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Keep the variance that evaluation uses."""
        super().on_train_end(net, X, y, **kwargs)
        # Over batches: a callback may have stopped the epoch, or the batch, before its end.
        batches = self.history[-1]["batches"] if self.history else []
        variances = [batch.get("variance", np.nan) for batch in batches]
        if np.isfinite(variances).any():  # there is none where no VAE was trained
            self.variance_ = float(np.nanmean(variances))
