"""The start of a project: what is remembered of the pool."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from skvaal._version import __version__
from skvaal.project.reading import pool_column, read_labels_of, read_own_size
from skvaal.project.rounds.checks import EVENTS, check_empty
from skvaal.project.rounds.events import EventFile
from skvaal.project.rounds.pool_again import (
    fingerprint,
    labels_by_name,
    outside_of,
    remember_path,
)


def begin(
    folder: Path,
    pool: str | Path,
    labels: str | Path | Sequence[str | Path] | None,
    *,
    reading: Mapping[str, Any],
    label_column: str | None,
    n_jobs: int,
    progress: bool,
) -> None:
    """Read a pool and the labels that are there, and write them down in an empty folder."""
    check_empty(folder)
    path_column = reading.get("path_column")
    reading = {**reading, "path_column": pool_column(pool, labels, path_column)}
    if label_column is not None:
        reading = {**reading, "label_column": label_column}
    samples = read_own_size(pool, n_jobs=n_jobs, progress=progress, **reading)
    if samples.kind == "images":
        reading = {**reading, "image_size": samples.X.shape[-1]}
    known = read_labels_of(samples, labels, path_column=path_column, label_column=label_column)
    content = {
        "id": token_hex(4),
        "pool": remember_path(pool, folder),
        "kind": samples.kind,
        "column": samples.column,
        "reading": as_json(reading),
        "rows": {"n": len(samples), "digest": fingerprint(samples, len(samples))},
        "n_left_out": len(samples.left_out),
        "names": samples.names.tolist(),
        "labels": labels_by_name(known),
        "outside": outside_of(known, len(samples)),
        "notes": [*samples.notes, *known.notes],
        "version": __version__,
    }
    folder.mkdir(parents=True, exist_ok=True)
    EventFile.create(folder / EVENTS, content)


def as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values; what JSON does not know becomes text."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(settings), default=str))
    return plain
