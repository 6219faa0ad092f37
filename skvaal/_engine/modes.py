"""Modes and defaults of torch that the caller may have set: own ones hold while we compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

# Functions whose result is of the default type, whatever they are given; others take it for
# Python's floats.
_OF_DEFAULT_TYPE = frozenset(
    (
        *(torch.empty, torch.empty_strided, torch.zeros, torch.ones, torch.eye),
        *(torch.rand, torch.randn, torch.linspace, torch.logspace),
    )
)
_OF_TYPE_OF_NUMBERS = frozenset(
    [torch.tensor, torch.as_tensor, torch.asarray, torch.scalar_tensor, torch.full, torch.arange]
)


@contextmanager
def own_modes(device: str | torch.device) -> Iterator[None]:
    """Compute as if the caller were in no mode; a mode of our own may be entered inside.

    These are no_grad, inference_mode and autocast, and torch's default device and type.
    """
    kind = torch.device(device).type
    with ExitStack() as own:
        own.enter_context(torch.inference_mode(False))
        own.enter_context(torch.enable_grad())
        if torch.is_autocast_enabled(kind):
            own.enter_context(torch.autocast(kind, enabled=False))
        # Each call of torch takes longer in these two, which other threads do not see.
        if torch.empty(0).device.type != "cpu":  # torch 2.4 cannot always tell its default
            own.enter_context(torch.device("cpu"))
        if torch.get_default_dtype() != torch.float32:
            own.enter_context(_Float32())
        yield


class _Float32(TorchFunctionMode):
    """Makes new tensors float32, where the default type would decide.

    The default type itself belongs to the process: to set it would change what other threads
    compute.
    """

    def __torch_function__(
        self, func: Callable, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("dtype") is not None:
            return func(*args, **kwargs)
        if func in _OF_DEFAULT_TYPE:
            return func(*args, **{**kwargs, "dtype": torch.float32})
        result = func(*args, **kwargs)
        if func in _OF_TYPE_OF_NUMBERS and result.dtype == torch.get_default_dtype():
            given = (*args, *kwargs.values())
            # An array, or a tensor, has a type of its own.
            return result if any(hasattr(each, "dtype") for each in given) else result.float()
        return result
