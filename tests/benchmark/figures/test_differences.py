import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.figures import draw_differences


def points(axes):
    """Heights of the filled and of the hollow points."""
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    return {
        "hollow" if dot.get_markerfacecolor() == "white" else "filled": list(dot.get_ydata())
        for dot in dots
    }


def test_difference_is_paired_over_seeds(records):
    figure = draw_differences(records, heading="made-up data")

    (axes,) = figure.axes
    assert axes.get_title("left") == "margin"
    _, mean = axes.lines[:2]  # the first is that of zero
    # 70 - 50 and 70 - 30; 90 - 50 and 90 - 60
    np.testing.assert_allclose(mean.get_xdata(), [20, 40, 80])
    np.testing.assert_allclose(mean.get_ydata(), [0, 30, 35])
    (band,) = axes.collections
    x, y = band.get_paths()[0].vertices.T
    np.testing.assert_allclose([y[x == 40].min(), y[x == 40].max()], [20, 40])
    np.testing.assert_allclose([y[x == 80].min(), y[x == 80].max()], [30, 40])
    np.testing.assert_allclose(points(axes)["filled"], [30, 35])
    np.testing.assert_allclose(points(axes)["hollow"], [0])
    assert "random (percentage points)" in figure.get_supylabel()


def test_the_other_way_round(records):
    figure = draw_differences(records, heading="made-up data", baseline="margin")

    assert figure.axes[0].get_title("left") == "random"
    np.testing.assert_allclose(figure.axes[0].lines[1].get_ydata(), [0, -30, -35])
    assert "margin" in figure.get_supylabel()


@pytest.mark.parametrize("n", [2, 6, 24])
def test_a_panel_for_each_strategy_the_best_first_on_the_same_axes(many, n):
    figure = draw_differences(many(n), heading="made-up data")
    figure.draw_without_rendering()

    names = [axes.get_title("left") for axes in figure.axes]
    assert names == [f"strategy {i}" for i in range(n - 2, -1, -1)]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    # The lowest panel of each column has the numbers of labels, also where a row is not full.
    below = {axes.get_position().x0: axes for axes in figure.axes}.values()
    assert all(any(label.get_visible() for label in axes.get_xticklabels()) for axes in below)


def test_points_of_one_seed_are_hollow(records):
    figure = draw_differences(records[records["seed"] == 1], heading="one seed")

    assert points(figure.axes[0])["filled"] == []
    np.testing.assert_allclose(points(figure.axes[0])["hollow"], [0, 40, 30])


def test_a_strategy_that_shares_no_seed_with_the_baseline_comes_last_and_empty(records):
    apart = records[(records["seed"] == 1) & (records["strategy"] == "margin")]
    rest = records[(records["seed"] == 0)]
    both = rest[rest["strategy"] == "margin"].assign(strategy="other")

    figure = draw_differences(
        pd.concat([apart, rest[rest["strategy"] == "random"], both]), heading="made-up data"
    )
    figure.draw_without_rendering()

    assert [axes.get_title("left") for axes in figure.axes] == ["other", "margin"]
    assert len(figure.axes[1].lines[1].get_ydata()) == 0


@pytest.mark.parametrize(("strategy", "baseline"), [("margin", "random"), ("random", "random")])
def test_nothing_to_compare_with(records, strategy, baseline):
    one = records[records["strategy"] == strategy]

    with pytest.raises(ValueError, match=f"baseline='{baseline}'.*{strategy}.*run the baseline"):
        draw_differences(one, heading="made-up data", baseline=baseline)
