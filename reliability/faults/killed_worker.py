"""kill -9 of a worker, of a dask cluster or of a pool of processes, while a benchmark plays."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reliability.commands import (
    LONGEST,
    benchmark_command,
    last_words,
    play,
    said,
    started,
    workers_of,
)
from reliability.tally import OTHER, Fault, Tally
from reliability.undisturbed import Undisturbed

Workers = Callable[[int], list[int]]  # from the id of the benchmark's process


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Kill a worker of a cluster, then one of a pool of processes, and so on."""
    if find_spec("distributed") is None or not Path("/proc/self/task").exists():
        tally.skip("it needs Linux and the package distributed")
        return
    rng = random.Random(seed)
    undisturbed = Undisturbed.play(folder)
    for trial in range(trials):
        make_workers = (_cluster, _processes)[trial % 2]
        seconds = rng.uniform(0, undisturbed.seconds)
        note = f"{make_workers.__name__[1:]}, killed after {seconds:.2f} s"
        out, log = folder / str(trial), folder / "log"
        with make_workers(folder) as (options, workers):
            status = _play(benchmark_command(out, *options), log, workers, seconds)
        tally.judge(_fault(status, log), "named error" if status else "played on", note)
        if status:
            play(benchmark_command(out), log)
        fault = undisturbed.compare_finished(out)
        tally.judge(fault, "the folder equals the undisturbed one", note)


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[list[str], Workers]]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(folder)
    ) as cluster:

        def workers(_: int) -> list[int]:
            nannies: list[Any] = [*cluster.workers.values()]
            return [nanny.pid for nanny in nannies]

        yield ["--dask", cluster.scheduler_address], workers


@contextmanager
def _processes(folder: Path) -> Iterator[tuple[list[str], Workers]]:
    yield ["--jobs", "2"], workers_of


def _play(command: list[str], log: Path, workers: Workers, seconds: float) -> int:
    with started(command, log) as process:
        time.sleep(seconds)
        while process.poll() is None:
            if found := workers(process.pid):
                os.kill(found[-1], signal.SIGKILL)
                break
            time.sleep(0.01)
        return process.wait(LONGEST)


def _fault(status: int, log: Path) -> Fault | None:
    is_named = status == 0 or (status == 1 and "Traceback" not in said(log))
    return None if is_named else (OTHER, f"exit status {status}: {last_words(log)}")
