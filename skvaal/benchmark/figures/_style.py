"""What the pictures share: colours, axes, bands, and names that do not overlap."""

import itertools
import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import isotonic_regression

from skvaal.benchmark.inference import bootstrap_interval
from skvaal.benchmark.summary import BASELINE

LABELS_AXIS = "labelled samples (number)"
OWN = "vaal"  # the strategy that the library is about
GREY = "0.5"  # of what stands behind; 3.9 to 1 on white

# Okabe and Ito's palette, made to be told apart with any colour vision; its yellow is left out,
# too pale for a line on white, and what is fixed below. Each colour returns with another line
# style, and markers, whose number shares no factor with that of the colours, tell the same apart
# in grey.
_COLOURS = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9")
_LINES = ("-", "-.", ":")
_MARKERS = ("^", "D", "v", "P", "*")
# These look the same in every picture.
_FIXED: dict[str, dict[str, Any]] = {
    BASELINE: {"color": "#000000", "linestyle": "--", "marker": "x", "zorder": 3},
    OWN: {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "margin": {"color": "#D55E00", "linestyle": "-", "marker": "s"},
}


_LETTERS_PER_INCH = 11  # of a heading


def styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return how to draw the line of each strategy."""
    table = {}
    counter = itertools.count()
    for name in names:
        if name in _FIXED:
            table[name] = _FIXED[name]
            continue
        i = next(counter)
        table[name] = {
            "color": _COLOURS[i % len(_COLOURS)],
            "linestyle": _LINES[i // len(_COLOURS) % len(_LINES)],
            "marker": _MARKERS[i % len(_MARKERS)],
        }
    return table


def tidy(axes: Axes) -> None:
    """Take away what is not data."""
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def count_labels(axes: Axes) -> None:
    """Mark whole numbers along the axis of labels: nobody has half a label."""
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))


def wrapped(heading: str, figure: Figure) -> str:
    """Break a heading into lines as wide as the figure, for titles are not wrapped."""
    return textwrap.fill(heading, int(_LETTERS_PER_INCH * figure.get_figwidth()))


def seeds_and_band(records: pd.DataFrame) -> str:
    """Say what lines and bands are."""
    n_seeds = records["seed"].nunique()
    if n_seeds == 1:
        return "one seed, no interval"
    return f"mean over {n_seeds} seeds; band: 95 % bootstrap interval"


def by_budget(records: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the accuracies of each strategy in %, a row for each seed, a column by budget."""
    return {
        str(name): 100 * run.pivot(index="seed", columns="n_labeled", values="accuracy")
        for name, run in records.groupby("strategy", sort=False, observed=True)
    }


def mean_and_interval(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over seeds of each column and its 95 % bootstrap interval, if it has one."""
    interval = bootstrap_interval(table)
    # A single seed has no interval, and a band around nan would hide the line's gap.
    return interval.assign(mean=table.mean()).dropna(subset="mean")


def spread(wanted: ArrayLike, *, gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Return positions at least a gap apart that lie closest to the wanted ones.

    Least squares under the condition that neighbours keep their order and the gap: an isotonic
    regression of the positions less the gaps below them.

    Parameters
    ----------
    wanted : array-like of shape (n,)
        Where each would stand on its own.
    gap : float
        The smallest distance.
    low, high : float
        Limits; where they leave no room, the upper one gives way.

    Returns
    -------
    ndarray of shape (n,)
        The positions.

    Examples
    --------
    >>> spread([0.5, 0.5, 0.9], gap=0.2, low=0, high=1).round(2).tolist()
    [0.4, 0.6, 0.9]
    """
    position = np.asarray(wanted, dtype=float)
    order = np.argsort(position, kind="stable")
    below = gap * np.arange(len(position))
    top = max(high - below[-1], low)
    placed = np.empty_like(position)
    placed[order] = below + isotonic_regression(position[order] - below, y_min=low, y_max=top)
    return placed
