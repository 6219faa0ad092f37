import re

import pandas as pd
import pytest

from skvaal.benchmark.figures import (
    draw_curves,
    draw_differences,
    draw_penalty,
    draw_ranks,
    draw_time_accuracy,
    save_figure,
)
from skvaal.benchmark.inference import penalty_matrix


def test_figures_leave_pyplot_alone(records):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()

    draw_curves(records, heading="made-up data")
    draw_differences(records, heading="made-up data")
    draw_time_accuracy(records, heading="made-up data")
    draw_penalty(penalty_matrix(records), heading="made-up data")
    draw_ranks(pd.concat([records, records.assign(data="second")]), heading="made-up data")

    assert pyplot.get_fignums() == before


@pytest.mark.parametrize("name", [r"a_b^c$\frac$", "$<b>&</b>"])
@pytest.mark.slow
def test_names_are_drawn_as_they_are(records, name, tmp_path):
    heading = f"{name}; two seeds"
    names = {"margin": name, "random": "random"}
    records = records.assign(strategy=records["strategy"].map(names))
    two_cases = pd.concat([records, records.assign(data="second")])

    figures = [
        draw_curves(records, heading=heading),
        draw_differences(records, heading=heading),
        draw_differences(records, heading=heading, baseline=name),
        draw_time_accuracy(records, heading=heading),
        draw_penalty(penalty_matrix(records), heading=heading),
        draw_ranks(two_cases, heading=heading),
    ]

    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for i, figure in enumerate(figures):
        _, svg = save_figure(figure, tmp_path / str(i))
        drawn = re.sub("<!--.*?-->", "", svg.read_text(encoding="utf-8"))
        assert drawn.count(escaped) >= 2  # the heading and the name
