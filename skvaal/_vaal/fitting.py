"""From a strategy's parameters, as plain values, to a net, and from two pools to a trained one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from skorch.callbacks import Callback
from torch import nn

from skvaal._engine.batches import PairedPools, PairedSampler
from skvaal._engine.device import resolve_device
from skvaal._engine.generators import isolated_seed, lent_to_torch, own_generators
from skvaal._engine.modes import own_modes
from skvaal._engine.processes import OneProcess, check_shares, start_processes
from skvaal._engine.settings import EngineSettings
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._pool.validation import check_unit_interval
from skvaal._predictions.predictions import Predictions
from skvaal._utils.exceptions import UnusedParameterWarning, warn_user
from skvaal._utils.params import describe, did_you_mean, naming_foreign
from skvaal._utils.progress import Verbose, may_show, progress_bar
from skvaal._utils.schema import TABLE, check_names, entries, maybe, number
from skvaal._vaal.modules import ConvVAE, DenseVAE, LatentDiscriminator
from skvaal._vaal.net import VAALNet

# max_epochs='auto' trains for about so many iterations: a quarter of a minute for small grey images
# on two processor cores. So many go on from the weights of the last fit.
AUTO_ITERATIONS, WARM_ITERATIONS = 200, 50
# Components that the decoded space has at least, if the samples have as many numbers.
_MIN_COMPONENTS = 32
# Prefixes whose parameters go to the net.
_OPTIMIZERS = ("optimizer_vae", "optimizer_discriminator")
NET_PREFIXES = ("vae", "discriminator", "net", *_OPTIMIZERS, "callbacks")
# The least that is above 0 in float32.
_LEAST_VARIANCE = 2.0**-149
Pools = tuple[Pool, Pool]


@dataclass(frozen=True, eq=False)
class NetRecipe:
    """What a net is made of, and how it is trained."""

    net_class: type[VAALNet]
    vae: Any
    discriminator: Any
    sample_shape: tuple[int, ...]
    params: Mapping[str, Any]  # of the net, by their own names
    nested: Mapping[str, Mapping[str, Any]]  # by prefix
    callbacks: list | None = None
    engine: EngineSettings = EngineSettings()  # noqa: RUF009, it is frozen
    device: str | torch.device = "cpu"
    max_epochs: str | int = 1
    verbose: Verbose = 0

    def modules(self) -> dict[str, Any]:
        """Classes or modules that 'vae' and 'discriminator' stand for."""
        auto_vae = ConvVAE if len(self.sample_shape) == 3 else DenseVAE
        auto = {"vae": auto_vae, "discriminator": LatentDiscriminator}
        given = {"vae": self.vae, "discriminator": self.discriminator}
        # A module is not compared with 'auto': it may answer `==` in its own way.
        return auto | {name: each for name, each in given.items() if not isinstance(each, str)}

    @property
    def may_have_linear_path(self) -> bool:
        """Whether the VAE has a linear path that is to be fitted, as far as that can be told."""
        vae, given = self.modules()["vae"], self.nested["vae"]
        if not self.net_class.has_vae:
            return False
        if isinstance(vae, nn.Module) and not given:
            return getattr(vae, "linear_path", None) is not None
        vae_class = type(vae) if isinstance(vae, nn.Module) else vae
        is_own = isinstance(vae_class, type) and issubclass(vae_class, ConvVAE | DenseVAE)
        return not is_own or bool(given.get("linear_path", True))

    @property
    def n_components(self) -> int:
        """Number of principal components: as many as latent units, 32 at least."""
        latent_dim = self.nested["vae"].get("latent_dim", getattr(self.vae, "latent_dim", 0))
        return max(_MIN_COMPONENTS, int(latent_dim) if isinstance(latent_dim, Integral) else 0)

    def can_go_on_in(self, components: PrincipalComponents | None) -> bool:
        """Whether the last fit had samples enough for the components that any fit should have."""
        wanted = min(_MIN_COMPONENTS, math.prod(self.sample_shape))
        return components is None or len(components.components) >= wanted

    def components(self) -> dict[str, Callable]:
        """Classes and functions behind the prefixes, to check names of parameters against."""
        modules = {
            name: type(each) if isinstance(each, nn.Module) else each
            for name, each in self.modules().items()
        }
        optimizers = {name: self.params[name] for name in _OPTIMIZERS}
        return {**modules, **optimizers, "net": _options_of(self.net_class)}

    def check_pools(self, labeled: Pool, unlabeled: Pool) -> None:
        """Raise if samples and parameters contradict each other."""
        if self.engine.augmentation is not None and len(self.sample_shape) == 1:
            raise ValueError(
                f"engine__augmentation={self.engine.augmentation!r} is for images, but X holds "
                "feature rows; set it to None, or pass images as (n, channels, height, width)"
            )
        if self.params["likelihood"] == "bernoulli":
            named = {"X_labeled": labeled.X, "X_unlabeled": unlabeled.X}
            for name, X in ({"X": labeled.X} if unlabeled.X is labeled.X else named).items():
                check_unit_interval(X, name, self.verbose)

    def build(
        self,
        device: torch.device,
        extra: Any = None,
        components: PrincipalComponents | None = None,
        processes: OneProcess = OneProcess(),  # noqa: B008, it has no state
        max_epochs: int = 1,
    ) -> VAALNet:
        """Build the net, not yet initialised."""
        nested = {
            name if prefix == "net" else f"{prefix}__{name}": value
            for prefix, params in self.nested.items()
            for name, value in params.items()
        }
        callbacks = [clone(callback, safe=False) for callback in self.callbacks or []]
        verbose = self.verbose if processes.is_main else 0
        net = self.net_class(
            **self.modules(),
            input_shape=self.sample_shape,
            engine=self.engine,
            processes=processes,
            principal_components=components,
            extra=extra,
            device=device,
            callbacks=callbacks + ([TrainingBar(verbose)] if may_show(verbose) else []),
            # skorch's own, and its callbacks, print lines where this is not 0.
            verbose=0 if verbose == "auto" else int(verbose),
            max_epochs=max_epochs,
            **self.params,
            **nested,
        )
        net.progress = verbose
        return net

    def train(
        self,
        pools: Pools,
        predictions: tuple[Predictions, Predictions],
        *,
        names: tuple[str, str],
        uncertainty: Any,
        seed: int,
        components: PrincipalComponents | None = None,
        previous: VAALNet | None = None,
    ) -> tuple[VAALNet, int]:
        """Train a net on a labelled and an unlabelled pool."""
        device, processes = resolve_device(self.device), OneProcess()
        if self.engine.distributed:
            processes, device = start_processes(device)
            sizes = len(pools[0]), len(pools[1])
            check_shares(processes, self.params["batch_size"], sizes)
        if not len(pools[0]):  # of no sample no predictions need be given
            predictions = predictions[1].rows(np.empty(0, dtype=np.intp)), predictions[1]
        extra = self.net_class.learn_extra(*predictions, uncertainty, names)
        # An empty pool is stood in for by the other, so that log-odds of 0 are learned.
        paired = PairedPools(*(pool if len(pool) else pools[1 - i] for i, pool in enumerate(pools)))
        n_epochs = self._count_epochs(paired, is_warm=previous is not None)
        net = self.build(device, extra, components, processes, n_epochs)
        for pool, of_pool, name in zip(pools, predictions, names, strict=True):
            if len(pool):
                net.attach_extra(pool, of_pool, name)
        if previous is not None:  # whose components a linear path is fitted to
            net.check_follows(previous)
        with (
            self._naming_net(),
            own_modes(device),
            own_generators(seed, device) as generators,
        ):
            with lent_to_torch(generators):
                net.initialize()
            check_callback_names(net, self.nested["callbacks"])
            n_before = 0
            if previous is not None:
                net.take_over(previous)
                n_before = len(net.history)
            net.partial_fit(paired)
        return net, len(net.history) - n_before

    def restore(
        self, values: Mapping[str, Any], arrays: Mapping[str, NDArray], uncertainty: Any
    ) -> VAALNet:
        """Rebuild a trained net from what its ``export_state`` returned."""
        device = resolve_device(self.device)
        extra = self.net_class.restore_extra(values, arrays, uncertainty)
        least = 0.0 if self.params["likelihood"] == "bernoulli" else _LEAST_VARIANCE
        variance = number(least) if self.net_class.has_vae else maybe(number(0))
        own = {"variance": variance} | ({} if extra is None else {"extra": TABLE})
        entries(own, others=False)(values, "learned.net")
        if extra is None:
            check_names((name for name in arrays if name.startswith("extra.")), ())
        net = self.build(device, extra)
        # Initial weights, drawn to be overwritten, must not move the caller's generator.
        with own_modes(device):
            with isolated_seed(0, device):
                net.initialize_for(arrays)
            net.restore_state(values, arrays)
        return net

    def _naming_net(self) -> AbstractContextManager[None]:
        """Say of which net an error is, if the net is the user's own."""
        shown = describe("net", self.net_class, self.nested["net"])
        return naming_foreign(self.net_class, f"{shown} fails")

    def _count_epochs(self, paired: PairedPools, *, is_warm: bool) -> int:
        if self.max_epochs != "auto":
            return int(self.max_epochs)
        n_iterations = WARM_ITERATIONS if is_warm else AUTO_ITERATIONS
        sizes = len(paired.labeled), len(paired.unlabeled)
        epoch = PairedSampler(*sizes, self.params["batch_size"], self.params["n_vae_steps"])
        return max(1, round(n_iterations / len(epoch)))


class TrainingBar(Callback):
    """One bar over all iterations, with the time left and the last epoch's losses."""

    def __init__(self, verbose: Verbose = 1) -> None:
        self.verbose = verbose

    def on_train_begin(self, net: Any, X: Any = None, **kwargs: Any) -> None:
        # Not epochs: a large pool may need only one.
        total = net.max_epochs * len(net.get_iterator(X, training=True))
        self.bar_ = progress_bar(
            total=total, verbose=self.verbose, desc="training VAAL", unit="iteration"
        )

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        self.bar_.update()

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        losses = {name: net.history[-1, name] for name in ("vae_loss", "discriminator_loss")}
        self.bar_.set_postfix({name: f"{value:.3g}" for name, value in losses.items()})

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        self.bar_.close()
        # A bar holds an open stream, which cannot be pickled with the net.
        del self.bar_


def _options_of(net_class: type[VAALNet]) -> Callable:
    """Make a stand-in whose signature has the keywords that a subclass adds to VAALNet's."""
    added = {
        parameter.name: parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for cls in net_class.__mro__[: net_class.__mro__.index(VAALNet)]
        for parameter in signature(cls).parameters.values()
        if parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
        and parameter.name not in signature(VAALNet).parameters
    }
    options: Any = lambda: None  # noqa: E731, it is given a name
    options.__name__ = net_class.__name__
    options.__signature__ = Signature(list(added.values()))
    return options


def check_callback_names(net: VAALNet, given: Mapping[str, Any]) -> None:
    """Raise if a ``callbacks__<name>`` names no callback; skorch would not say."""
    known = [name for name, _ in net.callbacks_]
    for param in given:
        name = param.partition("__")[0]
        if name not in known:
            raise ValueError(
                f"unknown parameter 'callbacks__{param}' (there is no callback {name!r}); "
                + did_you_mean(name, known, prefix="callbacks__")
            )


def warn_of_unused(
    net_class: type[VAALNet], estimator_class: type, params: Mapping[str, Any]
) -> None:
    """Warn of parameters that are set and cannot change anything."""
    unused = dict.fromkeys(net_class.ignored_params, f"net={params['net']!r}")
    if params["likelihood"] == "bernoulli":
        unused.setdefault("variance", "likelihood='bernoulli'")
    defaults = signature(estimator_class).parameters
    for name, value in params.items():
        default = defaults[name].default if name in defaults else Parameter.empty
        # Modules may answer `==` in their own way.
        is_plain = isinstance(value, str | int | float)
        is_set = value != default if is_plain else value is not default
        reason = unused.get(name.partition("__")[0])
        if is_set and reason is not None:
            warn_user(f"{name} has no effect with {reason}", UnusedParameterWarning)
