"""Accuracy against labels."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skvaal.benchmark.figures._style import (
    GREY,
    LABELS_AXIS,
    OWN,
    by_budget,
    count_labels,
    mean_and_interval,
    seeds_and_band,
    spread,
    styles,
    tidy,
    wrapped,
)
from skvaal.benchmark.statistics import areas
from skvaal.benchmark.summary import REFERENCES

_MOST_IN_FRONT = 8  # more lines in colour cover each other
_BEST_IN_FRONT = 3  # of more strategies than that, beside those that always stand in front
_NAME_SIZE = 8.0  # points
_LEADER = {"arrowstyle": "-", "lw": 0.7, "shrinkA": 0, "shrinkB": 4, "relpos": (0, 0.5)}


def draw_curves(records: pd.DataFrame, *, heading: str) -> Figure:
    """Draw accuracy against labels.

    Up to eight strategies are all drawn in colour, with a band. Of more, random and margin
    sampling, VAAL and the three that have the largest area under the budget curve are; the others
    stand in grey behind them. Each line's name is at its end.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    heading : str
        What was run, one line.

    Returns
    -------
    Figure
        Lines are means over seeds, bands 95 % bootstrap intervals of the mean.

    See Also
    --------
    draw_differences : A panel for each strategy, which shows every band.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": 0, "n_labeled": [20, 40], "accuracy": [0.5, 0.7]}
    ... )
    >>> draw_curves(records, heading="digits").axes[0].get_xlabel()
    'labelled samples (number)'
    """
    tables = by_budget(records)
    front = _front(records)
    style = styles(front)
    height = max(4.8, 1.3 + 1.3 * _NAME_SIZE / 72 * len(tables))
    figure = Figure(figsize=(8.6, height), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    ends = {}
    for name, table in tables.items():
        curve = mean_and_interval(table)
        labels, mean = curve.index.to_numpy(), curve["mean"].to_numpy()
        if name in style:
            axes.plot(labels, mean, label=name, markersize=5, **style[name])
            axes.fill_between(
                labels, curve["low"], curve["high"], color=style[name]["color"], alpha=0.15, lw=0
            )
        else:
            axes.plot(labels, mean, label=name, color=GREY, lw=0.8, zorder=1.5)
        ends[name] = (labels[-1], mean[-1], style.get(name, {}).get("color"))
    tidy(axes)
    count_labels(axes)
    axes.set_xlabel(LABELS_AXIS)
    axes.set_ylabel("test accuracy (%)")
    axes.set_title(wrapped(heading, figure), fontsize="medium", loc="left", parse_math=False)
    _name_ends(figure, axes, ends)
    figure.supxlabel(_note(records, n_behind=len(tables) - len(front)), fontsize=8, color="0.35")
    return figure


def _front(records: pd.DataFrame) -> list[str]:
    names = list(records["strategy"].unique())
    if len(names) <= _MOST_IN_FRONT:
        return names
    always = [name for name in (*REFERENCES, OWN) if name in names]
    ranked = areas(records).mean().drop(always).sort_values(ascending=False, kind="stable")
    return [*always, *ranked.index[:_BEST_IN_FRONT]]


def _note(records: pd.DataFrame, *, n_behind: int) -> str:
    parts = [seeds_and_band(records)]
    if n_behind:
        parts.append(f"in colour: references and the {_BEST_IN_FRONT} of the largest area")
        parts.append(f"grey: {n_behind} others")
    return "; ".join(parts)


def _name_ends(
    figure: Figure, axes: Axes, ends: dict[str, tuple[float, float, str | None]]
) -> None:
    """Write the names at the right, apart from each other, joined with the lines' ends."""
    figure.draw_without_rendering()  # the height of the axes is known only then
    height = axes.get_window_extent().height
    gap = 1.3 * _NAME_SIZE * figure.dpi / 72
    low, high = axes.transData.transform([(0, y) for y in axes.get_ylim()])[:, 1]
    wanted = axes.transData.transform([(0, y) for _, y, _ in ends.values()])[:, 1]
    placed = (spread(wanted, gap=gap, low=low, high=high) - low) / height
    axes.set_ylim(axes.get_ylim())  # as it was when the names were placed
    for (name, (x, y, colour)), at in zip(ends.items(), placed, strict=True):
        axes.annotate(
            name,
            xy=(x, y),
            xytext=(1.06, float(at)),
            textcoords="axes fraction",
            va="center",
            fontsize=_NAME_SIZE,
            color="black" if colour else "0.4",
            parse_math=False,
            arrowprops={**_LEADER, "color": colour or GREY},
        )
