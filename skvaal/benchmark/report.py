"""Table and files of a comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skvaal.benchmark.figures import draw_curves, draw_penalty
from skvaal.benchmark.inference import penalty_matrix
from skvaal.benchmark.statistics import curves
from skvaal.benchmark.summary import BASELINE, REFERENCES, seeds_note, summarize

_BUDGETS_IN_A_BLOCK = 8  # of the table of accuracies, to fit a line of 120 characters


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """Where the files of a report are.

    Parameters
    ----------
    records : Path
        CSV, one row for each strategy, seed and round.
    summary : Path
        CSV, one row for each strategy.
    penalty : Path
        CSV of the pairwise penalty matrix; the row's strategy beats the column's.
    table : Path
        The text table.
    curves : Path
        PNG of the learning curves.
    penalty_picture : Path
        PNG of the penalty matrix.

    Examples
    --------
    >>> files = ReportFiles.inside("results", name="digits")
    >>> files.records.as_posix()
    'results/digits_records.csv'
    """

    records: Path
    summary: Path
    penalty: Path
    table: Path
    curves: Path
    penalty_picture: Path

    @classmethod
    def inside(cls, folder: str | Path, *, name: str) -> "ReportFiles":
        """Name the files of a data set in a folder.

        Parameters
        ----------
        folder : path
            The folder.
        name : str
            Name of the data set.

        Returns
        -------
        ReportFiles
            The paths; nothing is written.
        """
        folder = Path(folder)
        return cls(
            records=folder / f"{name}_records.csv",
            summary=folder / f"{name}_summary.csv",
            penalty=folder / f"{name}_penalty.csv",
            table=folder / f"{name}_table.txt",
            curves=folder / f"{name}_curves.png",
            penalty_picture=folder / f"{name}_penalty.png",
        )


def write_report(records: pd.DataFrame, files: ReportFiles, *, heading: str) -> str:
    """Write the CSV files, the table and the pictures.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set.
    files : ReportFiles
        Where to write; missing folders are made.
    heading : str
        What was run, one line.

    Returns
    -------
    str
        The text table.
    """
    summary, penalty = summarize(records), penalty_matrix(records)
    table = format_table(records, summary, heading=heading)
    for path in vars(files).values():
        path.parent.mkdir(parents=True, exist_ok=True)
    records.to_csv(files.records, index=False)
    summary.to_csv(files.summary)
    penalty.to_csv(files.penalty, index_label="strategy")
    files.table.write_text(table + "\n", encoding="utf-8")
    draw_curves(records, heading=heading).savefig(files.curves)
    beats = f"{heading}; beats: paired t test over seeds, p < 0.05"
    draw_penalty(penalty, heading=beats).savefig(files.penalty_picture)
    return table


def format_table(records: pd.DataFrame, summary: pd.DataFrame, *, heading: str) -> str:
    """Set the summary and the learning curves as text, one row for each strategy in both.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set.
    summary : DataFrame
        As :func:`skvaal.benchmark.summary.summarize` returns it, from the same records.
    heading : str
        What was run, one line.

    Returns
    -------
    str
        The area under the budget curve, its differences to random and to margin sampling, the
        labels saved and the seconds of a query, with notes; then the accuracy by budget.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": "margin",
    ...         "seed": [0, 0, 1, 1],
    ...         "n_labeled": [20, 40, 20, 40],
    ...         "accuracy": [0.5, 0.7, 0.6, 0.8],
    ...         "query_seconds": [np.nan, 0.2, np.nan, 0.4],
    ...     }
    ... )
    >>> print(format_table(records, summarize(records), heading="two seeds"))
    two seeds
    <BLANKLINE>
    strategy               area  query s
    ------------------------------------
    margin    65.0 [60.0, 70.0]     0.30
    <BLANKLINE>
    area: area under the budget curve (mean accuracy over the budget) in %, mean over seeds;
        [ ]: 95 % bootstrap interval over seeds
    query s: mean seconds of a query
    <BLANKLINE>
    Test accuracy in % by number of labels, mean ± standard error over seeds
    <BLANKLINE>
    strategy          20          40
    --------------------------------
    margin    55.0 ± 5.0  75.0 ± 5.0
    """
    n_seeds, n_others = int(summary["n_seeds"].max()), len(summary) - 1
    area = summary[["area", "area_low", "area_high"]].to_numpy()
    columns = [("area", [_interval(*row) for row in area])]
    notes = [
        "area: area under the budget curve (mean accuracy over the budget) in %, mean over seeds"
    ]
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
            f"saved: labels that {BASELINE} needs for the strategy's accuracy with {final}, "
            f"less {final}; ratio: divided by {final}",
            f"reach: labels that the strategy needs for {BASELINE}'s accuracy with {final}",
            f"    >: not reached with {final}",
        ]
    columns.append(("query s", [_blank_nan(v, ".2f") for v in summary["query_seconds"]]))
    notes.append("query s: mean seconds of a query")
    caption = "Test accuracy in % by number of labels, mean ± standard error over seeds"
    accuracies = _accuracies(records, summary.index)
    parts = [_aligned(summary.index, columns), notes, [caption], *accuracies]
    return "\n".join([heading, *(line for part in parts for line in ["", *part])])


def _accuracies(records: pd.DataFrame, names: Sequence[str]) -> list[list[str]]:
    curve = curves(records)
    budgets = sorted(records["n_labeled"].unique())
    blocks = []
    for start in range(0, len(budgets), _BUDGETS_IN_A_BLOCK):
        columns = [
            (str(labels), [_mean_and_error(curve, (name, labels)) for name in names])
            for labels in budgets[start : start + _BUDGETS_IN_A_BLOCK]
        ]
        blocks.append(_aligned(names, columns))
    return blocks


def _mean_and_error(curve: pd.DataFrame, key: tuple[str, int]) -> str:
    if key not in curve.index:
        return ""
    mean, error = curve.loc[key]
    text = f"{100 * mean:.1f}"
    return text if np.isnan(error) else f"{text} ± {100 * error:.1f}"


def _interval(mean: float, low: float, high: float, *, sign: bool = False) -> str:
    form = "+.1f" if sign else ".1f"
    text = _blank_nan(100 * mean, form)
    return text if np.isnan(low) else f"{text} [{100 * low:{form}}, {100 * high:{form}}]"


def _p_values(values: Iterable[float]) -> list[str]:
    return ["<0.001" if value < 0.001 else _blank_nan(value, ".3f") for value in values]


def _label_columns(summary: pd.DataFrame, final: int) -> list[tuple[str, list[str]]]:
    reach = summary["labels_to_baseline"]
    return [
        ("saved", _or_more(summary["labels_saved"], "+.0f", at_least="> 0")),
        ("ratio", _or_more(summary["label_ratio"], ".2f", at_least="> 1")),
        ("reach", _or_more(reach, ".0f", at_least=f"> {final}")),
    ]


def _or_more(values: pd.Series, form: str, *, at_least: str) -> list[str]:
    """Format numbers that are nan where nothing was reached, and for the baseline itself."""
    return [
        "" if name == BASELINE else _blank_nan(value, form) or at_least
        for name, value in values.items()
    ]


def _blank_nan(value: float, form: str) -> str:
    return "" if np.isnan(value) else f"{value:{form}}"


def _aligned(names: Sequence[str], columns: list[tuple[str, list[str]]]) -> list[str]:
    """Set columns of text under their heads; columns without any text are left out."""
    columns = [(head, cells) for head, cells in columns if any(cells)]
    first = ["strategy", *names]
    texts = [[head, *cells] for head, cells in columns]
    width = max(map(len, first))
    widths = [max(map(len, column)) for column in texts]
    lines = []
    for i, name in enumerate(first):
        cells = [column[i].rjust(w) for column, w in zip(texts, widths, strict=True)]
        lines.append("  ".join([name.ljust(width), *cells]).rstrip())
    return [lines[0], "-" * (width + sum(widths) + 2 * len(widths)), *lines[1:]]
