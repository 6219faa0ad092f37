"""Table, files and picture of a comparison."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skvaal.benchmark.statistics import areas, curves, mean_and_standard_error, paired_difference

BASELINE = "random"

# Okabe and Ito's palette, made to be told apart with any colour vision; its yellow is left out,
# too pale for a line on white. Line styles and markers tell the same apart in grey.
_STYLES = (
    ("#0072B2", "-", "o"),
    ("#D55E00", "-", "s"),
    ("#009E73", "-", "^"),
    ("#CC79A7", "-", "D"),
    ("#E69F00", "-.", "v"),
    ("#56B4E9", "-.", "P"),
)
_BASELINE_STYLE = ("#000000", "--", "x")


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """Where the files of a report are.

    Parameters
    ----------
    records : Path
        CSV, one row for each strategy, seed and round.
    table : Path
        The text table.
    curves : Path
        PNG of the learning curves.

    Examples
    --------
    >>> files = ReportFiles.inside("results", name="digits")
    >>> files.records.as_posix()
    'results/digits_records.csv'
    """

    records: Path
    table: Path
    curves: Path

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
            table=folder / f"{name}_table.txt",
            curves=folder / f"{name}_curves.png",
        )


def write_report(records: pd.DataFrame, files: ReportFiles, *, heading: str) -> str:
    """Write the CSV file, the table and the picture.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it.
    files : ReportFiles
        Where to write; missing folders are made.
    heading : str
        What was run, one line.

    Returns
    -------
    str
        The text table.
    """
    table = format_table(records, heading=heading)
    for path in (files.records, files.table, files.curves):
        path.parent.mkdir(parents=True, exist_ok=True)
    records.to_csv(files.records, index=False)
    files.table.write_text(table + "\n", encoding="utf-8")
    draw_curves(records, heading=heading).savefig(files.curves)
    return table


def format_table(records: pd.DataFrame, *, heading: str) -> str:
    """Set the records as a text table.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it.
    heading : str
        What was run, one line.

    Returns
    -------
    str
        A row for each budget and a column for each strategy, in percent; then the area under
        the budget curve, its difference to random sampling, and the seconds of a query.

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
    >>> print(format_table(records, heading="two seeds"))
    two seeds
    Test accuracy in %, mean ± standard error over seeds
    <BLANKLINE>
    labels         margin
    ---------------------
    20         55.0 ± 5.0
    40         75.0 ± 5.0
    ---------------------
    area       65.0 ± 5.0
    query s          0.30
    <BLANKLINE>
    area: area under the budget curve (mean accuracy over the budget)
    query s: mean seconds of a query
    """
    curve, area = curves(records), areas(records)
    names = list(area.columns)
    budgets = [
        [str(labels), *(_percent(*curve.loc[(name, labels)]) for name in names)]
        for labels in records["n_labeled"].unique()
    ]
    summary = [["area", *(_percent(*mean_and_standard_error(area[name])) for name in names)]]
    notes = ["area: area under the budget curve (mean accuracy over the budget)"]
    if BASELINE in names and len(names) > 1:
        gain = paired_difference(area, baseline=BASELINE)
        cells = ["" if name == BASELINE else _percent(*gain.loc[name], sign=True) for name in names]
        summary.append([f"- {BASELINE}", *cells])
        notes.append(f"- {BASELINE}: that area less the area of {BASELINE} sampling, seed by seed")
    seconds = records.groupby("strategy")["query_seconds"].mean()
    summary.append(["query s", *(f"{seconds[name]:.2f}" for name in names)])
    notes.append("query s: mean seconds of a query")
    lines = _aligned(["labels", *names], budgets, summary)
    caption = "Test accuracy in %, mean ± standard error over seeds"
    return "\n".join([heading, caption, "", *lines, "", *notes])


def draw_curves(records: pd.DataFrame, *, heading: str) -> Figure:
    """Draw accuracy against labels, with a band of one standard error.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        A figure without a window and outside pyplot's list of figures.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": 0, "n_labeled": [20, 40], "accuracy": [0.5, 0.7]}
    ... )
    >>> draw_curves(records, heading="digits").axes[0].get_xlabel()
    'labelled samples (number)'
    """
    figure = Figure(figsize=(8.0, 4.8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    curve = 100 * curves(records)
    handles = {}
    for name, (colour, line, marker) in _styles(curve.index.unique("strategy")).items():
        one = curve.loc[name]
        labels, mean, error = one.index.to_numpy(), one["mean"], one["standard_error"].fillna(0)
        (handles[name],) = axes.plot(labels, mean, line, color=colour, marker=marker, label=name)
        axes.fill_between(labels, mean - error, mean + error, color=colour, alpha=0.15, lw=0)
    axes.set_xlabel("labelled samples (number)")
    axes.set_ylabel("test accuracy (%)")
    axes.set_title(heading, fontsize="medium", loc="left")
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    ends = curve["mean"].groupby("strategy").last()
    # The legend stands beside the axes: no corner is free of lines for every strategy.
    figure.legend(
        handles=[handles[name] for name in ends.sort_values(ascending=False).index],
        loc="outside right upper",
        title="mean, band:\n± standard error",
        frameon=False,
    )
    return figure


def _styles(names: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    cycle = itertools.cycle(_STYLES)
    return {name: _BASELINE_STYLE if name == BASELINE else next(cycle) for name in names}


def _percent(mean: float, error: float, *, sign: bool = False) -> str:
    text = f"{100 * mean:+.1f}" if sign else f"{100 * mean:.1f}"
    return text if np.isnan(error) else f"{text} ± {100 * error:.1f}"


def _aligned(head: list[str], *blocks: list[list[str]]) -> list[str]:
    rows = [head, *(row for block in blocks for row in block)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rule = "-" * (sum(widths) + 4 * (len(widths) - 1))

    def line(row: list[str]) -> str:
        first, *others = row
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return "    ".join(cells).rstrip()

    lines = [line(head)]
    for block in blocks:
        lines += [rule, *map(line, block)]
    return lines
