"""Choice of the device and of the precision on it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skvaal import ConvVAE, DenseVAE, LatentDiscriminator, VAALQueryStrategy
from skvaal._engine.device import (
    _AMX_QUESTIONS,
    gains_in_bfloat16,
    has_bfloat16_units,
    resolve_device,
    resolve_precision,
)

from ..conftest import QUICK

CPU = torch.device("cpu")


def test_auto_is_a_device_of_this_machine():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve_device("auto").type in (expected, "mps")
    assert resolve_device("cpu") == resolve_device(CPU) == CPU


def test_auto_prefers_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto").type == "cuda"


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:7"])
def test_missing_cuda_device_is_named(device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=f"device='{device}', but torch sees 0 CUDA devices"):
        resolve_device(device)


def test_unknown_device_is_named():
    with pytest.raises(ValueError, match="device='gpu' is not a torch device"):
        resolve_device("gpu")


@pytest.mark.parametrize("device", ["meta", "xla", "fpga:0"])
def test_a_device_that_computes_nothing_is_named(device):
    with pytest.raises(ValueError, match=f"device='{device}' cannot be computed on here"):
        resolve_device(device)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is an MPS device")
def test_missing_mps_is_named():
    with pytest.raises(ValueError, match="device='mps'"):
        resolve_device("mps")


@pytest.mark.parametrize(
    ("capability", "dtype"), [((7, 5), None), ((8, 0), torch.bfloat16), ((9, 0), torch.bfloat16)]
)
def test_auto_takes_bfloat16_where_there_are_units_for_it(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert resolve_precision("auto", torch.device("cuda")) is dtype
    assert resolve_precision("float32", torch.device("cuda")) is None
    assert resolve_precision("fp16", torch.device("cuda")) is torch.float16


@pytest.fixture
def asked(monkeypatch):
    """Set what torch answers to whether there is AMX; None: it is not asked by that name."""

    def answer(name, is_there):
        for each in _AMX_QUESTIONS:
            monkeypatch.delattr(torch.cpu, each, raising=False)
        if name is not None:
            monkeypatch.setattr(torch.cpu, name, lambda: is_there, raising=False)
        has_bfloat16_units.cache_clear()

    yield answer
    has_bfloat16_units.cache_clear()


@pytest.mark.parametrize(
    ("name", "is_there", "dtype"),
    [(name, True, torch.bfloat16) for name in _AMX_QUESTIONS]
    + [(_AMX_QUESTIONS[0], False, None), (None, False, None)],
)
def test_auto_on_a_processor(asked, name, is_there, dtype):
    asked(name, is_there)
    assert resolve_precision("auto", CPU, gains=True) is dtype
    assert resolve_precision("auto", CPU) is None
    assert resolve_precision("float32", CPU, gains=True) is None
    assert resolve_precision("bf16", CPU) is torch.bfloat16


class OwnVAE(ConvVAE):
    """A network of a user's."""


@pytest.mark.parametrize(
    ("module", "gains"),
    [
        (ConvVAE((1, 28, 28)), False),
        (ConvVAE((3, 32, 32)), False),
        (ConvVAE((3, 32, 32), width=32), True),
        (OwnVAE((3, 32, 32), width=32), False),
        (DenseVAE((1280,), hidden=(1024, 1024)), False),
        (LatentDiscriminator(32), False),
    ],
    ids=["small", "colour", "wide", "own", "dense", "discriminator"],
)
def test_wide_convolutions_gain_in_bfloat16(module, gains):
    assert gains_in_bfloat16(module) is gains


@pytest.mark.parametrize("has_units", [True, False])
def test_auto_computes_a_wide_network_in_bfloat16(asked, has_units):
    asked(_AMX_QUESTIONS[0], has_units)
    X = np.random.RandomState(0).randint(0, 256, (8, 1, 8, 8)).astype(np.uint8)
    losses = {
        precision: VAALQueryStrategy(**QUICK, vae__width=192, engine__precision=precision)
        .fit_pools(X[:4], X[4:])
        .history_[:, "vae_loss"]
        for precision in ("auto", "float32", "bf16")
    }
    assert losses["float32"] != losses["bf16"]
    assert (losses["auto"] == losses["float32"]) is not has_units
    np.testing.assert_allclose(losses["auto"], losses["float32"], rtol=0.05)


def test_float16_is_for_cuda():
    with pytest.raises(ValueError, match=r"engine__precision='fp16' is for CUDA.*'cpu'; use"):
        resolve_precision("fp16", CPU)
