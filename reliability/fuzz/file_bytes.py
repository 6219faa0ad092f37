"""Files with many changed bytes, and model files with wrong content and the right checksum."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import strategies as st

from reliability.faults.damaged_files import judge
from reliability.fuzz.examples import explore
from reliability.limits import limit_child
from reliability.readers import READERS
from reliability.samples import choice, fitted
from reliability.tally import OTHER, Tally
from reliability.watched import Report, watch
from tests.crafted_files import crafted, open_and_use


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Try so many examples for each reader, and as many crafted models of each kind."""
    for name in READERS:
        watch(tally, explore_reader, name, trials, seed, folder / name.replace(" ", "-"))
    for name in ("herding", "vaal"):
        watch(tally, read_crafted, name, trials, seed, folder / f"{name}.safetensors")


def explore_reader(report: Report, name: str, trials: int, seed: int, folder: Path) -> None:
    """Replace, insert and cut pieces of a whole file."""
    folder.mkdir()
    reader = READERS[name]
    path = reader.make(folder)
    whole = path.read_bytes()
    expected = reader.read(path)
    places = st.integers(0, len(whole))
    edits = st.lists(
        st.tuples(places, st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=4
    )

    def judge_edits(edits: list[tuple[int, int, bytes]]) -> tuple[str, str]:
        content = whole
        for place, n_cut, piece in edits:
            content = content[:place] + piece + content[place + n_cut :]
        path.unlink()
        path.write_bytes(content)
        outcome, what = judge(reader, path, expected)
        return outcome, f"{what} ({name})"

    explore(report, lambda: edits, judge_edits, trials, seed)


def read_crafted(report: Report, name: str, trials: int, seed: int, path: Path) -> None:
    """Open models that somebody wrote on purpose, and choose by them."""
    limit_child()
    strategy = fitted(name)
    strategy.save(path)
    files = crafted(path.read_bytes())
    for what, make in random.Random(seed).sample(files, min(trials, len(files))):
        note = f"crafted model of {name}: {what}"
        report(None, note)
        path.write_bytes(make())
        try:
            report(f"crafted model {open_and_use(type(strategy), path, choice)}")
        except Exception as error:
            report(OTHER, f"{note}: {type(error).__name__}: {error}")
