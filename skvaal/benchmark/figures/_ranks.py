"""The critical-difference diagram."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scikit_posthocs import critical_difference_diagram

from skvaal.benchmark.figures._style import wrapped
from skvaal.benchmark.inference import cases_note, friedman_p_value, pairwise_p_values
from skvaal.benchmark.statistics import case_areas, ranks

_BAR = "#0072B2"


def draw_ranks(records: pd.DataFrame, *, heading: str, level: float = 0.05) -> Figure:
    """Draw the mean ranks over cases, and join the strategies that cannot be told apart.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of two cases or more.
    heading : str
        What was run, one line.
    level : float, default=0.05
        A pair is told apart if its corrected p value is below; see
        :func:`skvaal.benchmark.inference.pairwise_p_values`.

    Returns
    -------
    Figure
        The best rank stands at the left. A bar joins strategies, each a dot on it, of which no
        two can be told apart. Under the diagram stand Friedman's p value, what so few cases
        cannot show, and which strategies are left out because they are missing from a case.

    Raises
    ------
    ValueError
        If there are fewer than two cases, or fewer than two strategies that are in all of them.

    References
    ----------
    .. [1] J. Demsar. "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7,
       2006.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": ["a"] * 4 + ["b"] * 4,
    ...         "strategy": ["margin", "margin", "random", "random"] * 2,
    ...         "seed": 0,
    ...         "n_labeled": [20, 40] * 4,
    ...         "accuracy": [0.5, 0.9, 0.5, 0.7, 0.5, 0.8, 0.5, 0.7],
    ...     }
    ... )
    >>> figure = draw_ranks(records, heading="two data sets")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['margin (1.00)', '(2.00) random']
    """
    everything = case_areas(records)
    area = everything.dropna(axis="columns")
    if min(area.shape) < 2:
        raise ValueError(
            f"records hold {len(area)} cases and {len(area.columns)} strategies that are in all of "
            "them; give at least two of each."
        )
    complete = ranks(records[records["strategy"].isin(area.columns)])
    n_strategies = len(area.columns)
    figure = Figure(figsize=(9.0, 2.0 + 0.16 * n_strategies), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    drawn = critical_difference_diagram(
        complete.mean(),
        pairwise_p_values(area),
        alpha=level,
        ax=axes,
        label_fmt_left="{label} ({rank:.2f})",
        label_fmt_right="({rank:.2f}) {label}",
        label_props={"fontsize": 8, "parse_math": False},
        marker_props={"s": 14},
        crossbar_props={"color": _BAR, "linewidth": 1.5, "marker": "o", "markersize": 5},
        elbow_props={"lw": 0.8, "color": "0.3"},  # names are joined to ranks: no need of colours
    )
    _put_in_order([line for bar in drawn["crossbars"] for line in bar])
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(f"mean rank over {len(area)} cases (1 is best)")
    axes.set_title(wrapped(heading, figure), fontsize="medium", loc="left", parse_math=False)
    left_out = everything.columns.difference(area.columns, sort=False)
    notes = _notes(complete, level, list(left_out))
    figure.supxlabel(notes, fontsize=8, color="0.35", parse_math=False)
    return figure


def _put_in_order(bars: list[Line2D]) -> None:
    """Stack the bars from left to right.

    They come in the order of sets of names, which differs from run to run. Taken by their left
    ends they need no more levels, however ties are broken, so that the labels stay below them.
    """
    ends: list[float] = []  # the right end of the last bar on each level
    members = [np.sort(np.asarray(bar.get_xdata(), dtype=float)).tolist() for bar in bars]
    for bar, points in zip(bars, sorted(members), strict=True):  # any bar: all look the same
        level = next((i for i, end in enumerate(ends) if end < points[0]), len(ends))
        ends[level : level + 1] = [points[-1]]
        bar.set_data(points, [-1 - level] * len(points))


def _notes(complete: pd.DataFrame, level: float, left_out: list[str]) -> str:
    n_cases, n_strategies = complete.shape
    p = friedman_p_value(complete)
    lines = [
        "bar: no two of the strategies dotted on it can be told apart (Wilcoxon's signed-rank "
        f"test, Holm-corrected, p ≥ {level:g})"
    ]
    if pd.notna(p):
        value = "< 0.001" if p < 0.001 else f"= {p:.3f}"
        lines.append(f"Friedman's test that all are equal: p {value}")
    lines.append(cases_note(n_cases, n_strategies, level=level))
    if left_out:
        lines.append(f"missing from a case, left out: {', '.join(left_out)}")
    return "\n".join(line for line in lines if line)
