"""What a comparison gives: its records, its failures, its settings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from skvaal.benchmark.journal import Failure, Record

COLUMNS = (
    "data",
    "estimator",
    "protocol",
    "strategy",
    "seed",
    "round",
    "n_labeled",
    "accuracy",
    "balanced_accuracy",
    "train_seconds",
    "query_seconds",
    "query_fit_seconds",
    "query_score_seconds",
    "query_select_seconds",
    "peak_memory_mib",
    "picked",
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Results:
    """A comparison that was run.

    Parameters
    ----------
    records : DataFrame
        One row for each finished round, see :func:`skvaal.benchmark.run`.
    failures : list of dict
        For each run that an error stopped: data, estimator, protocol, strategy, seed, round,
        error and traceback.
    config : dict
        settings, headings, sessions and command.
    folder : Path or None, default=None
        Where it is kept.

    Examples
    --------
    >>> Results(records=pd.DataFrame(columns=COLUMNS), failures=[], config={})
    Results(0 records, 0 failures, folder=None)
    """

    records: pd.DataFrame
    failures: list[Failure] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    def __repr__(self) -> str:
        folder = None if self.folder is None else str(self.folder)
        counts = f"{len(self.records)} records, {len(self.failures)} failures"
        return f"Results({counts}, folder={folder!r})"


def as_frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return records as a DataFrame with all columns, of the same types however many there are.

    Parameters
    ----------
    records : sequence of dict
        One for each round.

    Returns
    -------
    DataFrame
        With the columns of `COLUMNS`.

    Examples
    --------
    >>> as_frame([]).shape
    (0, 16)
    """
    frame = pd.DataFrame(list(records), columns=list(COLUMNS))
    frame["picked"] = frame["picked"].astype(object).where(frame["picked"].notna(), None)
    words = dict.fromkeys(("data", "estimator", "protocol", "strategy"), str)
    counts = dict.fromkeys(("seed", "round", "n_labeled"), "int64")
    numbers = {name: float for name in COLUMNS if name.endswith(("accuracy", "seconds", "mib"))}
    return frame.astype(words | counts | numbers)
