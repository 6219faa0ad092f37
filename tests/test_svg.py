"""Charts, read as XML: lengths in proportion, and nothing that breaks out of the markup."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from skvaal._svg import BLUE, GREY, ORANGE, bar_chart, gauge, line_plot


def bars(svg: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall("rect")


def texts(svg: str) -> list[str | None]:
    return [text.text for text in ElementTree.fromstring(svg).findall("text")]


def chart(values, dim=None, **changes):
    values = np.asarray(values, dtype=np.float64)
    dim = np.zeros(len(values), dtype=bool) if dim is None else np.asarray(dim)
    arguments = {"names": [f"unit {i}" for i in range(len(values))], "dim": dim, "title": "KL"}
    return bar_chart(values, **(arguments | changes))


def test_bars_are_as_tall_as_their_values():
    svg = chart([4, 1, 0], dim=[False, False, True])

    heights = [float(bar.get("height")) for bar in bars(svg)]
    assert heights == [heights[0], heights[0] / 4, 0]
    feet = {float(bar.get("y")) + float(bar.get("height")) for bar in bars(svg)}
    assert len(feet) == 1
    assert [bar.get("fill") for bar in bars(svg)] == [BLUE, BLUE, GREY]
    assert [bar.findtext("title") for bar in bars(svg)] == ["unit 0: 4", "unit 1: 1", "unit 2: 0"]
    assert texts(svg) == ["4", "0"]


@pytest.mark.parametrize("n", [1, 16, 1000])
def test_bars_stay_within_the_chart_and_apart(n):
    svg = chart(np.arange(1.0, n + 1))

    width = float(ElementTree.fromstring(svg).get("width"))
    left = np.array([float(bar.get("x")) for bar in bars(svg)])
    right = left + [float(bar.get("width")) for bar in bars(svg)]
    assert left.min() >= 0
    assert right.max() <= width
    assert (right[:-1] <= left[1:] + 0.01).all()


@pytest.mark.parametrize("values", [[0, 0], [np.nan, 1], [np.inf, 1], [-1e-9, 1]])
def test_bars_without_a_height_are_drawn_as_none(values):
    first, _ = bars(chart(values))

    assert float(first.get("height")) == 0


def test_gauge_is_in_proportion_to_1():
    svg = gauge([("a", 1.0), ("b", 0.25), ("c", np.nan)], band=(0.4, 0.6), title="AUC")

    band, a, b, c = bars(svg)
    full = float(a.get("width"))
    assert float(b.get("width")) == full / 4
    assert float(c.get("width")) == 0
    assert float(band.get("width")) == pytest.approx(0.2 * full, abs=0.01)
    assert float(band.get("x")) - float(a.get("x")) == pytest.approx(0.4 * full, abs=0.01)
    assert texts(svg) == ["a", "1.000", "b", "0.250", "c", "unknown", "0", "1/2", "1"]


def test_gauge_cuts_a_band_that_is_wider_than_it():
    band, bar = bars(gauge([("a", 1.0)], band=(-1, 2), title="AUC"))

    assert (band.get("x"), band.get("width")) == (f"{float(bar.get('x')):.2f}", bar.get("width"))


def plot(lines, low, high):
    svg = line_plot(
        np.asarray(lines, dtype=np.float64),
        colours=(BLUE, ORANGE)[: len(lines)],
        low=low,
        high=high,
        width=104,
        height=54,
        title="x",
    )
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in ElementTree.fromstring(svg).findall("polyline")
    ]


def test_lines_go_through_their_points():
    first, second = plot([[0, 5, 10], [10, 10, 0]], 0, 10)

    assert first == [(2, 52), (52, 27), (102, 2)]
    assert second == [(2, 2), (52, 2), (102, 52)]


def test_a_single_point_is_a_level_line():
    assert plot([[5]], 0, 10) == [[(2, 27), (102, 27)]]


def test_equal_values_are_drawn():
    assert plot([[5, 5]], 5, 5) == [[(2, 52), (102, 52)]]


def test_texts_are_escaped():
    evil = '"><script>&'
    svgs = [
        chart([1], names=[evil], title=evil),
        gauge([(evil, 0.5)], band=(0, 1), title=evil),
        line_plot(np.zeros((1, 2)), colours=[evil], low=0, high=1, width=9, height=9, title=evil),
    ]

    for svg in svgs:
        assert "<script" not in svg
        assert ElementTree.fromstring(svg).get("aria-label") == evil
    assert bars(svgs[0])[0].findtext("title") == f"{evil}: 1"
    assert texts(svgs[1])[0] == evil
