"""A disk that is full: what is there stays, the error says so, and with room it goes on."""

from __future__ import annotations

import random
from pathlib import Path

from reliability.commands import benchmark_command, last_words, play, said
from reliability.samples import choice, fitted
from reliability.small_disk import REASON, SmallDisk, small_disk
from reliability.tally import LOST, NAMED, OTHER, UNNAMED, Fault, Tally
from reliability.undisturbed import Undisturbed

_KIB = 8192
_SAVES_TO_A_BENCHMARK = 10


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Save over a model on a full disk `trials` times, and play a tenth as many benchmarks."""
    rng = random.Random(seed)
    with small_disk(folder, kib=_KIB) as disk:
        if disk is None:
            tally.skip(REASON)
            return
        for trial in range(trials):
            name = ("vaal", "herding")[trial % 2]
            _save(tally, disk, name, rng)
        undisturbed = None
        for _ in range(trials // _SAVES_TO_A_BENCHMARK):
            undisturbed = undisturbed or Undisturbed.play(folder)
            # Bytes, up to those of a whole folder: mostly few, so that the rounds end there.
            left = rng.randrange(1024) * rng.randrange(1024)
            _benchmark(tally, disk, undisturbed, left, folder / "log")


def _save(tally: Tally, disk: SmallDisk, name: str, rng: random.Random) -> None:
    old, new = fitted(name, seed=0), fitted(name, seed=1)
    path = disk.path / "model.safetensors"
    old.save(path)
    before = {*disk.path.iterdir()}
    left = rng.randrange(path.stat().st_size)
    disk.fill(leave=left)
    note = f"save of {name} with {left} bytes left"
    expected, outcome = choice(old), NAMED
    try:
        new.save(path)
        expected, outcome = choice(new), "saved, for there was room"
    except OSError as error:
        fault = None if str(path) in str(error) else (UNNAMED, f"{type(error).__name__}: {error}")
    except Exception as error:
        fault = OTHER, f"{type(error).__name__}: {error}"
    else:
        fault = None
    disk.empty()
    try:
        if choice(type(old).load(path)) != expected:
            fault = LOST, "another model is there"
        elif {*disk.path.iterdir()} != before:
            fault = OTHER, "a temporary file is left"
    except (OSError, ValueError) as error:
        fault = LOST, str(error)
    path.unlink(missing_ok=True)
    tally.judge(fault, outcome, note)


def _benchmark(
    tally: Tally, disk: SmallDisk, undisturbed: Undisturbed, left: int, log: Path
) -> None:
    out = disk.path / "results"
    disk.fill(leave=left)
    note = f"benchmark with {left} bytes left"
    status, _ = play(benchmark_command(out), log)
    fault: Fault | None = None
    if status:
        words = said(log)
        if "Traceback" in words:
            fault = OTHER, last_words(log)
        elif "No space left" not in words:
            fault = UNNAMED, last_words(log)
    tally.judge(fault, NAMED if status else "ended, for there was room", note)
    disk.empty()
    status, _ = play(benchmark_command(out), log)
    fault = undisturbed.compare_finished(out) if status == 0 else (OTHER, last_words(log))
    tally.judge(fault, "went on with room, equal to the undisturbed one", note)
    for path in sorted(out.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
