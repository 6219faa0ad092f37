"""Batch normalisation as part of the layer before it, for networks that no longer train."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval


def fold(encoder: nn.Sequential) -> nn.Sequential:
    """Copy a network whose layers include the batch normalisations that follow them.

    What is not folded is shared with `encoder`.
    """
    layers: list[Any] = []
    for layer in encoder:
        previous = layers[-1] if layers else None
        has_mean = getattr(layer, "running_mean", None) is not None
        if has_mean and isinstance(previous, nn.Conv2d) and isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(previous, layer)
        elif has_mean and isinstance(previous, nn.Linear) and isinstance(layer, nn.BatchNorm1d):
            layers[-1] = fuse_linear_bn_eval(previous, layer)
        else:
            layers.append(fold(layer) if isinstance(layer, nn.Sequential) else layer)
    return nn.Sequential(*layers)
