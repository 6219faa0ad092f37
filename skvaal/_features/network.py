"""A network that turns images into features: what it wants to see, and how it is run."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from skvaal._engine.device import memory_checked, resolve_device
from skvaal._features.embedding import hash_of
from skvaal._features.timm_models import build_timm_model
from skvaal._features.weights import fit_in, hash_weights, read_weights

# Of what is computed from the same weights and the same image; another number, other features.
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Network:
    """A module in evaluation mode on a device, and how its images are prepared.

    Pixels are divided by 255, then `mean` is subtracted and the rest divided by `std`. `size` is
    the height and width of its images, None for any.
    """

    module: nn.Module
    name: str
    size: int | None
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: torch.device

    @classmethod
    def load(
        cls, model: Any, checkpoint: str | Path | None, image_size: int | None, device: Any
    ) -> Network:
        """Build the network of timm of that name, or copy a module."""
        resolved = resolve_device(device)
        if isinstance(model, nn.Module):
            module, name = deepcopy(model), type(model).__name__
            if checkpoint is not None:
                fit_in(module, read_weights(checkpoint), checkpoint)
        else:
            module, name = build_timm_model(model, checkpoint, image_size), model
        config = dict(getattr(module, "pretrained_cfg", None) or {})
        own_size = tuple(config.get("input_size") or (3, None, None))[-1]
        return cls(
            module.eval().to(resolved),
            name,
            image_size or own_size,
            tuple(config.get("mean") or (0.0, 0.0, 0.0)),
            tuple(config.get("std") or (1.0, 1.0, 1.0)),
            resolved,
        )

    def fingerprint(self) -> str:
        """What features depend on beside the image, as short text."""
        # Modules of one class, and without weights, may still be built in several ways.
        parts = _FORMAT, self.name, repr(self.module), self.size, self.mean, self.std
        return hash_of(repr(parts).encode(), hash_weights(self.module).encode()).hex()[:16]

    @torch.inference_mode()
    def features(self, pixels: NDArray[np.uint8], batch_size: int) -> NDArray[np.float32]:
        """Features of images (n, 3, height, width), (n, n_features)."""
        way_out = "a smaller batch_size, a smaller image_size, or device='cpu'"
        with memory_checked(batch_size, self.device, way_out):
            # torch would warn of an array that it may not write to.
            batch = torch.from_numpy(np.array(pixels)).to(self.device)
            answer = self.module(self._prepare(batch))
            is_rows = isinstance(answer, Tensor) and answer.ndim in (2, 4)
            if not is_rows or len(answer) != len(batch) or not answer.numel():
                shape = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
                raise ValueError(
                    f"model={self.name} must map images (n, 3, height, width) to features "
                    f"(n, n_features), but {tuple(batch.shape)} became {shape}; wrap it in a "
                    "module that does"
                )
            if answer.ndim == 4:  # (n, n_features, height, width): the mean over positions
                answer = answer.mean(dim=(2, 3))
            rows: NDArray[np.float32] = answer.float().cpu().numpy()
        if not np.isfinite(rows).all():
            raise ValueError(
                f"model={self.name} gives features that are NaN or infinite; check its weights"
            )
        return rows

    def _prepare(self, batch: Tensor) -> Tensor:
        x = batch.float() / 255  # (n, 3, height, width)
        if self.size is not None and x.shape[2:] != (self.size, self.size):
            x = _resize(x, self.size)
        mean = torch.tensor(self.mean, device=self.device).view(1, -1, 1, 1)
        std = torch.tensor(self.std, device=self.device).view(1, -1, 1, 1)
        return (x - mean) / std


def _resize(x: Tensor, size: int) -> Tensor:
    """The shorter side to `size`, the middle cut out, as images of files are."""
    height, width = x.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    x = x[..., top : top + side, left : left + side]
    return functional.interpolate(x, (size, size), mode="bilinear", antialias=True)
