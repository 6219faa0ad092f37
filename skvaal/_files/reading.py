"""Reading a user's file: of bounded size, with errors that name it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from skvaal._utils.files import leads_nowhere, memory_bytes, read_file

# A table or an export is read as a whole; its Python objects take some ten times as much.
MOST_BYTES = 2**30
N_SHOWN = 3


def read_bounded(path: str | Path) -> bytes:
    """Read a regular file, unless it is larger than any table or export should be."""
    if (size := os.stat(path).st_size if os.path.isfile(path) else 0) > MOST_BYTES:
        raise ValueError(
            f"{shown(path)} has {size / 2**30:.1f} GiB, more than the {MOST_BYTES / 2**30:.0f} GiB "
            "that are read; split it, or save its features as .npy"
        )
    return read_file(path)


def check_there(source: str, what: str = "file or folder") -> None:
    """Raise if a source is not there, or is a link to what is not there."""
    if leads_nowhere(source):
        raise FileNotFoundError(f"{shown(source)} is a link that leads nowhere")
    if not os.path.lexists(source):
        raise FileNotFoundError(f"no such {what}: {shown(source)}")


def check_fits(n_bytes: int, what: str) -> None:
    """Refuse what cannot be held: a small file may claim, or unpack to, any size."""
    if n_bytes > (memory := memory_bytes()):
        raise ValueError(
            f"{what} take {n_bytes / 2**30:,.0f} GiB, more than the {memory / 2**30:,.0f} GiB of "
            "this machine; split the file, or save a .npy, which is not read into memory"
        )


@contextmanager
def naming(source: str | Path) -> Iterator[None]:
    """Let an error about what a file holds say which file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{shown(source)}: {error}") from error


def shown(name: str | Path) -> str:
    """Return a name as one line that can be printed, whatever bytes it consists of."""
    text = readable(os.fspath(name))
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def readable(name: str) -> str:
    r"""Return a file's name with the bytes that are no UTF-8 spelt out, as \xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def listed(names: Iterable[str], n_names: int) -> str:
    """Return the first few of some names, and how many there are besides."""
    first = ", ".join(repr(name) for name in islice(names, N_SHOWN))
    return first + (f" and {n_names - N_SHOWN:,} more" if n_names > N_SHOWN else "")


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, as '1 image' or '2 images'."""
    return f"1 {noun}" if n == 1 else f"{n:,} {plural or noun + 's'}"


def find_column(
    columns: Sequence[str], named: str | None, usual: Sequence[str], argument: str
) -> int | None:
    """Return the place of a column: the one that is named, else the first usual one; or None.

    A name that is not there, or there twice, is an error that lists those there are.
    """
    if named is not None:
        places = [i for i, column in enumerate(columns) if column == named]
    else:
        lowered = [column.strip().lower() for column in columns]
        name = next((each for each in usual if each in lowered), None)
        places = [i for i, column in enumerate(lowered) if column == name]
    if len(places) > 1:
        raise ValueError(f"two columns are called {columns[places[0]]!r}; rename one")
    if named is not None and not places:
        raise ValueError(f"there is no column {argument}={named!r}; {those_there(columns)}")
    return places[0] if places else None


def those_there(columns: Sequence[str]) -> str:
    """List the columns of a table, for an error."""
    names = ", ".join(repr(column) for column in columns[:20])
    more = f" and {len(columns) - 20:,} more" if len(columns) > 20 else ""
    return f"the columns are {names}{more}" if columns else "it has no columns"
