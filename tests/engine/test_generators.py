"""Random numbers of our own, which no other thread touches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from skvaal import ConvVAE, DenseVAE, LatentDiscriminator
from skvaal._engine.generators import (
    generator_on,
    isolated_seed,
    lent_to_torch,
    may_draw,
    own_generators,
)

CPU = torch.device("cpu")
X = torch.linspace(-1, 1, 60).reshape(3, 4, 5)


@contextmanager
def disturbed() -> Iterator[None]:
    """Another thread seeds torch's own generator and draws from it, again and again."""
    ended, began = threading.Event(), threading.Event()

    def disturb() -> None:
        while not ended.is_set():
            torch.manual_seed(1)
            torch.rand(5)
            began.set()

    thread = threading.Thread(target=disturb)
    thread.start()
    assert began.wait(60)
    try:
        yield
    finally:
        ended.set()
        thread.join()


DRAWINGS = {
    "rand": lambda: torch.rand(3),
    "randn": lambda: torch.randn(5, 7),
    "randint": lambda: torch.randint(10, (4,)),
    "randint_from": lambda: torch.randint(2, 10, (4,)),
    "randperm": lambda: torch.randperm(9),
    "rand_like": lambda: torch.rand_like(X),
    "randn_like": lambda: torch.randn_like(X),
    "normal": lambda: torch.normal(0.0, 1.0, (3,)),
    "bernoulli": lambda: torch.bernoulli(X.abs()),
    "multinomial": lambda: torch.multinomial(X[0].abs(), 3),
    "linear": lambda: nn.Linear(4, 4).weight,
    "convolution": lambda: nn.Conv2d(3, 3, 3).weight,
    "orthogonal": lambda: nn.init.orthogonal_(torch.empty(4, 4)),
    "dropout": lambda: F.dropout(X, 0.4),
    "dropout_with_gradient": lambda: F.dropout(X.clone().requires_grad_(), 0.4),
    "channel_dropout": lambda: nn.Dropout1d(0.4)(X),
    "alpha_dropout": lambda: F.alpha_dropout(X, 0.4, training=True),
    "rrelu": lambda: F.rrelu(X, training=True),
    "gumbel": lambda: F.gumbel_softmax(X),
    "lstm": lambda: nn.LSTM(5, 3, 2, dropout=0.5)(X)[0],
    "attention": lambda: F.scaled_dot_product_attention(X, X, X, dropout_p=0.4),
    "gamma": lambda: torch.distributions.Gamma(X.abs() + 1, X.abs() + 1).sample(),
}


@pytest.mark.parametrize("is_inference", [False, True])
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_seed_gives_the_stream_that_it_gives_torch(name, is_inference):
    draw = DRAWINGS[name]
    with torch.inference_mode(is_inference):
        torch.manual_seed(7)
        expected = draw().detach(), draw().detach()
        before = torch.get_rng_state()
        with isolated_seed(7, CPU):
            drawn = draw().detach(), draw().detach()
    for mine, of_torch in zip(drawn, expected, strict=True):
        assert torch.equal(mine, of_torch)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_of_gpus_keeps_its_share_and_its_mean():
    with isolated_seed(0, CPU):
        dropped, is_kept = torch.native_dropout(torch.ones(10_000), 0.3, True)
        none, _ = torch.native_dropout(torch.ones(3), 1.0, True)
    assert torch.equal(dropped != 0, is_kept)
    assert is_kept.float().mean() == pytest.approx(0.7, abs=0.02)
    assert dropped.mean() == pytest.approx(1, abs=0.03)
    assert torch.equal(none, torch.zeros(3))


def test_what_takes_no_generator_is_seeded_and_restored(monkeypatch):
    monkeypatch.setattr("skvaal._engine.generators._with_generator", lambda func: None)
    before, drawn = torch.get_rng_state(), []
    for _ in range(2):
        with isolated_seed(0, CPU):
            drawn.append((torch.rand(3), torch.rand(3), torch.rand_like(X), torch.randn_like(X)))
    for one, other in zip(*drawn, strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(*drawn[0][:2])
    assert torch.equal(torch.get_rng_state(), before)


def test_other_threads_neither_disturb_nor_are_disturbed():
    with isolated_seed(3, CPU):
        expected = torch.rand(1000)
    with disturbed():
        for _ in range(20):
            with isolated_seed(3, CPU):
                assert torch.equal(torch.rand(1000), expected)


def test_blocks_nest_and_threads_have_their_own():
    assert generator_on(CPU) is None
    found = []
    with own_generators(0, CPU) as outer:
        with own_generators(1, CPU) as inner:
            assert generator_on(CPU) is inner.on(CPU)
            thread = threading.Thread(target=lambda: found.append(generator_on(CPU)))
            thread.start()
            thread.join()
        assert generator_on(CPU) is outer.on(CPU)
    assert found == [None]
    assert generator_on(CPU) is None


def test_a_generator_that_is_given_is_used():
    torch.manual_seed(5)
    expected = torch.rand(3)
    with isolated_seed(0, CPU):
        assert torch.equal(torch.rand(3, generator=torch.Generator().manual_seed(5)), expected)


def test_for_compiled_code_torchs_own_generator_is_seeded_and_restored():
    before, drawn = torch.get_rng_state(), []
    for _ in range(2):
        with own_generators(0, CPU) as generators, lent_to_torch(generators, compiles=True):
            drawn.append(torch.rand(3))
    assert torch.equal(*drawn)
    assert torch.equal(torch.get_rng_state(), before)


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(2)


@pytest.mark.slow
def test_workers_of_a_loader_draw_each_for_itself():
    with isolated_seed(0, CPU):
        drawn = torch.cat(list(DataLoader(Draws(), num_workers=2, multiprocessing_context="fork")))
    assert len(torch.unique(drawn)) == drawn.numel()


class Own(nn.Linear):
    pass


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (DenseVAE((6,)), False),
        (ConvVAE((1, 8, 8), width=2), False),
        (LatentDiscriminator(3), False),
        (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), False),
        (nn.Sequential(nn.Linear(2, 2), nn.Dropout()), True),
        (nn.LSTM(2, 2, 2, dropout=0.5), True),
        (nn.RReLU(), True),
        (Own(2, 2), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_modules_that_may_draw_are_told_from_those_that_do_not(module, expected):
    assert may_draw(module) is expected
