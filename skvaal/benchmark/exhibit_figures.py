"""Pictures of what each strategy picked first."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from skvaal.benchmark.exhibits import MOST_PICTURES, Exhibit
from skvaal.benchmark.figures._style import wrapped

_START = "labelled at the start"
_LONGEST_NAME = 10  # of a class, in letters, under a picture
_PANELS_IN_A_ROW = 4
_NAME_SIZE = 10.0  # points
_CELL = 0.55  # of a picture with the gap beside it, in inches
_GAP = 0.1  # inches
_ROOM = 1.15  # for the widest name: who reads the SVG may have another font
_LEAST_WIDTH = 5.0  # inches, for the heading
_CLASS: dict[str, Any] = {"fontsize": 6, "ha": "center", "va": "top", "parse_math": False}
# Rasterised, or the SVG would hold every sample of the pool once for each panel.
_POOL = {"s": 5, "c": "0.5", "marker": "o", "lw": 0, "rasterized": True}
_LABELED = {"s": 22, "c": "#0072B2", "marker": "x", "lw": 1.2}
_PICKED = {"s": 20, "c": "#E69F00", "marker": "o", "lw": 0.7, "edgecolors": "black"}


def draw_contact_sheet(exhibit: Exhibit, *, heading: str) -> Figure:
    """Draw the pictures that each strategy picked, with their classes, a row for each.

    Parameters
    ----------
    exhibit : Exhibit
        With pictures, see :func:`skvaal.benchmark.exhibits.make_exhibit`.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        A figure without a window and outside pyplot's list of figures. The first row are
        samples that were labelled at the start.

    Raises
    ------
    ValueError
        If the exhibit is a map.

    Examples
    --------
    >>> exhibit = Exhibit(
    ...     samples=np.zeros((2, 8, 8, 1), dtype=np.uint8),
    ...     y=np.arange(2),
    ...     labeled=np.array([True, False]),
    ...     picks={"random": np.array([1])},
    ...     classes=("cat", "dog"),
    ... )
    >>> figure = draw_contact_sheet(exhibit, heading="pets")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['cat', 'dog']
    """
    if not exhibit.has_pictures:
        raise ValueError("exhibit is a map without pictures; draw it by draw_projection.")
    rows = {_START: np.flatnonzero(exhibit.labeled)[:MOST_PICTURES], **exhibit.picks}
    n_columns = max(map(len, rows.values()))
    _, height, width, _ = exhibit.samples.shape
    across, down = width * 9 // 8 + 1, height * 11 // 8 + 1  # with room for the class below
    sheet = np.full((len(rows) * down, n_columns * across, 3), 255, dtype=np.uint8)
    shape = (_CELL * n_columns, _CELL * down / across * len(rows))
    figure, axes = _frame(shape, names=rows, heading=heading)
    for i, chosen in enumerate(rows.values()):
        for j, sample in enumerate(chosen):
            top, left = i * down, j * across
            sheet[top : top + height, left : left + width] = exhibit.samples[sample]
            name = _shortened(exhibit.classes[exhibit.y[sample]])
            centre = left + (width - 1) / 2
            axes.text(centre, top + height, name, **_CLASS)
    axes.imshow(sheet, interpolation="nearest")
    axes.set_yticks(np.arange(len(rows)) * down + height / 2, list(rows), parse_math=False)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _frame(
    shape: tuple[float, float], *, names: Iterable[str], heading: str
) -> tuple[Figure, Axes]:
    """Make axes of a shape in inches, with room for names at the left and a heading above.

    A layout engine would not do: it makes room before it knows what axes of fixed proportions
    leave free, and cuts names off.
    """
    figure = Figure(dpi=150)
    left = 2 * _GAP + _ROOM * max(_measure(figure, name)[0] for name in names)
    width = max(left + shape[0] + _GAP, _LEAST_WIDTH)
    figure.set_size_inches(width, 1)
    heading = wrapped(heading, figure)
    top = 2 * _GAP + _measure(figure, heading)[1]
    height = top + shape[1] + _GAP
    figure.set_size_inches(width, height)
    place = (left / width, _GAP / height, shape[0] / width, shape[1] / height)
    axes = figure.add_axes(place)
    above = {"x": _GAP / width, "y": 1 - _GAP / height, "ha": "left", "va": "top"}
    figure.suptitle(heading, fontsize=_NAME_SIZE, parse_math=False, **above)
    axes.tick_params(labelsize=_NAME_SIZE)
    return figure, axes


def _measure(figure: Figure, words: str) -> tuple[float, float]:
    """Width and height of words, in inches."""
    probe = figure.text(0, 0, words, fontsize=_NAME_SIZE, parse_math=False)
    extent = probe.get_window_extent()
    probe.remove()
    return extent.width / figure.dpi, extent.height / figure.dpi


def draw_projection(exhibit: Exhibit, *, heading: str) -> Figure:
    """Draw a map of the pool with what each strategy picked, a panel for each.

    Parameters
    ----------
    exhibit : Exhibit
        Without pictures, see :func:`skvaal.benchmark.exhibits.make_exhibit`.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        A figure without a window and outside pyplot's list of figures. The axes are the first two
        principal components of VAAL's latent means, the same in each panel.

    Raises
    ------
    ValueError
        If the exhibit has pictures.

    Examples
    --------
    >>> exhibit = Exhibit(
    ...     samples=np.eye(2),
    ...     y=np.arange(2),
    ...     labeled=np.array([True, False]),
    ...     picks={"random": np.array([1])},
    ...     classes=("a", "b"),
    ... )
    >>> figure = draw_projection(exhibit, heading="two rows")
    >>> [axes.get_title() for axes in figure.axes]
    ['random']
    """
    if exhibit.has_pictures:
        raise ValueError("exhibit has pictures and no map; draw it by draw_contact_sheet.")
    n_columns = min(_PANELS_IN_A_ROW, len(exhibit.picks))
    n_rows = -(-len(exhibit.picks) // n_columns)
    size = (max(4.5, 2.3 * n_columns), 1.2 + 2.2 * n_rows)
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for axes, (name, chosen) in zip(grid.flat, exhibit.picks.items(), strict=False):
        rest = np.setdiff1d(np.flatnonzero(~exhibit.labeled), chosen)
        _scatter(axes, exhibit.samples[rest], "pool", _POOL)
        _scatter(axes, exhibit.samples[exhibit.labeled], _START, _LABELED)
        _scatter(axes, exhibit.samples[chosen], "picked first", _PICKED)
        axes.set_title(name, fontsize="small", parse_math=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_color("0.8")
    for axes in grid[-1]:
        axes.set_xlabel("component 1", fontsize="small")
    for axes in grid[:, 0]:
        axes.set_ylabel("component 2", fontsize="small")
    for axes in grid.flat[len(exhibit.picks) :]:
        axes.remove()
    title = wrapped(heading, figure)
    figure.suptitle(title, fontsize="medium", x=0.01, ha="left", parse_math=False)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize="small"
    )
    return figure


def _scatter(axes: Axes, points: NDArray, label: str, style: dict) -> None:
    axes.scatter(points[:, 0], points[:, 1], label=label, **style)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
