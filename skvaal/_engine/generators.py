"""Random numbers of our own: other threads neither change them nor wait for them.

Torch draws from generators that belong to the process, unless it is handed another one. Our own
code hands one on (:func:`generator_on`). The initial weights of layers, dropout and a user's code
do not ask for one; :func:`lent_to_torch` gives it to them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch._C import DispatchKey
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

# Layers that draw nothing when they run, the ones that our networks are made of among them.
_DRAWS_NOTHING = (
    *(nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm),
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid),
    *(nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.Flatten, nn.Unflatten, nn.Identity),
)
# Before torch 2.10 these take no generator; each is such a drawing into an empty tensor.
_FILLS = {"rand_like": Tensor.uniform_, "randn_like": Tensor.normal_}
_GENERATOR = "generator", "Optional[Generator]"
_IN_USE = threading.local()


class Generators:
    """Torch's generators for one seed: of the processor, and of a device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._by_type = {"cpu": torch.Generator().manual_seed(seed)}
        if device.type != "cpu":
            self._by_type[device.type] = torch.Generator(device).manual_seed(seed)

    def on(self, device: str | torch.device) -> torch.Generator | None:
        """The generator that draws on a device; None on a device of another type."""
        return self._by_type.get(torch.device(device).type)


@contextmanager
def own_generators(seed: int, device: torch.device) -> Iterator[Generators]:
    """Let this thread's :func:`generator_on` answer with new generators inside the block."""
    previous = generators_in_use()
    generators = Generators(seed, device)
    _IN_USE.generators = generators
    try:
        yield generators
    finally:
        _IN_USE.generators = previous


def generators_in_use() -> Generators | None:
    """The generators of the block that this thread is in, if it is in one."""
    return getattr(_IN_USE, "generators", None)


def generator_on(device: str | torch.device) -> torch.Generator | None:
    """The argument `generator` of a function that draws; None stands for torch's own."""
    generators = generators_in_use()
    return None if generators is None else generators.on(device)


@contextmanager
def lent_to_torch(generators: Generators | None, *, compiles: bool = False) -> Iterator[None]:
    """Let all that this thread draws inside the block come from these generators.

    That costs some microseconds for each operation, whether it draws or not. Compiled code cannot
    be watched so; `compiles` seeds torch's own generators for it, which other threads share.
    """
    if generators is None:
        yield
    elif compiles:
        with _reseeded(generators):
            yield
    else:
        is_shielded = sys.modules.get("torch._dynamo") is not None
        with (_ShieldedLending if is_shielded else _Lending)(generators):
            yield


@contextmanager
def isolated_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Let all that this thread draws inside the block come from new generators."""
    with own_generators(seed, device) as generators, lent_to_torch(generators):
        yield


def may_draw(module: nn.Module) -> bool:
    """Whether a module may draw numbers when it runs: not if we know all that it is made of."""
    return any(
        type(part) not in _DRAWS_NOTHING and not type(part).__module__.startswith("skvaal.")
        for part in module.modules()
    )


class _Lending(TorchDispatchMode):
    """Hands generators to the operations of a thread that draw without one."""

    def __init__(self, generators: Generators) -> None:
        super().__init__()
        self.generators = generators
        self.process = os.getpid()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Or torch imports its compiler, which takes a second, to shield the method below from it.
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        # A DataLoader's workers are forked with the mode, and have been given seeds of their own.
        if torch.Tag.nondeterministic_seeded not in func.tags or os.getpid() != self.process:
            return func(*args, **kwargs)
        names = [argument.name for argument in func._schema.arguments]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        generator = self.generators.on(_device_of(args, kwargs))
        if generator is None or given.get("generator") is not None:
            return func(*args, **kwargs)
        name, drawing = func.overloadpacket.__name__, _with_generator(func)
        if drawing is not None:
            return drawing(*args, **kwargs, generator=generator)
        if name in _FILLS:
            return _FILLS[name](torch.empty_like(*args, **kwargs), generator=generator)
        if name == "native_dropout" and given["train"] is not False:
            return _dropout(given["input"], given["p"], generator)
        if func.has_kernel_for_dispatch_key(DispatchKey.CompositeImplicitAutograd):
            # In inference mode, dropout comes here as one operation. Its parts come back to us.
            # Not by `decompose`, which does it otherwise once torch's compiler is imported.
            with self:
                return func._op_dk(DispatchKey.CompositeImplicitAutograd, *args, **kwargs)
        with _reseeded(self.generators):  # fused layers and attention on GPUs
            return func(*args, **kwargs)


class _ShieldedLending(_Lending):
    """The same where torch's compiler is imported, and a user's module may be compiled."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return True

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return super().__torch_dispatch__(func, types, args, kwargs)


@cache
def _with_generator(func: OpOverload) -> OpOverload | None:
    """The overload that takes the same arguments and a generator, or None."""
    wanted = _signature(func) | {_GENERATOR}
    packet = func.overloadpacket
    overloads = (getattr(packet, name) for name in packet.overloads())
    return next((each for each in overloads if _signature(each) == wanted), None)


def _signature(func: OpOverload) -> set[tuple[str, str]]:
    return {(argument.name, str(argument.type)) for argument in func._schema.arguments}


def _device_of(args: Any, kwargs: dict[str, Any]) -> torch.device:
    """Where an operation draws."""
    tensors = [each for each in (*args, *kwargs.values()) if isinstance(each, Tensor)]
    if tensors:
        return tensors[0].device
    return torch.device(kwargs.get("device") or "cpu")


def _dropout(x: Tensor, p: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    is_kept = torch.empty_like(x, dtype=torch.bool).bernoulli_(1 - p, generator=generator)
    return x * is_kept * (0.0 if p == 1 else 1 / (1 - p)), is_kept


@contextmanager
def _reseeded(generators: Generators) -> Iterator[None]:
    """Seed torch's own generators by ours inside the block, and restore their states after it."""
    seed = int(torch.randint(2**63 - 1, (), generator=generators.on("cpu")))
    gpu = generators.on("cuda")
    with torch.random.fork_rng(devices=[] if gpu is None else [gpu.device]):
        torch.default_generator.manual_seed(seed)
        if gpu is not None:
            with torch.cuda.device(gpu.device):
                torch.cuda.manual_seed(seed)
        yield
