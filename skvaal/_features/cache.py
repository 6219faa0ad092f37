"""Features on disk, by the content that they were computed from."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.exceptions import UnusableCacheWarning, warn_user

_TABLE = "CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, row BLOB, checksum INTEGER)"
_MOST_KEYS = 500  # of a question; SQLite takes 999 at least
_PATIENCE = 30.0  # seconds to wait for another process that writes
# Environment variable that names the folder of all caches.
FOLDER_VARIABLE = "SKVAAL_CACHE"

Rows = dict[bytes, NDArray[np.float32]]
T = TypeVar("T")


def default_folder() -> Path:
    """Where features are kept: below $SKVAAL_CACHE, $XDG_CACHE_HOME/skvaal or ~/.cache/skvaal."""
    if own := os.environ.get(FOLDER_VARIABLE):
        return Path(own) / "features"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "skvaal" / "features"


def check_cache(cache: Any) -> None:
    """Raise unless the parameter `cache` is a folder, None or False."""
    if cache is not None and cache is not False and not isinstance(cache, str | os.PathLike):
        raise TypeError(f"cache={cache!r} must be a folder, None for the usual one, or False")


def open_cache(cache: Any, name: str, fingerprint: str) -> FeatureCache | None:
    """Open the file of one network in a folder, None for the usual one; None if there is none."""
    try:
        folder = default_folder() if cache is None else Path(cache)
    except RuntimeError:  # no home
        return None
    known = "".join(c if c.isalnum() else "-" for c in name)[:60]
    return FeatureCache(folder / f"{known}-{fingerprint}.sqlite")


class FeatureCache:
    """Rows of features in one file of SQLite, a row for each content.

    An entry that is damaged counts as missing, and a file that is damaged is begun anew. Where the
    file cannot be used, a warning says so, and nothing is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_usable = True

    def read(self, keys: Sequence[bytes], n_features: int) -> Rows:
        """Rows of those keys that are known."""

        def find(connection: sqlite3.Connection) -> Rows:
            found: Rows = {}
            for start in range(0, len(keys), _MOST_KEYS):
                part = keys[start : start + _MOST_KEYS]
                marks = ",".join("?" * len(part))
                question = f"SELECT * FROM features WHERE key IN ({marks})"
                for key, row, checksum in connection.execute(question, part):
                    if _is_whole(key, row, checksum, n_features):
                        found[key] = np.frombuffer(row, dtype="<f4").astype(np.float32)
            return found

        return self._use(find) or {}

    def write(self, keys: Sequence[bytes], rows: NDArray[np.float32]) -> None:
        """Keep rows, all of them or none."""
        contents = [row.astype("<f4").tobytes() for row in rows]
        entries = [
            (key, content, zlib.crc32(key + content))
            for key, content in zip(keys, contents, strict=True)
        ]

        def put(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", entries)

        self._use(put)

    def _use(self, action: Callable[[sqlite3.Connection], T]) -> T | None:
        """What an action answers; None if the file cannot be used."""
        for is_first in (True, False):
            if not self._is_usable:
                break
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as connection:
                    connection.execute(_TABLE)
                    return action(connection)
            except (sqlite3.DatabaseError, OSError) as error:
                is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                    error, sqlite3.OperationalError
                )
                if is_first and is_damaged and self._remove():
                    continue
                self._give_up(error)
        return None

    def _remove(self) -> bool:
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _give_up(self, error: Exception) -> None:
        self._is_usable = False
        warn_user(
            f"features are not kept, since the cache {self.path} cannot be used ({error}); pass "
            f"cache=<another folder>, set {FOLDER_VARIABLE}, or cache=False",
            UnusableCacheWarning,
        )


def _is_whole(key: Any, row: Any, checksum: Any, n_features: int) -> bool:
    is_row = isinstance(row, bytes) and len(row) == 4 * n_features
    return is_row and checksum == zlib.crc32(key + row)
