"""The pool of a project, read again with what the project knows of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skvaal._files.images import LazyImages
from skvaal._files.labels import LabeledSamples, note_unseen
from skvaal._files.listing import is_glob
from skvaal._files.loading import find_problems
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pool_files import files_of, with_files
from skvaal._files.pools import read_pool
from skvaal._files.reading import counted, listed, shown
from skvaal.project.reading import read_own_labels
from skvaal.project.rounds.state import State

_ROWS_TO_COMPARE = 10_000


def remember_path(pool: str | Path, folder: Path) -> str:
    """Return the path by which the pool is found again.

    It is relative to the project if the pool lies beside it, so that both may be moved together.

    Examples
    --------
    >>> remember_path("data/photos", Path("data/project"))
    '../photos'
    """
    whole, own = os.path.abspath(pool), os.path.abspath(folder)
    is_beside = Path(whole).is_relative_to(Path(own).parent)
    return os.path.relpath(whole, own) if is_beside else whole


def read_pool_again(
    folder: Path,
    state: State,
    pool: str | Path | None = None,
    *,
    looks: bool = True,
    n_jobs: int = 1,
    progress: bool = False,
) -> LabeledSamples:
    """Read the pool of a project, with the labels that it has so far.

    Parameters
    ----------
    folder : Path
        The project.
    state : State
        Where it stands.
    pool : str, path or None, default=None
        Where the pool is now, if it was moved.
    looks : bool, default=True
        Look over images, and leave out those that cannot be read.
    n_jobs : int, default=1
        Processes that look over images.
    progress : bool, default=False
        Show a progress bar on a terminal.

    Returns
    -------
    LabeledSamples
        Files that joined the pool are among them; those that are gone are not.

    Raises
    ------
    ValueError
        If the rows of a table or an array are no longer the same.
    OSError
        If the pool is not there.
    """
    reading = state.facts["reading"]
    remembered = os.path.normpath(os.path.join(os.path.abspath(folder), state.facts["pool"]))
    source = remembered if pool is None else os.path.abspath(pool)
    if not os.path.lexists(source) and not is_glob(source):
        raise FileNotFoundError(
            f"the pool {shown(source)} is not there; say where it is now (pool=...)"
        )
    samples = read_pool(source, n_jobs=n_jobs, progress=progress, looks=looks, **reading)
    _check_same_rows(samples, state)
    gone = _gone(samples, state)
    if gone:  # their labels are kept, as those of files that cannot be read
        reasons = dict.fromkeys(gone, "it is no longer there")
        samples = replace(samples, left_out={**samples.left_out, **reasons})
    samples = with_files(samples, [path for path in state.outside.values() if os.path.isfile(path)])
    row_of = {name: row for row, name in enumerate(samples.names)}
    rows = sorted(row_of[name] for name in state.labels if name in row_of)
    labels = np.array([*(state.labels[samples.names[row]] for row in rows), None], dtype=object)
    unseen = {name: label for name, label in state.labels.items() if name not in row_of}
    notes = (note_unseen(unseen),) if unseen else ()
    return LabeledSamples(samples, np.array(rows, dtype=np.intp), labels[:-1], notes, unseen)


def check_told(samples: NamedSamples, state: State) -> None:
    """Raise if the pool's own table has labels that the project does not know."""
    reading = state.facts["reading"]
    columns = {each: reading.get(each) for each in ("path_column", "label_column")}
    own = read_own_labels(samples, **columns)
    if own is None or len(own.known.rows) == len(samples):
        return
    new = [name for name in labels_by_name(own.known) if name not in state.labels]
    if new:
        source = shown(samples.source)
        named = reading.get("label_column")
        option = "" if named is None else f" --label-column {named}"
        has = "has a label" if len(new) == 1 else "have labels"
        raise ValueError(
            f"{counted(len(new), 'sample')} of {source} {has} in its column {own.column!r} that "
            f"the project was not told: {listed(new, len(new))}; take them in first: "
            f"skvaal round tell PROJECT {source} --unasked{option}"
        )


def look_over(told: LabeledSamples, *, n_jobs: int, progress: bool) -> LabeledSamples:
    """Set labels of damaged images apart; images without a label are not opened."""
    if not isinstance(images := told.samples.X, LazyImages):
        return told
    files = files_of(told.samples)
    problems = find_problems(
        [files[row] for row in told.rows],
        max_pixels=images.max_pixels,
        n_jobs=n_jobs,
        progress=progress,
    )
    if not problems:
        return told
    kept = np.setdiff1d(np.arange(len(told.rows)), list(problems))
    names = told.samples.names[told.rows[sorted(problems)]]
    labels = _table(told)
    unseen = {**told.unseen, **{name: labels[name] for name in names}}
    notes = [note for note in told.notes if not told.unseen or note != note_unseen(told.unseen)]
    return replace(
        told,
        rows=told.rows[kept],
        labels=told.labels[kept],
        notes=(*notes, note_unseen(unseen)),
        unseen=unseen,
    )


def _gone(samples: NamedSamples, state: State) -> list[str]:
    there = {*samples.names, *samples.left_out}
    return [name for name in state.names if name not in there]


def fingerprint(samples: NamedSamples, n: int) -> str:
    """Return a digest of the first n rows, of at most ten thousand of them; empty for images."""
    if samples.kind == "images":
        return ""
    rows = np.unique(np.linspace(0, n - 1, min(n, _ROWS_TO_COMPARE)).astype(int))
    values = np.asarray(samples.X[rows])
    data = repr(values.tolist()).encode() if values.dtype == object else values.tobytes()
    return hashlib.sha256(data).hexdigest()


def labels_by_name(known: LabeledSamples) -> dict[str, str]:
    """Return the labels by name, those of images that are gone or damaged, too."""
    return {**_table(known), **known.unseen}


def _table(known: LabeledSamples) -> dict[str, str]:
    names = known.samples.names[known.rows].tolist()
    return dict(zip(names, known.labels.tolist(), strict=True))


def outside_of(known: LabeledSamples, n_before: int) -> dict[str, str]:
    """Return the files that came behind the samples with their labels, by name."""
    if len(known.samples) == n_before:
        return {}
    paths = files_of(known.samples)[n_before : len(known.samples)]
    names = known.samples.names[n_before:].tolist()
    return dict(zip(names, map(os.path.abspath, paths), strict=True))


def new_names(known: LabeledSamples, state: State) -> list[str]:
    """Return the names that the project has not seen before; they are in its pool by now."""
    seen = {*state.names, *state.outside}
    return [name for name in known.samples.names if name not in seen]


def rows_of(samples: NamedSamples, state: State) -> dict[str, Any]:
    """Return how many rows there are by now, and a digest of them; 0 and none of images."""
    if samples.kind == "images":
        return {"n": 0, "digest": ""}
    n = max(len(samples), state.n_rows)
    return {"n": n, "digest": fingerprint(samples, n)}


def _check_same_rows(samples: NamedSamples, state: State) -> None:
    """Refuse rows that may be others than those that were asked for; files have names."""
    if samples.kind == "images":
        return
    n_before = state.n_rows
    if len(samples) < n_before or fingerprint(samples, n_before) != state.digest:
        raise ValueError(
            f"{shown(samples.source)} has changed since it was last read, so that its rows "
            "may be other samples; add rows at its end only, or start another project"
        )
