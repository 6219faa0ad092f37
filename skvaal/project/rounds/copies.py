"""Files of a round outside the project: for people and for labelling tools."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from skvaal._files.reading import shown
from skvaal._utils.files import read_file, replace_file
from skvaal.project.writing import PAGE, TABLE, TASKS

COPIES = {".csv": TABLE, ".json": TASKS, ".html": PAGE}


def check_copy(out: str | Path) -> str:
    """Name the file of a round that is copied to a file of this ending.

    Raises
    ------
    ValueError
        If there is none.
    OSError
        If the folder is not there.

    Examples
    --------
    >>> check_copy("to_label.csv")
    'picks.csv'
    """
    name = COPIES.get(Path(out).suffix.lower())
    if name is None:
        raise ValueError(
            f"out={shown(out)} must end in .csv (a table to fill in), .json (tasks for Label "
            "Studio) or .html (the page)"
        )
    if os.path.lexists(out):
        raise FileExistsError(
            f"{shown(out)} exists, and may hold labels that were not told yet; name another file"
        )
    if not Path(out).absolute().parent.is_dir():
        raise FileNotFoundError(f"no such folder: {shown(Path(out).absolute().parent)}")
    return name


def copy_file(folder: Path, out: str | Path) -> None:
    """Copy a file out of the folder of a round; a table gets a column to fill in.

    Raises
    ------
    ValueError, OSError
        As :func:`check_copy`, and if the file cannot be read or written.
    """
    name = check_copy(out)
    content = read_file(folder / name)
    replace_file(out, _with_labels_to_fill_in(content) if name == TABLE else content)


def _with_labels_to_fill_in(table: bytes) -> bytes:
    """Return a CSV table with an empty column `label` behind that of the names."""
    text = table.decode("utf-8", "surrogateescape")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([*head[:2], "label", *head[2:]])
    writer.writerows([*row[:2], "", *row[2:]] for row in rows)
    return made.getvalue().encode("utf-8", "surrogateescape")
