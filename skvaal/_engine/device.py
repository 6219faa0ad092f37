"""The device: where tensors live, in which precision it computes, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any

import torch

from skvaal._utils.exceptions import DeviceMemoryError

# The first NVIDIA generation with units for bfloat16.
_BF16_CAPABILITY = (8, 0)
_FUSED_OPTIMIZERS = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD)


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the parameter `device` into a usable device, or raise a ValueError.

    'auto' means CUDA if there is one, else Apple's MPS, else the processor.
    """
    has_mps = torch.backends.mps.is_available()
    if isinstance(device, str) and device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu")
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(
            f"device={device!r} is not a torch device; use 'auto', 'cpu', 'cuda', 'cuda:1', 'mps'"
        ) from error
    n_cuda = torch.cuda.device_count()
    if resolved.type == "cuda" and (resolved.index or 0) >= n_cuda:
        raise ValueError(
            f"device={str(device)!r}, but torch sees {n_cuda} CUDA devices here; use "
            "device='auto' or 'cpu'"
        )
    if resolved.type not in ("cpu", "cuda", "mps"):
        _check_computes(resolved)
    if resolved.type == "mps" and not has_mps:
        raise ValueError("device='mps', but torch sees no MPS device here; use device='auto'")
    return resolved


def _check_computes(device: torch.device) -> None:
    """Raise if numbers cannot be made on a device of another kind, drawn, and read again."""
    try:
        generator = torch.Generator(device).manual_seed(0)
        torch.rand(1, device=device, generator=generator).item()
    except (RuntimeError, ImportError, AssertionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"device={str(device)!r} cannot be computed on here ({reason}); use 'auto', 'cpu', "
            "'cuda' or 'mps'"
        ) from error


def resolve_precision(precision: str, device: torch.device) -> torch.dtype | None:
    """Find out what autocast computes in; None: no autocast."""
    if precision == "auto":
        is_cuda = device.type == "cuda"
        has_units = is_cuda and torch.cuda.get_device_capability(device) >= _BF16_CAPABILITY
        return torch.bfloat16 if has_units else None
    if precision == "fp16" and device.type != "cuda":
        raise ValueError(
            f"engine__precision='fp16' is for CUDA devices, but the device is {str(device)!r}; use "
            "engine__precision='float32', or 'bf16' where the processor has instructions for it"
        )
    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)


def optimizer_defaults(
    optimizer: Any, given: dict[str, Any], device: torch.device
) -> dict[str, bool]:
    """Keyword arguments that make an optimizer faster and change nothing else."""
    is_told = {"fused", "foreach", "capturable", "differentiable"} & set(given)
    can_fuse = optimizer in _FUSED_OPTIMIZERS and device.type in ("cpu", "cuda")
    return {"fused": True} if can_fuse and not is_told else {}


@contextmanager
def memory_checked(
    batch_size: int,
    device: str | torch.device,
    way_out: str = "a smaller batch_size, or smaller networks, such as vae__width",
) -> Iterator[None]:
    """Say what to change if a GPU runs out of memory inside the block, and free that memory.

    Raises a DeviceMemoryError that names the user's `batch_size`, in place of torch's own error.
    """
    reason = None
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        reason = str(error).partition(". ")[0]
        # Its frames hold the tensors that were in use.
        clear_frames(error.__traceback__)
    if reason is not None:
        if torch.device(device).type == "cuda":
            torch.cuda.empty_cache()
        raise DeviceMemoryError(
            f"device {str(device)!r} has too little memory for batch_size={batch_size}; "
            f"set {way_out} ({reason})"
        )
