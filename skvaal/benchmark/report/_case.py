"""The section of one case."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from skvaal._utils.pages import visible
from skvaal.benchmark.exhibit_figures import draw_contact_sheet, draw_projection
from skvaal.benchmark.exhibits import Exhibit
from skvaal.benchmark.figures import draw_curves, draw_differences, draw_time_accuracy
from skvaal.benchmark.report._cells import (
    NOTHING,
    NOTHING_SAVED,
    accuracy_columns,
    blank_nan,
    is_behind,
    summary_columns,
)
from skvaal.benchmark.report._files import write_csv, write_text
from skvaal.benchmark.report._inputs import Case
from skvaal.benchmark.report._parts import Picture, Section, Table
from skvaal.benchmark.report._text import format_table
from skvaal.benchmark.statistics import curves, label_saving
from skvaal.benchmark.summary import BASELINE, costs

_MOST_BUDGETS = 8  # columns of a table
_COSTS = {
    "query_seconds": ("query s", ".2f"),
    "query_fit_seconds": ("fit s", ".2f"),
    "query_score_seconds": ("score s", ".2f"),
    "query_select_seconds": ("select s", ".2f"),
    "train_seconds": ("train s", ".2f"),
    "peak_memory_mib": ("peak MiB", ".0f"),
}


def case_section(case: Case, out: Path) -> Section:
    """Write the tables and pictures of a case, and return what the page shows of them.

    Parameters
    ----------
    case : Case
        The case.
    out : Path
        Folder of the report; the files go into its folders tables and figures.

    Returns
    -------
    Section
        The summary, the learning curves, the differences to random choice, the labels saved,
        the time and the first picks, as far as there is something to show.
    """
    summary = case.summary
    _write_tables(case, summary, out / "tables")
    figures = out / "figures"
    sections = [
        _summary(case, summary),
        _curves(case, summary, figures),
        _differences(case, summary, figures),
        _saving(case, summary),
        _time(case, summary, figures),
        _first_picks(case, figures),
    ]
    return Section(
        title=case.label,
        paragraphs=[case.heading],
        sections=[section for section in sections if section is not None],
    )


def _write_tables(case: Case, summary: pd.DataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / f"{case.stem}_summary.csv", summary)
    write_csv(folder / f"{case.stem}_curves.csv", curves(case.records))
    write_csv(folder / f"{case.stem}_costs.csv", costs(case.records))
    if "labels_saved" in summary:
        write_csv(folder / f"{case.stem}_label_saving.csv", label_saving(case.records))
    text = format_table(case.records, summary, heading=case.heading)
    write_text(folder / f"{case.stem}.txt", text + "\n")


def _summary(case: Case, summary: pd.DataFrame) -> Section:
    columns, notes = summary_columns(case.records, summary)
    caption = f"{case.label}: strategies by area under the budget curve"
    table = Table.of_strategies(summary.index, columns, caption=caption, notes=notes)
    return Section(title="Summary", parts=[table])


def _curves(case: Case, summary: pd.DataFrame, folder: Path) -> Section:
    picture = Picture.of_figure(
        draw_curves(case.records, heading=case.heading),
        folder / f"{case.stem}_curves",
        alt=f"Line chart of test accuracy by number of labels on {case.label}, "
        f"{len(summary)} strategies; the table below holds the numbers.",
        caption="Mean test accuracy by number of labels.",
    )
    budgets = _some(sorted(case.records["n_labeled"].unique()))
    columns = accuracy_columns(case.records, summary.index, budgets)
    notes = ["Mean ± standard error over seeds, in %."]
    if "final_balanced_accuracy" in summary:
        final = summary["final_balanced_accuracy"]
        columns.append(("balanced", [blank_nan(100 * value, ".1f") for value in final]))
        notes.append(
            f"balanced: mean over the classes of the accuracy with {budgets[-1]} labels, in %"
        )
    caption = f"{case.label}: test accuracy by number of labels"
    table = Table.of_strategies(summary.index, columns, caption=caption, notes=notes)
    return Section(title="Learning curves", parts=[picture, table])


def _differences(case: Case, summary: pd.DataFrame, folder: Path) -> Section | None:
    if f"{BASELINE}_difference" not in summary:
        return None
    picture = Picture.of_figure(
        draw_differences(case.records, heading=case.heading),
        folder / f"{case.stem}_differences",
        alt=f"A small line chart for each strategy: its accuracy less that of {BASELINE} "
        f"sampling by number of labels on {case.label}; the summary holds the means.",
        caption=f"Accuracy less that of {BASELINE} sampling, seed by seed.",
    )
    return Section(title=f"Difference to {BASELINE}", parts=[picture])


def _saving(case: Case, summary: pd.DataFrame) -> Section | None:
    if "labels_saved" not in summary:
        return None
    saving = label_saving(case.records)
    budgets = _some(sorted(case.records["n_labeled"].unique())[1:])
    names = [name for name in summary.index if name != BASELINE]
    behind = is_behind(summary)
    columns = [
        (str(labels), [_saved(saving, (name, labels), behind[name]) for name in names])
        for labels in budgets
    ]
    notes = [
        f"Labels with which {BASELINE} is first as accurate as the strategy with that many, "
        "less that many; in parentheses, divided by that many. Only runs that came to their "
        "end count.",
        f"> 0: {BASELINE} is not as accurate with any number of labels that was tried.",
    ]
    if any(NOTHING in cells for _, cells in columns):
        notes.append(f"{NOTHING}: {NOTHING_SAVED}.".replace("at the end", "at some budgets"))
    table = Table.of_strategies(
        names,
        columns,
        caption=f"{case.label}: labels saved against {BASELINE} sampling, by number of labels",
        notes=notes,
    )
    return Section(title="Labels saved", parts=[table])


def _saved(saving: pd.DataFrame, key: tuple[str, int], is_behind: bool) -> str:
    if key not in saving.index:
        return ""
    _, saved, ratio = saving.loc[key]
    if is_behind and not saved <= 0:
        return NOTHING
    return "> 0" if np.isnan(saved) else f"{saved:+.0f} ({ratio:.2f})"


def _time(case: Case, summary: pd.DataFrame, folder: Path) -> Section:
    parts: list[Picture | Table] = []
    has_point = summary["query_seconds"].notna() & summary["area"].notna()
    if has_point.sum() > 1:
        picture = Picture.of_figure(
            draw_time_accuracy(case.records, heading=case.heading),
            folder / f"{case.stem}_time",
            alt=f"Scatter plot of the mean seconds of a query against the area under the budget "
            f"curve on {case.label}; the table below and the summary hold the numbers.",
            caption="Accuracy against the time of a query.",
        )
        parts.append(picture)
    cost = costs(case.records).loc[summary.index]
    columns = [
        (head, [blank_nan(value, form) for value in cost[name]])
        for name, (head, form) in _COSTS.items()
        if name in cost
    ]
    notes = [
        "query s: mean seconds of a query; fit, score, select: of its parts, where they can be "
        "told apart; train s: of the task model's training"
    ]
    if "peak_memory_mib" in cost:
        notes.append("peak MiB: largest memory of the process, its libraries included")
    caption = f"{case.label}: time and memory"
    parts.append(Table.of_strategies(summary.index, columns, caption=caption, notes=notes))
    return Section(title="Time against accuracy", parts=parts)


def _first_picks(case: Case, folder: Path) -> Section | None:
    if case.exhibit is None:
        return None
    title = "What was picked first"
    try:
        exhibit = Exhibit.load(case.exhibit)
    except ValueError as error:
        return Section(title=title, paragraphs=[f"Left out: {error}"])
    exhibit = replace(
        exhibit,
        picks={visible(name, in_one_line=True): rows for name, rows in exhibit.picks.items()},
        classes=tuple(visible(name, in_one_line=True) for name in exhibit.classes),
    )
    heading = f"{case.label}: first query of seed 0"
    if exhibit.has_pictures:
        figure = draw_contact_sheet(exhibit, heading=heading)
        alt = "Small pictures of the samples that each strategy picked, a row for each strategy."
        caption = "The first query of seed 0; below each picture is its class."
    else:
        figure = draw_projection(exhibit, heading=heading)
        alt = "A map of the pool for each strategy, with the samples that it picked marked."
        caption = (
            "The first query of seed 0, on a map of the pool: the first two principal components "
            "of VAAL's latent means after a short training. Near in the map need not be near in "
            "the latent space."
        )
    path = folder / f"{case.stem}_first_picks"
    picture = Picture.of_figure(
        figure, path, alt=alt, caption=caption, is_photo=exhibit.has_pictures
    )
    return Section(title=title, parts=[picture])


def _some(budgets: Sequence[int]) -> list[int]:
    """Return up to eight budgets at even steps, the first and the last among them."""
    n = min(len(budgets), _MOST_BUDGETS)
    return [budgets[i] for i in np.linspace(0, len(budgets) - 1, n).round().astype(int)]
