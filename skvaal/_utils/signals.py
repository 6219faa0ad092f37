"""Errors that the handlers of signals raise, in the midst of other code: Ctrl-C above all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_MARK = "_raised_by_signal"


@contextmanager
def watched_signals() -> Iterator[None]:
    """Let :func:`raised_by_signal` know what handlers of signals raise inside the block.

    Ctrl-C and a callback that stops training raise the same KeyboardInterrupt, and a handler may be
    written in Python: asyncio's is. So neither the exception nor its traceback tells them apart.
    Who raised it does: the present handlers are wrapped for as long as the block runs. They run in
    the main thread only. A wrapper that is left behind would do what its handler does.
    """
    wrappers: dict[signal.Signals, tuple[Any, Any]] = {}
    is_main = threading.current_thread() is threading.main_thread()
    try:
        for number in signal.valid_signals() if is_main else ():
            handler = signal.getsignal(number)
            if callable(handler):  # not the system's own, nor None, of a handler in C
                wrappers[number] = handler, _marking(handler)
                signal.signal(number, wrappers[number][1])
        yield
    finally:
        for number, (handler, wrapper) in wrappers.items():
            if signal.getsignal(number) is wrapper:  # else somebody has set another since
                signal.signal(number, handler)


@contextmanager
def held_signals() -> Iterator[None]:
    """Let handlers written in Python run after the block, and not in the midst of it.

    For work that must not be left half done, and cannot be undone: such as an import of modules
    that import each other. They run in the main thread only, and so does this.
    """
    handlers: dict[signal.Signals, Any] = {}
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()

    def hold(number: int, frame: Any) -> None:
        came.append(number)

    try:
        for number in signal.valid_signals() if is_main else ():
            handler = signal.getsignal(number)
            if callable(handler):
                handlers[number] = handler
                signal.signal(number, hold)
        yield
    finally:
        for number, handler in handlers.items():
            if signal.getsignal(number) is hold:
                signal.signal(number, handler)
        for held in came:
            signal.raise_signal(held)


def raised_by_signal(error: BaseException | None) -> bool:
    """Whether a watched handler raised an error, or the one during whose handling it was raised."""
    while error is not None:
        if hasattr(error, _MARK):
            return True
        error = error.__context__
    return False


def _marking(handler: Callable[[int, Any], Any]) -> Callable[[int, Any], Any]:
    def handle(number: int, frame: Any) -> Any:
        try:
            return handler(number, frame)
        except BaseException as error:
            setattr(error, _MARK, number)
            raise

    return handle
