"""What happened to a project, in the order in which it happened: one SQLite file."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from skvaal._utils.files import check_links, read_file
from skvaal._utils.parts import new_part
from skvaal.project.rounds.forms import FORMS

# Both are in the header of the file: 'skva' in ASCII, and the form of what is in it.
_APPLICATION = 0x736B7661
FORMAT = 1
_HEADER = 100  # bytes of SQLite's own
_WAIT = 10.0  # seconds that a change waits for that of another process

_TABLE = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    content TEXT NOT NULL,
    digest TEXT NOT NULL
)
"""


class ProjectInUseError(RuntimeError):
    """Another process changed the project, or is about to.

    Examples
    --------
    >>> issubclass(ProjectInUseError, RuntimeError)
    True
    """


@dataclass(frozen=True)
class Event:
    """Something that happened: the start of a project, a question or an answer.

    Parameters
    ----------
    number : int
        0 for the start, then one more for each.
    kind : str
        'start', 'ask' or 'tell'.
    at : str
        When, in ISO 8601, UTC.
    content : dict
        What there is to know of it, as JSON has it.
    """

    number: int
    kind: str
    at: str
    content: dict[str, Any]


class EventFile:
    """The events of a project. Each is written in a transaction, and none is ever changed.

    Each event holds a digest of itself and of the digest before, so that damage, and an event that
    is gone, are found when the file is read.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # What was read before, and the digest of the last of it, which stands for all before.
        self._known: tuple[list[Event], str] = [], ""

    @classmethod
    def create(cls, path: Path, content: dict[str, Any]) -> EventFile:
        """Begin a file with the event 'start'.

        The file appears when it is complete.

        Raises
        ------
        FileExistsError
            If there is a file of that name.
        OSError
            If it cannot be written.
        """
        with new_part(path) as part:
            with _naming_errors(path), closing(_connect(part, mode="rw")) as connection:
                connection.execute("PRAGMA journal_mode = MEMORY")  # no other file is left behind
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute(_TABLE)
                _insert(connection, _Sealed.make(0, "start", content, ""))
            _rename_to_new(part, path)
            part.unlink(missing_ok=True)
        return cls(path)

    def read(self) -> list[Event]:
        """Read all events, the start first; of those that were read before, the last digest alone.

        Raises
        ------
        ValueError
            If the file is no project's, of another version, or damaged.
        OSError
            If it cannot be read.
        """
        known, digest = self._known
        with self._opened() as connection:
            if not known or self._digest_of(connection, len(known) - 1) != digest:
                known, digest = [], ""
            sealed = self._read_sealed(connection, len(known), digest)
        try:
            events = [*known, *(one.open() for one in sealed)]
        except (ValueError, KeyError, RecursionError) as error:
            raise ValueError(f"{self.path} is damaged: {error}; get it from a backup") from error
        self._known = events, sealed[-1].digest if sealed else digest
        return list(events)

    def append(self, kind: str, content: dict[str, Any], *, after: int) -> Event:
        """Add an event, if the last one still has the number `after`.

        When this returns, the event is on the disk.

        Raises
        ------
        ProjectInUseError
            If another process added an event meanwhile, or holds the file.
        ValueError, OSError
            As :meth:`read`, and if the disk is full, or the file is a link, which may lead to
            another project.
        """
        check_links(self.path.parent, [self.path.name])
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            last = self._read_sealed(connection)[-1]
            if last.number != after:
                raise ProjectInUseError(
                    f"{self.path.parent} was changed by another process meanwhile; try again"
                )
            sealed = _Sealed.make(after + 1, kind, content, last.digest)
            _insert(connection, sealed)
            connection.execute("COMMIT")
        event = sealed.open()
        if len(self._known[0]) == sealed.number and self._known[1] == last.digest:
            self._known = [*self._known[0], event], sealed.digest
        return event

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        header = read_file(self.path, _HEADER)
        if header[:16] != b"SQLite format 3\0" or _number(header, 68) != _APPLICATION:
            raise ValueError(f"{self.path} is no file of a project of skvaal")
        if (version := _number(header, 60)) != FORMAT:
            raise ValueError(
                f"{self.path} has the format {version} of another version of skvaal; this one "
                f"reads {FORMAT}"
            )
        # To read after a kill is to undo what was not complete, which writes.
        is_writable = os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        mode = "rw" if is_writable else "ro"
        with _naming_errors(self.path), closing(_connect(self.path, mode=mode)) as connection:
            yield connection

    @staticmethod
    def _digest_of(connection: sqlite3.Connection, number: int) -> str | None:
        query = "SELECT digest FROM events WHERE number = ?"
        found = connection.execute(query, [number]).fetchone()
        return None if found is None else found[0]

    def _read_sealed(
        self, connection: sqlite3.Connection, first: int = 0, before: str = ""
    ) -> list[_Sealed]:
        query = (
            "SELECT number, kind, at, content, digest FROM events WHERE number >= ? ORDER BY number"
        )
        sealed = [_Sealed(*row) for row in connection.execute(query, [first])]
        for expected, one in enumerate(sealed, first):
            if one.number != expected or one.digest != one.compute_digest(before):
                raise ValueError(
                    f"{self.path} is damaged at event {expected}; get it from a backup"
                )
            before = one.digest
        if not first and (not sealed or sealed[0].kind != "start"):
            raise ValueError(f"{self.path} is damaged: it has no start; get it from a backup")
        return sealed


@dataclass(frozen=True)
class _Sealed:
    """A row of the file."""

    number: int
    kind: str
    at: str
    content: str
    digest: str

    @classmethod
    def make(cls, number: int, kind: str, content: dict[str, Any], before: str) -> _Sealed:
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        unsealed = cls(number, kind, at, json.dumps(content), "")
        return cls(number, kind, at, unsealed.content, unsealed.compute_digest(before))

    def compute_digest(self, before: str) -> str:
        parts = [before, self.number, self.kind, self.at, self.content]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def open(self) -> Event:
        content = json.loads(self.content)
        FORMS[self.kind](content, self.kind)
        if datetime.fromisoformat(self.at).tzinfo is None:
            raise ValueError(f"its time {self.at!r} has no zone")
        return Event(self.number, self.kind, self.at, content)


def _insert(connection: sqlite3.Connection, row: _Sealed) -> None:
    values = (row.number, row.kind, row.at, row.content, row.digest)
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", values)


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = EXTRA")  # on the disk, and its folder, too
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def _rename_to_new(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # unlike a renaming, it replaces no other file
    except FileExistsError:
        raise FileExistsError(f"{path} exists; name another folder") from None
    except OSError:  # of a file system that has no links
        part.rename(path)


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")


@contextmanager
def _naming_errors(path: Path) -> Iterator[None]:
    """Give errors of SQLite the name of the file, and a class that says whose fault it is."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ProjectInUseError(f"another process works in {path.parent}; try again") from error
        raise OSError(f"{path} cannot be read or written: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path} is damaged ({error}); get it from a backup") from error
