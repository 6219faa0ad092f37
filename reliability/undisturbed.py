"""The benchmark as it goes where nothing happens, and folders that are compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reliability.commands import Records, benchmark_command, last_words, play, records_of
from reliability.tally import LOST, SILENT, TWICE, Fault


@dataclass(frozen=True)
class Undisturbed:
    """Records of a benchmark that nothing disturbed, and the seconds that it worked."""

    records: Records
    seconds: float

    @classmethod
    def play(cls, folder: Path) -> Undisturbed:
        """Play it in a new folder."""
        log = folder / "undisturbed.log"
        status, seconds = play(benchmark_command(folder / "undisturbed"), log)
        if status:
            raise RuntimeError(f"the undisturbed benchmark failed: {last_words(log)}")
        return cls(records_of(folder / "undisturbed")[0], seconds)

    def compare(self, out: Path) -> Fault | None:
        """What is wrong with the records of a folder that need not be finished."""
        try:
            records, n_twice = records_of(out)
        except ValueError as error:
            return LOST, str(error)
        if n_twice:
            return TWICE, f"{n_twice} records"
        changed = [key for key in records if records[key] != self.records.get(key)]
        return (SILENT, str(changed[0])) if changed else None

    def compare_finished(self, out: Path) -> Fault | None:
        """The same of a folder that must hold everything."""
        fault = self.compare(out)
        if fault is None and (n := self.count(out)) < len(self.records):
            fault = LOST, f"{n} of {len(self.records)} records at the end"
        return fault

    def count(self, out: Path) -> int:
        """Records of a folder."""
        return len(records_of(out)[0])

    def complete_runs(self, out: Path) -> set[tuple[Any, ...]]:
        """Runs of a folder that have all their rounds."""
        records, _ = records_of(out)
        missing = {key[:-1] for key in self.records if key not in records}
        return {key[:-1] for key in records} - missing
