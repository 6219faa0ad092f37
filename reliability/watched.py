"""Work in a process of its own, where it may hang or die without harm to the harness."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from reliability.tally import DIED, HANG, Tally

# Each child is forked from a process that has imported everything and runs a single thread.
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["reliability.preload"])

Report = Callable[..., None]
_TIME_TO_BEGIN = 300.0  # seconds; all is imported for the first child
_TIME_TO_END = 5.0
REMARK = "remark"  # in the place of an outcome: a note that counts nothing
_END, _BROKEN = "end", "the harness broke"


def kill_after(work: Callable[..., None], *args: Any, seconds: float) -> list[Any]:
    """Kill a child some time after it has begun, and return what it told before.

    The child calls ``work(sender, *args)``, which sends something as soon as it begins.
    """
    receiver, sender = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=work, args=(sender, *args))
    child.start()
    sender.close()
    receiver.recv()  # it begins
    time.sleep(seconds)
    child.kill()
    child.join()
    told: list[Any] = []
    try:
        while True:
            told.append(receiver.recv())
    except EOFError:
        return told


def watch(tally: Tally, work: Callable[..., None], *args: Any, patience: float = 120) -> None:
    """Call ``work(report, *args)`` in a child; it calls ``report(outcome, note)`` for each trial.

    Before a trial the work may call ``report(None, note)``, which tells what is tried, in case that
    it hangs for more than `patience` seconds or takes the process with it.
    """
    receiver, sender = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=_work, args=(sender, work, args))
    child.start()
    sender.close()
    trying = "its start"
    try:
        receiver.poll(_TIME_TO_BEGIN)
        while receiver.poll(patience):
            outcome, note = receiver.recv()
            if outcome == _END:
                child.join(_TIME_TO_END)
                return
            if outcome == _BROKEN:
                raise RuntimeError(note)
            if outcome is None:
                trying = note
            elif outcome == REMARK:
                tally.notes.append(note)
            else:
                tally.add(outcome, note)
        tally.add(HANG, f"after {trying}, for {patience:g} s")
    except EOFError:
        child.join()
        code = child.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        tally.add(DIED, f"{how}: {trying}")
    finally:
        child.kill()
        child.join()
        receiver.close()


def _work(sender: Connection, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    def report(outcome: str | None, note: str = "") -> None:
        sender.send((outcome, note))

    try:
        report(None, "its start")
        work(report, *args)
    except BaseException:
        report(_BROKEN, traceback.format_exc())
    report(_END)
