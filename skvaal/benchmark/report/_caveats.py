"""The sections on what went wrong, and on what cannot be concluded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from skvaal.benchmark.inference import cases_note
from skvaal.benchmark.report._files import write_csv
from skvaal.benchmark.report._inputs import Case
from skvaal.benchmark.report._parts import Section, Table
from skvaal.benchmark.report._progress import unfinished_note
from skvaal.benchmark.statistics import CASE, areas
from skvaal.benchmark.summary import BASELINE, seeds_note

_FEW_SEEDS = 10  # below it a bootstrap interval is plainly too short


def failures_section(
    failures: Sequence[dict[str, Any]], counts: pd.DataFrame, out: Path
) -> Section:
    """Return which runs have not ended, and which an error stopped; write these as a table.

    Parameters
    ----------
    failures : sequence of dict
        All failures, those of cases without any query too.
    counts : DataFrame
        How many runs were planned and have ended, see
        :func:`~skvaal.benchmark.report._progress.count_runs`.
    out : Path
        Folder of the report.

    Returns
    -------
    Section
        A row for each failure.
    """
    title = "Failures"
    unfinished = unfinished_note(counts, by_strategy=True)
    paragraphs = [f"{unfinished}; the command of the comparison goes on with them."]
    paragraphs = paragraphs if unfinished else []
    if not failures:
        paragraphs.append("No run was stopped by an error.")
        return Section(title=title, paragraphs=paragraphs)
    keys = [*CASE, "strategy", "seed", "round", "error"]
    table = pd.DataFrame(list(failures), columns=keys)
    write_csv(out / "tables" / "failures.csv", table, index=False)
    shown = ["strategy", *CASE, "seed", "round", "error"]
    rows = [["" if pd.isna(cell) else str(cell) for cell in row] for row in table[shown].to_numpy()]
    n_runs = "1 run was" if len(rows) == 1 else f"{len(rows)} runs were"
    text = (
        f"{n_runs} stopped by an error. A run that lacks a budget has no area, and does not count "
        "in the summaries; its rounds before the error do count in the learning curves."
    )
    caption = "Runs that an error stopped"
    return Section(
        title=title,
        paragraphs=[*paragraphs, text],
        parts=[Table(caption=caption, head=shown, rows=rows, look="words")],
    )


def limits_section(cases: Sequence[Case]) -> Section | None:
    """Return what the comparison cannot show.

    Parameters
    ----------
    cases : sequence of Case
        The cases.

    Returns
    -------
    Section or None
        A list of sentences; None without cases.
    """
    if not cases:
        return None
    data = {case.records["data"].iloc[0] for case in cases}
    strategies = {name for case in cases for name in case.records["strategy"]}
    items = [*_seed_limits(cases), *_incomplete(cases)]
    if len(data) == 1:
        items.append(
            "One data set: nothing here says which strategy is the better one on other data."
        )
    elif len(strategies) > 1:
        note = cases_note(len(data), len(strategies))
        items += [note.replace("cases cannot", "data sets cannot") + "."] if note else []
    items += [
        "Seeds vary the pool, the start and the models, not the data: intervals and p values over "
        "seeds hold for these data, this task model and these settings only.",
        "The tests of the penalty matrix are not corrected for their number: where two strategies "
        "are equally good, about one test in twenty finds a difference all the same, fewer with "
        "two or three seeds. Where all seeds differ by the same amount, the t test knows no "
        "variance, and an exact sign test decides, which takes six seeds.",
        "Labels saved are read off mean curves by interpolation, and have no interval.",
        "Seconds were taken while other runs may have shared the machine; compare them roughly.",
        "Strategies ran with the settings above; tuned to the data, their order may be another.",
    ]
    return Section(title="What this cannot show", items=items)


def _seed_limits(cases: Sequence[Case]) -> list[str]:
    items: dict[str, None] = {}  # in order, each once
    for case in cases:
        area = areas(case.records)
        n_seeds = int(area.count().max())
        note = seeds_note(n_seeds, len(area.columns) - 1)
        where = "" if len(cases) == 1 else f"{case.label}: "
        if note and n_seeds:
            items[f"{where}{note}."] = None
        if 1 < n_seeds < _FEW_SEEDS:
            text = (
                f"Bootstrap intervals over {n_seeds} seeds are too short: they hold the mean less"
            )
            items[f"{text} often than they say."] = None
    return list(items)


def _incomplete(cases: Sequence[Case]) -> list[str]:
    items = []
    for case in cases:
        n_seeds = areas(case.records).count()
        few = n_seeds[n_seeds < case.records["seed"].nunique()]
        if len(few):
            names = ", ".join(f"{name} {n}" for name, n in few.items())
            items.append(
                f"{case.label}: not every strategy has all {case.records['seed'].nunique()} seeds "
                f"(only {names}). Where runs fail on the harder seeds, the rest looks too good; "
                f"only differences to {BASELINE} are taken on the same seeds."
            )
    return items
