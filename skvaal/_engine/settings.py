"""What a user may say about the computation, under the prefix ``engine__``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

import torch
from torch.utils.data import DataLoader

from skvaal._utils.params import accepted_names, did_you_mean

PRECISIONS = ("auto", "float32", "bf16", "fp16")
AUGMENTATIONS = ("flip", "crop", "flip_crop")
_MAX_WORKERS = 1024
# Options of torch's DataLoader that the training fixes: its batches are drawn in pairs.
_FIXED_LOADER_OPTIONS = {"dataset", "sampler", "batch_sampler", "batch_size", "shuffle"}


@dataclass(frozen=True)
class EngineSettings:
    """Settings of the computation; a ValueError names a value or an option that there is not."""

    precision: str = "auto"  # what autocast computes in, one of PRECISIONS
    compile: bool | dict[str, Any] = False  # whether, or options of `torch.compile`
    distributed: bool = False  # whether all processes of `accelerate launch` train one model
    augmentation: str | None = None  # how training changes images, one of AUGMENTATIONS
    loader: dict[str, Any] | None = None  # options of the DataLoader

    def __post_init__(self) -> None:
        _check_one_of("precision", self.precision, PRECISIONS)
        _check_one_of("augmentation", self.augmentation, (None, *AUGMENTATIONS))
        _check_one_of("distributed", self.distributed, (False, True))
        if not isinstance(self.compile, bool | Mapping):
            raise ValueError(
                f"engine__compile={self.compile!r} must be False, True or a dict of options"
            )
        if self.loader is not None and not isinstance(self.loader, Mapping):
            raise ValueError(f"engine__loader={self.loader!r} must be None or a dict of options")
        _check_names("compile", self.compile_options, torch.compile, {"model"})
        _check_names("loader", self.loader_options, DataLoader, _FIXED_LOADER_OPTIONS)
        n_workers = self.loader_options.get("num_workers", 0)
        if isinstance(n_workers, Integral) and int(n_workers) > _MAX_WORKERS:
            raise ValueError(
                f"engine__loader starts num_workers={n_workers} processes; take at most "
                f"{_MAX_WORKERS}"
            )

    @property
    def compiles(self) -> bool:
        """Whether the networks are compiled; an empty dict of options says so, too."""
        return self.compile is not False

    @property
    def compile_options(self) -> dict[str, Any]:
        """Keyword arguments of ``torch.compile``."""
        return dict(self.compile) if isinstance(self.compile, Mapping) else {}

    @property
    def loader_options(self) -> dict[str, Any]:
        """Keyword arguments of the DataLoader."""
        return dict(self.loader or {})


def make_settings(params: Mapping[str, Any]) -> EngineSettings:
    """Make settings from the parameters ``engine__<name>`` of a strategy."""
    known = {field.name for field in fields(EngineSettings)}
    for name in params:
        if name not in known:
            raise ValueError(
                f"unknown parameter 'engine__{name}'; " + did_you_mean(name, known, "engine__")
            )
    return EngineSettings(**params)


def _check_one_of(name: str, value: Any, known: Iterable[Any]) -> None:
    # An array or a module may answer `==` in its own way.
    if isinstance(value, str | bool | None) and value in known:
        return
    raise ValueError(f"engine__{name}={value!r} must be one of {', '.join(map(repr, known))}")


def _check_names(
    name: str, options: Mapping[str, Any], function: Callable, fixed: set[str]
) -> None:
    known = (accepted_names(function) or set(options)) - fixed
    for option in options:
        if option in fixed:
            raise ValueError(f"engine__{name} cannot set {option!r}, which the training sets")
        if option not in known:
            raise ValueError(
                f"engine__{name} has an unknown option {option!r}; {did_you_mean(option, known)}"
            )
