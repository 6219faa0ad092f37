"""Wrong values of every argument of `skvaal.project` end in an error that names it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skvaal.project import Project, choose, read_labels, read_pool, write_folder
from tests.bad_values import Case, cases_of, parametrize
from tests.saved_project import FOLDER

OF_FILES = (*Case.allows, OSError)
POOL = read_pool(FOLDER / "pool.npy")
KNOWN = read_labels(FOLDER / "labels.csv", POOL)
QUICK = {"strategy": "random"}


def opened() -> Project:
    """Copy the stored project, and open the copy."""
    folder = Path(tempfile.mkdtemp(dir=Path.cwd()))
    return Project(shutil.copytree(FOLDER, folder / "saved") / "pets")


def start_anew(folder: Any, **arguments: Any) -> Project:
    """Start a project in a folder that is not there yet."""
    if isinstance(folder, str) and folder == "begun":
        folder = Path(tempfile.mkdtemp(dir=Path.cwd())) / folder
    return Project.start(folder, **arguments)


def list_cases() -> Iterator[Case]:
    files: dict[str, Any] = {"allows": OF_FILES, "also": ("no such",)}
    yield from cases_of("read_pool", read_pool, {"source": FOLDER / "pool.npy"}, **files)
    labels = {"source": FOLDER / "labels.csv", "samples": POOL}
    yield from cases_of("read_labels", read_labels, labels, **files)
    chosen = {"known": KNOWN, "n": 2, **QUICK}
    yield from cases_of("choose", choose, chosen, but=["progress"], **files)
    yield from cases_of(
        "write_folder", write_folder, {"picks": choose(**chosen), "folder": "out"}, **files
    )
    yield from cases_of("Project", Project, {}, **files)
    begun = {"pool": FOLDER / "pool.npy", "folder": "begun"}
    yield from _cases_of_method("Project.start", Project.start, start_anew, begun)
    for name, given in {
        "ask": {"n": 1, **QUICK},
        "tell": {"file": FOLDER / "answer.csv"},
        "copy_round": {"out": None},
        "report_status": {"curve": False},
    }.items():
        method = getattr(Project, name)

        def call(*, name: str = name, **arguments: Any) -> Any:
            return getattr(opened(), name)(**arguments)

        yield from _cases_of_method(f"Project.{name}", method, call, given)


def _cases_of_method(where: str, method: Any, call: Any, given: dict[str, Any]) -> Iterator[Case]:
    for case in cases_of(where, method, given, but=["progress"], allows=OF_FILES):

        def use(value: Any, argument: str = case.argument) -> Any:
            return call(**{**given, argument: value})

        yield Case(case.where, case.argument, use, allows=OF_FILES, also=("no such",))


ALL = list(list_cases())


@parametrize(ALL)
def test_a_wrong_value_is_refused_by_name(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert case.faults() == []


def test_every_argument_has_a_case():
    assert len({case.id for case in ALL}) == len(ALL) > 40
