"""kill -9 at random moments of `save`: the file is the old model, or the new one."""

from __future__ import annotations

import random
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from reliability.samples import choice, fitted
from reliability.tally import LOST, Fault, Tally
from reliability.watched import kill_after

_LONGEST = 0.2  # seconds of saving


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Kill `trials` processes that save three models in turn to one file."""
    rng = random.Random(seed)
    for trial in range(trials):
        name = ("vaal", "herding")[trial % 2]
        models = [fitted(name, seed=one) for one in range(3)]
        own = folder / f"{trial}"
        own.mkdir()
        path = own / "model.safetensors"
        seconds = rng.uniform(0, _LONGEST)
        told = kill_after(_save_in_turn, models, path, seconds=seconds)
        n_saved = told[-1] if told else 0  # saves that had ended before
        fault = _compare(models, path, n_saved)
        tally.judge(fault, "the old model or the new one", f"{name}, killed at {seconds:.4f} s")
        if len([*own.iterdir()]) > path.exists():
            tally.add("a temporary file is left")


def _save_in_turn(sender: Connection, models: list[Any], path: Path) -> None:
    n_saved = 0
    sender.send(n_saved)
    while True:
        models[n_saved % len(models)].save(path)
        n_saved += 1
        sender.send(n_saved)


def _compare(models: list[Any], path: Path, n_saved: int) -> Fault | None:
    if not path.exists():
        return (LOST, "there is no file") if n_saved else None
    try:
        found = choice(type(models[0]).load(path))
    except ValueError as error:
        return LOST, str(error)
    old, new = (choice(models[one % len(models)]) for one in (n_saved - 1, n_saved))
    is_new, is_old = found == new, found == old and n_saved > 0
    return None if is_new or is_old else (LOST, "it is neither the old model nor the new one")
