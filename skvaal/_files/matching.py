"""Which sample a table or a labelling tool means by a name."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import parse_qs, unquote, urlsplit

from skvaal._files.named_samples import NamedSamples

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
        self._is_path = samples.column == "path"
        known = [*(str(name) for name in samples.names), *samples.left_out]
        # Files that cannot be read come behind the samples: a name may mean one of them.
        self._rows = {name: row for row, name in enumerate(known)}
        self._root = os.path.abspath(samples.root) if samples.root is not None else ""
        self._by_file_name: dict[str, list[int]] = defaultdict(list)
        self._by_text: dict[str, list[int]] = {}
        if self._is_path:
            for row, name in enumerate(known):
                self._by_file_name[PurePosixPath(name).name].append(row)

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
        return self._find_below(path, parts)

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


def _as_uploaded(name: str) -> str:
    """Name under which Django keeps a file, and so Label Studio."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))


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
