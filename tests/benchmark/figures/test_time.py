import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from skvaal.benchmark.figures import draw_time_accuracy


def records_of(points):
    """Records from {strategy: (seconds of a query, accuracy)}, one seed, two budgets."""
    return pd.DataFrame(
        [
            {
                "strategy": name,
                "seed": 0,
                "n_labeled": n_labeled,
                "accuracy": accuracy,
                "query_seconds": seconds if n_labeled > 20 else np.nan,
            }
            for name, (seconds, accuracy) in points.items()
            for n_labeled in (20, 40)
        ]
    )


def dots(figure, face):
    (line,) = (
        line
        for line in figure.axes[0].lines
        if line.get_marker() == "o" and (line.get_markerfacecolor() == "white") == (face == "white")
    )
    return list(zip(line.get_xdata(), line.get_ydata(), strict=True))


def test_points_are_mean_seconds_and_areas(records):
    figure = draw_time_accuracy(records, heading="made-up data")

    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert "seconds" in axes.get_xlabel()
    assert "(%)" in axes.get_ylabel()
    # Queries of 0.1 and 0.2 seconds; margin's areas are 44/60 and 42/60, random's 30/60 and 24/60.
    assert dots(figure, "filled") == [pytest.approx((0.15, 43 / 60 * 100))]
    assert dots(figure, "white") == [pytest.approx((0.15, 27 / 60 * 100))]
    (bars,) = axes.collections
    heights = sorted(tuple(path.vertices[:, 1]) for path in bars.get_paths())
    np.testing.assert_allclose(heights, [[40, 50], [70, 220 / 3]])


def test_filled_points_are_those_that_no_other_beats_in_both():
    points = {
        "fast": (0.01, 0.5),
        "slower": (0.1, 0.7),
        "slow and bad": (1.0, 0.6),
        "as good, slower": (0.2, 0.7),
        "slow": (10.0, 0.9),
    }

    figure = draw_time_accuracy(records_of(points), heading="made-up data")

    assert [y for _, y in dots(figure, "filled")] == pytest.approx([50, 70, 90])
    # Joined by going right, then up: between two points nothing better is to be had.
    steps = figure.axes[0].lines[0].get_xydata()
    expected = [(0.01, 50), (0.1, 50), (0.1, 70), (10, 70), (10, 90)]
    np.testing.assert_allclose(steps, expected)


@pytest.mark.parametrize("n", [1, 5, 24])
def test_names_cover_neither_each_other_nor_points(n):
    rng = np.random.default_rng(0)
    seconds, accuracy = 10 ** rng.uniform(-3, 0, n), rng.uniform(0.6, 0.8, n)
    points = {f"strategy_number_{i}": (seconds[i], accuracy[i]) for i in range(n)}

    figure = draw_time_accuracy(records_of(points), heading="made-up data")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == sorted(points)
    # Of the text alone: an annotation's own extent takes in the line that leads to it.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    centres = axes.transData.transform([text.xy for text in axes.texts])
    assert not any(box.contains(*centre) for box in boxes for centre in centres)
    frame = axes.get_window_extent()
    assert all(box.x0 >= frame.x0 and box.x1 <= frame.x1 for box in boxes)


def test_a_name_far_from_its_point_is_joined_with_it():
    same = {f"strategy {i}": (0.1, 0.5) for i in range(12)}

    figure = draw_time_accuracy(records_of(same), heading="made-up data")

    texts = figure.axes[0].texts
    joined = [text.arrow_patch is not None for text in texts]
    assert not joined[0]
    assert any(joined)


def test_what_has_no_query_or_no_area_is_left_out(records):
    unasked = records[records["strategy"] == "random"].assign(
        strategy="unasked", query_seconds=np.nan
    )
    unfinished = records[(records["strategy"] == "margin") & (records["n_labeled"] < 80)]

    both = pd.concat([records, unasked, unfinished.assign(strategy="unfinished")])
    figure = draw_time_accuracy(both, heading="made-up data")

    assert {text.get_text() for text in figure.axes[0].texts} == {"margin", "random"}


def test_a_clock_that_reads_zero_still_has_a_place():
    figure = draw_time_accuracy(records_of({"random": (0.0, 0.5)}), heading="made-up data")

    assert dots(figure, "filled") == [pytest.approx((1e-6, 50))]


def test_no_query_at_all_gives_empty_axes():
    figure = draw_time_accuracy(records_of({"random": (np.nan, 0.5)}), heading="made-up data")
    figure.draw_without_rendering()

    assert not figure.axes[0].texts


@pytest.mark.parametrize("seconds", [1e-5, 2.4e-5, 1.0, 30.0])
def test_one_strategy_alone_is_drawn(seconds):
    records = pd.DataFrame(
        {
            "strategy": "random",
            "seed": 0,
            "n_labeled": [20, 40],
            "accuracy": [0.5, 0.7],
            "query_seconds": [np.nan, seconds],
        }
    )

    axes = draw_time_accuracy(records, heading="alone").axes[0]

    left, right = axes.get_xlim()
    assert left < seconds < right
