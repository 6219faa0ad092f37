from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from skvaal.benchmark.exhibit_figures import draw_contact_sheet, draw_projection
from skvaal.benchmark.exhibits import Exhibit


@pytest.fixture
def sheet():
    """Four pictures, each of one shade."""
    return Exhibit(
        samples=np.array([10, 60, 110, 160], np.uint8)[:, None, None, None]
        * np.ones((1, 8, 8, 1), np.uint8),
        y=np.array([0, 1, 2, 1]),
        labeled=np.array([True, False, False, False]),
        picks={"margin": np.array([2, 1]), "random": np.array([3])},
        classes=("cat", "dog", "hippopotamus"),
    )


@pytest.fixture
def chart():
    return Exhibit(
        samples=np.arange(10.0).reshape(5, 2),
        y=np.zeros(5, dtype=int),
        labeled=np.array([True, False, False, False, False]),
        picks={name: np.array([1 + i % 4]) for i, name in enumerate("abcdef")},
        classes=("one",),
    )


def test_sheet_shows_each_pick_in_its_place_with_its_class(sheet):
    figure = draw_contact_sheet(sheet, heading="pets")

    (axes,) = figure.axes
    assert figure.get_suptitle() == "pets"
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["labelled at the start", "margin", "random"]
    assert [text.get_text() for text in axes.texts] == ["cat", "hippopota…", "dog", "dog"]
    image = axes.images[0].get_array()
    shades = []
    for text in axes.texts:  # a name stands below the middle of its picture
        x, y = text.get_position()
        shades.append(int(image[round(y) - 4, round(x), 0]))
    assert shades == [10, 110, 60, 160]


@pytest.mark.parametrize("n", [1, 3, 20])
@pytest.mark.parametrize("name", ["a", "vaal_herding_without_its_linear_path_and_more"])
def test_no_words_run_out_of_the_sheet(sheet, n, name):
    exhibit = replace(sheet, picks={name: np.full(n, 2), "W" * 30: np.array([1])})
    figure = draw_contact_sheet(exhibit, heading=f"{name}: the first query of seed 0 on pets")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    (heading,) = figure.texts
    for words in (*axes.get_yticklabels(), *axes.texts, heading):
        extent = words.get_window_extent()
        assert figure.bbox.x0 <= extent.x0 < extent.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= extent.y0 < extent.y1 <= figure.bbox.y1
    assert heading.get_window_extent().y0 >= axes.get_window_extent().y1
    axes.apply_aspect()
    names = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert max(extent.x1 for extent in names) <= axes.get_window_extent().x0


def test_chart_has_a_panel_for_each_strategy_on_the_same_axes(chart):
    figure = draw_projection(chart, heading="rows")
    figure.draw_without_rendering()

    assert [axes.get_title() for axes in figure.axes] == list("abcdef")
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    pool, labeled, picked = figure.axes[1].collections
    np.testing.assert_array_equal(labeled.get_offsets(), chart.samples[:1])
    np.testing.assert_array_equal(picked.get_offsets(), chart.samples[[2]])
    np.testing.assert_array_equal(pool.get_offsets(), chart.samples[[1, 3, 4]])
    (legend,) = figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["pool", "labelled at the start", "picked first"]


def test_marks_of_the_chart_differ_without_colour(chart):
    marks = draw_projection(chart, heading="rows").axes[0].collections

    assert len({len(mark.get_paths()[0].vertices) for mark in marks[1:]}) == 2
    sizes = {mark.get_sizes()[0] for mark in (marks[0], marks[2])}
    assert len(sizes) == 2
    assert len({to_hex(mark.get_facecolor()[0]) for mark in marks}) == 3


def test_each_kind_has_its_picture(sheet, chart):
    with pytest.raises(ValueError, match="draw_projection"):
        draw_contact_sheet(chart, heading="")
    with pytest.raises(ValueError, match="draw_contact_sheet"):
        draw_projection(sheet, heading="")


@pytest.mark.parametrize("name", [r"a$\frac$b", "$", "a_b^c$_$", "<b>&</b>"])
def test_names_are_drawn_as_they_are(sheet, chart, name):
    of_pictures = replace(sheet, picks={name: np.array([1])}, classes=(name, "dog", name))
    of_points = replace(chart, picks={name: np.array([1])})

    figures = [
        draw_contact_sheet(of_pictures, heading=name),
        draw_projection(of_points, heading=name),
    ]

    for figure in figures:
        figure.draw_without_rendering()
        texts = [text for text in figure.findobj(Text) if text.get_text() == name]
        assert len(texts) >= 2
        assert not any(text.get_parse_math() for text in texts)
