"""Differences to a baseline."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skvaal.benchmark.figures._style import (
    LABELS_AXIS,
    by_budget,
    count_labels,
    mean_and_interval,
    seeds_and_band,
    tidy,
    wrapped,
)
from skvaal.benchmark.summary import BASELINE

_COLUMNS = 5
_COLOUR = "#0072B2"


def draw_differences(records: pd.DataFrame, *, heading: str, baseline: str = BASELINE) -> Figure:
    """Draw by number of labels how far each strategy lies above a baseline.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    heading : str
        What was run, one line.
    baseline : str, default="random"
        The strategy to compare with.

    Returns
    -------
    Figure
        A panel for each other strategy, the largest mean difference first, all with the same
        axes. Differences are taken seed by seed; the line is their mean, the band its 95 %
        bootstrap interval, and points are filled where this interval leaves out zero.

    Raises
    ------
    ValueError
        If the records lack the baseline, or hold nothing else.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": ["random", "random", "margin", "margin"],
    ...         "seed": 0,
    ...         "n_labeled": [20, 40, 20, 40],
    ...         "accuracy": [0.5, 0.7, 0.5, 0.9],
    ...     }
    ... )
    >>> figure = draw_differences(records, heading="digits")
    >>> [axes.get_title("left") for axes in figure.axes]
    ['margin']
    """
    tables = by_budget(records)
    if baseline not in tables or len(tables) == 1:
        raise ValueError(
            f"baseline={baseline!r}, but the strategies of the records are {list(tables)}; "
            "run the baseline and at least one other strategy."
        )
    base = tables.pop(baseline)
    gains = {name: mean_and_interval(table - base) for name, table in tables.items()}
    means = pd.Series({name: gain["mean"].mean() for name, gain in gains.items()})
    order = list(means.sort_values(ascending=False, kind="stable").index)
    n_columns = min(_COLUMNS, len(order))
    n_rows = math.ceil(len(order) / n_columns)
    size = (max(1.9 * n_columns, 6.4) + 0.6, 1.6 * n_rows + 1.1)
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, name in zip(grid, order, strict=False):
        _draw_gain(axes, gains[name])
        axes.set_title(name, fontsize="small", loc="left", pad=3, parse_math=False)
    for axes in grid[len(order) :]:
        axes.remove()
    for axes in grid[len(order) - n_columns : len(order)]:
        axes.tick_params(labelbottom=True)  # nothing stands below
    title = wrapped(heading, figure)
    figure.suptitle(title, fontsize="medium", x=0.01, ha="left", parse_math=False)
    figure.supylabel(
        f"test accuracy less that of\n{baseline} (percentage points)",
        fontsize="small",
        parse_math=False,
    )
    note = f"{seeds_and_band(records)}; filled: the interval leaves out zero"
    figure.supxlabel(f"{LABELS_AXIS}\n{note}", fontsize="small")
    return figure


def _draw_gain(axes: Axes, gain: pd.DataFrame) -> None:
    labels, mean = gain.index.to_numpy(), gain["mean"]
    tidy(axes)
    count_labels(axes)
    axes.tick_params(labelsize="small")
    axes.axhline(0, color="black", linestyle="--", lw=1)
    axes.fill_between(labels, gain["low"], gain["high"], color=_COLOUR, alpha=0.25, lw=0)
    axes.plot(labels, mean, color=_COLOUR)
    apart = (gain["low"] > 0) | (gain["high"] < 0)
    for some, face in ((apart, _COLOUR), (~apart, "white")):
        axes.plot(labels[some], mean[some], "o", color=_COLOUR, markerfacecolor=face, markersize=4)
