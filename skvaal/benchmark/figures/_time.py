"""What a strategy costs against what it gains."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from skvaal.benchmark.figures._style import GREY, tidy, wrapped
from skvaal.benchmark.inference import bootstrap_interval
from skvaal.benchmark.statistics import areas

_COLOUR = "#0072B2"
_SHORTEST = 1e-6  # seconds; a coarse clock may read 0, which has no logarithm

# Where a name may stand: distance from its point in points of type, then direction, the best first.
_DISTANCES = (6, 12, 20, 30, 42, 56)
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_NAME_SIZE = 8  # points of type
_LEADER = {"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkA": 0, "shrinkB": 3}

_Pair = NDArray[np.float64] | tuple[float, float]  # x and y, in pixels


def draw_time_accuracy(records: pd.DataFrame, *, heading: str) -> Figure:
    """Draw the accuracy that each strategy reaches against the time that it takes.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        A point for each strategy: the mean seconds of a query on a logarithmic axis, and the area
        under the budget curve with its 95 % bootstrap interval. Points that no other beats in
        both are filled and joined. A strategy without a query or an area is left out.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": "random",
    ...         "seed": 0,
    ...         "n_labeled": [20, 40],
    ...         "accuracy": [0.5, 0.7],
    ...         "query_seconds": [np.nan, 0.01],
    ...     }
    ... )
    >>> draw_time_accuracy(records, heading="digits").axes[0].get_xlabel()
    'mean time of a query (seconds)'
    """
    points = _points(records)
    figure = Figure(figsize=(8.0, 5.4), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    tidy(axes)
    _leave_room_beside(axes, points["seconds"])
    axes.vlines(points["seconds"], points["low"], points["high"], color=GREY, lw=1)
    best = points[_unbeaten(points)].sort_values("seconds")
    steps = _steps(best[["seconds", "area"]].to_numpy())
    axes.plot(*steps.T, color=_COLOUR, lw=0.8)
    for some, face in ((best, _COLOUR), (points.drop(best.index), "white")):
        axes.plot(some["seconds"], some["area"], "o", color=_COLOUR, markerfacecolor=face)
    axes.margins(y=0.08)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")  # 0.01, not a power
    axes.set_xlabel("mean time of a query (seconds)")
    axes.set_ylabel("area under the budget curve (%)")
    axes.set_title(wrapped(heading, figure), fontsize="medium", loc="left", parse_math=False)
    note = "bar: 95 % bootstrap interval over seeds; filled: none is both faster and more accurate"
    figure.supxlabel(note, fontsize=8, color="0.35")
    bars = points[["seconds", "low", "seconds", "high"]].dropna().to_numpy().reshape(-1, 2, 2)
    lines = [*bars, *itertools.pairwise(steps)]
    _name_points(figure, axes, points, lines)
    return figure


def _points(records: pd.DataFrame) -> pd.DataFrame:
    area = 100 * areas(records)
    seconds = records.groupby("strategy", observed=True)["query_seconds"].mean()
    points = bootstrap_interval(area).assign(
        area=area.mean(), seconds=seconds.clip(lower=_SHORTEST)
    )
    return points.dropna(subset=["area", "seconds"])


def _leave_room_beside(axes: Axes, seconds: pd.Series) -> None:
    # By hand: around a single point matplotlib finds no limits on a logarithmic axis.
    if len(seconds):
        shortest, longest = seconds.min(), seconds.max()
        room = max(1.5, (longest / shortest) ** 0.12)
        axes.set_xlim(shortest / room, longest * room)


def _unbeaten(points: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which points none equals in both and betters in one."""
    seconds, area = points["seconds"].to_numpy(), points["area"].to_numpy()
    as_fast, as_good = seconds[:, None] <= seconds, area[:, None] >= area  # (other, one)
    better = (seconds[:, None] < seconds) | (area[:, None] > area)
    return np.asarray(~(as_fast & as_good & better).any(axis=0))


def _steps(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Join points (n, 2) from left to right by first going right, then up."""
    x, y = corners.T
    return np.c_[np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]] if len(corners) else corners


def _name_points(figure: Figure, axes: Axes, points: pd.DataFrame, lines: list[ArrayLike]) -> None:
    """Write each name at the nearest place where it covers no point, no line and no other name."""
    figure.draw_without_rendering()  # where points lie on the canvas is known only then
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    pixels = figure.dpi / 72
    centres = axes.transData.transform(points[["seconds", "area"]].to_numpy())
    taken = [_box(centre, (8 * pixels, 8 * pixels)) for centre in centres]
    for ends in map(axes.transData.transform, lines):
        taken.append(Bbox([ends.min(axis=0) - pixels / 2, ends.max(axis=0) + pixels / 2]))
    for name, point, centre in zip(points.index, points.itertuples(), centres, strict=True):
        probe = figure.text(0, 0, name, fontsize=_NAME_SIZE, parse_math=False)
        size = probe.get_window_extent().size
        probe.remove()
        distance, box = _place(centre, size, pixels, taken, axes.get_window_extent())
        taken.append(box)
        axes.annotate(
            name,
            xy=(point.seconds, point.area),
            xytext=((box.p0 + box.p1) / 2 - centre) / pixels,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_NAME_SIZE,
            parse_math=False,
            arrowprops=_LEADER if distance > _DISTANCES[0] else None,
        )


def _place(
    centre: _Pair, size: _Pair, pixels: float, taken: list[Bbox], frame: Bbox
) -> tuple[float, Bbox]:
    """Return the first place for a name that is free, or else the one that covers least."""
    places = []
    for distance, direction in itertools.product(_DISTANCES, _DIRECTIONS):
        away = np.array(direction) * (distance * pixels + np.asarray(size) / 2)
        box = _box(centre + away, size)
        outside = box.width * box.height - _overlap(box, frame)
        covered = outside + sum(_overlap(box, other) for other in taken)
        if covered < 1e-6:
            return distance, box
        places.append((covered, distance, box))
    return min(places, key=lambda place: place[0])[1:]


def _box(centre: _Pair, size: _Pair) -> Bbox:
    half = np.asarray(size) / 2
    return Bbox([centre - half, centre + half])


def _overlap(one: Bbox, other: Bbox) -> float:
    both = Bbox.intersection(one, other)
    return 0.0 if both is None else float(both.width * both.height)
