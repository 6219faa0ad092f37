"""Optimizers of our own make torch's steps, and import no compiler."""

from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from inspect import unwrap

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from skvaal import VAALQueryStrategy
from skvaal._engine.optimizers import optimizer_defaults, uncompiled

from ..conftest import SMALL

CPU = torch.device("cpu")
FUSED = [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD]


@pytest.fixture
def no_compiler(monkeypatch):
    """Let an import of torch's compiler fail, and whoever has it ask for it again."""
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)
    for name in ("add_param_group", "state_dict", "load_state_dict", "zero_grad"):
        with suppress(AttributeError):
            monkeypatch.delattr(unwrap(getattr(Optimizer, name)), "__dynamo_disable")


def train(optimizer_class, **params):
    torch.manual_seed(0)
    module = nn.Linear(3, 2)
    optimizer = optimizer_class(module.parameters(), lr=0.1, **params)
    for i in range(3):
        optimizer.zero_grad()
        module(torch.ones(4, 3) * i).square().mean().backward()
        optimizer.step()
    return module, optimizer


@pytest.mark.parametrize("params", [{}, {"fused": True}, {"weight_decay": 0.1}])
@pytest.mark.parametrize("optimizer_class", FUSED)
def test_the_steps_are_those_of_torch(optimizer_class, params):
    own = uncompiled(optimizer_class)
    assert issubclass(own, optimizer_class)
    for mine, other in zip(
        train(own, **params)[0].parameters(),
        train(optimizer_class, **params)[0].parameters(),
        strict=True,
    ):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("optimizer_class", FUSED)
def test_no_compiler_is_imported(optimizer_class, no_compiler):
    module, optimizer = train(uncompiled(optimizer_class), fused=True)
    other = uncompiled(optimizer_class)(module.parameters(), lr=0.1)
    other.load_state_dict(optimizer.state_dict())
    assert pickle.loads(pickle.dumps(other)).state_dict().keys() == {"state", "param_groups"}


def test_a_query_imports_no_compiler(no_compiler):
    X = np.random.RandomState(0).rand(60, 4)
    strategy = VAALQueryStrategy(**SMALL, warm_start=True)
    for _ in range(2):
        assert len(strategy.fit_pools(X[:20], X[20:]).query(X[20:], 3)) == 3


def test_a_gradient_may_be_set_to_zero():
    module, optimizer = train(uncompiled(torch.optim.SGD))
    optimizer.zero_grad(set_to_none=False)
    assert not module.weight.grad.any()
    optimizer.zero_grad()
    assert module.weight.grad is None


def test_hooks_and_a_closure_are_called():
    module, optimizer = train(uncompiled(torch.optim.Adam))
    seen = []
    optimizer.register_step_post_hook(lambda *args: seen.append("hook"))

    def closure():
        seen.append(torch.is_grad_enabled())
        loss = module(torch.ones(4, 3)).mean()
        loss.backward()
        return loss

    assert optimizer.step(closure).ndim == 0
    assert seen == [True, "hook"]


def test_others_are_left_alone():
    assert uncompiled(torch.optim.Rprop) is torch.optim.Rprop

    class Own(torch.optim.Adam):
        pass

    assert uncompiled(Own) is Own


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
