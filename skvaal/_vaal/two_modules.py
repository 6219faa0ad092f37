"""A skorch net of two modules with an optimizer each: how they are built, run and handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy, deepcopy
from inspect import signature
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from torch import Tensor, nn

from skvaal._engine.device import gains_in_bfloat16, resolve_precision
from skvaal._engine.generators import generators_in_use, lent_to_torch, may_draw
from skvaal._engine.optimizers import Uncompiled, optimizer_defaults, uncompiled
from skvaal._engine.torch_parts import import_torch_parts
from skvaal._utils.params import accepted_names, describe, naming, naming_foreign
from skvaal._utils.schema import check_array, check_names
from skvaal._vaal.losses import bernoulli_log_likelihood, gaussian_log_likelihood
from skvaal._vaal.module_checks import check_discriminator, check_vae
from skvaal._vaal.modules import ConvVAE, DenseVAE, LatentDiscriminator

MODULE_NAMES = ("vae", "discriminator")
# Modules that can be built without memory, to compare weights with.
_OWN_MODULES = (ConvVAE, DenseVAE, LatentDiscriminator)
_ADVICE = "; set warm_start=False to start anew"


class TwoModuleNet(NeuralNet):
    """The part of :class:`~skvaal.VAALNet` that builds, runs and exports VAE and discriminator.

    skorch knows one module and one optimizer; callbacks that do too see both in one. The plain
    method reads nothing but the samples. `extra` is what a variant reads beside them; it is passed
    on to each method that a variant may override. Results are float32.
    """

    #: Names of fitted arrays, without the last underscore, that are exported beside the weights.
    fitted_arrays: ClassVar[tuple[str, ...]] = ()
    # Weights that the modules which are built now must have, if these are known.
    _expected: Mapping[str, NDArray] | None = None
    device: Any
    vae_: Any
    discriminator_: Any
    _modules_draw: bool = True
    # Names of the modules that bfloat16 makes faster on processors.
    _gaining: frozenset[str] = frozenset()

    @property
    def module_(self) -> nn.Module:
        """Both modules in one, for callbacks that know a single module and restore its weights."""
        return nn.ModuleDict({"vae": self.vae_, "discriminator": self.discriminator_})

    @property
    def criterion_(self) -> nn.Module:
        """Nothing, for callbacks that save a criterion: the losses have no state."""
        return nn.Identity()

    def initialize(self) -> TwoModuleNet:
        """Build modules and optimizers; all processes begin with the first one's weights."""
        super().initialize()
        self._modules_draw = may_draw(self.vae_) or may_draw(self.discriminator_)
        modules = {name: getattr(self, f"{name}_") for name in MODULE_NAMES}
        self._gaining = frozenset(n for n, each in modules.items() if gains_in_bfloat16(each))
        self.processes.broadcast([self.vae_, self.discriminator_])
        return self

    def initialize_for(self, arrays: Mapping[str, NDArray]) -> TwoModuleNet:
        """Initialize in order to take weights over; a ValueError if they do not fit.

        skvaal's own modules are compared with them before they take memory.
        """
        self._expected = arrays
        try:
            return self.initialize()
        finally:
            self._expected = None

    def initialize_module(self) -> TwoModuleNet:
        """Build VAE and discriminator, and find the latent size that the VAE has."""
        self.vae_ = self.build_vae()
        self._fit_linear_path()
        self.discriminator_ = self.build_discriminator()
        given = self.get_params_for("discriminator")
        check_discriminator(self.discriminator_, self.n_discriminator_inputs_, given)
        return self

    def build_vae(self) -> nn.Module:
        """Build an untrained VAE; set `latent_dim_` and what the other modules read."""
        vae = self.build("vae", self.vae, {"input_shape": self.input_shape})
        self.latent_dim_ = check_vae(vae, self.input_shape, params=self.get_params_for("vae"))
        self.n_decoder_inputs_ = self.n_discriminator_inputs_ = self.latent_dim_
        return vae

    def _fit_linear_path(self) -> None:
        path = getattr(self.vae_, "linear_path", None)
        if path is None:
            return
        path.decodes_logits = self.likelihood == "bernoulli"
        # That of an instance may have been trained with its VAE.
        if self.principal_components is not None and not path.is_fitted:
            path.fit(self.principal_components)

    def build_discriminator(self) -> nn.Module:
        """Build an untrained discriminator, after :meth:`build_vae`."""
        context = {"latent_dim": self.n_discriminator_inputs_}
        return self.build("discriminator", self.discriminator, context)

    def build(self, name: str, component: Any, context: dict[str, Any]) -> nn.Module:
        """Build a module of a component, and tell it what its constructor asks of the data."""
        given = self.get_params_for(name)
        if isinstance(component, nn.Module) and not given:
            return deepcopy(component).float()
        known = accepted_names(type(component) if isinstance(component, nn.Module) else component)
        params = {k: v for k, v in context.items() if known is None or k in known} | given
        failure = f"{describe(name, component, params)} cannot be built"
        if self._expected is not None and any(component is each for each in _OWN_MODULES):
            with naming(failure), torch.device("meta"):  # where tensors take no memory
                sketch = self.initialized_instance(component, params)
            _check_weights(name, sketch.float(), self._expected)
        with naming(failure):
            module = self.initialized_instance(component, params)
        if not isinstance(module, nn.Module):
            raise TypeError(f"{name}={component!r} makes a {type(module).__name__}, not a module")
        return module.float()

    def initialize_criterion(self) -> TwoModuleNet:
        """Do nothing: the losses are functions, without state."""
        return self

    def initialize_optimizer(self, triggered_directly: Any = None) -> TwoModuleNet:
        """Build one optimizer for each module, over that module's parameters only."""
        for name in MODULE_NAMES:
            module = getattr(self, f"{name}_")
            setattr(self, f"optimizer_{name}_", self.build_optimizer(name, module))
        device = torch.device(self.device)
        scales = resolve_precision(self.engine.precision, device) is torch.float16
        self.scaler_ = torch.amp.GradScaler(device.type, enabled=scales)
        self.optimizer_ = _BothOptimizers(self.optimizer_vae_, self.optimizer_discriminator_)
        return self

    def build_optimizer(self, name: str, module: nn.Module) -> torch.optim.Optimizer:
        """Optimizer of a module, with the parameters of ``optimizer_<name>``."""
        name = f"optimizer_{name}"
        optimizer = getattr(self, name)
        shown = describe(name, optimizer, self.get_params_for(name))
        own = uncompiled(optimizer)
        if own is optimizer:
            import_torch_parts()
        with naming(f"{shown} cannot be built"):
            args, kwargs = self.get_params_for_optimizer(name, module.named_parameters())
            faster = optimizer_defaults(optimizer, kwargs, torch.device(self.device))
            built = own(*args, **faster, **kwargs)
        if not isinstance(built, torch.optim.Optimizer):
            raise TypeError(f"{shown} makes a {type(built).__name__}, which is no optimizer")
        closure = signature(built.step).parameters.get("closure")
        if closure is not None and closure.default is closure.empty:
            raise ValueError(
                f"{shown} makes a step with a closure, which this training has not; use one that "
                "needs gradients only, such as torch.optim.Adam"
            )
        return built

    def _describe_step(self, optimizer: torch.optim.Optimizer) -> str:
        is_of_vae = optimizer is getattr(self, "optimizer_vae_", None)
        name = "optimizer_vae" if is_of_vae else "optimizer_discriminator"
        shown = describe(name, getattr(self, name), self.get_params_for(name))
        return f"{shown} cannot make a step"

    def initialize_callbacks(self) -> TwoModuleNet:
        """Build the callbacks."""
        with naming(lambda: f"{self._describe_callbacks()} cannot be built"):
            super().initialize_callbacks()
        return self

    def _describe_callbacks(self) -> str:
        return describe("callbacks", repr(self.callbacks), self.get_params_for("callbacks"))

    def encode(self, x: Tensor, vae: Any = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (n_samples, latent_dim)."""
        encode = self._compiled("encode", self.vae_.encode) if vae is None else vae.encode
        with self._computing("vae", "encode", x):
            mu, logvar = encode(x)
        return mu.float(), logvar.float()

    def decode(self, z: Tensor, extra: Tensor | None = None) -> Tensor:
        """Mean of p(x|z), or its logits where the likelihood is Bernoulli."""
        with self._computing("vae", "decode", z):
            return self._compiled("decode", self.vae_.decode)(z).float()

    def decode_mean(self, z: Tensor, extra: Tensor | None = None) -> Tensor:
        """Mean of p(x|z), whatever the likelihood."""
        x_hat = self.decode(z, extra)
        return x_hat.sigmoid() if self.likelihood == "bernoulli" else x_hat

    def log_likelihood(self, x_hat: Tensor, x: Tensor, variance: Tensor | float) -> Tensor:
        """Log p(x|z) of each sample in nats, (n_samples,), from what :meth:`decode` returns."""
        if self.likelihood == "bernoulli":
            return bernoulli_log_likelihood(x_hat, x)
        return gaussian_log_likelihood(x_hat, x, variance)

    def logits(self, mu: Tensor, extra: Tensor | None = None, discriminator: Any = None) -> Tensor:
        """Log-odds of being labelled, (n_samples,)."""
        if discriminator is None:
            discriminator = self._compiled("discriminator", self.discriminator_)
        with self._computing("discriminator", "forward", mu):
            return discriminator(mu).float().reshape(len(mu))

    @contextmanager
    def _computing(self, name: str, method: str, x: Tensor) -> Iterator[None]:
        """Compute with a module in the engine's precision; it may draw, and it may fail."""
        with self._autocast(name), self._lending(), self._naming(name, method, x):
            yield

    def _naming(self, name: str, method: str, x: Tensor) -> AbstractContextManager[None]:
        """Say which module of the user's fails, and on what."""
        module = getattr(self, f"{name}_")
        shown = f"{name}={type(module).__name__}: {method}"
        return naming_foreign(module, f"{shown} fails on a batch of shape {tuple(x.shape)}")

    def _autocast(self, name: str) -> AbstractContextManager[Any]:
        device = torch.device(self.device)
        gains = name in self._gaining
        dtype = resolve_precision(self.engine.precision, device, gains=gains)
        return nullcontext() if dtype is None else torch.autocast(device.type, dtype)

    def _lending(self) -> AbstractContextManager[None]:
        """Lend the generators in use to modules that may draw, as dropout does."""
        generators = generators_in_use() if self._modules_draw else None
        return lent_to_torch(generators, compiles=self.engine.compiles)

    def _folded_vae(self) -> Any:
        """Make a VAE that encodes as the net's own, but sooner; None for the net's own."""
        fold = getattr(self.vae_, "folded", None)
        return None if self.engine.compiles or fold is None else fold()

    def _begin_step(self) -> None:
        """Let CUDA graphs, if they are used, overwrite the results of the last step."""
        if self.engine.compiles and torch.device(self.device).type == "cuda":
            torch.compiler.cudagraph_mark_step_begin()

    def _compiled(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile the function if the engine is told to, when it is first run."""
        if not self.engine.compiles:
            return function
        compiled = self.__dict__.setdefault("_compiled_functions", {})
        # The modules may have been built again in the meantime.
        if compiled.get(name, (None, None))[0] != function:
            options = self.engine.compile_options
            with naming(f"engine__compile={options!r} cannot be used"):
                compiled[name] = function, torch.compile(function, **options)
        return compiled[name][1]

    def __getstate__(self) -> dict[str, Any]:
        # Compiled functions cannot be pickled. They are compiled again where they are needed.
        state = dict(super().__getstate__())
        state.pop("_compiled_functions", None)
        return state

    def check_follows(self, previous: TwoModuleNet) -> None:
        """Raise if another net read other samples than this one; before anything is built."""
        if previous.input_shape != self.input_shape:
            raise ValueError(
                f"X has samples of shape {self.input_shape}, but warm_start=True goes on from "
                f"weights for {previous.input_shape}{_ADVICE}"
            )
        if previous.likelihood != self.likelihood:
            raise ValueError(
                f"likelihood={self.likelihood!r}, but warm_start=True goes on from weights for "
                f"{previous.likelihood!r}{_ADVICE}, or set it back"
            )
        dim, previous_dim = (0 if net.extra is None else net.extra.dim for net in (self, previous))
        if dim != previous_dim:
            raise ValueError(
                f"the condition has {dim} columns, but warm_start=True goes on from weights for "
                f"{previous_dim}{_ADVICE}"
            )

    def take_over(self, previous: TwoModuleNet) -> None:
        """Go on from another net: its weights, its history, and what its optimizers remember.

        Learning rates and the like stay this net's own. A ValueError tells what does not fit.
        """
        self.check_follows(previous)
        try:
            self.module_.load_state_dict(previous.module_.state_dict())
        except RuntimeError as error:
            name = _name_first_difference(previous.module_, self.module_)
            raise ValueError(
                "warm_start=True goes on from the weights of the last fit, which do not fit the "
                f"present net, vae or discriminator: {name} differs{_ADVICE}"
            ) from error
        # A copy: the other net may be in use still.
        self.history_: Any = copy(previous.history_)
        for name in MODULE_NAMES:
            mine, other = (getattr(net, f"optimizer_{name}_") for net in (self, previous))
            if type(mine) is type(other):
                groups = mine.state_dict()["param_groups"]
                # Loading keeps the tensors, which the steps of this net would change.
                state = deepcopy(other.state_dict()["state"])
                mine.load_state_dict({"state": state, "param_groups": groups})

    def export_state(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """JSON-able values and arrays: all that evaluation needs, besides the parameters.

        Arrays are the weights as ``vae.<name>`` and ``discriminator.<name>``, the `fitted_arrays`,
        and what `extra` holds as ``extra.<name>``.
        """
        values: dict[str, Any] = {"variance": getattr(self, "variance_", None)}
        arrays = {
            name: tensor.detach().cpu().contiguous().numpy().copy()
            for name, tensor in self.module_.state_dict().items()
        }
        arrays |= {name: np.array(getattr(self, f"{name}_")) for name in self.fitted_arrays}
        if self.extra is not None:
            values["extra"], of_extra = self.extra.export_state()
            arrays |= {f"extra.{name}": array for name, array in of_extra.items()}
        return values, arrays

    def restore_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> None:
        """Take over what :meth:`export_state` returned, but for `extra`, which is a parameter.

        A ValueError tells of weights that are missing, or do not fit a module.
        """
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        for name in MODULE_NAMES:
            own = [key for key in tensors if key.startswith(f"{name}.")]
            state = {key.removeprefix(f"{name}."): tensors[key] for key in own}
            try:
                getattr(self, f"{name}_").load_state_dict(state)
            except RuntimeError as error:
                raise ValueError(f"these are not the weights of {name}: {error}") from error
        if values.get("variance") is not None:
            self.variance_ = float(values["variance"])
        for name in self.fitted_arrays:
            if name not in arrays:
                raise ValueError(f"it holds no array {name}")
            setattr(self, f"{name}_", arrays[name])


def _check_weights(name: str, module: nn.Module, arrays: Mapping[str, NDArray]) -> None:
    """Raise if arrays are not the weights of a module, which need not have memory."""
    wanted = {f"{name}.{key}": tensor for key, tensor in module.state_dict().items()}
    try:
        check_names((key for key in arrays if key.startswith(f"{name}.")), wanted)
        for key, tensor in wanted.items():
            dtype = torch.empty(0, dtype=tensor.dtype).numpy().dtype
            check_array(arrays, key, dtype, tensor.shape)
    except ValueError as error:
        raise ValueError(f"these are not the weights of {name}: {error}") from error


def _name_first_difference(previous: nn.Module, present: nn.Module) -> str:
    """Name the first submodule whose weights have other names or shapes than before."""
    before, now = (
        {name: tensor.shape for name, tensor in module.state_dict().items()}
        for module in (previous, present)
    )
    differing = (name for name in before | now if before.get(name) != now.get(name))
    return next(differing, "").rpartition(".")[0] or "one of them"


class _BothOptimizers(Uncompiled):
    """The parameter groups of both optimizers, shared, for callbacks that know only one.

    A learning-rate schedule set on it reaches both. Its ``step`` moves nothing: the optimizers
    step themselves, and schedulers want to see that a step was taken.
    """

    def __init__(self, *optimizers: torch.optim.Optimizer) -> None:
        super().__init__([group for each in optimizers for group in each.param_groups], {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do nothing."""
