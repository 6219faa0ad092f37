from dataclasses import replace

import numpy as np
import pytest

from skvaal.project.page.chart import MOST_POINTS, choose_drawn, draw
from skvaal.project.page.looks import Looks


def chart_of(picks):
    drawn = choose_drawn(picks, 500)
    return draw(picks, drawn, Looks(picks.known, ()))


def test_each_sample_is_drawn_once(make_picks):
    chart = chart_of(make_picks())

    names = [mark.look.name for mark in chart.marks]
    assert names[:3] == ["photo_07.jpg", "photo_20.jpg", "photo_11.jpg"]
    assert [mark.rank for mark in chart.marks] == [1, 2, 3, None, None, None, None]
    assert chart.marks[3].says == "labelled boot"
    assert chart.marks[0].says == "pick 1: unlike any label"
    assert chart.pool.count("M") == 24 - 7
    assert len({point[2] for point in chart.points}) == len(chart.points) == 24
    assert chart.n_left_out == 0


def test_places_keep_their_distances_and_stay_inside(make_picks):
    picks = make_picks()
    chart = chart_of(picks)

    drawn = np.array([point[:2] for point in chart.points])
    rows = [int(point[2][6:8]) for point in chart.points]
    expected = picks.map[rows] * [1, -1]
    scale = np.ptp(drawn, axis=0) / np.ptp(expected, axis=0)
    np.testing.assert_allclose(scale[0], scale[1], rtol=1e-3)
    moved = (expected - expected.mean(axis=0)) * scale[0]
    np.testing.assert_allclose(drawn - drawn.mean(axis=0), moved, atol=0.1)
    assert (drawn > 0).all()
    assert (drawn < [chart.width, chart.height]).all()


def test_samples_without_a_place_are_left_out(make_picks):
    picks = make_picks()
    picks.map[[0, 7, 9]] = [[np.nan], [np.inf], [-np.inf]]
    chart = chart_of(picks)

    assert [mark.rank for mark in chart.marks[:3]] == [2, 3, None]
    assert chart.n_picks == 2
    assert chart.n_left_out == 3
    assert len(chart.points) == 21


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(np.zeros((24, 2)), id="one place"),
        pytest.param(np.outer(np.arange(24), [1, 0]), id="a line"),
        pytest.param(np.outer(np.arange(24), [0, 1e308 / 24]), id="overflow"),
        pytest.param(np.full((24, 2), 1e-310), id="subnormal"),
    ],
)
def test_degenerate_places_can_be_drawn(make_picks, places):
    chart = chart_of(make_picks(map=places.astype(float)))

    drawn = np.array([point[:2] for point in chart.points])
    assert np.isfinite(drawn).all()
    assert (drawn >= 0).all()
    assert (drawn <= [chart.width, chart.height]).all()


def test_of_a_large_pool_some_are_drawn_the_same_each_time(make_picks):
    picks = make_picks()
    n = 20_000
    names = np.array([f"photo_{i}" for i in range(n)], dtype=object)
    samples = replace(picks.known.samples, names=names, X=np.empty((n, 0)), kind="features")
    known = replace(picks.known, samples=samples)
    large = replace(picks, known=known, map=np.random.RandomState(0).randn(n, 2))

    charts = [chart_of(large) for _ in range(2)]

    assert len(charts[0].points) == MOST_POINTS
    assert charts[0].n_left_out == n - MOST_POINTS
    assert len(charts[0].marks) == 7
    assert charts[0].pool == charts[1].pool


def test_no_place_for_any_pick_no_chart(make_picks):
    picks = make_picks()
    picks.map[picks.rows] = np.nan

    assert chart_of(picks) is None
