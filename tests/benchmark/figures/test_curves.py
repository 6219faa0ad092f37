import itertools

import numpy as np
import pytest
from matplotlib.text import Text

from skvaal.benchmark.figures import draw_curves


def line_of(figure, name):
    (line,) = (line for line in figure.axes[0].lines if line.get_label() == name)
    return line


def test_curves_show_every_strategy_once_with_its_band(records):
    figure = draw_curves(records, heading="made-up data")

    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["margin", "random"]
    assert len(axes.lines) == 2
    assert len({line.get_color() for line in axes.lines}) == 2
    np.testing.assert_allclose(line_of(figure, "margin").get_ydata(), [40, 70, 90])
    # Of two seeds the interval is from the smaller to the larger value.
    heights = [band.get_paths()[0].get_extents().intervaly for band in axes.collections]
    np.testing.assert_allclose(heights, [[30, 90], [30, 60]])
    assert "labelled samples" in axes.get_xlabel()
    assert "(%)" in axes.get_ylabel()
    assert axes.get_title("left") == "made-up data"
    assert "2 seeds" in figure.get_supxlabel()


@pytest.mark.parametrize("n", [2, 8, 24])
def test_names_cover_neither_each_other_nor_the_lines(many, n):
    figure = draw_curves(many(n), heading="made-up data")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    # Of the text alone: an annotation's own extent takes in the line that leads to it.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert len(boxes) == n
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert min(box.x0 for box in boxes) > axes.get_window_extent().x1
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    assert max(box.y1 for box in boxes) <= figure.bbox.y1
    assert min(box.y0 for box in boxes) >= figure.bbox.y0


def test_names_are_in_the_order_of_the_last_points(many):
    figure = draw_curves(many(12), heading="made-up data")

    (axes,) = figure.axes
    by_height = sorted(axes.texts, key=lambda text: -text.get_position()[1])
    names = [text.get_text() for text in by_height]
    assert names[:10] == [f"strategy {i}" for i in range(10, 0, -1)]
    assert set(names[10:]) == {"strategy 0", "random"}  # equally good


def test_of_many_strategies_references_and_the_best_stand_in_front(many):
    records = many(20).replace({"strategy": {"strategy 0": "vaal", "strategy 1": "margin"}})

    figure = draw_curves(records, heading="made-up data")

    (axes,) = figure.axes
    assert len(axes.lines) == 20
    in_front = {line.get_label() for line in axes.lines if line.get_marker() != "None"}
    best = {"strategy 16", "strategy 17", "strategy 18"}
    assert in_front == {"random", "vaal", "margin"} | best
    assert len(axes.collections) == len(in_front)  # bands
    behind = [line for line in axes.lines if line.get_label() not in in_front]
    assert len({line.get_color() for line in behind}) == 1
    assert max(line.get_zorder() for line in behind) < line_of(figure, "vaal").get_zorder()
    assert "14 others" in figure.get_supxlabel()


def test_one_seed_has_no_band(records):
    figure = draw_curves(records[records["seed"] == 0], heading="made-up data")

    paths = [path for band in figure.axes[0].collections for path in band.get_paths()]
    assert not any(np.isfinite(path.vertices).any() for path in paths)
    assert figure.get_supxlabel() == "one seed, no interval"


def test_a_curve_that_ends_early_is_named_at_its_end(records):
    short = records[(records["strategy"] == "random") | (records["n_labeled"] < 80)]

    figure = draw_curves(short, heading="made-up data")

    ends = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert ends["margin"] == pytest.approx((40, 70))
    assert ends["random"] == pytest.approx((80, 55))
