import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.figures import draw_curves, draw_penalty
from skvaal.benchmark.inference import penalty_matrix


def many(records, n):
    random = records[records["strategy"] == "random"]
    others = [
        random.assign(strategy=f"strategy {i}", accuracy=random["accuracy"] + i / 100)
        for i in range(n - 1)
    ]
    return pd.concat([*others, random])


def test_curves_show_every_strategy_once_with_its_band(records):
    figure = draw_curves(records, heading="made-up data")

    (axes,) = figure.axes
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["margin", "random"]
    assert len(axes.collections) == 2
    assert len({line.get_color() for line in axes.lines}) == 2
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [40, 70, 90])
    assert "labelled samples" in axes.get_xlabel()
    assert "(%)" in axes.get_ylabel()


@pytest.mark.parametrize("n", [2, 20])
def test_legend_does_not_hide_the_lines(records, n):
    figure = draw_curves(many(records, n), heading="made-up data")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    (legend,) = figure.legends
    window, canvas = legend.get_window_extent(), figure.bbox
    assert window.x0 >= axes.get_window_extent().x1
    assert window.x1 <= canvas.x1
    assert window.y0 >= canvas.y0


def test_twenty_strategies_differ_in_colour_and_line_and_in_colour_and_marker(records):
    figure = draw_curves(many(records, 20), heading="made-up data")

    (axes,) = figure.axes
    lines = axes.lines
    assert len(lines) == 20
    assert len({(line.get_color(), str(line._unscaled_dash_pattern)) for line in lines}) == 20
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 20
    assert len(axes.collections) == 0  # bands would cover each other
    (legend,) = figure.legends
    # by the last points: random shares strategy 0's, and comes after it in the records
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [f"strategy {i}" for i in range(18, -1, -1)] + ["random"]
    assert legend._ncols == 2


def test_penalty_picture_holds_the_matrix_and_its_column_means():
    names = ["a", "b", "c"]
    matrix = [[0, 0.5, 0.25], [0, 0, 0], [0.5, 0.5, 0]]
    penalty = pd.DataFrame(matrix, index=names, columns=names)

    figure = draw_penalty(penalty, heading="made-up data; 3 seeds")

    axes, foot, bar = figure.axes
    # least beaten first: means 0.17, 0.33 and 0.08
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["c", "a", "b"]
    assert [tick.get_text() for tick in foot.get_xticklabels()] == ["c", "a", "b"]
    written = [text.get_text() for text in axes.texts]
    assert written == ["0.5", "0.5", "0.25", "0.5", "0", "0"]  # nothing on the diagonal
    assert [text.get_text() for text in foot.texts] == ["0.08", "0.17", "0.33"]
    assert axes.images[0].get_clim() == (0, 1)
    assert "beats" in foot.get_xlabel()
    assert bar.get_ylabel() == "share of budgets"


def test_penalty_picture_of_one_seed_is_empty(records):
    penalty = penalty_matrix(records[records["seed"] == 0])

    figure = draw_penalty(penalty, heading="one seed")
    figure.draw_without_rendering()

    assert not figure.axes[0].texts


def test_figures_leave_pyplot_alone(records):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()

    draw_curves(records, heading="made-up data")
    draw_penalty(penalty_matrix(records), heading="made-up data")

    assert pyplot.get_fignums() == before
