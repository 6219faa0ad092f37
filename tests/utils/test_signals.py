"""Signals that come amid work that must not be left half done."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from skvaal._utils.signals import held_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")


@pytest.fixture(autouse=True)
def python_handler():
    """The handler that a shell's job may not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end_of_the_block():
    done = []

    def work():
        with held_signals():
            signal.raise_signal(signal.SIGINT)
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_a_signal_nothing_happens():
    with held_signals():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_holds_nothing():
    found = []

    def hold():
        with held_signals():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


INTERRUPTED_IMPORT = """
import signal, sys

class Interrupt:
    "Presses Ctrl-C when torch imports what it needs for an optimizer of its own."
    def find_spec(self, name, path=None, target=None):
        if name == "sympy.polys" and self in sys.meta_path:
            sys.meta_path.remove(self)
            print("pressed")
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np, torch
from skvaal import VAALQueryStrategy
sys.meta_path.insert(0, Interrupt())
X = np.random.RandomState(0).randn(40, 4)
strategy = VAALQueryStrategy(max_epochs=1, optimizer_vae=torch.optim.RMSprop, random_state=0)
try:
    strategy.fit_pools(X[:20], X[20:])
except KeyboardInterrupt:
    print("interrupted", hasattr(strategy, "net_"))
strategy.fit_pools(X[:20], X[20:])
print(len(strategy.query(X[20:], 3)))
"""


@pytest.mark.slow
def test_an_interrupt_amid_torchs_own_imports_breaks_nothing():
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True, timeout=300
    )
    assert said.stdout.split() == ["pressed", "interrupted", "False", "3"], said.stderr
