"""Where tensors live, and random numbers that leave the caller's generators alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from traceback import clear_frames

import torch

from skvaal._exceptions import DeviceMemoryError

_GENERATORS = RLock()


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the parameter `device` into a usable device.

    Parameters
    ----------
    device : str or torch.device
        'auto' means CUDA if there is one, else Apple's MPS, else the processor.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If the name is none of torch's, or the machine has no such device.
    """
    has_mps = torch.backends.mps.is_available()
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device={device!r} is not a torch device; use 'auto', 'cpu', 'cuda', 'cuda:1', 'mps'"
        ) from error
    if resolved.type == "cuda" and (resolved.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={str(device)!r}, but torch sees {torch.cuda.device_count()} CUDA devices here"
            "; use device='auto' or 'cpu'"
        )
    if resolved.type == "mps" and not has_mps:
        raise ValueError("device='mps', but torch sees no MPS device here; use device='auto'")
    return resolved


@contextmanager
def isolated_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators inside the block, and put them back as they were after it.

    The generators belong to the process, so that threads take turns.
    ``torch.manual_seed`` would reseed every CUDA device; only the one in use is touched here.
    """
    with _GENERATORS:
        yield from _seeded(seed, device)


@contextmanager
def memory_checked(batch_size: int, device: str | torch.device) -> Iterator[None]:
    """Say what to change where a GPU runs out of memory in the block, and free what was taken.

    Parameters
    ----------
    batch_size : int
        The parameter, as it is set.
    device : str or torch.device

    Raises
    ------
    DeviceMemoryError
        In the place of torch's own error.
    """
    said = None
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        said = str(error).partition(". ")[0]
        # Its frames hold the tensors that were in use.
        clear_frames(error.__traceback__)
    if said is not None:
        if torch.device(device).type == "cuda":
            torch.cuda.empty_cache()
        raise DeviceMemoryError(
            f"the memory of device {str(device)!r} does not suffice for batch_size={batch_size}; "
            f"set a smaller batch_size, or smaller networks, such as vae__width ({said})"
        )


def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    if device.type == "mps":
        mps_state = torch.mps.get_rng_state()
    # A bare 'cuda' has no index; fork_rng wants one.
    cuda = [_cuda_index(device)] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(seed)
        for index in cuda:
            torch.cuda.default_generators[index].manual_seed(seed)
        if device.type == "mps":
            torch.mps.manual_seed(seed)
        try:
            yield
        finally:
            if device.type == "mps":
                torch.mps.set_rng_state(mps_state)


def _cuda_index(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index
