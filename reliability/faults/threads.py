"""Four threads on one strategy, and four that fit at a time: the choices of one thread alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from reliability.limits import limit_child
from reliability.samples import choice, fitted
from reliability.tally import OTHER, RIGHT, WRONG, Tally
from reliability.watched import Report, watch

_N_THREADS = 4


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Query and fit in four threads, `trials` times each."""
    for name in ("herding", "vaal"):
        watch(tally, ask_in_threads, name, trials, seed)
        watch(tally, fit_in_threads, name, trials, seed)


def ask_in_threads(report: Report, name: str, trials: int, seed: int) -> None:
    """Each thread asks the same strategy for a number of samples of its own."""
    limit_child()
    strategy = fitted(name, seed)
    numbers = [3 + i for i in range(_N_THREADS)]
    expected = [choice(strategy, n) for n in numbers]
    with ThreadPoolExecutor(_N_THREADS) as threads:
        for trial in range(trials):
            futures = [threads.submit(choice, strategy, n) for n in numbers]
            _report(report, f"query of {name} {trial}", futures, expected)


def fit_in_threads(report: Report, name: str, trials: int, seed: int) -> None:
    """Each thread fits a strategy of its own, while torch's global generator is drawn from."""
    limit_child()
    seeds = [seed + i for i in range(_N_THREADS)]
    expected = [choice(fitted(name, each)) for each in seeds]
    with ThreadPoolExecutor(_N_THREADS + 1) as threads:
        for trial in range(trials):
            others = threads.submit(_draw)
            futures = [threads.submit(lambda each: choice(fitted(name, each)), s) for s in seeds]
            _report(report, f"fit of {name} {trial}", futures, expected)
            others.result()


def _draw() -> None:
    for _ in range(200):
        torch.rand(10)


def _report(report: Report, note: str, futures: list, expected: list[bytes]) -> None:
    report(None, note)
    for future, right in zip(futures, expected, strict=True):
        try:
            report(RIGHT if future.result() == right else WRONG, note)
        except Exception as error:
            report(OTHER, f"{note}: {type(error).__name__}: {error}")
