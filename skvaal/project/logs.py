"""The log of a batch: what was done, by which versions, and what a later reader learns from it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted, shown
from skvaal._files.tables import read_table
from skvaal._utils.files import read_file
from skvaal._version import __version__
from skvaal.project.picks import Picks

TABLE, LOG = "picks.csv", "log.json"
_MADE_BY = "skvaal query"
_PACKAGES = ("numpy", "scikit-learn", "torch", "skorch", "pillow")


def make_log(picks: Picks, command: str) -> dict[str, Any]:
    """What was done, and by which versions."""
    packages = {name: _version_of(name) for name in _PACKAGES}
    return {
        "made by": _MADE_BY,
        "command": command,
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "summary": picks.summary,
        "notes": list(picks.notes),
        "settings": {key: _json_able(value) for key, value in picks.settings.items()},
        "left out": {shown(name): why for name, why in picks.known.samples.left_out.items()},
        "versions": {"skvaal": __version__, "python": platform.python_version(), **packages},
    }


def read_log(folder: Path) -> dict[str, Any] | None:
    """Read the log of a folder; None if it holds no batch of ours."""
    log = None
    with suppress(OSError, ValueError, RecursionError):
        log = json.loads(read_file(folder / LOG))
    return log if isinstance(log, dict) and log.get("made by") == _MADE_BY else None


def note_earlier(sources: Sequence[str | Path], known: LabeledSamples) -> list[str]:
    """Note batches among the sources that were chosen with labels which are not given now.

    A table of picks has the labels of its batch alone, so that samples which were labelled before
    it would be chosen again.
    """
    names = [*known.samples.names[known.rows], *known.unseen]
    notes = []
    for folder in dict.fromkeys(Path(source).parent for source in sources):
        settings = (read_log(folder) or {}).get("settings")
        n_before = settings.get("labels") if isinstance(settings, dict) else None
        if not isinstance(n_before, int):
            continue
        batch = _names_of(folder, known.samples.column)
        n_now = sum(name not in batch for name in names)
        if n_now < n_before:
            notes.append(
                f"{shown(os.path.normpath(folder))} was chosen with "
                f"{counted(n_before, 'label')}, and {n_now or 'none'} of them "
                f"{'is' if n_now < 2 else 'are'} here now: samples that have a label may be "
                "chosen again. Name the files of all labels"
            )
    return [f"{note}." for note in notes]


def _names_of(folder: Path, column: str) -> set[str]:
    """Names of the samples of a batch; none if its table is gone."""
    with suppress(OSError, ValueError):
        table = read_table(folder / TABLE)
        (names,) = table.strings([table.columns.index(column)])
        return {name for name in names if name is not None}
    return set()


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _json_able(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
