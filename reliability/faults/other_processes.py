"""fork, spawn and loky: a child chooses as its parent does, and a fork amid a fit does not hang."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import torch
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from reliability.limits import limit_child
from reliability.samples import choice, fitted
from reliability.tally import HANG, RIGHT, WRONG, Tally
from reliability.watched import Report, watch

_PATIENCE = 60.0  # seconds for a fit of milliseconds


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Choose in `trials` children of each kind, and fork as often while another thread fits."""
    for name in ("herding", "vaal"):
        for how in ("fork", "spawn", "loky"):
            watch(tally, choose_in_children, how, name, trials, seed, patience=5 * _PATIENCE)
        if hasattr(os, "fork"):
            watch(tally, fork_amid_fit, name, trials, seed, patience=5 * _PATIENCE)


def choose_in_children(report: Report, how: str, name: str, trials: int, seed: int) -> None:
    """Hand a fitted strategy to children, which fit one of their own, too."""
    limit_child()
    strategy = fitted(name, seed)
    expected = choice(strategy)
    report(None, f"{how}, {name}")
    for chosen in _CHILDREN[how](strategy, name, seed, trials):
        report(RIGHT if chosen == (expected, expected) else WRONG, f"{how}, {name}")


def choose_both(strategy: Any, name: str, seed: int, n_threads: int) -> tuple[bytes, bytes]:
    """What the strategy of the parent chooses in a child, and what one fitted there does."""
    torch.set_num_threads(n_threads)  # as many as the parent's, or the last bits may differ
    return choice(strategy), choice(fitted(name, seed))


def _by_multiprocessing(method: str) -> Callable[..., list[tuple[bytes, bytes]]]:
    def ask(strategy: Any, name: str, seed: int, trials: int) -> list[tuple[bytes, bytes]]:
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            ask_one = partial(choose_both, strategy, name, seed, torch.get_num_threads())
            asked = [pool.submit(ask_one) for _ in range(trials)]
            return [one.result() for one in asked]

    return ask


def _by_loky(strategy: Any, name: str, seed: int, trials: int) -> list[tuple[bytes, bytes]]:
    n_threads = torch.get_num_threads()
    calls = (delayed(choose_both)(strategy, name, seed, n_threads) for _ in range(trials))
    try:
        return list(Parallel(n_jobs=2)(calls))
    finally:
        get_reusable_executor().shutdown(kill_workers=True)


_CHILDREN = {
    "fork": _by_multiprocessing("fork"),
    "spawn": _by_multiprocessing("spawn"),
    "loky": _by_loky,
}


def fork_amid_fit(report: Report, name: str, trials: int, seed: int) -> None:
    """Fork while another thread fits without end; each child fits and chooses."""
    limit_child()
    expected = choice(fitted(name, seed))
    must_end = threading.Event()

    def fit_on() -> None:
        while not must_end.is_set():
            fitted("vaal", seed + 1)

    thread = threading.Thread(target=fit_on)
    thread.start()
    context = multiprocessing.get_context("fork")
    try:
        for trial in range(trials):
            note = f"fork amid a fit, {name}, {trial}"
            report(None, note)
            receiver, sender = context.Pipe(duplex=False)
            child = context.Process(target=_fit_and_send, args=(sender, name, seed))
            child.start()
            has_answered = receiver.poll(_PATIENCE)
            is_right = has_answered and receiver.recv() == expected
            report((RIGHT if is_right else WRONG) if has_answered else HANG, note)
            child.kill()
            child.join()
            if not has_answered:
                break
    finally:
        must_end.set()
        thread.join()


def _fit_and_send(sender: Any, name: str, seed: int) -> None:
    sender.send(choice(fitted(name, seed)))
