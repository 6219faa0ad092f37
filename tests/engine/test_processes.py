"""One process among others: what it draws, and what of it is copied."""

from __future__ import annotations

import copy
import pickle
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from skvaal._engine.processes import (
    SYNCHRONIZED,
    AcceleratedProcesses,
    OneProcess,
    check_shares,
    start_processes,
    synchronized_batch_norm,
)

CPU = torch.device("cpu")


def process(index, count):
    accelerator = SimpleNamespace(
        process_index=index, num_processes=count, is_main_process=index == 0
    )
    return AcceleratedProcesses(accelerator)


@pytest.mark.parametrize("n_pools", [1, 2])
def test_draws_of_all_processes_make_those_of_one(n_pools):
    torch.manual_seed(0)
    whole = OneProcess().draw(torch.randn, (n_pools * 6, 3), 6, CPU)
    parts = []
    for index in range(2):
        torch.manual_seed(0)
        part = process(index, 2).draw(torch.randn, (n_pools * 3, 3), 3, CPU)
        parts.append(part.reshape(n_pools, 3, 3))
    assert torch.equal(torch.cat(parts, dim=1).reshape(-1, 3), whole)


def test_one_process_leaves_everything_as_it_is():
    alone, layer = OneProcess(), nn.BatchNorm1d(2)
    values = torch.ones(2)
    assert alone.mean(values) is values
    alone.average_gradients(layer)
    alone.broadcast([layer])
    with alone.synchronized([layer]):
        assert type(layer) is nn.BatchNorm1d
    check_shares(alone, 15, (1, 2))


def test_a_pickle_knows_no_other_process_but_a_copy_does():
    second = process(1, 2)
    assert copy.deepcopy(second) is second
    assert type(pickle.loads(pickle.dumps(second))) is OneProcess
    assert not second.is_main


def test_what_cannot_be_shared_evenly_is_an_error():
    pytest.importorskip("accelerate")
    with pytest.raises(ValueError, match="batch_size=15 .* by 2 processes; .* such as 16"):
        check_shares(process(0, 2), 15, (20, 100))


def test_without_accelerate_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'skvaal\[distributed\]'"):
        start_processes(CPU)


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5, 4)])
def test_synchronized_batch_norm_is_batch_norm(shape, momentum, monkeypatch):
    # Of one process: what the others add is nothing.
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda x: None)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 1)
    make = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    plain, other = make(3, momentum=momentum), make(3, momentum=momentum)
    inputs = [torch.randn(shape, generator=torch.manual_seed(0)).requires_grad_() for _ in "ab"]
    with synchronized_batch_norm([nn.Sequential(other)]):
        assert type(other) is SYNCHRONIZED[make]
        for _ in range(2):
            outputs = [norm(x) for norm, x in zip((plain, other), inputs, strict=True)]
            torch.testing.assert_close(outputs[1], outputs[0])
            for output in outputs:
                output.square().mul(torch.arange(output.numel()).reshape(shape)).mean().backward()
        torch.testing.assert_close(inputs[1].grad, inputs[0].grad, rtol=1e-3, atol=1e-4)
        for name, tensor in plain.state_dict().items():
            torch.testing.assert_close(other.state_dict()[name], tensor)
        torch.testing.assert_close(other.eval()(inputs[0]), plain.eval()(inputs[0]))
    assert type(other) is make
