import pandas as pd
import pytest

from skvaal.benchmark.figures import (
    draw_curves,
    draw_differences,
    draw_penalty,
    draw_ranks,
    draw_time_accuracy,
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
