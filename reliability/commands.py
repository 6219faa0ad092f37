"""The command ``skvaal`` as a process of its own, on data so small that a run takes seconds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.results import COLUMNS

_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
_SIZES = "--data digits --estimator logistic_regression --seeds 3 --rounds 3 --batch 4 --initial 20"
_STRATEGIES = "--strategies random,margin,herding,vaal --vaal max_epochs=1 --pool-size 80"
_KEY = ("data", "estimator", "protocol", "strategy", "seed", "round")
# What two plays of the same run need not share.
_MEASURED = ("seconds", "mib")
LONGEST = 180.0  # seconds that a command may take

Records = dict[tuple[Any, ...], str]


def benchmark_command(out: Path, *options: str) -> list[str]:
    """Arguments of a benchmark that takes a few seconds."""
    jobs = [] if "--jobs" in options or "--dask" in options else ["--jobs", "1"]
    fixed = [*_SIZES.split(), *_STRATEGIES.split(), *jobs]
    return skvaal_command("benchmark", *fixed, *options, "--out", str(out))


def skvaal_command(*arguments: str) -> list[str]:
    """The command of this environment."""
    script = Path(sys.executable).with_name("skvaal")
    return [str(script), *arguments]


@contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command that writes all it says to a file, and kill it at the end.

    The process has imported everything and said something, or it has ended already.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | _ENVIRONMENT,
        )
    try:
        deadline = time.monotonic() + LONGEST
        while process.poll() is None and not log.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.005)
        yield process
    finally:
        process.kill()
        process.wait()


def play(command: list[str], log: Path, seconds: float = LONGEST) -> tuple[int, float]:
    """Run a command, and kill it some seconds after it has begun to work, if it has not ended.

    Returns its exit status, -9 where it was killed, and the seconds that it worked.
    """
    with started(command, log) as process:
        began = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        worked = time.monotonic() - began
    return process.returncode, worked


def workers_of(process: int) -> list[int]:
    """Processes in which joblib plays the runs of a benchmark, on Linux."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return [child for child, command in commands.items() if "loky.backend.popen" in command]


def said(log: Path) -> str:
    """What a command has said so far."""
    return log.read_text(encoding="utf-8", errors="replace")


def last_words(log: Path) -> str:
    """The last line that a command has said."""
    lines = [line.strip(" │╭╰─╯") for line in re.split(r"[\r\n]", said(log))]
    return next((line[:300] for line in reversed(lines) if line), "")


def count_told(log: Path) -> int:
    """Rounds that the bar of a benchmark says are done."""
    done = re.findall(r"(\d+)/\d+ \[", said(log))
    return int(done[-1]) if done else 0


def records_of(folder: Path) -> tuple[Records, int]:
    """Records of a folder by run and round, without times; and how many are there twice.

    A folder whose process was killed before it wrote anything holds none.
    """
    if not (folder / "config.json").exists():
        return {}, 0
    frame = ResultsFolder(folder).read().records
    compared = [name for name in COLUMNS if not name.endswith(_MEASURED)]
    records: Records = {}
    for row in frame[compared].to_dict("records"):
        key = tuple(row[name] for name in _KEY)
        records[key] = json.dumps(row, default=str, sort_keys=True)
    return records, len(frame) - len(records)
