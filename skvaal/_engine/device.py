"""The device: where tensors live, in which precision it computes, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from traceback import clear_frames

import torch
from torch import nn

from skvaal._utils.exceptions import DeviceMemoryError

# The first NVIDIA generation with units for bfloat16.
_BF16_CAPABILITY = (8, 0)
# What torch calls its question for AMX, newer and older versions.
_AMX_QUESTIONS = ("_is_amx_tile_supported", "_is_cpu_support_amx_tile")
# Weights of convolutions from which a network gains in bfloat16.
_MIN_WEIGHTS = 2**20


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


def resolve_precision(
    precision: str, device: torch.device, *, gains: bool = False
) -> torch.dtype | None:
    """Find out what autocast computes in; None: no autocast.

    On a processor, 'auto' takes bfloat16 for a network that `gains` by it.
    """
    if precision == "auto":
        if device.type == "cpu":
            return torch.bfloat16 if gains and has_bfloat16_units() else None
        is_cuda = device.type == "cuda"
        has_units = is_cuda and torch.cuda.get_device_capability(device) >= _BF16_CAPABILITY
        return torch.bfloat16 if has_units else None
    if precision == "fp16" and device.type != "cuda":
        raise ValueError(
            f"engine__precision='fp16' is for CUDA devices, but the device is {str(device)!r}; use "
            "engine__precision='float32', or 'bf16' where the processor has instructions for it"
        )
    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)


@cache
def has_bfloat16_units() -> bool:
    """Whether torch says that the processor has AMX, whose units multiply tiles of bfloat16.

    The instructions of AVX512-BF16 alone made no training faster: with oneDNN held to them, float32
    took 0.7 to 1.0 times as long as bfloat16, and without them half as long.
    """
    questions = (getattr(torch.cpu, name, None) for name in _AMX_QUESTIONS)
    return any(bool(ask()) for ask in questions if ask is not None)


def gains_in_bfloat16(module: nn.Module) -> bool:
    """Whether a network of skvaal's own takes about half the time in bfloat16, with AMX.

    ``python benchmarks/precision.py`` measures it. On a core with AMX, from a million weights in
    convolutions on, float32 took 2.0 to 2.2 times as long as bfloat16 in training, and 2.2 to 2.5
    times in scoring; no batch was too small to gain. At the defaults' sizes it took 1.5 times as
    long. That is not worth choices that depend on the machine. Dense networks gain nothing at the
    defaults' size, and little at others. Networks of a user's own are left alone.
    """
    is_own = type(module).__module__.startswith("skvaal.")
    return is_own and sum(p.numel() for p in module.parameters() if p.ndim == 4) >= _MIN_WEIGHTS


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
