"""The faster layers are torch's, gradients included."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from skvaal import ConvVAE, VAALQueryStrategy
from skvaal import _convolutions as convolutions
from skvaal._convolutions import DoublingConvTranspose2d, HalvingConv2d, speed_up
from skvaal._engine import folded

from .conftest import QUICK

PLAIN = {HalvingConv2d: nn.Conv2d, DoublingConvTranspose2d: nn.ConvTranspose2d}


@pytest.fixture
def products(monkeypatch):
    """Shapes of the weights whose gradients were computed by a matrix product, however few."""
    monkeypatch.setattr(convolutions, "_MANY_WEIGHTS", 0)
    shapes = []
    gradient = convolutions._gradient_of_weight
    monkeypatch.setattr(
        convolutions,
        "_gradient_of_weight",
        lambda *args: shapes.append(tuple(args[2].shape)) or gradient(*args),
    )
    return shapes


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("kind", "size", "by_product"),
    [
        (HalvingConv2d, (8, 8), True),
        (HalvingConv2d, (7, 9), True),
        (HalvingConv2d, (2, 3), True),
        (HalvingConv2d, (9, 10), False),
        (DoublingConvTranspose2d, (4, 4), True),
        (DoublingConvTranspose2d, (3, 5), True),
        (DoublingConvTranspose2d, (5, 4), False),
    ],
)
def test_layer_and_gradients_are_those_of_torch(kind, size, by_product, layout, products):
    plain = PLAIN[kind](3, 5, 4, stride=2, padding=1, bias=False).double()
    faster = speed_up(copy.deepcopy(plain))
    assert type(faster) is kind
    x = torch.randn(6, 3, *size, dtype=torch.float64, generator=torch.manual_seed(0))
    inputs = [x.clone(memory_format=layout).requires_grad_() for _ in "ab"]
    outputs = [layer(each) for layer, each in zip((plain, faster), inputs, strict=True)]
    torch.testing.assert_close(outputs[1], outputs[0])
    for output in outputs:
        (output**2 * torch.arange(output.shape[-1])).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    torch.testing.assert_close(faster.weight.grad, plain.weight.grad)
    assert products == [tuple(plain.weight.shape)] * by_product


def test_small_layers_are_torchs_own(products, monkeypatch):
    layer = speed_up(nn.Conv2d(3, 5, 4, stride=2, padding=1, bias=False))
    monkeypatch.setattr(convolutions, "_MANY_WEIGHTS", 3 * 5 * 16 + 1)
    layer(torch.zeros(2, 3, 4, 4)).sum().backward()
    assert products == []
    monkeypatch.setattr(convolutions, "_MANY_WEIGHTS", 3 * 5 * 16)
    layer(torch.zeros(2, 3, 4, 4)).sum().backward()
    assert products == [(5, 3, 4, 4)]


def test_only_what_needs_a_gradient_is_computed(products):
    layer = speed_up(nn.Conv2d(3, 5, 4, stride=2, padding=1, bias=False))
    layer.weight.requires_grad_(False)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    with torch.no_grad():
        layer(x)
    assert products == []


@pytest.mark.parametrize(
    "params",
    [
        {"kernel_size": 3, "stride": 2, "padding": 1, "bias": False},
        {"kernel_size": 4, "stride": 1, "padding": 1, "bias": False},
        {"kernel_size": 4, "stride": 2, "padding": 0, "bias": False},
        {"kernel_size": 4, "stride": 2, "padding": 1, "bias": True},
        {"kernel_size": 4, "stride": 2, "padding": 1, "bias": False, "dilation": 2},
        {"kernel_size": 4, "stride": 2, "padding": 1, "bias": False, "groups": 2},
        {"kernel_size": 4, "stride": 2, "padding": 1, "bias": False, "padding_mode": "reflect"},
    ],
)
def test_other_layers_are_left_alone(params):
    layer = nn.Conv2d(4, 4, **params)
    assert type(speed_up(layer)) is nn.Conv2d
    transposed = {**params, "output_padding": 1, "padding_mode": "zeros"}
    assert type(speed_up(nn.ConvTranspose2d(4, 4, **transposed))) is nn.ConvTranspose2d


def test_training_takes_the_product_and_is_the_same(images, products, monkeypatch):
    X, y = images
    faster = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    assert {shape[2:] for shape in products} == {(4, 4)}
    monkeypatch.setattr(convolutions, "_FEW_PIXELS", 0)
    plain = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    for found, expected in zip(faster.history_, plain.history_, strict=True):
        assert found["vae_loss"] == pytest.approx(expected["vae_loss"], rel=1e-3)
    assert faster.net_.vae_.state_dict().keys() == ConvVAE((1, 8, 8)).state_dict().keys()


def test_folded_layers_score_the_same():
    vae = speed_up(ConvVAE((1, 8, 8), width=2)).eval()
    x = torch.rand(4, 1, 8, 8)
    np.testing.assert_allclose(
        folded(vae).encode(x)[0].detach(), vae.encode(x)[0].detach(), atol=1e-5
    )
