"""Which sample a table or a labelling tool means by a name."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import parse_qs, unquote, urlsplit

from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import counted, listed, shown
from skvaal._files.tools.annotations import Annotation

# Label Studio puts 8 hexadecimal digits before the name of an uploaded file.
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
_ROW = re.compile(r"\s*([0-9]{1,18})(?:\.0+)?\s*")


class Names:
    """Rows of samples by the names that others may call them.

    Parameters
    ----------
    samples : NamedSamples
        What is looked for.
    """

    def __init__(self, samples: NamedSamples) -> None:
        self._samples = samples
        self._by_file_alone: list[str] = []
        self._elsewhere: list[str] = []
        self._is_path = samples.column == "path"
        known = [*(str(name) for name in samples.names), *samples.left_out]
        # Files that cannot be read come behind the samples: a name may mean one of them.
        self._rows = {name: row for row, name in enumerate(known)}
        self._root = os.path.abspath(samples.root) if samples.root is not None else ""
        self._own_folders = {
            os.path.basename(path) for path in (self._root, os.path.realpath(self._root))
        }
        self._by_file_name: dict[str, list[int]] = defaultdict(list)
        self._by_text: dict[str, list[int]] = {}
        if self._is_path:
            for row, name in enumerate(known):
                self._by_file_name[PurePosixPath(name).name].append(row)

    def row_of(self, annotation: Annotation) -> int | None:
        """Return the row of an annotation, as `find`; a text beside a row's number must agree."""
        if annotation.is_text:
            return self.find_text(annotation.name)
        row = self.find(annotation.name)
        if row is None or annotation.text is None or self._samples.kind != "texts":
            return row
        if _words(annotation.text) != _words(own := str(self._samples.X[row])):
            raise ValueError(
                f"row {row} has the text {annotation.text[:40]!r}, and in the pool "
                f"{shown(self._samples.source)} it has {own[:40]!r}; correct the rows, or take "
                "'row' away, so that the texts count"
            )
        return row

    @property
    def notes(self) -> list[str]:
        """What the user should know of what was found so far."""
        if not (names := self._by_file_alone):
            return []
        verb = "was" if len(names) == 1 else "were"
        return [
            f"{counted(len(names), 'name')} {verb} matched by the file's name alone, since the "
            f"pool has no such folder: {listed(names, len(names))}."
        ]

    @property
    def way_out(self) -> str:
        """What to do about names that were not found."""
        if not (names := self._elsewhere):
            return "take them away, or name the pool that they belong to"
        return (
            f"of {listed(names, len(names))}, the pool has the file's name, but not the folder; if "
            "they are the same files, take the folder out of the names"
        )

    def find(self, name: str) -> int | None:
        """Return the row of a name, or None; a row from `len(samples)` on cannot be read.

        A path is looked for as it is, relative to the pool; then without the pool's own folder in
        front; then, as a URL or a path of another machine, by the longest end that is a name here.
        A file name without folders, or an upload, is looked for in all folders; one that several
        files have is a ValueError.
        """
        if not self._is_path:
            match = _ROW.fullmatch(name)
            return self._rows.get(str(int(match[1]))) if match else None
        if (row := self._rows.get(name)) is not None:
            return row
        path = _path_of(name)
        if (row := self._rows.get(path)) is not None:
            return row
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts or not parts:
            return None
        row = self._find_below(path, parts)
        if row is not None and len(parts) > 1 and self._is_alone(row, parts):
            if not _is_address(name):  # a tool may have put anything before a name
                self._elsewhere.append(name)
                return None
            self._by_file_alone.append(name)
        return row

    def find_text(self, text: str) -> int | None:
        """Return the row of a text, or None; a text that several rows have is a ValueError."""
        if not self._by_text:
            self._by_text = defaultdict(list)
            for row, own in enumerate(self._samples.X):
                self._by_text[own].append(row)
        return self._single(self._by_text.get(text, []), text[:40])

    def _find_below(self, path: str, parts: list[str]) -> int | None:
        if path.startswith("/") and path.startswith(self._root.rstrip("/") + "/"):
            inside = os.path.relpath(path, self._root).replace(os.sep, "/")
            if (row := self._rows.get(inside)) is not None:
                return row
        folders, file_name = parts[:-1], parts[-1]
        for start in range(len(folders) + 1):
            if (row := self._rows.get("/".join([*folders[start:], file_name]))) is not None:
                return row
        # Another folder's file may be called the same: a folder must not be passed over.
        if folders and not path.startswith("/data/upload/"):
            return None
        if found := self._by_file_name.get(file_name):
            return self._single(found, file_name)
        own_name, n_marks = _UPLOAD.subn("", file_name, count=1)
        return self._single(self._by_upload_name.get(own_name, []), own_name) if n_marks else None

    def _is_alone(self, row: int, parts: list[str]) -> bool:
        """Whether a file's name alone led to it, and the folder before it is not the pool's."""
        if parts[:2] == ["data", "upload"]:
            return False
        return self._rows.get(parts[-1]) == row and parts[-2] not in self._own_folders

    @cached_property
    def _by_upload_name(self) -> dict[str, list[int]]:
        """Rows by what Label Studio makes of a file's name, which may be the name itself."""
        found: dict[str, list[int]] = defaultdict(list)
        for name, rows in self._by_file_name.items():
            for each in {name, _as_uploaded(name)}:
                found[each] += rows
        return found

    @staticmethod
    def _single(rows: list[int], name: str) -> int | None:
        if len(rows) > 1:
            raise ValueError(
                f"{name!r} may be any of {len(rows)} samples; name each by its path or row"
            )
        return rows[0] if rows else None


def check_from_zero(annotations: Iterable[Annotation], column: str) -> None:
    """Refuse numbers of another column than `row` that seem to be none of rows from 0."""
    if column.strip().lower() == "row":
        return
    rows = [_ROW.fullmatch(each.name) for each in annotations if not each.is_text]
    numbers = [int(match[1]) for match in rows if match]
    if numbers and min(numbers) > 0:
        raise ValueError(
            f"the column {column!r} has no 0, and the samples are named by the numbers of their "
            "rows, from 0; if it holds these numbers, rename it to 'row'"
        )


def _words(text: str) -> list[str]:
    """A text, whatever a spreadsheet makes of its line breaks."""
    return unicodedata.normalize("NFC", text).split()


def _as_uploaded(name: str) -> str:
    """Name under which Django keeps a file, and so Label Studio."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))


def _is_address(name: str) -> bool:
    """Whether a name is a URL, or what Label Studio calls its own files."""
    scheme, between, _ = name.partition("://")
    return (bool(between) and scheme != "file") or "data/local-files/" in name


def _path_of(name: str) -> str:
    """Path that a name, a URL or a local file of Label Studio leads to, with '/'."""
    try:
        url = urlsplit(name)
    except ValueError:  # brackets that are no host
        return name
    if url.path.rstrip("/").endswith("/data/local-files") or url.path == "data/local-files/":
        return (parse_qs(url.query).get("d") or [""])[-1]
    if len(url.scheme) > 1 and "://" in name:
        return unquote(url.path)
    if name.startswith("/data/upload/"):
        return unquote(name)
    if "\\" in name and (len(url.scheme) == 1 or "/" not in name):
        return PureWindowsPath(name).as_posix()
    return name
