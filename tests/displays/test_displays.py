"""What is common to the displays: figures, Axes, notebooks, a missing matplotlib."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from skvaal import LatentMapDisplay, LearningCurveDisplay, PicksDisplay

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure

DISPLAYS = {
    "map": LatentMapDisplay(np.eye(4)[:, :2], labeled=np.ones((2, 2)), chosen=np.zeros((1, 2))),
    "curve": LearningCurveDisplay([10, 20], [0.5, 0.8], name="random"),
    "bars": PicksDisplay({"gain": np.array([2.0, 1.0])}),
    "sheet": PicksDisplay({}, images=np.zeros((3, 1, 8, 8), np.uint8)),
}


@pytest.fixture(params=DISPLAYS)
def display(request):
    return DISPLAYS[request.param]


def test_a_figure_of_its_own_is_not_known_to_pyplot(display):
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    assert pyplot.get_fignums() == before
    assert display._repr_png_().startswith(b"\x89PNG")


def test_the_axes_of_somebody_else(display):
    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert display.plot(second).ax_ is second
    assert display.figure_ is figure
    assert not first.has_data()
    assert display._repr_png_() is None  # whoever made it shows it


def test_what_is_no_axes(display):
    with pytest.raises(TypeError, match="ax must be an Axes of matplotlib, got 3"):
        display.plot(3)


def test_matplotlib_that_is_missing(display, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install skvaal\[report\]"):
        display.plot()
