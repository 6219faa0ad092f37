"""The comparisons of a report, checked and put together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from skvaal._utils.pages import visible
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.report._progress import count_runs, unfinished_note
from skvaal.benchmark.results import Results
from skvaal.benchmark.statistics import CASE, NAME, cases, with_plan
from skvaal.benchmark.summary import summarize


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One data set, with one estimator, under one protocol, of one plan.

    Parameters
    ----------
    label : str
        Short name, different for each case of the report.
    stem : str
        The same, fit for the name of a file.
    heading : str
        What was run, one line, and how many runs have not ended, if any.
    records : DataFrame
        Its records, with the number of planned budgets where it is known.
    failures : list of dict
        Its failures.
    exhibit : Path or None
        The file of what was picked first; None where there is none.
    """

    label: str
    stem: str
    heading: str
    records: pd.DataFrame
    failures: list[dict[str, Any]]
    exhibit: Path | None = None

    @property
    def has_query(self) -> bool:
        """Whether any query has come to its end; without one there is no curve and no area."""
        return self.records["n_labeled"].nunique() > 1

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row for each strategy; its intervals are drawn once for all sections."""
        return summarize(self.records)


def gather_cases(results: Sequence[Results]) -> list[Case]:
    """Return the cases of several comparisons.

    Parameters
    ----------
    results : sequence of Results
        The comparisons.

    Returns
    -------
    list of Case
        In the order of the records, those that have a start but no query yet among them.

    Raises
    ------
    ValueError
        If two comparisons hold the same case.
    """
    filled = {
        number: with_plan(one.records, one.config)
        for number, one in enumerate(results)
        if len(one.records)
    }
    found = cases(pd.concat(filled)) if filled else []
    stems = _stems([label for label, _ in found])
    gathered = []
    for (label, records), stem in zip(found, stems, strict=True):
        number, *others = records.index.get_level_values(0).unique()
        for other in others:
            key = ", ".join(records[CASE].iloc[0])
            raise ValueError(
                f"{_name(results[number])} and {_name(results[other])} both hold {key}; "
                "report them one at a time, or move one of them out of the reported folder."
            )
        records = records.reset_index(drop=True)
        gathered.append(_case(label, stem, records, results[number]))
    return gathered


def _case(label: str, stem: str, records: pd.DataFrame, owner: Results) -> Case:
    data, _, protocol = key = tuple(records[CASE].iloc[0])
    counts = count_runs([owner])
    note = unfinished_note(counts.loc[[run[:3] == key for run in counts.index]])
    heading = "; ".join(filter(None, [_heading(owner.config, data, protocol) or label, note]))
    exhibit = ResultsFolder(owner.folder).exhibit(data, protocol) if owner.folder else None
    return Case(
        label=visible(label, in_one_line=True),
        stem=stem,
        heading=visible(heading, in_one_line=True),
        records=_with_visible_names(records),
        failures=[one for one in owner.failures if tuple(one[name] for name in CASE) == key],
        exhibit=exhibit if exhibit is not None and exhibit.is_file() else None,
    )


def _with_visible_names(records: pd.DataFrame) -> pd.DataFrame:
    """Write out what no picture can show: a file may hold any names."""
    names = [name for name in (*CASE, "strategy", NAME) if name in records]
    show = partial(visible, in_one_line=True)
    shown = {name: records[name].map(show, na_action="ignore") for name in names}
    return records.assign(**shown)


def _heading(config: Mapping[str, Any], data: str, protocol: str) -> str | None:
    of_data = config.get("headings", {}).get(data)
    return of_data.get(protocol) if isinstance(of_data, Mapping) else None


def _stems(labels: Sequence[str]) -> list[str]:
    stems: list[str] = []
    for label in labels:
        stem = re.sub(r"[^\w.-]+", "_", label).strip("_")
        stems.append(stem if stem not in stems else f"{stem}_{len(stems)}")
    return stems


def _name(results: Results) -> str:
    return "a comparison without a folder" if results.folder is None else str(results.folder)
