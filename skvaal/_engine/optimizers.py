"""Torch's optimizers, fused where they can be, and without the import of torch's compiler."""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import torch
from torch.optim import Optimizer


class Uncompiled(Optimizer):
    """Methods of an optimizer as torch writes them, out of the wrappers that it puts them in.

    The wrappers are for code that torch compiles. At their first call they import
    ``torch._dynamo``, which takes about a second in each process.
    """

    add_param_group = unwrap(Optimizer.add_param_group)
    state_dict = unwrap(Optimizer.state_dict)
    load_state_dict = unwrap(Optimizer.load_state_dict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        if not set_to_none:
            super().zero_grad(set_to_none)
            return
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None


def _step_of(optimizer: type[Optimizer]) -> Callable[..., Any]:
    unwrapped: Any = unwrap(optimizer.step)

    def step(self: Optimizer, closure: Any = None) -> Any:
        with torch.set_grad_enabled(bool(self.defaults.get("differentiable"))):
            return unwrapped(self, closure)

    return step


class Adam(Uncompiled, torch.optim.Adam):
    """The same steps as torch's."""

    step = _step_of(torch.optim.Adam)


class AdamW(Uncompiled, torch.optim.AdamW):
    """The same steps as torch's."""

    step = _step_of(torch.optim.AdamW)


class SGD(Uncompiled, torch.optim.SGD):
    """The same steps as torch's."""

    step = _step_of(torch.optim.SGD)


# Those of torch that can be fused, and what is built in their place.
_OWN: tuple[tuple[Any, type[Uncompiled]], ...] = (
    (torch.optim.Adam, Adam),
    (torch.optim.AdamW, AdamW),
    (torch.optim.SGD, SGD),
)


def uncompiled(optimizer: Any) -> Any:
    """A class with the same steps that imports no compiler; `optimizer` itself if there is none."""
    return next((own for known, own in _OWN if optimizer is known), optimizer)


def optimizer_defaults(
    optimizer: Any, given: dict[str, Any], device: torch.device
) -> dict[str, bool]:
    """Keyword arguments that make an optimizer faster and change nothing else."""
    is_told = {"fused", "foreach", "capturable", "differentiable"} & set(given)
    can_fuse = uncompiled(optimizer) is not optimizer and device.type in ("cpu", "cuda")
    return {"fused": True} if can_fuse and not is_told else {}
