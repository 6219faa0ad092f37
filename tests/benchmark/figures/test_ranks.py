import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from skvaal.benchmark.figures import draw_ranks
from skvaal.benchmark.figures._ranks import _put_in_order


def records_of(areas):
    """Records of {strategy: an area for each case}, one seed."""
    return pd.DataFrame(
        [
            {
                "data": f"data {i}",
                "strategy": name,
                "seed": 0,
                "n_labeled": n_labeled,
                "accuracy": area,
            }
            for name, row in areas.items()
            for i, area in enumerate(row)
            for n_labeled in (20, 40)
        ]
    )


def far_apart(n_cases):
    """Two equally good strategies, above a third in every case."""
    noise = np.arange(1, n_cases + 1) / 1000
    sign = (-1) ** np.arange(n_cases)
    return records_of({"a": 0.8 + sign * noise, "b": 0.8 - sign * noise, "c": 0.5 + noise})


def bars_of(figure):
    (axes,) = figure.axes
    return [tuple(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]


def test_bars_join_what_cannot_be_told_apart():
    # a and b lead in turn, so that both have the mean rank 1.5; c is last everywhere: 2 / 2 ** 8
    # times 3 pairs is 0.023.
    figure = draw_ranks(far_apart(8), heading="made-up data")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    # Strategies of one rank may stand on either side.
    names = [" ".join(sorted(text.get_text().split())) for text in axes.texts]
    assert sorted(names) == ["(1.50) a", "(1.50) b", "(3.00) c"]
    assert bars_of(figure) == [(1.5, 1.5)]
    assert "8 cases (1 is best)" in axes.get_xlabel()
    note = figure.get_supxlabel()
    assert "Friedman" in note
    assert "cannot tell" not in note


def test_too_few_cases_are_said_and_one_bar_joins_all():
    figure = draw_ranks(far_apart(4), heading="made-up data")

    assert bars_of(figure) == [(1.5, 1.5, 3.0)]
    assert "4 cases cannot tell any pair of 3 strategies apart" in figure.get_supxlabel()


def test_level():
    figure = draw_ranks(far_apart(8), heading="made-up data", level=0.01)

    assert bars_of(figure) == [(1.5, 1.5, 3.0)]
    assert "0.01" in figure.get_supxlabel()


def test_a_strategy_missing_from_a_case_is_left_out_and_named():
    records = far_apart(3)
    records = records[(records["strategy"] != "b") | (records["data"] != "data 1")]

    figure = draw_ranks(records, heading="made-up data")

    names = [text.get_text() for text in figure.axes[0].texts]
    assert names == ["a (1.00)", "(2.00) c"]  # ranked without b
    note = figure.get_supxlabel()
    assert "left out: b" in note
    assert "Friedman" not in note  # of two strategies there is none


@pytest.mark.parametrize(
    ("areas", "complaint"),
    [
        ({"a": [0.5], "b": [0.6]}, "1 cases and 2 strategies"),
        ({"a": [0.5, 0.6]}, "2 cases and 1 strategies"),
        ({"a": [0.5, 0.6], "b": [0.6]}, "2 cases and 1 strategies"),
    ],
)
def test_ranks_need_two_cases_and_two_strategies(areas, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw_ranks(records_of(areas), heading="made-up data")


@pytest.mark.parametrize("seed", range(4))
def test_bars_are_stacked_from_left_to_right_in_whatever_order_they_come(seed):
    rng = np.random.default_rng(seed)
    points = [rng.permutation(x) for x in ([1, 2, 3], [4, 5], [2, 3], [5, 6], [1, 2])]
    rng.shuffle(points)
    axes = Figure().add_subplot()
    bars = [axes.plot(x, np.zeros(len(x)))[0] for x in points]

    _put_in_order(bars)

    placed = {tuple(bar.get_xdata()): bar.get_ydata()[0] for bar in axes.lines}
    assert placed == {(1, 2): -1, (1, 2, 3): -2, (2, 3): -3, (4, 5): -1, (5, 6): -2}
