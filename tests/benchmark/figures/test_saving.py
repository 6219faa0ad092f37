import re

import pytest

from skvaal.benchmark.figures import draw_curves, draw_time_accuracy, save_figure

Image = pytest.importorskip("PIL.Image")


def test_both_files_with_text_as_text(records, tmp_path):
    png, svg = save_figure(draw_curves(records, heading="made-up data"), tmp_path / "new" / "a.b")

    assert (png, svg) == (tmp_path / "new" / "a.b.png", tmp_path / "new" / "a.b.svg")
    with Image.open(png) as image:
        assert image.format == "PNG"
        assert image.size == (1290, 720)  # 8.6 and 4.8 inches at 150 dots each
    text = svg.read_text(encoding="utf-8")
    assert text.lstrip().startswith("<?xml")
    assert re.search(r"<text[^>]*>margin</text>", text)
    assert "made-up data" in text


def test_files_do_not_depend_on_when_they_are_written(records, tmp_path, monkeypatch):
    files = []
    for i, moment in enumerate(("0", "1000000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        figure = draw_time_accuracy(records, heading="made-up data")
        files.append(save_figure(figure, tmp_path / str(i)))

    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert b"<dc:date>" not in files[0][1].read_bytes()


def test_pathnames_may_be_strings(records, tmp_path):
    png, _ = save_figure(draw_curves(records, heading="made-up data"), str(tmp_path / "curves"))

    assert png == tmp_path / "curves.png"
