"""Ctrl-C at random moments of a fit, under three kinds of handler.

The interrupt reaches the caller and leaves an unfitted strategy, or the fit is complete.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

from reliability.limits import limit_child
from reliability.samples import choice, strategies, tiny
from reliability.tally import HALF, OTHER, Tally
from reliability.watched import Report, watch

HANDLERS = ("default", "function", "asyncio")
_EPOCHS = 30


class OwnError(Exception):
    """What a handler of the user's may raise."""


class Busy(Callback):
    """A callback in which an interrupt may land; it stops nothing."""

    def on_batch_end(self, net: Any, **kwargs: Any) -> None:
        """Take some time in Python."""
        sum(range(2000))


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Interrupt `trials` fits under each handler."""
    for handler in HANDLERS:
        watch(tally, interrupt_fits, handler, trials, seed)


def interrupt_fits(report: Report, handler: str, trials: int, seed: int) -> None:
    """Fit, interrupt, and look at what is left; all in the main thread of a child."""
    limit_child()
    rng = random.Random(seed)
    expected, longest = _undisturbed()
    for trial in range(trials):
        seconds = rng.uniform(0, longest)
        note = f"{handler}, at {seconds:.4f} of {longest:.4f} s"
        report(None, note)
        outcome, what = _interrupt(handler, seconds, expected, has_callback=bool(trial % 2))
        report(outcome, f"{note}: {what}")


def _strategy(*, has_callback: bool) -> Any:
    vaal = strategies()["vaal"]
    return vaal.set_params(max_epochs=_EPOCHS, callbacks=[Busy()] if has_callback else None)


def _undisturbed() -> tuple[bytes, float]:
    seconds = []
    for _ in range(3):  # the first one warms up
        began = time.perf_counter()
        strategy = _strategy(has_callback=True).fit(*tiny())
        seconds.append(time.perf_counter() - began)
    return choice(strategy), min(seconds)


def _interrupt(
    handler: str, seconds: float, expected: bytes, *, has_callback: bool
) -> tuple[str, str]:
    strategy = _strategy(has_callback=has_callback)
    has_ended, is_pressed = threading.Event(), threading.Event()
    n_signals = 2 if handler == "asyncio" else 1  # the first one cancels the task, no more
    presses = threading.Thread(target=_press, args=(seconds, n_signals, has_ended, is_pressed))

    def fit() -> None:
        presses.start()
        strategy.fit(*tiny())

    is_interrupted = False
    try:
        try:
            _CALLERS[handler](fit)
        finally:
            has_ended.set()
            presses.join()
    except (KeyboardInterrupt, OwnError):
        is_interrupted = True
    if not is_pressed.is_set():
        return "the fit had ended before", ""
    return _judge(strategy, expected, is_interrupted=is_interrupted)


def _press(
    seconds: float, n_signals: int, has_ended: threading.Event, is_pressed: threading.Event
) -> None:
    for _ in range(n_signals):
        if not has_ended.wait(seconds):
            is_pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        seconds = 0.001


def _judge(strategy: Any, expected: bytes, *, is_interrupted: bool) -> tuple[str, str]:
    try:
        chosen = choice(strategy)
    except NotFittedError:
        if not is_interrupted:
            return OTHER, "nothing reached the caller, and the strategy is not fitted"
        fitted = [name for name in vars(strategy) if name.endswith("_")]
        if fitted:
            return HALF, f"not fitted, but there is {fitted[0]}"
        if choice(strategy.fit(*tiny())) != expected:
            return HALF, "the next fit differs"
        return "the caller was interrupted, nothing is fitted", ""
    if chosen != expected:
        return HALF, "fitted, but it chooses otherwise"
    if is_interrupted:
        return "the caller was interrupted, the fit is complete", ""
    return "the fit is complete, the caller knows of no interrupt", ""


@contextmanager
def _handler(function: Any) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, function)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _raise(number: int, frame: Any) -> None:
    raise OwnError


def _by_default(fit: Callable[[], None]) -> None:
    with _handler(signal.default_int_handler):
        fit()


def _by_function(fit: Callable[[], None]) -> None:
    with _handler(_raise):
        fit()


def _by_asyncio(fit: Callable[[], None]) -> None:
    async def work() -> None:
        fit()

    with _handler(signal.default_int_handler):  # asyncio replaces no other
        asyncio.run(work())


_CALLERS = {"default": _by_default, "function": _by_function, "asyncio": _by_asyncio}
