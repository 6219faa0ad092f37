"""Modes of torch that the caller may be in: no_grad, inference_mode, autocast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch


@contextmanager
def own_modes(device: str | torch.device) -> Iterator[None]:
    """Compute as if the caller were in no mode; a mode of our own may be entered inside."""
    kind = torch.device(device).type
    is_lowered = torch.is_autocast_enabled(kind)
    lowered = torch.autocast(kind, enabled=False) if is_lowered else nullcontext()
    with torch.inference_mode(False), torch.enable_grad(), lowered:
        yield
