"""All faults and all kinds of fuzzed input, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reliability.faults import (
    ctrl_c,
    damaged_files,
    full_disk,
    kill_benchmark,
    kill_round,
    kill_save,
    killed_worker,
    many_rounds,
    orphaned_workers,
    other_processes,
    read_only,
    threads,
    two_processes,
)
from reliability.fuzz import file_bytes, labels, parameters, probabilities, samples
from reliability.mutants import survival
from reliability.mutants.groups import GROUPS
from reliability.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is done, and how often: by default, and where there is time."""

    about: str
    run: Callable[[Tally, int, int, Path], None]
    trials: int
    full: int


FAULTS = {
    "kill-benchmark": Kind(
        about="kill -9 at random moments of `skvaal benchmark`, which then goes on",
        run=kill_benchmark.run,
        trials=20,
        full=50,
    ),
    "kill-save": Kind(
        about="kill -9 at random moments of `save` over another model",
        run=kill_save.run,
        trials=50,
        full=200,
    ),
    "kill-round": Kind(
        about="kill -9 at random moments of asking and telling in a project",
        run=kill_round.run,
        trials=50,
        full=500,
    ),
    "full-disk": Kind(
        about="`save` and `skvaal benchmark` on a disk that is full, or fills up",
        run=full_disk.run,
        trials=30,
        full=100,
    ),
    "read-only": Kind(
        about="`save`, `load`, `skvaal benchmark` and `skvaal report` in a read-only folder",
        run=read_only.run,
        trials=1,
        full=1,
    ),
    "two-processes": Kind(
        about="two `skvaal benchmark` at a time in one folder",
        run=two_processes.run,
        trials=3,
        full=20,
    ),
    "killed-worker": Kind(
        about="kill -9 of a worker, of a dask cluster and of a pool of processes in turn",
        run=killed_worker.run,
        trials=4,
        full=20,
    ),
    "orphaned-workers": Kind(
        about="workers outlive a killed benchmark, and write after the folder is finished",
        run=orphaned_workers.run,
        trials=2,
        full=20,
    ),
    "damaged-files": Kind(
        about="each reader of a user's file: the file cut off, and with one bit flipped",
        run=damaged_files.run,
        trials=100,
        full=1000,
    ),
    "ctrl-c": Kind(
        about="Ctrl-C at random moments of a fit; handlers: Python's, an own function, asyncio",
        run=ctrl_c.run,
        trials=50,
        full=500,
    ),
    "many-rounds": Kind(
        about="round after round in one process: fit, save, load, query",
        run=many_rounds.run,
        trials=200,
        full=2000,
    ),
    "threads": Kind(
        about="four threads query one strategy; four threads fit while another draws",
        run=threads.run,
        trials=25,
        full=250,
    ),
    "other-processes": Kind(
        about="children by fork, spawn and loky; fork while another thread fits",
        run=other_processes.run,
        trials=6,
        full=50,
    ),
}
FUZZ = {
    "labels": Kind(
        about="labels and marks of unlabelled rows, nulls of every kind among them",
        run=labels.run,
        trials=5000,
        full=50_000,
    ),
    "samples": Kind(
        about="samples of odd types, shapes and layouts",
        run=samples.run,
        trials=5000,
        full=50_000,
    ),
    "probabilities": Kind(
        about="class probabilities of any shape, type and value",
        run=probabilities.run,
        trials=5000,
        full=50_000,
    ),
    "parameters": Kind(
        about="any argument of what is public, with any value",
        run=parameters.run,
        trials=1000,
        full=10_000,
    ),
    "file-bytes": Kind(
        about="files with many changed bytes; models with wrong content and the right checksum",
        run=file_bytes.run,
        trials=100,
        full=2000,
    ),
}
_MUTATED = {
    "losses": "the losses, `_vaal/losses.py`",
    "net": "the net's step: `_vaal/net.py`, `_vaal/training.py`",
    "rules": "the rules, `_rules/`",
    "adapters": "the adapters: `modal`, `skactiveml`, `_active_classifier`, `_pipelines`",
}
MUTANTS = {
    name: Kind(about=about, run=partial(survival.run, GROUPS[name]), trials=100, full=100_000)
    for name, about in _MUTATED.items()
}
