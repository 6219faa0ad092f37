"""Run the tests on mutants, and count which of them no test finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path
from time import perf_counter

from reliability.mutants.groups import Group, Mutant
from reliability.tally import TOO_FEW, Tally

ROOT = Path(__file__).parents[2]
# What the tests need of the repository.
_COPIED = ("skvaal", "tests", "conftest.py", "pyproject.toml")
_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not gpu"]
_ENVIRONMENT = {
    "CI": "true",  # hypothesis draws the same examples each time, and sets no limit of time
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONHASHSEED": "0",
}
# Least seconds of a stage of tests, and how much longer than without a fault it may take.
_PATIENCE, _TIMES_LONGER = 60.0, 5
_TIME_FOR_BASELINE = 600.0
_times = count(1)  # seconds since 1970
# Share of the mutants that the tests must find.
GOAL = 0.85

SURVIVED = "survived"
BY_TEST, BY_IMPORT = "killed by a test", "killed at import"
BY_TIME, BY_CRASH = "killed by the time limit", "killed by a crash"


def run(group: Group, tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Mutate a copy of the package, and tell of each mutant what became of it."""
    from reliability.mutants.mutations import draw_mutants  # only this needs mutmut

    for name in _COPIED:
        _copy(ROOT / name, folder / name)
    tally.tool = f"mutmut {version('mutmut')}"
    mutants = draw_mutants(folder, group.paths, trials, seed)
    with _Tests(folder) as tests:
        for mutant in mutants:
            outcome = tests.judge(mutant, group.stages(mutant.path))
            tally.add(outcome)
            if outcome == SURVIVED:
                tally.details.append({"at": f"{mutant.path}:{mutant.line}", "diff": mutant.diff})
                print(f"  {mutant.path}:{mutant.line}\n{mutant.diff}", flush=True)
    share = 1 - tally.counts[SURVIVED] / len(mutants)
    tally.summary = f"{share:.1%} of {len(mutants)} killed"
    if share < GOAL:
        tally.add(TOO_FEW, f"{tally.summary}, less than {GOAL:.0%}")


class _Tests:
    """The tests in a copy of the repository, and how long they take where nothing is wrong."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._limits: dict[tuple[str, ...], float] = {}

    def __enter__(self) -> _Tests:
        script = Path(__file__).with_name("warm.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | _ENVIRONMENT,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def judge(self, mutant: Mutant, stages: Sequence[tuple[str, ...]]) -> str:
        """What becomes of a mutant in stages of tests, those of its own module first."""
        for stage in stages:
            limit = self._limit(stage)
            with _mutated(self._root / mutant.path, mutant.source):
                status = self._run(stage, limit)
            if status:
                return _outcome(status)
        return SURVIVED

    def _limit(self, stage: tuple[str, ...]) -> float:
        """Seconds that a stage may take, by those that it takes without a fault."""
        if stage not in self._limits:
            began = perf_counter()
            if status := self._run(stage, _TIME_FOR_BASELINE):
                log = self._log.read_text(encoding="utf-8")[-3000:]
                raise RuntimeError(f"without a mutant, {stage} ends with {status}: {log}")
            seconds = perf_counter() - began
            print(f"  all tests passed in {seconds:.1f} s: {' '.join(stage)}", flush=True)
            self._limits[stage] = max(_PATIENCE, _TIMES_LONGER * seconds)
        return self._limits[stage]

    @property
    def _log(self) -> Path:
        return self._root / "pytest.log"

    def _run(self, stage: tuple[str, ...], limit: float) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([[*_OPTIONS, *stage], limit, str(self._log)]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _outcome(status: int) -> str:
    if status == -signal.SIGALRM:
        return BY_TIME
    if status < 0:
        return BY_CRASH
    return BY_TEST if status == 1 else BY_IMPORT


@contextmanager
def _mutated(path: Path, source: str) -> Iterator[None]:
    """Put a mutant in the place of its module, in the copy."""
    right = path.read_bytes()
    stat = path.stat()
    path.write_text(source, encoding="utf-8")
    # A time of its own, or Python would take the bytecode of a mutant of the same size.
    os.utime(path, (next(_times), next(_times)))
    try:
        yield
    finally:
        path.write_bytes(right)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)
