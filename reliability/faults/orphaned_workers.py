"""Worker processes that outlive a benchmark: what they write late changes no finished folder."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from reliability.commands import LONGEST, benchmark_command, last_words, play, started, workers_of
from reliability.tally import OTHER, Fault, Tally
from reliability.undisturbed import Undisturbed

_LONGEST = 0.2  # seconds of a run, about
_WATCHED = 10.0  # seconds, after which the workers have ended their runs


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Kill the benchmark, hold its workers up until the folder is finished, and let them go on."""
    if not Path("/proc/self/task").exists():
        tally.skip("it needs Linux's /proc")
        return
    rng = random.Random(seed)
    undisturbed = Undisturbed.play(folder)
    for trial in range(trials):
        out, log = folder / str(trial), folder / "log"
        seconds = rng.uniform(0, _LONGEST)
        note = f"killed {seconds:.2f} s after the first round"
        workers = _kill_amid_work(benchmark_command(out, "--jobs", "2"), log, seconds, out)
        try:
            status, _ = play(benchmark_command(out), log)
            fault: Fault | None = (OTHER, last_words(log)) if status else None
            _send(workers, signal.SIGCONT)
            deadline = time.monotonic() + _WATCHED
            while fault is None and time.monotonic() < deadline:
                fault = undisturbed.compare_finished(out)
                time.sleep(0.1)
        finally:
            _send(workers, signal.SIGKILL)
        tally.judge(fault, "the folder stays equal to the undisturbed one", note)


def _kill_amid_work(command: list[str], log: Path, seconds: float, out: Path) -> list[int]:
    """Kill a benchmark once its workers play, and stop them."""
    with started(command, log) as process:
        deadline = time.monotonic() + LONGEST
        while not any((out / "rounds").glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(seconds)
        workers = workers_of(process.pid) if process.poll() is None else []
        process.kill()
        _send(workers, signal.SIGSTOP)
    return workers


def _send(processes: list[int], number: int) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:  # it has ended
            continue
