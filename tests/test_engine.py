"""How a net computes: precision, layout, folded normalisation, compilation, memory."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from skvaal import ConvVAE, DenseVAE, DeviceMemoryError, VAALNet, VAALQueryStrategy
from skvaal._engine import fit_layout, folded, resolve_precision

from .conftest import QUICK

CPU = torch.device("cpu")
PARAMS = {"digits": {}, "images": {"vae__width": 4}}


class OwnConvVAE(ConvVAE):
    """What it does with its layers is not known."""


def seen(vae: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """The VAE with batch statistics and scales that are none of the initial ones."""
    torch.manual_seed(0)
    for module in vae.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    vae.train()
    vae.encode(torch.randn(32, *shape))
    return vae.eval()


def fitted(data: str, request: pytest.FixtureRequest, **params) -> tuple:
    X, y = request.getfixturevalue(data)
    return VAALQueryStrategy(**{**QUICK, **PARAMS[data], **params}).fit(X, y), X


# Precision


def test_half_precision_is_for_cuda(digits):
    strategy = VAALQueryStrategy(**QUICK, precision="fp16")
    with pytest.raises(ValueError, match=r"precision='fp16' is for CUDA.*'cpu'; use precision="):
        strategy.fit(*digits)
    assert not hasattr(strategy, "net_")


def test_unknown_precision(digits):
    with pytest.raises(ValueError, match="'precision' parameter of VAALQueryStrategy must be"):
        VAALQueryStrategy(**QUICK, precision="int8").fit(*digits)


@pytest.mark.parametrize(
    ("capability", "dtype"), [((7, 5), None), ((8, 0), torch.bfloat16), ((9, 0), torch.bfloat16)]
)
def test_auto_takes_bfloat16_where_there_are_units_for_it(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert resolve_precision("auto", torch.device("cuda")) is dtype
    assert resolve_precision("auto", CPU) is None
    assert resolve_precision("float32", torch.device("cuda")) is None
    assert resolve_precision("fp16", torch.device("cuda")) is torch.float16


@pytest.mark.parametrize("data", PARAMS)
def test_bfloat16_scores_what_float32_scores(data, request):
    exact, X = fitted(data, request)
    rounded, _ = fitted(data, request, precision="bf16")
    rounded.net_.module_.load_state_dict(exact.net_.module_.state_dict())
    for method in ("score_samples", "transform"):
        expected, found = getattr(exact, method)(X), getattr(rounded, method)(X)
        assert found.dtype == np.float32
        assert not np.array_equal(found, expected)  # it is really computed otherwise
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max() + 1e-3)


@pytest.mark.parametrize("data", PARAMS)
def test_bfloat16_trains_to_the_same_loss(data, request):
    losses = [
        fitted(data, request, precision=precision, max_epochs=8)[0].history_[:, "vae_loss"]
        for precision in ("float32", "bf16")
    ]
    assert losses[0] != losses[1]
    gained = losses[0][0] - losses[0][-1]
    assert gained > 0
    np.testing.assert_allclose(losses[1], losses[0], atol=0.05 * gained)


def test_weights_stay_float32(digits):
    net = VAALQueryStrategy(**QUICK, precision="bf16").fit(*digits).net_
    assert {p.dtype for p in net.module_.parameters()} == {torch.float32}


def test_scaled_losses_train_alike(digits, monkeypatch):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK, n_vae_steps=2).fit(X, y)
    build = VAALNet.initialize_optimizer

    def scaled(net, *args, **kwargs):
        build(net, *args, **kwargs)
        net.scaler_ = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        return net

    monkeypatch.setattr(VAALNet, "initialize_optimizer", scaled)
    strategy = VAALQueryStrategy(**QUICK, n_vae_steps=2).fit(X, y)
    assert strategy.net_.scaler_.get_scale() >= 2.0**10
    assert strategy.history_[:, "vae_loss"] == pytest.approx(plain.history_[:, "vae_loss"])


# Layout and folding


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 20, 17)])
def test_folded_encoder_encodes_the_same(shape):
    vae = seen(ConvVAE(shape, latent_dim=4, width=4), shape)
    new, x = folded(vae), torch.randn(5, *shape)
    assert not [m for m in new.modules() if isinstance(m, nn.BatchNorm2d)]
    for found, expected in zip(new.encode(x), vae.encode(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_folded_dense_encoder_encodes_the_same():
    vae = seen(DenseVAE((6,), latent_dim=2, hidden=(8, 7)), (6,))
    new, x = folded(vae), torch.randn(5, 6)
    assert not [m for m in new.modules() if isinstance(m, nn.BatchNorm1d)]
    torch.testing.assert_close(new.encode(x), vae.encode(x), rtol=1e-4, atol=1e-5)


def test_folding_changes_nothing_in_the_vae():
    vae = seen(ConvVAE((1, 8, 8), width=4), (1, 8, 8))
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    folded(vae)
    torch.testing.assert_close(dict(vae.state_dict()), before, rtol=0, atol=0)
    assert vae.decode(torch.zeros(1, 32)).shape == (1, 1, 8, 8)


def test_layers_of_others_are_left_alone():
    vae = OwnConvVAE((3, 8, 8), width=4).eval()
    assert folded(vae) is vae
    assert fit_layout(vae).encoder[0][0].weight.is_contiguous()


def test_convolutions_are_channels_last(images):
    net = VAALQueryStrategy(**QUICK, vae__width=4).fit(*images).net_
    weight = net.vae_.encoder[1][0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()


# Optimizers


@pytest.mark.parametrize(
    ("optimizer", "params", "is_fused"),
    [
        (torch.optim.Adam, {}, True),
        (torch.optim.SGD, {}, True),
        (torch.optim.Adam, {"optimizer_vae__foreach": True}, None),
        (torch.optim.Adam, {"optimizer_vae__fused": False}, False),
    ],
)
def test_optimizers_are_fused_unless_told_otherwise(digits, optimizer, params, is_fused):
    strategy = VAALQueryStrategy(**QUICK, optimizer_vae=optimizer, **params).fit(*digits)
    assert strategy.net_.optimizer_vae_.param_groups[0]["fused"] is is_fused


def test_optimizers_without_a_fused_form(digits):
    VAALQueryStrategy(**QUICK, optimizer_vae=torch.optim.Rprop).fit(*digits)


# Compilation; backend 'eager' needs no compiler


# torch's own, from within its compiler; elsewhere it is silenced by torch itself.
quiet = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


@pytest.fixture
def compiled(monkeypatch):
    """Names of the functions that were compiled."""
    names = []
    compile_ = torch.compile

    def spy(function, **kwargs):
        names.append(getattr(function, "__name__", type(function).__name__))
        return compile_(function, **kwargs)

    monkeypatch.setattr("skvaal._engine.torch.compile", spy)
    yield names
    torch.compiler.reset()


@quiet
def test_compiled_networks_do_the_same(digits, compiled):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK).fit(X, y)
    assert compiled == []
    strategy = VAALQueryStrategy(**QUICK, compile=True, compile__backend="eager").fit(X, y)
    np.testing.assert_allclose(strategy.score_samples(X), plain.score_samples(X), atol=1e-4)
    assert strategy.score(X) == pytest.approx(plain.score(X), rel=1e-4)
    assert sorted(compiled) == ["LatentDiscriminator", "decode", "encode"]  # once each


@quiet
def test_compiled_networks_pickle(digits, compiled):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, compile=True, compile__backend="eager").fit(X, y)
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_allclose(copy.score_samples(X), strategy.score_samples(X), atol=1e-5)


def test_unknown_option_of_the_compiler(digits):
    with pytest.raises(ValueError, match="unknown parameter 'compile__moode'.*'compile__mode'"):
        VAALQueryStrategy(**QUICK, compile__moode="default").fit(*digits)


# Memory


def out_of_memory(*args, **kwargs):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has")


def test_out_of_memory_in_training_names_the_batch_size(digits, monkeypatch):
    strategy = VAALQueryStrategy(**QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(VAALNet, "_vae_step", out_of_memory)
        with pytest.raises(DeviceMemoryError, match=r"batch_size=16; .*\(CUDA out of memory\)"):
            strategy.fit(*digits)
    assert not hasattr(strategy, "net_")
    strategy.fit(*digits)


def test_out_of_memory_in_scoring_names_the_batch_size(digits, monkeypatch):
    strategy = VAALQueryStrategy(**QUICK).fit(*digits)
    expected = strategy.score_samples(digits[0])
    with monkeypatch.context() as patch:
        patch.setattr(VAALNet, "_encode", out_of_memory)
        with pytest.raises(DeviceMemoryError, match="batch_size=16"):
            strategy.score_samples(digits[0])
    np.testing.assert_array_equal(strategy.score_samples(digits[0]), expected)
