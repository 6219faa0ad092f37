import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from skvaal.benchmark.report import ReportFiles, draw_curves, format_table, write_report


def cells(table, first):
    """Return the cells of the line that starts with a word."""
    (line,) = (line for line in table.splitlines() if line.startswith(f"{first}  "))
    return re.split(r"\s{2,}", line.removeprefix(first).strip())


def test_table_holds_means_and_standard_errors(records):
    table = format_table(records, heading="made-up data")

    assert table.startswith("made-up data\n")
    assert cells(table, "labels") == ["margin", "random"]
    assert cells(table, "20") == ["40.0 ± 10.0", "40.0 ± 10.0"]
    assert cells(table, "80")[-1] == "55.0 ± 5.0"
    # areas 44/60 and 42/60, less 30/60 and 24/60
    assert cells(table, "area")[0] == "71.7 ± 1.7"
    assert cells(table, "- random") == ["+26.7 ± 3.3"]
    assert cells(table, "query s")[0] == "0.15"


def test_one_seed_has_no_standard_error(records):
    one = records[records["seed"] == 0]

    table = format_table(one, heading="one seed")

    assert "nan" not in table
    assert cells(table, "20")[0] == "50.0"


def test_no_difference_without_the_baseline(records):
    table = format_table(records[records["strategy"] == "margin"], heading="alone")

    assert "- random" not in table


def test_columns_line_up(records):
    lines = format_table(records, heading="").splitlines()

    width = len(next(line for line in lines if line.startswith("---")))
    assert {len(line) for line in lines if line[:2] in ("20", "40", "80")} == {width}


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


def test_legend_does_not_hide_the_lines(records):
    figure = draw_curves(records, heading="made-up data")
    figure.draw_without_rendering()

    (axes,) = figure.axes
    (legend,) = figure.legends
    assert legend.get_window_extent().x0 >= axes.get_window_extent().x1


def test_figure_leaves_pyplot_alone(records):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()

    draw_curves(records, heading="made-up data")

    assert pyplot.get_fignums() == before


def test_report_writes_every_file(records, tmp_path):
    files = ReportFiles.inside(tmp_path / "new" / "folder", name="made-up")

    table = write_report(records, files, heading="made-up data")

    assert files.table.read_text(encoding="utf-8") == table + "\n"
    read = pd.read_csv(files.records)
    pd.testing.assert_frame_equal(read, records, rtol=1e-12)
    picture = imread(files.curves)
    assert min(picture.shape[:2]) > 400
    assert picture[..., :3].std() > 0.05
