"""Choice of the device and of the precision on it."""

from __future__ import annotations

import pytest
import torch

from skvaal._engine.device import (
    optimizer_defaults,
    resolve_device,
    resolve_precision,
)

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
    assert resolve_precision("auto", CPU) is None
    assert resolve_precision("float32", torch.device("cuda")) is None
    assert resolve_precision("fp16", torch.device("cuda")) is torch.float16


def test_float16_is_for_cuda():
    with pytest.raises(ValueError, match=r"engine__precision='fp16' is for CUDA.*'cpu'; use"):
        resolve_precision("fp16", CPU)


@pytest.mark.parametrize(
    ("optimizer", "given", "expected"),
    [
        (torch.optim.Adam, {"lr": 1}, {"fused": True}),
        (torch.optim.SGD, {}, {"fused": True}),
        (torch.optim.Adam, {"foreach": True}, {}),
        (torch.optim.Adam, {"fused": False}, {}),
        (torch.optim.Rprop, {}, {}),
    ],
)
def test_optimizers_are_fused_unless_told_otherwise(optimizer, given, expected):
    assert optimizer_defaults(optimizer, given, CPU) == expected
    assert optimizer_defaults(optimizer, given, torch.device("mps")) == {}
