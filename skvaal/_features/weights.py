"""Weights of a network in a local file: read without running what is in it, and fitted in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from skvaal._features.embedding import hash_of
from skvaal._utils.files import read_file

# Where training scripts put the weights in a file, and what wrappers put before each name.
_PLACES = ("state_dict", "model", "model_state_dict", "state_dict_ema")
_PREFIXES = ("module.", "_orig_mod.")
_MOST_NAMED = 3

Weights = Mapping[str, Tensor]


def read_weights(path: str | Path) -> Weights:
    """Read a state dict, of safetensors or of ``torch.save``; else a ValueError, never a pickle."""
    content = read_file(path)
    try:
        held = _load_safetensors(content) if _is_safetensors(content) else _load_torch(content)
    except ImportError:
        raise
    # Whatever the parsers raise on damaged bytes.
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, UnpicklingError) or "weights_only" in reason:
            # torch's own text tells how to run what is in the file.
            reason = "it holds other things than weights, or is damaged"
        raise ValueError(
            f"checkpoint={str(path)!r} cannot be read ({reason}); it must be a file of safetensors,"
            " or a state dict that torch.save wrote: torch.save(module.state_dict(), path)"
        ) from error
    return _unwrap(held, path)


def fit_in(module: nn.Module, weights: Weights, path: str | Path, head: Iterable[str] = ()) -> None:
    """Give a module the weights of a file; a ValueError unless all are there and none is left.

    Layers of the classifier, whose names begin with `head`, may be left.
    """
    own = module.state_dict()
    begins = tuple(f"{name}." for name in head)
    given = {k: v for k, v in weights.items() if k in own or not (begins and k.startswith(begins))}
    # A count that old files lack and evaluation does not read.
    missing = [k for k in own if k not in given and not k.endswith("num_batches_tracked")]
    foreign = [k for k in given if k not in own]
    other = [
        f"{k} {tuple(v.shape)} in the place of {tuple(own[k].shape)}"
        for k, v in given.items()
        if k in own and v.shape != own[k].shape
    ]
    problems = {"lacks": missing, "also holds": foreign, "holds": other}
    found = [f"{what} {_listed(names)}" for what, names in problems.items() if names]
    if found:
        raise ValueError(
            f"checkpoint={str(path)!r} holds the weights of another network: it "
            f"{'; it '.join(found)}. Pass the model that they belong to"
        )
    module.load_state_dict(given, strict=False)


def hash_weights(module: nn.Module) -> str:
    """Hash of all weights and buffers of a module, as text."""
    parts = []
    for name, value in module.state_dict().items():
        if isinstance(value, Tensor):
            parts += [name.encode(), str((value.dtype, tuple(value.shape))).encode()]
            flat = value.detach().cpu().contiguous().reshape(-1)
            parts.append(hash_of(flat.view(torch.uint8).numpy().tobytes()))
    return hash_of(*parts).hex()


def _is_safetensors(content: bytes) -> bool:
    """Whether a JSON header follows its own length; zip files and pickles begin otherwise."""
    return content[8:9] == b"{"


def _load_safetensors(content: bytes) -> Any:
    try:
        from safetensors.torch import load
    except ImportError as error:
        raise ImportError(
            "checkpoint= in the format of safetensors needs the package: run pip install "
            "'skvaal[features]'"
        ) from error
    return load(content)


def _load_torch(content: bytes) -> Any:
    return torch.load(BytesIO(content), map_location="cpu", weights_only=True)


def _unwrap(held: Any, path: str | Path) -> Weights:
    for place in _PLACES:
        if isinstance(held, Mapping) and isinstance(held.get(place), Mapping):
            held = held[place]
    is_named = isinstance(held, Mapping) and all(isinstance(name, str) for name in held)
    weights = {k: v for k, v in held.items() if isinstance(v, Tensor)} if is_named else {}
    if not weights:
        raise ValueError(
            f"checkpoint={str(path)!r} holds no weights by name, but {type(held).__name__}; save "
            "them by torch.save(module.state_dict(), path)"
        )
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
