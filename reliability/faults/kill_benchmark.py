"""kill -9 at random moments of a benchmark, which then goes on in the same folder."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from reliability.commands import LONGEST, benchmark_command, count_told, last_words, play
from reliability.tally import LOST, OTHER, Fault, Tally
from reliability.undisturbed import Undisturbed


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Kill `trials` processes; a new folder begins whenever one is finished."""
    rng = random.Random(seed)
    undisturbed = Undisturbed.play(folder)
    out, log = folder / "0", folder / "log"
    complete: set[tuple[Any, ...]] = set()
    n_killed = 0
    while True:
        jobs = rng.choice(["1", "2"])
        seconds = rng.uniform(0, undisturbed.seconds) if n_killed < trials else LONGEST
        status, _ = play(benchmark_command(out, "--jobs", jobs), log, seconds)
        note = f"start with {jobs} jobs after {n_killed} kills"
        if status == -9 and n_killed < trials:
            n_killed += 1
            fault = _compare(undisturbed, out, complete, count_told(log))
            tally.judge(fault, "all that was told is there", f"{note}, killed at {seconds:.2f} s")
            complete = undisturbed.complete_runs(out)
            continue
        fault = undisturbed.compare_finished(out)
        if status:
            fault = OTHER, f"exit status {status}: {last_words(log)}"
        tally.judge(fault, "went on to its end, equal to the undisturbed one", note)
        if n_killed == trials:
            return
        out, complete = folder / str(n_killed), set()


def _compare(
    undisturbed: Undisturbed, out: Path, complete: set[tuple[Any, ...]], n_told: int
) -> Fault | None:
    """What a kill changed for the worse; `complete` are the runs that were there before."""
    if (fault := undisturbed.compare(out)) is not None:
        return fault
    if lost := complete - undisturbed.complete_runs(out):
        return LOST, f"{min(lost)} was complete"
    n_kept = undisturbed.count(out)
    return (LOST, f"{n_told} rounds were told, {n_kept} are there") if n_kept < n_told else None
