"""A folder of what was chosen: tables, a page, a file for labelling tools, the strategy, a log."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from skvaal._files.reading import listed, shown
from skvaal._utils.files import read_file, replace_file
from skvaal._utils.params import PATH, checked
from skvaal._utils.parts import dead_parts, held, names_of_parts, new_part
from skvaal.project.labelling import (
    COLUMNS,
    DEFAULT_TOOLS,
    FILES_OF,
    check_tools,
    find_tools,
    make_files,
    note_without_classes,
    offered_classes,
)
from skvaal.project.logs import LOG, make_log, read_log
from skvaal.project.picks import Picks
from skvaal.project.rounds.checks import EVENTS

TABLE, PAGE, STRATEGY = "picks.csv", "page.html", "strategy.safetensors"
FILES = (TABLE, PAGE, STRATEGY, LOG, *(name for names in FILES_OF.values() for name in names))


@checked(picks=[Picks], folder=PATH, prefix=[str, None], tools=[str, list, tuple], command=[str])
def write_folder(
    picks: Picks,
    folder: str | Path,
    *,
    prefix: str | None = None,
    tools: str | Sequence[str] = DEFAULT_TOOLS,
    command: str = "",
) -> None:
    """Write a batch into a folder, as a whole or not at all.

    The folder holds ``picks.csv``, ``page.html``, the fitted strategy ``strategy.safetensors`` if
    there is one, ``log.json``, and what the labelling tools import.

    Parameters
    ----------
    picks : Picks
        What was chosen.
    folder : str or Path
        It may be missing, empty, or hold an earlier batch only. That batch is replaced, unless
        one of its files was changed since.
    prefix : str or None, default=None
        What Label Studio finds paths by: a URL, or 'local-files', with a folder behind it if its
        root is above the pool ('local-files/photos').
    tools : str or sequence of str, default=('label_studio',)
        Labelling tools to write files for; in a string, commas stand between: 'label_studio'
        (``label_studio.json`` and its labelling interface ``label_studio.xml``), 'coco'
        (``coco.json``) and 'cvat' (``cvat.xml``). The last two are for images.
    command : str, default=''
        For the log.

    Raises
    ------
    ValueError
        If the folder holds other files or changed ones, or a tool's file cannot hold the samples
        or the classes.
    OSError
        If it cannot be written. What was there is then as it was.

    Examples
    --------
    >>> import tempfile
    >>> from skvaal._files.labels import LabeledSamples
    >>> from skvaal._files.named_samples import NamedSamples
    >>> from skvaal.project.choosing.choosing import choose
    >>> names = np.array([str(i) for i in range(50)], dtype=object)
    >>> X = np.random.RandomState(0).randn(50, 2)
    >>> samples = NamedSamples(X, names, "features", "row", None, "X.npy")
    >>> picks = choose(LabeledSamples.without_labels(samples), 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_folder(picks, Path(folder) / "round_1")
    ...     (Path(folder) / "round_1" / "picks.csv").read_text().splitlines()[0]
    'rank,row,gain,covers,why'
    """
    tools = find_tools(tools)
    check_tools(tools, picks.known)
    with _replaced(folder) as part:
        write_batch(picks, part, prefix=prefix, tools=tools, command=command)


def write_batch(
    picks: Picks, part: Path, *, prefix: str | None, tools: Sequence[str], command: str = ""
) -> dict[str, str]:
    """Write the files of a batch into an empty folder; return the digest of each, by name."""
    from skvaal.project.page import write_page

    log = make_log(picks, command)
    log["notes"] += note_without_classes(offered_classes(picks.known), tools)
    if picks.strategy is not None and _can_save():
        picks.strategy.save(part / STRATEGY)
    elif picks.strategy is not None:
        log["notes"].append("The strategy is not saved: pip install skvaal[saving].")
    write_page(picks, part / PAGE)
    replace_file(part / TABLE, make_table(picks))
    for name, content in make_files(picks, tools, prefix).items():
        replace_file(part / name, content)
    digests = {each.name: digest_of(read_file(each)) for each in sorted(part.iterdir())}
    log["files"] = digests
    content = _encoded(json.dumps(log, indent=1) + "\n")
    replace_file(part / LOG, content)
    return {**digests, LOG: digest_of(content)}


def check_folder(folder: str | Path) -> Path:
    """Raise if a batch could not be written there; the folder that its links lead to.

    Examples
    --------
    >>> check_folder("no/such/folder/yet").name
    'yet'
    """
    try:
        target = Path(os.path.realpath(folder))
    except FileNotFoundError as error:  # of the folder at hand
        raise FileNotFoundError(f"no folder is left that {shown(folder)} could be in") from error
    if not os.path.lexists(target):
        _check_can_be_made(target, folder)
        return target
    if not target.is_dir():
        raise FileExistsError(f"{shown(folder)} is a file; name a folder")
    with os.scandir(target) as found:
        kept = {each.name for each in found if each.is_file(follow_symlinks=False)} & set(FILES)
    others = sorted(set(os.listdir(target)) - kept)
    if others:
        raise ValueError(
            f"{shown(folder)} holds other files ({listed(map(shown, others), len(others))}); name "
            "a new folder"
        )
    if kept:
        if os.path.lexists(target.parent / EVENTS):
            raise ValueError(f"{shown(folder)} is a round of a project; name a new folder")
        _check_is_ours(target, kept, folder)
    if Path.cwd().is_relative_to(target):
        raise ValueError(f"{shown(folder)} is the folder that you are in; name a new one")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"{shown(target.parent)} cannot be written")
    return target


def make_table(picks: Picks) -> bytes:
    """CSV of the batch: rank, name, text if there is one, numbers, why."""
    text = io.StringIO(newline="")
    columns = [name for name in COLUMNS if name in picks.columns]
    samples = picks.known.samples
    shows = ["text"] if samples.kind == "texts" else []
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["rank", samples.column, *shows, *columns, "why"])
    for i, (row, name) in enumerate(zip(picks.rows, picks.names, strict=True)):
        values = [_written(picks.columns[column][i]) for column in columns]
        texts = [str(samples.X[row])] if shows else []
        writer.writerow([i + 1, name, *texts, *values, picks.reasons[i]])
    return _encoded(text.getvalue())


@contextmanager
def _replaced(folder: str | Path) -> Iterator[Path]:
    """A new folder beside its place, which takes that place when all is written."""
    target = check_folder(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    _put_back(target)
    with new_part(target, is_folder=True, called=folder) as part:
        yield part
        try:
            _take_place(part, check_folder(folder))
        except BlockingIOError:
            raise OSError(f"another process writes {shown(folder)}; try again") from None


def _take_place(part: Path, target: Path) -> None:
    if not os.path.lexists(target):
        part.rename(target)
        return
    old = target.with_name(f"{part.stem}.old")
    with held(target):
        target.rename(old)
        try:
            part.rename(target)
        except BaseException:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _put_back(target: Path) -> None:
    """Mend what a process left that was killed while one batch took the place of another."""
    for old in dead_parts(target.parent, names_of_parts(target, "old")):
        if os.path.lexists(target):
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)


def _check_can_be_made(target: Path, folder: str | Path) -> None:
    if "\0" in os.fspath(folder) or not os.fspath(folder):
        raise ValueError(f"{os.fspath(folder)!r} is no name of a folder")
    above = next(parent for parent in target.parents if os.path.lexists(parent))
    if not above.is_dir():
        raise NotADirectoryError(f"{shown(above)} is a file; name another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise PermissionError(f"{shown(above)} cannot be written; name another folder")


def _check_is_ours(target: Path, names: Iterable[str], folder: str | Path) -> None:
    """Raise if a file is not as it was written: somebody may have typed labels into it."""
    log = read_log(target)
    if log is None:
        raise ValueError(
            f"{shown(folder)} holds files that skvaal query did not write; name a new folder"
        )
    written = log.get("files")
    for name in sorted(set(names) - {LOG}):
        if not isinstance(written, dict) or written.get(name) != digest_of(
            read_file(target / name)
        ):
            raise ValueError(
                f"{shown(Path(folder) / name)} is not as skvaal query wrote it, and may hold "
                "labels; name a new folder"
            )


def digest_of(content: bytes) -> str:
    """Tell contents of files apart."""
    return hashlib.sha256(content).hexdigest()


def _can_save() -> bool:
    from importlib.util import find_spec

    return find_spec("safetensors") is not None


def _written(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
