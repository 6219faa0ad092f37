"""Two benchmarks on one folder: one works, and the other says that the folder is in use."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

from reliability.commands import benchmark_command, last_words, play, said
from reliability.tally import OTHER, Fault, Tally
from reliability.undisturbed import Undisturbed


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Start a second process some moments after the first, `trials` times."""
    rng = random.Random(seed)
    undisturbed = Undisturbed.play(folder)
    for trial in range(trials):
        out = folder / str(trial)
        logs = [folder / "first.log", folder / "second.log"]
        delay = rng.uniform(0, undisturbed.seconds / 3)
        statuses = _play_both(out, logs, delay)
        note = f"the second {delay:.2f} s after the first"
        for status, log in zip(statuses, logs, strict=True):
            tally.judge(_fault(status, log), "refused" if status else "played", note)
        fault = (OTHER, f"exit statuses {statuses}") if all(statuses) else None
        fault = fault or undisturbed.compare_finished(out)
        tally.judge(fault, "the folder equals the undisturbed one", note)


def _play_both(out: Path, logs: list[Path], delay: float) -> list[int]:
    statuses = [-1, -1]

    def play_one(which: int) -> None:
        statuses[which] = play(benchmark_command(out), logs[which])[0]

    threads = [threading.Thread(target=play_one, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
        time.sleep(delay)
    for thread in threads:
        thread.join()
    return statuses


def _fault(status: int, log: Path) -> Fault | None:
    is_refused = status == 1 and "another comparison is at work" in said(log)
    is_fine = status == 0 or is_refused
    return None if is_fine else (OTHER, f"exit status {status}: {last_words(log)}")
