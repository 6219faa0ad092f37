"""A process that has imported what the tests need, except skvaal, and forks for each mutant.

It reads a line of JSON, ``[arguments of pytest, seconds, log]``, and runs pytest in a child, which
imports skvaal and the tests from the working directory. It prints the exit status, minus SIGALRM
where the child takes longer. Of each file, the tests that take least time come first.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

_NEEDED = (
    "_pytest.doctest",
    "dask.array",
    "jinja2",
    "matplotlib.pyplot",
    "modAL.models",
    "pandas",
    "polars",
    "safetensors.torch",
    "scipy.stats",
    "skactiveml.pool",
    "skactiveml.classifier",
    "skorch.callbacks",
    "sklearn.calibration",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.feature_extraction.text",
    "sklearn.feature_selection",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.svm",
    "sklearn.utils.estimator_checks",
    "sympy",
    "torch",
    "torch._dynamo",
    "torch.distributions",
    "tqdm.auto",
)
# Seconds of processor time that a test may take.
LONGEST = 0.3
_MOST_MEMORY = 12 << 30  # bytes of addresses; torch alone takes some


def main() -> None:
    """Answer each line of the standard input."""
    sys.path[0] = os.getcwd()
    for name in _NEEDED:
        with suppress(ImportError):  # the tests that need it skip themselves
            import_module(name)
    import_module("torch").set_num_threads(1)
    gc.collect()
    gc.freeze()  # or each child would copy what it looks through
    for line in sys.stdin:
        print(_run(*json.loads(line)), flush=True)


class _FastestFirst:
    """Plugin of pytest that knows how long tests took the first time; the longest are left out."""

    def __init__(self) -> None:
        self._path = Path("seconds.json")
        self._seconds = json.loads(self._path.read_text()) if self._path.exists() else {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        files = list(dict.fromkeys(item.path for item in items))
        kept = [item for item in items if self._of(item) <= LONGEST]
        items[:] = sorted(kept, key=lambda item: (files.index(item.path), self._of(item)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[Any]:
        began = time.process_time()
        outcome = yield
        self._seconds.setdefault(item.nodeid, time.process_time() - began)
        return outcome

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == 0:
            self._path.write_text(json.dumps(self._seconds))

    def _of(self, item: Any) -> float:
        return self._seconds.get(item.nodeid, 0.0)


def _run(arguments: list[str], seconds: float, log: str) -> int:
    """Exit status of pytest in a child; minus the signal, if one ended it."""
    child = os.fork()
    if child == 0:
        os.setsid()
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        ended = int(pytest.main(arguments, plugins=[_FastestFirst()]))
        sys.stdout.flush()
        os._exit(ended)
    status = _wait(child, seconds)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # and what the tests had started
    return -signal.SIGALRM if status is None else status


def _wait(child: int, seconds: float) -> int | None:
    """Exit status of a child; None if it takes longer, or nobody waits: then it is ended."""
    deadline, parent = time.monotonic() + seconds, os.getppid()
    while time.monotonic() < deadline and os.getppid() == parent:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
