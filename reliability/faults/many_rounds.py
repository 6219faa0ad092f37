"""Many rounds in one process: memory, open files and threads stay as they are."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np

from reliability.limits import limit_child
from reliability.samples import QUICK, is_right, tiny
from reliability.tally import GROWN, RIGHT, WRONG, Tally
from reliability.watched import Report, watch
from skvaal import HerdingQueryStrategy, VAALQueryStrategy

_PROCESS = Path("/proc/self")
_MEMORY_MIB = 8.0  # that the second half may take beyond the first
_WARM_UP = 0.2  # share of the rounds


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Play so many rounds with each strategy."""
    if not (_PROCESS / "fd").exists():
        tally.skip("it needs Linux's /proc")
        return
    for name in ("herding", "vaal"):
        watch(tally, play_rounds, name, trials, seed, folder / f"{name}.safetensors")


def play_rounds(report: Report, name: str, trials: int, seed: int, path: Path) -> None:
    """Fit, query, explain, save, load: again and again."""
    limit_child()
    X, _ = tiny(seed)
    rng = np.random.default_rng(seed)
    after_warm_up = {}
    for round_ in range(trials):
        report(None, f"{name}, round {round_}")
        outcome = RIGHT if _play_round(name, X, rng, round_, path) else WRONG
        report(outcome, f"{name}, round {round_}")
        if round_ == int(_WARM_UP * trials):
            after_warm_up = _measure()
    at_end = _measure()
    for what, allowed in {"memory_mib": _MEMORY_MIB, "files": 0, "threads": 0}.items():
        grown = at_end[what] - after_warm_up[what]
        note = f"{name}: {what} from {after_warm_up[what]:g} to {at_end[what]:g}"
        report(GROWN if grown > allowed else f"{what} flat", note)


def _play_round(name: str, X: Any, rng: np.random.Generator, round_: int, path: Path) -> bool:
    y = np.where(rng.permutation(len(X)) < 10 + round_ % 20, round_ % 2, -1)
    pool = np.flatnonzero(y == -1)
    proba = rng.dirichlet(np.ones(3), len(pool))
    made: Any = (
        HerdingQueryStrategy(random_state=round_)
        if name == "herding"
        else VAALQueryStrategy(**QUICK, random_state=round_)
    )
    made.fit(X, y).save(path)
    chosen = type(made).load(path).query(X[pool], n=5, proba=proba)
    return is_right(chosen, 5, len(pool)) and bool(
        np.array_equal(chosen, made.query(X[pool], n=5, proba=proba))
    )


def _measure() -> dict[str, float]:
    gc.collect()
    pages = int((_PROCESS / "statm").read_text().split()[1])
    return {
        "memory_mib": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
        "files": len(list((_PROCESS / "fd").iterdir())),
        "threads": len(list((_PROCESS / "task").iterdir())),
    }
