"""The stride-2 layers of :class:`~skvaal.ConvVAE`, with a faster gradient of large weights.

On processors, torch's convolution library spends most of its time on the gradient of the weights
where the smaller image has few pixels and the layer has many channels. A matrix product is up to
four times as fast there, in bfloat16 up to ten times (docs/performance.md). Everything else is
torch's own, on all devices.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Measured to be faster up to so many pixels of the smaller image, from so many weights on.
_MAX_PIXELS = 16
_MIN_WEIGHTS = 2**20
_GEOMETRY: dict[str, Any] = {"stride": 2, "padding": 1}
_KERNEL = (4, 4)


class HalvingConv2d(nn.Conv2d):
    """Convolution of kernel 4, stride 2, padding 1, without a bias."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, _KERNEL, bias=False, **_GEOMETRY)

    def forward(self, x: Tensor) -> Tensor:
        """Images of half the size."""
        n_pixels = (x.shape[2] // 2) * (x.shape[3] // 2)
        if not _takes_product(x, self, n_pixels):
            return super().forward(x)
        return _Halving.apply(*_lowered(x, self.weight))


class DoublingConvTranspose2d(nn.ConvTranspose2d):
    """Transposed convolution of kernel 4, stride 2, padding 1, without a bias."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, _KERNEL, bias=False, **_GEOMETRY)

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        """Images of twice the size."""
        if output_size is not None or not _takes_product(x, self, x.shape[2] * x.shape[3]):
            return super().forward(x, output_size)
        return _Doubling.apply(*_lowered(x, self.weight))


def _takes_product(x: Tensor, layer: Any, n_pixels: int) -> bool:
    """Whether the gradient of the weight is computed by a matrix product."""
    return (
        n_pixels <= _MAX_PIXELS
        and layer.weight.numel() >= _MIN_WEIGHTS
        and x.device.type == "cpu"
        and torch.is_grad_enabled()
        and layer.weight.requires_grad
        and layer.bias is None  # a layer with a folded normalisation has one
        and not torch.compiler.is_compiling()
    )


def _lowered(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Both as autocast, if it is on, has a convolution read them."""
    if not torch.is_autocast_enabled("cpu"):
        return x, weight
    dtype = torch.get_autocast_dtype("cpu")
    return x.to(dtype), weight.to(dtype)


class _Halving(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, **_GEOMETRY)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        gradient_of_x = None
        if ctx.needs_input_grad[0]:
            odd = tuple(size % 2 for size in x.shape[2:])  # rows that the layer does not read
            gradient_of_x = F.conv_transpose2d(gradient, weight, output_padding=odd, **_GEOMETRY)
        return gradient_of_x, _gradient_of_weight(gradient, x, weight)


class _Doubling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv_transpose2d(x, weight, **_GEOMETRY)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        gradient_of_x = F.conv2d(gradient, weight, **_GEOMETRY) if ctx.needs_input_grad[0] else None
        return gradient_of_x, _gradient_of_weight(x, gradient, weight)


def _gradient_of_weight(small: Tensor, large: Tensor, weight: Tensor) -> Tensor:
    """Of a weight (channels of the small image, channels of the large one, 4, 4)."""
    columns = F.unfold(large, _KERNEL, **_GEOMETRY).transpose(1, 2).flatten(0, 1)
    rows = small.transpose(0, 1).flatten(1)
    return (rows @ columns).reshape(weight.shape)
