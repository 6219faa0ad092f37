"""The finished rounds of one run on disk, so that a comparison that was killed keeps its runs."""

import json
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Failure = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RunKey:
    """Which run: one strategy, with one seed, on one case.

    Parameters
    ----------
    data, estimator, protocol, strategy : str
        Names.
    seed : int
        Number of the repetition.

    Examples
    --------
    >>> key = RunKey(data="digits", estimator="svm", protocol="standard", strategy="vaal", seed=3)
    >>> key.file_name
    'digits-svm-standard-vaal-3-....json'
    """

    data: str
    estimator: str
    protocol: str
    strategy: str
    seed: int

    @property
    def file_name(self) -> str:
        """Name of the journal of this run."""
        parts = (self.data, self.estimator, self.protocol, self.strategy, str(self.seed))
        return f"{file_stem(*parts)}.json"

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "RunKey":
        """Return the run that a record or a failure is of.

        Parameters
        ----------
        record : mapping
            With the fields of a key.

        Returns
        -------
        RunKey
            The key.
        """
        return cls(**{field.name: record[field.name] for field in fields(cls)})


class Journal:
    """The file of one run. Each change replaces the file at once, so it is always whole.

    Parameters
    ----------
    folder : path
        Folder of the journals; it is made if it does not exist.
    key : RunKey
        Which run.

    Examples
    --------
    >>> import tempfile
    >>> key = RunKey(data="digits", estimator="svm", protocol="standard", strategy="mine", seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Journal(folder, key).write([{"round": 0}], is_complete=False)
    ...     read_journals(folder)[0]["records"]
    [{'round': 0}]
    """

    def __init__(self, folder: str | Path, key: RunKey) -> None:
        self.path = Path(folder) / key.file_name
        self.key = key

    def write(self, records: list[Record], *, is_complete: bool) -> None:
        """Replace what the file holds.

        Parameters
        ----------
        records : list of dict
            One for each finished round.
        is_complete : bool
            Whether these are all rounds of the run.
        """
        self._replace(records=records, is_complete=is_complete, failure=None)

    def fail(self, records: list[Record], failure: Failure) -> None:
        """Replace what the file holds by the rounds before an error, and the error.

        Parameters
        ----------
        records : list of dict
            One for each round before the error.
        failure : dict
            The error.
        """
        self._replace(records=records, is_complete=False, failure=failure)

    def _replace(self, **content: Any) -> None:
        content = {"key": asdict(self.key)} | content
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, json.dumps(content).encode())


def read_journals(folder: str | Path) -> list[dict[str, Any]]:
    """Return what the journals of a folder hold.

    Parameters
    ----------
    folder : path
        Folder of the journals; it need not exist.

    Returns
    -------
    list of dict
        With key, records, failure and is_complete.

    Examples
    --------
    >>> read_journals("no such folder")
    []
    """
    return [_content(path) for path in sorted(Path(folder).glob("*.json"))]


class DamagedResultsError(ValueError):
    """A file of a comparison cannot be read.

    Parameters
    ----------
    path : path
        The file.
    reason : object
        What is wrong with it.

    Examples
    --------
    >>> str(DamagedResultsError("results/config.json", "no JSON"))
    'results/config.json is damaged (no JSON); delete it, or name another folder.'
    """

    def __init__(self, path: str | Path, reason: object) -> None:
        super().__init__(f"{path} is damaged ({reason}); delete it, or name another folder.")


def file_stem(*parts: str) -> str:
    """Return a file's name, readable, and different for different parts.

    Parameters
    ----------
    *parts : str
        Names, of whatever characters.

    Returns
    -------
    str
        Without a suffix.

    Examples
    --------
    >>> file_stem("my data/set", "standard")
    'my_data_set-standard-...'
    """
    words = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", part)[:40] for part in parts)
    return f"{words}-{zlib.crc32(repr(parts).encode()):08x}"


def replace_file(path: Path, content: bytes) -> None:
    """Write a file such that a crash leaves the old one or the new one, never a part.

    Parameters
    ----------
    path : Path
        The file.
    content : bytes
        What it is to hold.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_file(Path(folder) / "file", b"new")
    ...     (Path(folder) / "file").read_bytes()
    b'new'
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
        RunKey.of(content["key"])
        if not isinstance(content["records"], list):
            raise TypeError("records is no list")
        return {"is_complete": False, "failure": None} | content
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedResultsError(path, error) from error
