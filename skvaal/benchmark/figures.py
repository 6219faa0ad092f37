"""Pictures of a comparison."""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from skvaal.benchmark.statistics import curves
from skvaal.benchmark.summary import BASELINE

# Okabe and Ito's palette, made to be told apart with any colour vision; its yellow is left out,
# too pale for a line on white. Each colour returns with another line style, and markers, whose
# number shares no factor with that of the colours, tell the same apart in grey.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_LINES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "*")
_BASELINE_STYLE = {"color": "#000000", "linestyle": "--", "marker": "x", "zorder": 3}

_MOST_BANDS = 8  # more of them cover each other
_LONGEST_COLUMN = 12  # of a legend


def draw_curves(records: pd.DataFrame, *, heading: str) -> Figure:
    """Draw accuracy against labels.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        A figure without a window and outside pyplot's list of figures. Up to eight strategies
        have a band of one standard error. The legend is in the order of the last points.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": 0, "n_labeled": [20, 40], "accuracy": [0.5, 0.7]}
    ... )
    >>> draw_curves(records, heading="digits").axes[0].get_xlabel()
    'labelled samples (number)'
    """
    curve = 100 * curves(records)
    names = list(curve.index.unique("strategy"))
    long, banded = len(names) > _LONGEST_COLUMN, len(names) <= _MOST_BANDS
    figure = Figure(figsize=(11.0, 6.0) if long else (8.0, 4.8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    handles = {}
    for name, style in _styles(names).items():
        one = curve.loc[name]
        labels, mean, error = one.index.to_numpy(), one["mean"], one["standard_error"].fillna(0)
        (handles[name],) = axes.plot(labels, mean, label=name, markersize=5, **style)
        if banded:
            axes.fill_between(
                labels, mean - error, mean + error, color=style["color"], alpha=0.15, lw=0
            )
    axes.set_xlabel("labelled samples (number)")
    axes.set_ylabel("test accuracy (%)")
    axes.set_title(heading, fontsize="medium", loc="left")
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    ends = curve["mean"].groupby("strategy", sort=False).last()
    order = ends.sort_values(ascending=False, kind="stable").index
    # The legend stands beside the axes: no corner is free of lines for every strategy.
    figure.legend(
        handles=[handles[name] for name in order],
        loc="outside right upper",
        title="mean, band:\n± standard error" if banded else "mean over seeds",
        ncols=2 if long else 1,
        fontsize="small" if long else None,
        handlelength=5.0 if long else 3.5,  # shows each dash pattern in full
        frameon=False,
    )
    return figure


def draw_penalty(penalty: pd.DataFrame, *, heading: str, n_data: int = 1) -> Figure:
    """Draw a penalty matrix as a heat map, the least beaten strategy first.

    Parameters
    ----------
    penalty : DataFrame
        As :func:`skvaal.benchmark.inference.penalty_matrix` returns it.
    heading : str
        What was run, one line.
    n_data : int, default=1
        Number of data sets, the largest possible entry.

    Returns
    -------
    Figure
        A figure without a window and outside pyplot's list of figures. Under the matrix stand
        the means of its columns.

    Examples
    --------
    >>> names = ["margin", "random"]
    >>> penalty = pd.DataFrame([[0.0, 0.5], [0.0, 0.0]], index=names, columns=names)
    >>> [axes.get_ylabel() for axes in draw_penalty(penalty, heading="digits").axes]
    ['this strategy ...', '', 'share of budgets']
    """
    order = penalty.mean().sort_values(kind="stable").index
    matrix = penalty.loc[order, order]
    size = 0.42 * len(order)
    figure = Figure(figsize=(3.2 + size, 2.6 + size), dpi=150, layout="constrained")
    axes, foot = figure.subplots(2, 1, height_ratios=[len(order), 1], sharex=True)
    without_itself = matrix.mask(np.eye(len(order), dtype=bool))
    image = _draw_cells(axes, without_itself, order, n_data)
    _draw_cells(foot, matrix.mean().to_frame("mean").T, ["mean"], n_data)
    axes.tick_params(axis="x", bottom=False)
    axes.set_ylabel("this strategy ...")
    foot.set_xlabel("... beats this one")
    foot.set_xticks(range(len(order)), order, rotation=90)
    bar = figure.colorbar(image, ax=[axes, foot], shrink=0.6)
    bar.set_label("share of budgets" if n_data == 1 else "share of budgets, summed over data")
    # Titles are not wrapped, and the figure is narrow.
    figure.suptitle(heading.replace("; ", "\n"), fontsize="medium", x=0.01, ha="left")
    return figure


def _draw_cells(axes: Axes, table: pd.DataFrame, rows: Iterable[str], largest: int) -> AxesImage:
    image = axes.imshow(table, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if np.isfinite(value):
            colour = "white" if value > 0.55 * largest else "black"
            text = f"{value:.2f}".rstrip("0").rstrip(".")
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    axes.set_yticks(range(len(table)), rows)
    axes.spines[:].set_visible(False)
    return image


def _styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    styles = {}
    counter = itertools.count()
    for name in names:
        if name == BASELINE:
            styles[name] = _BASELINE_STYLE
            continue
        i = next(counter)
        styles[name] = {
            "color": _COLOURS[i % len(_COLOURS)],
            "linestyle": _LINES[i // len(_COLOURS) % len(_LINES)],
            "marker": _MARKERS[i % len(_MARKERS)],
        }
    return styles
