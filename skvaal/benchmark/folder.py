"""The folder of a comparison: its settings, its records, its failures.

| file | what |
|---|---|
| ``config.json`` | settings, and for each start of the program: versions, machine, git revision |
| ``records.parquet`` | one row for each data set, estimator, protocol, strategy, seed and round |
| ``failures.json`` | the runs that an error stopped; there only if there are some |
| ``exhibits/`` | what each strategy picked first, for the report |
| ``rounds/`` | a JSON file for each run, with its finished rounds, until all runs have ended |
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd

from skvaal._utils.files import check_links, read_file, replace_file
from skvaal._utils.schema import entries, list_of
from skvaal.benchmark._config import CONFIG
from skvaal.benchmark._lookup import path_of
from skvaal.benchmark._sealed import readable, seal, seal_table, unseal, unseal_table
from skvaal.benchmark.description import join_settings
from skvaal.benchmark.journal import (
    FAILURE,
    Failure,
    Record,
    RunKey,
    check_run,
    damage_named,
    file_stem,
    read_journals,
)
from skvaal.benchmark.locking import LOCKED, OWNER, FolderInUseError, locked
from skvaal.benchmark.machine import git_revision, machine, versions
from skvaal.benchmark.results import COLUMNS, Results, as_frame

__all__ = ["FolderInUseError", "ResultsFolder", "find_results"]

# Whatever is written, replaced or deleted in the folder; the last three when its report is written.
_WRITTEN = (
    *("config.json", "records.parquet", "failures.json", "exhibits", "rounds"),
    *("report.html", "tables", "figures"),
)
_FAILURES = entries({"failures": list_of(FAILURE)}, others=False)


class ResultsFolder:
    """Reads and writes the folder of one comparison.

    Parameters
    ----------
    path : path
        The folder; it need not exist.

    Examples
    --------
    >>> ResultsFolder("results").journals.as_posix()
    'results/rounds'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.records = self.path / "records.parquet"
        self.failures = self.path / "failures.json"
        self.journals = self.path / "rounds"

    def exhibit(self, data: str, protocol: str) -> Path:
        """Name the file of an exhibit, see :mod:`skvaal.benchmark.exhibits`.

        Parameters
        ----------
        data, protocol : str
            The case.

        Returns
        -------
        Path
            The file, which need not exist.
        """
        return self.path / "exhibits" / f"{file_stem(data, protocol)}.npz"

    def open(
        self,
        settings: Mapping[str, Any],
        *,
        headings: Mapping[str, Mapping[str, str]],
        command: str | None,
    ) -> None:
        """Make the folder, or go on with the comparison that it holds.

        That one may have fewer seeds, or other strategies: those of both are in it then.

        Parameters
        ----------
        settings : mapping
            What decides the records; must be fit for JSON.
        headings : mapping of str to mapping of str to str
            A line on what is run, by data set and protocol.
        command : str or None
            The command line.

        Raises
        ------
        OtherSettingsError
            If the folder holds a comparison with other settings; names those that differ.
        """
        self._forget_parts()
        settings = readable(json.loads(json.dumps(settings, default=repr)))
        config: dict[str, Any] = {"settings": settings, "headings": headings}
        config |= {"command": command, "sessions": []}
        if self.config.exists():
            before = self.read_config()
            config["settings"] = join_settings(before["settings"], settings, folder=self.path)
            config["sessions"] = before["sessions"]
            if len(config["settings"].get("strategies", ())) > len(settings.get("strategies", ())):
                config["command"] = _join_commands(before["command"], command)
        config["sessions"].append(
            {
                "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "versions": versions(),
                "machine": machine(),
                "git_revision": git_revision(),
            }
        )
        self.journals.mkdir(parents=True, exist_ok=True)
        replace_file(self.config, seal(config, indent=2))

    def read(self) -> Results:
        """Return the comparison, with the rounds so far of one that has not ended.

        Returns
        -------
        Results
            Its records in no particular order where it has not ended.

        Raises
        ------
        FileNotFoundError
            If the folder holds no comparison.
        """
        while True:
            before = self._stamps()
            results = self._read_once()
            if self._stamps() == before:  # else a comparison ended, and dropped its journals
                return results

    def _read_once(self) -> Results:
        config = self.read_config()
        runs = self._written_runs()
        failures = {RunKey.of(failure): failure for failure in self._written_failures()}
        for journal in read_journals(self.journals):
            key = RunKey.of(journal["key"])
            if len(journal["records"]) < len(runs.get(key, ())):
                continue  # a process that outlived a kill wrote late, or a run is played again
            runs[key] = journal["records"]
            failures.pop(key, None)
            if journal["failure"]:
                failures[key] = journal["failure"]
        records = as_frame([record for run in runs.values() for record in run])
        return Results(
            records=records, failures=list(failures.values()), config=config, folder=self.path
        )

    def ended_runs(self) -> dict[RunKey, list[Record]]:
        """Return the records of the runs that need not be played again.

        Returns
        -------
        dict of RunKey to list of dict
            By run, without those that had failed.
        """
        runs = self._written_runs()
        for failure in self._written_failures():
            runs.pop(RunKey.of(failure), None)
        complete = [one for one in read_journals(self.journals) if one["is_complete"]]
        return runs | {RunKey.of(one["key"]): one["records"] for one in complete}

    def read_config(self) -> dict[str, Any]:
        """Return the settings of the comparison.

        Returns
        -------
        dict
            settings, headings, command and sessions.

        Raises
        ------
        FileNotFoundError
            If the folder holds no comparison.
        """
        if not self.config.exists():
            raise FileNotFoundError(
                f"there is no comparison in {self.path} (no {self.config.name}); make one with "
                f"skvaal benchmark --out {self.path}"
            )
        with damage_named(self.config):
            config: dict[str, Any] = unseal(read_file(self.config))
            CONFIG(config, "")
        return config

    def write(self, records: pd.DataFrame, failures: Sequence[Failure]) -> None:
        """Write what has ended, and drop the journals.

        Parameters
        ----------
        records : DataFrame
            All records.
        failures : sequence of dict
            All failures. The next start tries these runs again.
        """
        replace_file(self.records, seal_table(records))
        if failures:
            replace_file(self.failures, seal({"failures": list(failures)}, indent=2))
        else:
            self.failures.unlink(missing_ok=True)
        for path in self.journals.glob("*.json"):
            path.unlink(missing_ok=True)
        if self.journals.exists() and not any(self.journals.iterdir()):
            self.journals.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder, until this one is done or dead.

        Raises
        ------
        NotADirectoryError
            If there is a file of that name.
        FolderInUseError
            If another process works there.
        OSError
            If a link is where a file of the comparison belongs: it may lead to any file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(f"out={str(self.path)!r} is a file; name a folder.")
        self.path.mkdir(parents=True, exist_ok=True)
        check_links(self.path, (LOCKED, OWNER))
        with locked(self.path):
            check_links(self.path, _WRITTEN)
            yield

    def _forget_parts(self) -> None:
        """Delete what a process that was killed had begun to write."""
        for file in (self.config, self.records, self.failures, self.journals / "*"):
            for part in file.parent.glob(f".{file.name}.*.part"):
                part.unlink(missing_ok=True)

    def _stamps(self) -> list[tuple[int, int] | None]:
        """What changes when the files that are written at the end of a comparison do."""
        stamps: list[tuple[int, int] | None] = []
        for path in (self.records, self.failures):
            try:
                found = path.stat()
                stamps.append((found.st_ino, found.st_mtime_ns))
            except FileNotFoundError:
                stamps.append(None)
        return stamps

    def _written_runs(self) -> dict[RunKey, list[Record]]:
        if not self.records.exists():
            return {}
        with damage_named(self.records):
            runs: dict[RunKey, list[Record]] = {}
            for record in unseal_table(read_file(self.records), COLUMNS):
                runs.setdefault(RunKey.of(record), []).append(record)
            for key, records in runs.items():
                check_run(records, f"{key.strategy} seed {key.seed}")
        return runs

    def _written_failures(self) -> list[Failure]:
        try:
            data = read_file(self.failures)
        except FileNotFoundError:
            return []
        with damage_named(self.failures):
            content = unseal(data)
            if isinstance(content, list):  # as old versions wrote it, without a digest
                content = {"failures": content}
            _FAILURES(content, "")
        failures: list[Failure] = content["failures"]
        return failures


def _join_commands(before: str | None, now: str | None) -> str | None:
    """Commands that make a folder together; each alone plays some of the strategies."""
    if not before or not now:
        return before or now
    return before if now in before.split("; ") else f"{before}; {now}"


def find_results(folder: str | Path) -> list[Results]:
    """Return the comparison of a folder, or those of the folders in it.

    Parameters
    ----------
    folder : path
        A folder that holds a comparison, or folders that do, however deep.

    Returns
    -------
    list of Results
        In the order of their paths.

    Raises
    ------
    FileNotFoundError
        If there is none.

    Examples
    --------
    >>> find_results("no such folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no comparison in no such folder ...
    """
    folder = path_of(folder, argument="folder")
    single = ResultsFolder(folder)
    found = sorted(folder.glob("**/config.json"))
    if single.config.exists() or not found:
        return [single.read()]
    return [ResultsFolder(path.parent).read() for path in found]
