"""The penalty matrix."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from skvaal.benchmark.inference import untested


def draw_penalty(penalty: pd.DataFrame, *, heading: str, n_data: int = 1) -> Figure:
    """Draw a penalty matrix as a heat map, the least beaten strategy first.

    Parameters
    ----------
    penalty : DataFrame
        As :func:`skvaal.benchmark.inference.penalty_matrix` returns it.
    heading : str
        What was run, one line.
    n_data : int, default=1
        Number of cases, the largest possible entry.

    Returns
    -------
    Figure
        Under the matrix stand the means of its columns. A strategy that was tested against no
        other one is left out.

    Raises
    ------
    ValueError
        If no two strategies were tested against each other.

    Examples
    --------
    >>> names = ["margin", "random"]
    >>> penalty = pd.DataFrame([[0.0, 0.5], [0.0, 0.0]], index=names, columns=names)
    >>> [axes.get_ylabel() for axes in draw_penalty(penalty, heading="digits").axes]
    ['this strategy ...', '', 'share of budgets']
    """
    without = untested(penalty)
    penalty = penalty.drop(index=without, columns=without)
    if len(penalty) < 2:
        raise ValueError(
            f"penalty holds no two strategies that were tested against each other, of {without}; "
            "give two strategies or more that share at least two seeds."
        )
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
    foot.set_xticks(range(len(order)), order, rotation=90, parse_math=False)
    bar = figure.colorbar(image, ax=[axes, foot], shrink=0.6)
    bar.set_label("share of budgets" if n_data == 1 else "share of budgets, summed over cases")
    # Titles are not wrapped, and the figure is narrow.
    title = heading.replace("; ", "\n")
    figure.suptitle(title, fontsize="medium", x=0.01, ha="left", parse_math=False)
    return figure


def _draw_cells(axes: Axes, table: pd.DataFrame, rows: Iterable[str], largest: int) -> AxesImage:
    image = axes.imshow(table, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if np.isfinite(value):
            colour = "white" if value > 0.55 * largest else "black"
            text = f"{value:.2f}".rstrip("0").rstrip(".")
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    axes.set_yticks(range(len(table)), rows, parse_math=False)
    axes.spines[:].set_visible(False)
    return image
