"""The stride-2 layers compute what torch's do, gradients included."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skvaal import ConvVAE, VAALQueryStrategy
from skvaal._vaal import layers
from skvaal._vaal.layers import DoublingConvTranspose2d, HalvingConv2d

from ..conftest import QUICK

PLAIN = {HalvingConv2d: nn.Conv2d, DoublingConvTranspose2d: nn.ConvTranspose2d}


@pytest.fixture
def products(monkeypatch):
    """Shapes of the weights whose gradients were computed by a matrix product, however few."""
    monkeypatch.setattr(layers, "_MIN_WEIGHTS", 0)
    shapes = []
    gradient = layers._gradient_of_weight
    monkeypatch.setattr(
        layers,
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
    faster = kind(3, 5).double()
    faster.load_state_dict(plain.state_dict())
    x = torch.randn(6, 3, *size, dtype=torch.float64, generator=torch.manual_seed(0))
    inputs = [x.clone(memory_format=layout).requires_grad_() for _ in "ab"]
    outputs = [layer(each) for layer, each in zip((plain, faster), inputs, strict=True)]
    torch.testing.assert_close(outputs[1], outputs[0])
    for output in outputs:
        (output**2 * torch.arange(output.shape[-1])).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    torch.testing.assert_close(faster.weight.grad, plain.weight.grad)
    assert products == [tuple(plain.weight.shape)] * by_product


@pytest.mark.parametrize("kind", PLAIN)
def test_bfloat16_goes_by_the_product_too(kind, products):
    layer = kind(3, 5)
    x = torch.randn(6, 3, 4, 4, generator=torch.manual_seed(0))
    gradients = []
    for is_lowered in (False, True):
        given = x.clone().requires_grad_()
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_lowered):
            output = layer(given)
        assert output.dtype is (torch.bfloat16 if is_lowered else torch.float32)
        output.float().square().mean().backward()
        gradients.append((given.grad, layer.weight.grad))
    for exact, rounded in zip(*gradients, strict=True):
        assert rounded.dtype is torch.float32
        torch.testing.assert_close(rounded, exact, rtol=0.05, atol=0.02 * exact.abs().max())
    assert len(products) == 2


def test_small_layers_are_torchs_own(products, monkeypatch):
    layer = HalvingConv2d(3, 5)
    monkeypatch.setattr(layers, "_MIN_WEIGHTS", 3 * 5 * 16 + 1)
    layer(torch.zeros(2, 3, 4, 4)).sum().backward()
    assert products == []
    monkeypatch.setattr(layers, "_MIN_WEIGHTS", 3 * 5 * 16)
    layer(torch.zeros(2, 3, 4, 4)).sum().backward()
    assert products == [(5, 3, 4, 4)]


def test_only_what_needs_a_gradient_is_computed(products):
    layer = HalvingConv2d(3, 5)
    layer.weight.requires_grad_(False)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    with torch.no_grad():
        layer(x)
    assert products == []


@pytest.mark.parametrize("kind", PLAIN)
def test_layers_begin_with_torchs_weights(kind):
    torch.manual_seed(0)
    plain = PLAIN[kind](3, 5, 4, stride=2, padding=1, bias=False)
    torch.manual_seed(0)
    assert torch.equal(kind(3, 5).weight, plain.weight)


def test_training_takes_the_product_and_is_the_same(images, products, monkeypatch):
    X, y = images
    faster = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    assert {shape[2:] for shape in products} == {(4, 4)}
    monkeypatch.setattr(layers, "_MAX_PIXELS", 0)
    plain = VAALQueryStrategy(vae__width=2, **QUICK).fit(X, y)
    for found, expected in zip(faster.history_, plain.history_, strict=True):
        assert found["vae_loss"] == pytest.approx(expected["vae_loss"], rel=1e-3)
    assert faster.net_.vae_.state_dict().keys() == ConvVAE((1, 8, 8)).state_dict().keys()
