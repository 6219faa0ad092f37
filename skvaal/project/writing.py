"""A folder of what was chosen: tables, a page, a file for labelling tools, the strategy, a log."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from skvaal._files.reading import listed, shown
from skvaal._files.tools.label_studio import LOCAL_FILES, write_interface, write_tasks
from skvaal._utils.files import read_file, replace_file
from skvaal._utils.params import PATH, checked
from skvaal._version import __version__
from skvaal.project.picks import Picks

TABLE, TASKS, INTERFACE = "picks.csv", "label_studio.json", "label_studio.xml"
PAGE, STRATEGY, LOG = "page.html", "strategy.safetensors", "log.json"
FILES = (TABLE, TASKS, INTERFACE, PAGE, STRATEGY, LOG)
_MADE_BY = "skvaal query"
_PACKAGES = ("numpy", "scikit-learn", "torch", "skorch", "pillow")
_COLUMNS = ("gain", "uncertainty", "score", "covers", "nearest_labeled", "predicted")
# What a labelling tool calls local files.
_LOCAL = "local-files"


@checked(picks=[Picks], folder=PATH, prefix=[str, None], command=[str])
def write_folder(
    picks: Picks, folder: str | Path, *, prefix: str | None = None, command: str = ""
) -> None:
    """Write a batch into a folder, as a whole or not at all.

    The folder holds ``picks.csv``, ``label_studio.json`` and its labelling interface
    ``label_studio.xml``, ``page.html``, the fitted strategy ``strategy.safetensors`` if there is
    one, and ``log.json``.

    Parameters
    ----------
    picks : Picks
        What was chosen.
    folder : str or Path
        Must not exist, be empty, or hold an earlier batch and nothing else; that one is replaced.
    prefix : str or None, default=None
        What Label Studio finds paths by: a URL, or 'local-files', with a folder behind it if its
        root is above the pool ('local-files/photos').
    command : str, default=''
        For the log.

    Raises
    ------
    ValueError
        If the folder holds other files.
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
    from skvaal.project.page import write_page

    with _replaced(folder) as part:
        log = make_log(picks, command)
        if picks.strategy is not None and _can_save():
            picks.strategy.save(part / STRATEGY)
        elif picks.strategy is not None:
            log["notes"].append("The strategy is not saved: pip install skvaal[saving].")
        write_page(picks, part / PAGE)
        replace_file(part / TABLE, make_table(picks))
        replace_file(part / TASKS, make_tasks(picks, prefix))
        interface = write_interface(picks.known.samples.kind, picks.known.classes)
        replace_file(part / INTERFACE, _encoded(interface + "\n"))
        replace_file(part / LOG, _encoded(json.dumps(log, indent=1) + "\n"))


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
    if os.listdir(target) and not _is_ours(target):
        raise ValueError(
            f"{shown(folder)} holds files that skvaal query did not write; name a new folder"
        )
    if Path.cwd().is_relative_to(target):
        raise ValueError(f"{shown(folder)} is the folder that you are in; name a new one")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"{shown(target.parent)} cannot be written")
    return target


def make_table(picks: Picks) -> bytes:
    """CSV of the batch: rank, name, numbers, why."""
    text = io.StringIO(newline="")
    columns = [name for name in _COLUMNS if name in picks.columns]
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["rank", picks.known.samples.column, *columns, "why"])
    for i, name in enumerate(picks.names):
        values = [_written(picks.columns[column][i]) for column in columns]
        writer.writerow([i + 1, name, *values, picks.reasons[i]])
    return _encoded(text.getvalue())


def make_tasks(picks: Picks, prefix: str | None = None) -> bytes:
    """Tasks of Label Studio, the most wanted first."""
    samples = picks.known.samples
    columns = [name for name in _COLUMNS if name in picks.columns and name != "predicted"]
    values: dict[str, Sequence[Any]] = {"rank": range(1, len(picks.rows) + 1)}
    values |= {name: _plain(picks.columns[name]) for name in columns}
    values["why"] = picks.reasons
    predicted = picks.columns.get("predicted")
    return write_tasks(
        picks.names,
        samples.kind,
        values,
        prefix=address_of(prefix),
        texts=[str(samples.X[row]) for row in picks.rows] if samples.kind == "texts" else None,
        labels=None if predicted is None else [str(each) for each in predicted],
        model_version=f"skvaal {__version__}",
    )


def address_of(prefix: str | None) -> str:
    """What stands before a path in a labelling tool.

    Examples
    --------
    >>> address_of(None), address_of("local-files/photos"), address_of("https://host/photos")
    ('/data/local-files/?d=', '/data/local-files/?d=photos/', 'https://host/photos/')
    """
    if prefix is None or prefix == _LOCAL:
        return LOCAL_FILES
    if prefix.startswith(f"{_LOCAL}/"):
        prefix = LOCAL_FILES + prefix.removeprefix(f"{_LOCAL}/")
    elif "://" not in prefix and not prefix.startswith("/"):
        raise ValueError(
            f"prefix={prefix!r} must be a URL, or 'local-files', or 'local-files/FOLDER'"
        )
    return prefix if prefix.endswith(("/", "=")) else f"{prefix}/"


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


@contextmanager
def _replaced(folder: str | Path) -> Iterator[Path]:
    """A new folder beside its place, which takes that place when all is written."""
    target = check_folder(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name[:50]}.{token_hex(8)}.part")
    part.mkdir()
    try:
        yield part
        _take_place(part, check_folder(folder))
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _take_place(part: Path, target: Path) -> None:
    if not os.path.lexists(target):
        part.rename(target)
        return
    old = part.with_suffix(".old")
    target.rename(old)
    try:
        part.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check_can_be_made(target: Path, folder: str | Path) -> None:
    if "\0" in os.fspath(folder) or not os.fspath(folder):
        raise ValueError(f"{os.fspath(folder)!r} is no name of a folder")
    above = next(parent for parent in target.parents if os.path.lexists(parent))
    if not above.is_dir():
        raise NotADirectoryError(f"{shown(above)} is a file; name another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise PermissionError(f"{shown(above)} cannot be written; name another folder")


def _is_ours(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        log = json.loads(read_file(folder / LOG))
        return isinstance(log, dict) and log.get("made by") == _MADE_BY
    return False


def _can_save() -> bool:
    from importlib.util import find_spec

    return find_spec("safetensors") is not None


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _written(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)


def _plain(values: Any) -> list[Any]:
    listed: list[Any] = np.asarray(values).tolist()
    return [float(f"{each:.6g}") if isinstance(each, float) else each for each in listed]


def _json_able(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
