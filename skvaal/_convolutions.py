"""The layers of stride 2 of :class:`~skvaal.ConvVAE`, with faster gradients of their weights.

On processors the library that torch computes convolutions with takes most of its time for the
gradient by the weights where the smaller of the two images has few pixels and there are many
channels; a matrix product is up to four times as fast there (docs/performance.md). All else, and
all of it on other devices, is torch's own.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Pixels of the smaller image, up to which the product was measured to be faster, and weights of the
# layer, from which on: 512 channels there and 256 here have twice as many.
_FEW_PIXELS = 16
_MANY_WEIGHTS = 2**20
_GEOMETRY: dict[str, Any] = {"stride": 2, "padding": 1}
_KERNEL = (4, 4)


class HalvingConv2d(nn.Conv2d):
    """Convolution of kernel 4, stride 2, padding 1, without a bias."""

    def forward(self, x: Tensor) -> Tensor:
        """Images of half the size."""
        pixels = (x.shape[2] // 2) * (x.shape[3] // 2)
        if not _is_faster(x, self, pixels):
            return super().forward(x)
        return _Halving.apply(x, self.weight)


class DoublingConvTranspose2d(nn.ConvTranspose2d):
    """Transposed convolution of kernel 4, stride 2, padding 1, without a bias."""

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        """Images of twice the size."""
        if output_size is not None or not _is_faster(x, self, x.shape[2] * x.shape[3]):
            return super().forward(x, output_size)
        return _Doubling.apply(x, self.weight)


def speed_up(module: nn.Module) -> nn.Module:
    """Give the layers of a module that have one a faster form; their weights stay where they are.

    Parameters
    ----------
    module : module

    Returns
    -------
    module
        The same.

    Examples
    --------
    >>> from torch import nn
    >>> from skvaal._convolutions import speed_up
    >>> speed_up(nn.Sequential(nn.Conv2d(3, 8, 4, stride=2, padding=1, bias=False)))
    Sequential(
      (0): HalvingConv2d(3, 8, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1), bias=False)
    )
    """
    faster: dict[type, type] = {
        nn.Conv2d: HalvingConv2d,
        nn.ConvTranspose2d: DoublingConvTranspose2d,
    }
    for layer in module.modules():
        if type(layer) in faster and _is_such_a_layer(layer):
            layer.__class__ = faster[type(layer)]
    return module


def _is_such_a_layer(layer: Any) -> bool:
    return (
        layer.kernel_size == _KERNEL
        and (layer.stride, layer.padding, layer.dilation) == ((2, 2), (1, 1), (1, 1))
        and layer.groups == 1
        and layer.bias is None
        and layer.padding_mode == "zeros"
        and layer.output_padding == (0, 0)
    )


def _is_faster(x: Tensor, layer: Any, pixels: int) -> bool:
    return (
        pixels <= _FEW_PIXELS
        and layer.weight.numel() >= _MANY_WEIGHTS
        and x.device.type == "cpu"
        and torch.is_grad_enabled()
        and layer.weight.requires_grad
        and layer.bias is None  # it has one where a normalisation was folded in
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )


class _Halving(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, **_GEOMETRY)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        by_x = None
        if ctx.needs_input_grad[0]:
            odd = tuple(size % 2 for size in x.shape[2:])  # rows that the layer never sees
            by_x = F.conv_transpose2d(gradient, weight, output_padding=odd, **_GEOMETRY)
        return by_x, _gradient_of_weight(gradient, x, weight)


class _Doubling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv_transpose2d(x, weight, **_GEOMETRY)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        by_x = F.conv2d(gradient, weight, **_GEOMETRY) if ctx.needs_input_grad[0] else None
        return by_x, _gradient_of_weight(x, gradient, weight)


def _gradient_of_weight(small: Tensor, large: Tensor, weight: Tensor) -> Tensor:
    """Of a weight (channels of the small image, channels of the large one, 4, 4)."""
    columns = F.unfold(large, _KERNEL, **_GEOMETRY).transpose(1, 2).flatten(0, 1)
    rows = small.transpose(0, 1).flatten(1)
    return (rows @ columns).reshape(weight.shape)
