"""The finished rounds of one run on disk, so that a comparison that was killed keeps its runs."""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from skvaal._utils.files import read_file, replace_file
from skvaal._utils.schema import (
    COUNT,
    SHARE,
    TEXT,
    TRUTH,
    Form,
    entries,
    list_of,
    maybe,
    number,
)
from skvaal.benchmark._sealed import seal, unseal

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

    All rounds of a run stay: what replaces them comes late, from a process that outlived a kill.

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
    ...     Journal(folder, key).write([], is_complete=False)
    ...     read_journals(folder)[0]["records"]
    []
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
        if self._is_complete():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, seal({"key": asdict(self.key)} | content))

    def _is_complete(self) -> bool:
        try:
            content = _content(self.path)
        except DamagedResultsError:
            return False
        return content is not None and bool(content["is_complete"])


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
    found = map(_content, sorted(Path(folder).glob("*.json")))
    return [content for content in found if content is not None]


# What deleting a damaged file costs.
_LOSSES = {
    "records.parquet": (
        " Without it, the runs that it holds are played again, but for those with a complete "
        "journal in rounds."
    ),
    "failures.json": " Without it, what it says of failed runs is lost; they are played again.",
    "config.json": (
        " Without it, nobody can tell what settings the records are of: start with the same ones."
    ),
}


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
    'results/config.json is damaged (no JSON); delete it, or name another folder. Without it, ...'
    """

    def __init__(self, path: str | Path, reason: object) -> None:
        loss = _LOSSES.get(Path(path).name, "")
        if Path(path).parent.name == "rounds":
            loss = " Without it, its run is played again."
        super().__init__(f"{path} is damaged ({reason}); delete it, or name another folder.{loss}")


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


@contextmanager
def damage_named(path: str | Path) -> Iterator[None]:
    """Say of an error about what a file holds which file.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    DamagedResultsError
        In the place of a ValueError.

    Examples
    --------
    >>> with damage_named("results/config.json"):
    ...     raise ValueError("no JSON")
    Traceback (most recent call last):
    ...
    skvaal.benchmark.journal.DamagedResultsError: results/config.json is damaged (no JSON); ...
    """
    try:
        yield
    except ValueError as error:
        raise DamagedResultsError(path, error) from error


def _content(path: Path) -> dict[str, Any] | None:
    """What a journal holds; None if the comparison has ended, and dropped it, meanwhile."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        return None
    with damage_named(path):
        content: dict[str, Any] = unseal(data)
        _JOURNAL(content, "")
        check_run(content["records"], "records")
        key = RunKey.of(content["key"])
        if path.name != key.file_name:
            raise ValueError(f"its key is {asdict(key)}, whose file has another name")
        for i, record in enumerate(content["records"]):
            if RunKey.of(record) != key:
                raise ValueError(f"records[{i}] is of another run than its key")
    return {"is_complete": False, "failure": None} | content


def check_run(records: list[Record], key: str) -> None:
    """Raise unless records are those of the rounds of one run, from the start on.

    Parameters
    ----------
    records : list of dict
        Of one run.
    key : str
        What to call them.

    Raises
    ------
    ValueError
        Naming the entry that is wrong.

    Examples
    --------
    >>> check_run([{"round": 1}], "records")
    Traceback (most recent call last):
    ...
    ValueError: records[0].data is missing
    """
    _RECORDS(records, key)
    for i, record in enumerate(records):
        where = f"{key}[{i}]"
        if record["round"] != i:
            raise ValueError(f"{where}.round is {record['round']}, not {i}")
        if i and record["n_labeled"] <= records[i - 1]["n_labeled"]:
            raise ValueError(f"{where}.n_labeled is {record['n_labeled']}, no more than before")


def _check_amount(value: Any, key: str) -> None:
    """A number from 0; None or NaN, too, for what was not measured."""
    if value is not None and value == value:
        _AMOUNT(value, key)


_KEY: dict[str, Form] = dict.fromkeys(("data", "estimator", "protocol", "strategy"), TEXT)
_KEY |= {"seed": COUNT}
_AMOUNT = number(0, 1e15)
_SECONDS = ("train", "query", "query_fit", "query_score", "query_select")
_RECORDS = list_of(
    entries(
        {
            **_KEY,
            "round": COUNT,
            "n_labeled": COUNT,
            "accuracy": SHARE,
            "balanced_accuracy": SHARE,
            **{f"{name}_seconds": _check_amount for name in _SECONDS},
            "peak_memory_mib": _check_amount,
            "picked": maybe(list_of(COUNT)),
        }
    )
)
FAILURE = entries({**_KEY, "round": COUNT, "error": TEXT}, {"traceback": TEXT})
_JOURNAL = entries(
    {"key": entries(_KEY, others=False), "records": _RECORDS},
    {"is_complete": TRUTH, "failure": maybe(FAILURE)},
    others=False,
)
