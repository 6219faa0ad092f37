"""Which bars are shown."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr
from multiprocessing import current_process
from types import SimpleNamespace

import pytest
from skorch.callbacks import EarlyStopping

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal._utils import progress
from skvaal._utils.progress import is_watched, may_show, progress_bar

from ..conftest import QUICK


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def at_once(monkeypatch):
    """Bars of 'auto' do not wait."""
    monkeypatch.setattr(progress, "DELAY", 0.0)


def shown(call, *args):
    """What a call writes to a terminal."""
    with redirect_stderr(Terminal()) as screen:
        call(*args)
    return screen.getvalue()


def count(verbose):
    return list(progress_bar(range(3), verbose=verbose, desc="counting", mininterval=0))


def test_what_was_asked_for_is_shown_anywhere(capsys):
    assert count(1) == count(True) == [0, 1, 2]
    assert "counting" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [0, False, "auto"])
def test_a_file_gets_no_bar_that_nobody_asked_for(verbose, capsys):
    assert count(verbose) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_of_what_takes_long():
    assert shown(count, "auto") == ""
    assert "counting" in shown(count, 1)


@pytest.mark.usefixtures("at_once")
def test_the_bar_comes_after_the_delay():
    assert "counting" in shown(count, "auto")
    assert shown(count, 0) == ""


@pytest.mark.usefixtures("at_once")
def test_a_strategy_shows_its_bars_on_a_terminal(digits):
    def choose(verbose):
        strategy = HerdingQueryStrategy(random_state=0, **verbose).fit(*digits)
        strategy.query(digits[0], 5)

    assert "choosing" in shown(choose, {})
    assert shown(choose, {"verbose": 0}) == ""


@pytest.mark.usefixtures("at_once")
def test_a_training_shows_its_bar_on_a_terminal_and_no_lines(digits, capsys):
    X, y = digits
    params = {
        **QUICK,
        "max_epochs": 3,
        "callbacks": [EarlyStopping("train_loss", patience=1, threshold=1e9)],
    }
    text = shown(VAALQueryStrategy(**params).fit, X, y)
    assert "training VAAL" in text
    assert capsys.readouterr().out == ""


def test_a_notebook_is_watched(monkeypatch):
    assert not is_watched()
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert is_watched()
    # Another program may have imported IPython without running in it.
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not is_watched()


def test_one_of_several_processes_is_not_watched(monkeypatch):
    with redirect_stderr(Terminal()):
        assert may_show("auto")
        monkeypatch.setattr(current_process(), "_name", "LokyProcess-1")
        assert not may_show("auto")
        assert may_show(1)


@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_a_stream_nothing_is_watched(stream):
    closed = io.StringIO()
    closed.close()
    with redirect_stderr(closed if stream else None):
        assert not is_watched()


def test_another_word_is_an_error(digits):
    with pytest.raises(ValueError, match=r"'verbose' parameter of HerdingQueryStrategy.*auto"):
        HerdingQueryStrategy(verbose="always").fit(*digits)


def test_the_place_of_bars_needs_no_torch():
    program = "import sys, skvaal._utils.progress; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
