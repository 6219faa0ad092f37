"""Several threads, and processes that are forked from them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from skvaal import DenseVAE, VAALNet, VAALQueryStrategy

from .conftest import SMALL
from .engine.test_generators import disturbed


class Dropping(DenseVAE):
    """Drops features, and adds noise of its own, in training."""

    def encode(self, x):
        x = nn.functional.dropout(x, 0.2, self.training)
        return super().encode(x + 0.01 * torch.randn_like(x) if self.training else x)


class Noisy(VAALNet):
    """A user's net whose loss draws."""

    def compute_vae_loss(self, passed, extra):
        losses = super().compute_vae_loss(passed, extra)
        return {**losses, "vae_loss": losses["vae_loss"] * (1 + 0.1 * torch.rand(()))}


class Shaken(Dataset):
    """Samples that are a little different each time."""

    def __init__(self, X):
        self.X = X

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        return torch.from_numpy(self.X[index]) + 1e-3 * torch.rand(self.X[index].shape)


KINDS = {
    "plain": {},
    "module": {"vae": Dropping},
    "instance": {"discriminator": nn.Sequential(nn.Dropout(), nn.Linear(3, 1))},
    "net": {"net": Noisy},
    "published": {"net": "published", "vae": Dropping},
    "augmented": {"engine__augmentation": "flip_crop", "vae__width": 2},
}


def weights(kind, digits) -> list[np.ndarray]:
    """What a fit learns, and how it scores."""
    X, y = digits
    params = {**SMALL, "max_epochs": 1, **KINDS[kind]}
    if "discriminator" in KINDS[kind]:
        del params["discriminator__hidden"]
    if kind == "augmented":
        X = X.reshape(-1, 1, 8, 8)
    strategy = VAALQueryStrategy(**params).fit(X, y)
    state = strategy.net_.module_.state_dict()
    return [*(tensor.numpy() for tensor in state.values()), strategy.score_samples(X)]


def check_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_another_thread_that_draws_changes_no_bit(digits, kind):
    expected = weights(kind, digits)
    with disturbed():
        check_same(weights(kind, digits), expected)


def test_samples_that_draw_are_drawn_from_our_generators(digits):
    X, y = digits
    names = []

    def score():
        strategy = VAALQueryStrategy(**SMALL, rule="topk", vae__linear_path=False)
        strategy.fit_pools(Shaken(X[:40]), Shaken(X[40:]))
        names.append(strategy)
        return strategy.score_samples(X)

    expected = score()
    with disturbed():
        np.testing.assert_array_equal(score(), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_leaves_the_global_generators_alone(digits, kind):
    drawn = []
    for is_fitted in (False, True):
        torch.manual_seed(0), np.random.seed(0), random.seed(0)  # noqa: NPY002
        if is_fitted:
            weights(kind, digits)
        drawn.append((float(torch.rand(())), np.random.rand(), random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]


def test_four_fits_at_once_are_what_each_is_alone(digits):
    X, y = digits

    def fit(seed):
        params = {**SMALL, "random_state": seed, **(KINDS["module"] if seed % 2 else {})}
        return VAALQueryStrategy(**params).fit(X, y).score_samples(X)

    expected = list(map(fit, range(4)))
    with ThreadPoolExecutor(4) as threads:
        check_same(list(threads.map(fit, range(4))), expected)


@pytest.mark.parametrize("net", ["vaal", "published"])
@pytest.mark.slow
def test_four_threads_ask_one_strategy(digits, net):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, net=net).fit(X, y)
    asks = [
        lambda: strategy.query(X, 5),
        lambda: strategy.score_samples(X),
        lambda: strategy.transform(X),
        lambda: strategy.explain(X, [3, 4]).to_numpy(),
    ]
    expected = [ask() for ask in asks]
    together = Barrier(4)

    def ask_often(number):
        together.wait(60)
        return [asks[number]() for _ in range(5)]

    with ThreadPoolExecutor(4) as threads:
        for answers, right in zip(threads.map(ask_often, range(4)), expected, strict=True):
            for answer in answers:
                np.testing.assert_array_equal(answer, right)


def test_published_scores_change_nothing_of_the_net(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, net="published").fit(X, y)
    before = {name: each.clone() for name, each in strategy.net_.module_.state_dict().items()}
    strategy.query(X, 3)
    for name, each in strategy.net_.module_.state_dict().items():
        assert torch.equal(each, before[name])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_forked_from_a_fit_can_fit():
    program = """
        import os, threading, warnings
        import numpy as np
        import torch
        from skvaal import VAALQueryStrategy

        warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads
        torch.set_num_threads(1)  # OpenMP's own threads do not survive a fork
        X, y = np.random.RandomState(0).rand(60, 4), np.repeat([0, -1], 30)

        def fit():
            return VAALQueryStrategy(max_epochs=1, vae__hidden=(8,), random_state=0).fit(X, y)

        expected = fit().score_samples(X)
        ended = threading.Event()

        def fit_on():
            while not ended.is_set():
                fit()

        thread = threading.Thread(target=fit_on)
        thread.start()
        codes = []
        for _ in range(5):
            child = os.fork()
            if not child:
                os._exit(0 if np.array_equal(fit().score_samples(X), expected) else 1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        ended.set()
        thread.join()
        print(codes)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "[0, 0, 0, 0, 0]\n", done.stderr
