"""kill -9 at random moments of `skvaal.project`'s ask and tell, one after the other."""

from __future__ import annotations

import random
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from reliability.tally import LOST, TWICE, Fault, Tally
from reliability.watched import kill_after

_LONGEST = 1.0  # seconds of asking and telling
_AT_ONCE = 2
_N_SAMPLES = 5_000


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Kill `trials` processes, each of which asks and tells in one project."""
    from skvaal.project import Project

    rng = random.Random(seed)
    pool = folder / "pool.npy"
    np.save(pool, np.random.RandomState(seed).randn(_N_SAMPLES, 2))
    Project.start(folder / "project", pool)
    names: list[tuple[str, ...]] = []
    labels: dict[str, str] = {}
    for _ in range(trials):
        seconds = rng.uniform(0, _LONGEST)
        for kind, content in kill_after(_ask_and_tell, folder, seconds=seconds):
            if kind == "asked":
                names.append(content)
            else:
                labels.update(content)
        fault = _compare(folder / "project", names, labels)
        tally.judge(fault, "all that was told is there, once", f"killed at {seconds:.4f} s")
        # What was recorded, but not told before the kill, is there to stay, too.
        state = Project(folder / "project").read_state()
        names, labels = [one.names for one in state.rounds], dict(state.labels)
    tally.add("went on to ask for others", f"{len(names)} rounds")


def _ask_and_tell(sender: Connection, folder: Path) -> None:
    from skvaal.project import Project

    project, answer = Project(folder / "project"), folder / "answer.csv"
    sender.send("begins")
    while True:
        names = project.ask(_AT_ONCE, strategy="random").round.names
        sender.send(("asked", names))
        labels = {name: f"class {int(name) % 3}" for name in names}
        answer.write_text("row,label\n" + "".join(f"{k},{v}\n" for k, v in labels.items()))
        project.tell(answer)
        sender.send(("told", labels))


def _compare(folder: Path, names: list[tuple[str, ...]], labels: dict[str, str]) -> Fault | None:
    """What a kill changed for the worse."""
    from skvaal.project import Project

    project = Project(folder)
    state = project.read_state()
    if [one.names for one in state.rounds[: len(names)]] != names:
        return LOST, f"{len(names)} rounds were told, {len(state.rounds)} are there, or others"
    if any(state.labels.get(name) != label for name, label in labels.items()):
        return LOST, f"{len(labels)} labels were told, {len(state.labels)} are there, or others"
    counts = Counter(name for one in state.rounds for name in one.names)
    if twice := [name for name, count in counts.items() if count > 1]:
        return TWICE, f"{twice[0]} was asked for {counts[twice[0]]} times"
    if len(state.rounds):
        one = project.copy_round(None)
        if not (folder / one.folder / "picks.csv").is_file():
            return LOST, f"the files of round {one.number} are not there"
    return None
