"""The comparisons of a report, checked and put together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from skvaal.benchmark.results import Results, ResultsFolder
from skvaal.benchmark.statistics import cases

CASE = ["data", "estimator", "protocol"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One data set, with one estimator, under one protocol.

    Parameters
    ----------
    label : str
        Short name, different for each case of the report.
    stem : str
        The same, fit for the name of a file.
    heading : str
        What was run, one line.
    records : DataFrame
        Its records.
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


def gather_cases(results: Sequence[Results]) -> list[Case]:
    """Return the cases of several comparisons.

    Parameters
    ----------
    results : sequence of Results
        The comparisons.

    Returns
    -------
    list of Case
        In the order of the records. What has a start but no query yet is not among them.

    Raises
    ------
    ValueError
        If two comparisons hold the same case.
    """
    owners: dict[tuple[str, ...], Results] = {}
    for one in results:
        for key in one.records[CASE].drop_duplicates().itertuples(index=False, name=None):
            if key in owners:
                raise ValueError(
                    f"{_name(owners[key])} and {_name(one)} both hold {', '.join(key)}; "
                    "report them one at a time."
                )
            owners[key] = one
    filled = [one.records for one in results if len(one.records)]
    found = cases(pd.concat(filled, ignore_index=True)) if filled else []
    found = [(label, one) for label, one in found if one["n_labeled"].nunique() > 1]
    stems = _stems([label for label, _ in found])
    return [
        _case(label, stem, records, owners[tuple(records[CASE].iloc[0])])
        for (label, records), stem in zip(found, stems, strict=True)
    ]


def _case(label: str, stem: str, records: pd.DataFrame, owner: Results) -> Case:
    data, _, protocol = key = tuple(records[CASE].iloc[0])
    heading = owner.config.get("headings", {}).get(data, label)
    if protocol != "standard":
        heading += f"; {protocol.replace('_', ' ')}"
    exhibit = ResultsFolder(owner.folder).exhibit(data, protocol) if owner.folder else None
    return Case(
        label=label,
        stem=stem,
        heading=heading,
        records=records,
        failures=[one for one in owner.failures if tuple(one[name] for name in CASE) == key],
        exhibit=exhibit if exhibit is not None and exhibit.is_file() else None,
    )


def _stems(labels: Sequence[str]) -> list[str]:
    stems: list[str] = []
    for label in labels:
        stem = re.sub(r"[^\w.-]+", "_", label).strip("_")
        stems.append(stem if stem not in stems else f"{stem}_{len(stems)}")
    return stems


def _name(results: Results) -> str:
    return "a comparison without a folder" if results.folder is None else str(results.folder)
