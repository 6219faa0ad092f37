"""Files of a round outside the project: for people and for labelling tools."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from skvaal._files.reading import shown
from skvaal._utils.files import read_file, replace_file
from skvaal.project.labelling import COCO, CVAT, FILES_OF, LABEL_STUDIO
from skvaal.project.writing import PAGE, TABLE

_COPIES = {".csv": TABLE, ".html": PAGE}
_TOOLS = {".json": (LABEL_STUDIO, COCO), ".xml": (CVAT,)}


def check_copy(out: str | Path) -> None:
    """Raise if a file of a round could not be copied there.

    Raises
    ------
    ValueError
        If there is none of this ending.
    OSError
        If the folder is not there, or the file is.

    Examples
    --------
    >>> check_copy("to_label.csv")
    """
    if Path(out).suffix.lower() not in (*_COPIES, *_TOOLS):
        raise ValueError(
            f"out={shown(out)} must end in .csv (a table to fill in), .json (Label Studio or "
            "COCO), .xml (CVAT) or .html (the page)"
        )
    if os.path.lexists(out):
        raise FileExistsError(
            f"{shown(out)} exists, and may hold labels that were not told yet; name another file"
        )
    if not Path(out).absolute().parent.is_dir():
        raise FileNotFoundError(f"no such folder: {shown(Path(out).absolute().parent)}")
    if not os.access(Path(out).absolute().parent, os.W_OK):
        raise PermissionError(f"{shown(Path(out).absolute().parent)} cannot be written")


def tools_for(out: str | Path | None, tools: Sequence[str]) -> tuple[str, ...]:
    """Return these tools, and one whose file has the ending of a copy, if none of them has.

    Examples
    --------
    >>> tools_for("to_label.xml", ["coco"]), tools_for("to_label.json", ["coco"])
    (('coco', 'cvat'), ('coco',))
    """
    fit = () if out is None else _TOOLS.get(Path(out).suffix.lower(), ())
    return (*tools, *(fit[:1] if not set(fit) & set(tools) else ()))


def copy_file(
    folder: Path, out: str | Path, tools: Sequence[str] | None, make: Callable[[str], bytes]
) -> None:
    """Copy a file out of the folder of a round; a table gets a column to fill in.

    Of several tools' files that have the ending, it is that of the first tool; with None, of the
    first that is there. `make` makes that of a tool that the round was not asked for.

    Raises
    ------
    ValueError, OSError
        As :func:`check_copy`, and if the file cannot be read or written.
    """
    check_copy(out)
    ending = Path(out).suffix.lower()
    if ending in _COPIES:
        content = read_file(folder / _COPIES[ending])
        replace_file(out, _with_labels_to_fill_in(content) if ending == ".csv" else content)
        return
    fit = _TOOLS[ending]
    there = [each for each in fit if (folder / FILES_OF[each][0]).exists()]
    tool = [*(each for each in tools or there if each in fit), *fit][0]
    content = read_file(folder / FILES_OF[tool][0]) if tool in there else make(tool)
    replace_file(out, content)


def _with_labels_to_fill_in(table: bytes) -> bytes:
    """Return a CSV table with an empty column `label` behind that of the names."""
    text = table.decode("utf-8", "surrogateescape")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([*head[:2], "label", *head[2:]])
    writer.writerows([*row[:2], "", *row[2:]] for row in rows)
    return made.getvalue().encode("utf-8", "surrogateescape")
