"""Files of a round outside the project: for people and for labelling tools."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from skvaal._files.reading import shown
from skvaal._utils.files import read_file, replace_file
from skvaal.project.labelling import COCO, CVAT, DEFAULT_TOOLS, FILES_OF, LABEL_STUDIO
from skvaal.project.writing import PAGE, TABLE, digest_of

_COPIES = {".csv": TABLE, ".html": PAGE}
_TOOLS = {".json": (LABEL_STUDIO, COCO), ".xml": (CVAT,)}


def check_copy(out: str | Path, tools: Sequence[str] | None = None) -> None:
    """Raise if a file of a round, for one of the tools that were named, could not be copied there.

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
    _check_tool(out, tools)
    if os.path.lexists(out):
        raise FileExistsError(
            f"{shown(out)} exists, and may hold labels that were not told yet; name another file"
        )
    if not Path(out).absolute().parent.is_dir():
        raise FileNotFoundError(f"no such folder: {shown(Path(out).absolute().parent)}")
    if not os.access(Path(out).absolute().parent, os.W_OK):
        raise PermissionError(f"{shown(Path(out).absolute().parent)} cannot be written")


def _check_tool(out: str | Path, tools: Sequence[str] | None) -> None:
    """Refuse a copy of another tool's file than of those that were named."""
    fit = _tools_of(out)
    if tools is None or not fit or set(fit) & set(tools):
        return
    endings = sorted({Path(FILES_OF[each][0]).suffix for each in tools})
    raise ValueError(
        f"out={shown(out)} is a file for {' or '.join(fit)}, which tools={','.join(tools)!r} does "
        f"not name; take tools={','.join([*tools, fit[0]])!r}, or a file that ends in "
        f"{' or '.join(endings or _COPIES)}"
    )


def tools_for(out: str | Path | None, tools: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tools that were named; else the usual one, and one for the ending of a copy.

    Examples
    --------
    >>> tools_for("to_label.xml", None), tools_for("to_label.json", ["coco"])
    (('label_studio', 'cvat'), ('coco',))
    """
    if tools is not None:
        return tuple(tools)
    fit = () if out is None else _tools_of(out)
    return (*DEFAULT_TOOLS, *(fit[:1] if not set(fit) & set(DEFAULT_TOOLS) else ()))


def _tools_of(out: str | Path) -> tuple[str, ...]:
    """Tools whose files have the ending of a copy."""
    return _TOOLS.get(Path(out).suffix.lower(), ())


def copy_file(
    folder: Path,
    out: str | Path,
    tools: Sequence[str] | None,
    written: Mapping[str, str],
    make: Callable[[str], bytes],
) -> tuple[str, ...]:
    """Copy a file out of the folder of a round; a table gets a column to fill in.

    Of several tools' files that have the ending, it is that of the first tool; with None, of the
    first that is there. `written` has the digest of each file. One that differs, or is gone, or
    that the round was not asked for, is made by `make`, from the name of the tool or of the table.

    Returns
    -------
    tuple of str
        A note, if a file is not as it was written.

    Raises
    ------
    ValueError, OSError
        As :func:`check_copy`, and if the file cannot be read or written.
    """
    check_copy(out, tools)
    ending = Path(out).suffix.lower()
    what = name = _COPIES.get(ending, "")
    if not name:
        fit = _TOOLS[ending]
        there = [each for each in fit if _is_known(folder, FILES_OF[each][0], written)]
        what = [*(each for each in tools or there if each in fit), *fit][0]
        name = FILES_OF[what][0]
    notes: tuple[str, ...] = ()
    content = _read_own(folder / name, written)
    if content is None and name == PAGE:
        raise ValueError(
            f"{shown(folder / name)} was changed or is gone, and cannot be made again; copy the "
            "table: out=FILE.csv"
        )
    if content is None:
        content = make(what)
        if _is_known(folder, name, written):
            notes = (
                f"{shown(folder / name)} is not what was written there; the copy is made again, "
                "with ranks and without reasons.",
            )
    replace_file(out, _with_labels_to_fill_in(content) if ending == ".csv" else content)
    return notes


def make_table_again(names: Sequence[str], column: str) -> bytes:
    r"""Make the table of a round of its names alone.

    Examples
    --------
    >>> make_table_again(["b.png", "a.png"], "path")
    b'rank,path\r\n1,b.png\r\n2,a.png\r\n'
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerows([("rank", column), *enumerate(names, 1)])
    return made.getvalue().encode("utf-8", "backslashreplace")


def _is_known(folder: Path, name: str, written: Mapping[str, str]) -> bool:
    """Whether a round wrote a file; of one of an earlier version, whether it is there."""
    return name in written if written else os.path.lexists(folder / name)


def _read_own(path: Path, written: Mapping[str, str]) -> bytes | None:
    """What a file holds, if it is what was written; of an earlier version, the page alone."""
    try:
        content = read_file(path)
    except (OSError, ValueError):
        return None
    is_own = digest_of(content) == written.get(path.name) if written else path.name == PAGE
    return content if is_own else None


def _with_labels_to_fill_in(table: bytes) -> bytes:
    """Return a CSV table with an empty column `label` behind that of the names."""
    text = table.decode("utf-8", "surrogateescape")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([*head[:2], "label", *head[2:]])
    writer.writerows([*row[:2], "", *row[2:]] for row in rows)
    return made.getvalue().encode("utf-8", "surrogateescape")
