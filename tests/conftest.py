"""Fixtures, and settings that make the tests the same everywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

# The networks here are tiny: a second thread costs more than it gives, above all on busy machines.
torch.set_num_threads(1)

# Trains in a fraction of a second, on anything.
SMALL = {
    "max_epochs": 2,
    "batch_size": 32,
    "vae__latent_dim": 3,
    "discriminator__hidden": (16,),
    "random_state": 0,
    "device": "cpu",
}
# The same, and chooses by the scores alone, as the paper does.
QUICK = {**SMALL, "rule": "topk", "uncertainty": None}


def interrupt(program: str) -> list[str]:
    """Run a program, send it Ctrl-C once it prints "training"; the lines that it prints then."""
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "training\n"
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    return rest.splitlines()


@pytest.fixture
def listens_to_ctrl_c() -> Iterator[None]:
    """Python's own handler of SIGINT, which a process that was started in the background lacks."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture
def quick() -> dict:
    """Parameters of a strategy that trains in no time."""
    return dict(QUICK)


@pytest.fixture(scope="session")
def stored_choices() -> dict:
    """Choices that must not change: see data/README.md."""
    return json.loads((Path(__file__).parent / "data" / "choices.json").read_text())


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """240 digits as rows in [0, 1], of which the first 40 are labelled."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:240] / 16, y[:240].copy()
    y[40:] = -1
    return X.astype(np.float32), y


@pytest.fixture(scope="session")
def images(digits: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The same as uint8 images of shape (1, 8, 8)."""
    X, y = digits
    return (X * 255).astype(np.uint8).reshape(-1, 1, 8, 8), y


@pytest.fixture
def short_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark's maps of the pool are drawn after a few iterations: which map is no matter."""
    monkeypatch.setattr("skvaal.benchmark.exhibits._ITERATIONS", 3)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was trained on, a PairedPools for each training."""
    from skvaal._vaal.net import VAALNet

    calls = []
    fit = VAALNet.partial_fit
    monkeypatch.setattr(
        VAALNet, "partial_fit", lambda self, *a: calls.append(a[0]) or fit(self, *a)
    )
    return calls


@pytest.fixture
def write_image():
    """Writes an image of one colour; the ending gives the format."""

    Image = pytest.importorskip("PIL.Image")

    def write(path, colour=(0, 0, 0), size=(20, 10), mode="RGB"):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour).save(path)
        return path

    return write


@pytest.fixture
def damage():
    """Cuts a file off in the middle."""

    def cut(path):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        return path

    return cut
