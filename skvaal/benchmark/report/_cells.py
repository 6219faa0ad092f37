"""Numbers as the tables of a report show them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from skvaal.benchmark.statistics import curves
from skvaal.benchmark.summary import BASELINE, REFERENCES, seeds_note

NOTHING = "\N{EN DASH}"  # of labels saved
NOTHING_SAVED = f"the area is behind that of {BASELINE}, so that a lead at the end saves nothing"

Columns = list[tuple[str, list[str]]]  # heads, each with a cell for each strategy


def summary_columns(records: pd.DataFrame, summary: pd.DataFrame) -> tuple[Columns, list[str]]:
    """Return the columns of the summary's table, and the notes that explain them.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    summary : DataFrame
        As :func:`skvaal.benchmark.summary.summarize` returns it, from the same records.

    Returns
    -------
    columns : list of tuple (str, list of str)
        Head and cells of each column, rows as in `summary`; columns without any text are left
        out.
    notes : list of str
        A line each; those that begin with blanks go on with the line before.
    """
    n_seeds, n_others = int(summary["n_seeds"].max()), len(summary) - 1
    area = summary[["area", "area_low", "area_high"]].to_numpy()
    columns = [("area", [_interval(*row) for row in area])]
    notes = [
        "area: area under the budget curve (mean accuracy over the budget) in %, mean over seeds"
    ]
    if n_seeds == 0:
        notes = ["no run has every budget: there is no area, and nothing to compare"]
    if n_seeds > 1:
        notes[0] += ";\n    [ ]: 95 % bootstrap interval over seeds"
    references = [name for name in REFERENCES if f"{name}_difference" in summary]
    for name in references:
        keys = [f"{name}_difference", f"{name}_low", f"{name}_high"]
        gain = [_interval(*row, sign=True) for row in summary[keys].to_numpy()]
        columns += [(f"- {name}", gain), ("p", _p_values(summary[f"{name}_p_holm"]))]
        notes.append(f"- {name}: that area less the area of {name} sampling, seed by seed")
    if references:
        if n_seeds > 1:
            test = "two-sided Wilcoxon signed-rank test over seeds"
            notes.append(f"p: {test}, Holm-corrected for the {n_others} strategies compared")
        note = seeds_note(n_seeds, n_others)
        notes += [f"    {note}"] if note else []
    if "labels_saved" in summary:
        final = records["n_labeled"].max()
        columns += _label_columns(summary, final)
        notes += [
            f"saved: labels with which {BASELINE} first has the accuracy of the strategy with "
            f"{final}, less {final};\n    ratio: divided by {final}",
            f"reach: labels with which the strategy first has the accuracy of {BASELINE} with "
            f"{final}",
            f"    >: not reached with up to {final}",
        ]
        if any(NOTHING in cells for _, cells in columns):
            notes.append(f"    {NOTHING}: {NOTHING_SAVED}")
    columns.append(("query s", [blank_nan(v, ".2f") for v in summary["query_seconds"]]))
    notes.append("query s: mean seconds of a query")
    if (summary["n_seeds"] < records["seed"].nunique()).any():
        columns.append(("seeds", [str(n) for n in summary["n_seeds"]]))
        notes.append("seeds: runs that came to their end; the others do not count")
    return [(head, cells) for head, cells in columns if any(cells)], notes


def accuracy_columns(
    records: pd.DataFrame, names: Sequence[str], budgets: Sequence[int]
) -> Columns:
    """Return the mean accuracies with their standard errors, a column for each budget.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    names : sequence of str
        The strategies, in the order of the rows.
    budgets : sequence of int
        Numbers of labels.

    Returns
    -------
    list of tuple (str, list of str)
        Head and cells of each column; a cell without a run is blank.
    """
    curve = curves(records)
    return [
        (str(labels), [_mean_and_error(curve, (name, labels)) for name in names])
        for labels in budgets
    ]


def blank_nan(value: float, form: str) -> str:
    """Format a number; nan as an empty text."""
    return "" if np.isnan(value) else f"{value:{form}}"


def _mean_and_error(curve: pd.DataFrame, key: tuple[str, int]) -> str:
    if key not in curve.index:
        return ""
    mean, error = curve.loc[key]
    text = f"{100 * mean:.1f}"
    return text if np.isnan(error) else f"{text} ± {100 * error:.1f}"


def _interval(mean: float, low: float, high: float, *, sign: bool = False) -> str:
    form = "+.1f" if sign else ".1f"
    text = blank_nan(100 * mean, form)
    return text if np.isnan(low) else f"{text} [{100 * low:{form}}, {100 * high:{form}}]"


def _p_values(values: Iterable[float]) -> list[str]:
    return ["<0.001" if value < 0.001 else blank_nan(value, ".3f") for value in values]


def is_behind(summary: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a strategy's area is smaller than the baseline's, seed by seed."""
    return summary[f"{BASELINE}_difference"] < 0


def _label_columns(summary: pd.DataFrame, final: int) -> Columns:
    # Ahead at the end alone, a strategy that was behind before has saved nobody a label.
    is_ahead_at_end = ~(summary["labels_saved"] <= 0)
    is_early = summary["labels_to_baseline"] < final
    behind = is_behind(summary)
    return [
        ("saved", _or_more(summary, "labels_saved", "+.0f", "> 0", behind & is_ahead_at_end)),
        ("ratio", _or_more(summary, "label_ratio", ".2f", "> 1", behind & is_ahead_at_end)),
        ("reach", _or_more(summary, "labels_to_baseline", ".0f", f"> {final}", behind & is_early)),
    ]


def _or_more(
    summary: pd.DataFrame, column: str, form: str, at_least: str, is_nothing: "pd.Series[bool]"
) -> list[str]:
    """Format numbers that are nan where nothing was reached; blank where nothing was compared."""
    cells = []
    for name, value in summary[column].items():
        if name == BASELINE or summary.loc[name, "n_seeds"] == 0:
            cells.append("")
        else:
            cells.append(NOTHING if is_nothing[name] else blank_nan(value, form) or at_least)
    return cells
