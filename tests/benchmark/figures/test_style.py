import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from skvaal.benchmark.figures._style import (
    GREY,
    by_budget,
    count_labels,
    mean_and_interval,
    spread,
    styles,
    wrapped,
)
from skvaal.benchmark.inference import bootstrap_interval


def test_styles_differ_in_colour_and_line_and_in_colour_and_marker():
    names = ["random", "vaal", "margin", *(f"strategy {i}" for i in range(12))]

    table = styles(names)

    assert list(table) == names
    assert len({(style["color"], str(style["linestyle"])) for style in table.values()}) == 15
    assert len({(style["color"], style["marker"]) for style in table.values()}) == 15


def test_references_look_the_same_beside_others():
    few, more = styles(["margin", "random"]), styles(["a", "random", "b", "margin"])

    assert few["random"] == more["random"]
    assert few["margin"] == more["margin"]


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([0.2, 0.5, 0.9], [0.2, 0.5, 0.9]),  # far enough apart
        ([0.9, 0.2, 0.5], [0.9, 0.2, 0.5]),  # in any order
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([0.5, 0.55, 0.9], [0.475, 0.575, 0.9]),
        ([1.0, 1.0], [0.9, 1.0]),  # not above the upper limit
        ([-1.0, 0.0], [0.0, 0.1]),
        ([0.5], [0.5]),
    ],
)
def test_spread_by_hand(wanted, placed):
    np.testing.assert_allclose(spread(wanted, gap=0.1, low=0, high=1), placed)


def test_spread_keeps_gap_and_order():
    wanted = np.sort(np.random.default_rng(0).uniform(0.7, 1, size=24))

    placed = spread(wanted, gap=0.04, low=0, high=1)

    assert np.diff(placed).min() >= 0.04 - 1e-12
    assert placed.min() >= 0
    assert placed.max() <= 1


def test_spread_without_room_goes_over_the_top():
    np.testing.assert_allclose(spread([0.5] * 3, gap=1, low=0, high=1), [0, 1, 2])


def test_tables_by_budget_are_in_percent(records):
    tables = by_budget(records)

    assert list(tables) == ["margin", "random"]
    expected = [[50, 70, 90], [30, 70, 90]]
    np.testing.assert_allclose(tables["margin"], expected)
    assert list(tables["margin"].columns) == [20, 40, 80]


def test_interval_is_the_bootstrap_interval_of_each_budget():
    table = pd.DataFrame({20: [1.0, 2.0, 4.0], 40: [3.0, np.nan, np.nan], 60: [np.nan] * 3})

    result = mean_and_interval(table)

    assert list(result.index) == [20, 40]  # nothing is known about 60
    np.testing.assert_allclose(result["mean"], [7 / 3, 3])
    assert result.loc[20, ["low", "high"]].equals(bootstrap_interval(table).loc[20])
    assert result.loc[40, ["low", "high"]].isna().all()


def test_a_long_heading_stays_on_the_canvas():
    figure = Figure(figsize=(4, 3))
    text = figure.text(0, 0.5, wrapped("digits: random forest; " * 6, figure), fontsize="medium")

    assert "\n" in text.get_text()
    assert text.get_window_extent().x1 <= figure.bbox.x1


def test_what_stands_behind_can_still_be_seen():
    luminance = ((float(GREY) + 0.055) / 1.055) ** 2.4

    assert 1.05 / (luminance + 0.05) >= 3  # contrast on white, as WCAG 2.2 defines it


def test_labels_are_counted_in_whole_numbers():
    axes = Figure().add_subplot()
    axes.plot([100, 104], [1, 2])
    assert any(tick % 1 for tick in axes.get_xticks())

    count_labels(axes)

    assert all(tick % 1 == 0 for tick in axes.get_xticks())
