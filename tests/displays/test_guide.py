"""The examples of the guide."""

from __future__ import annotations

import pytest

from ..guides import run_examples

pytest.importorskip("matplotlib")


@pytest.mark.slow
def test_the_examples_run():
    from matplotlib import pyplot

    try:
        names = run_examples("displays")
    finally:
        pyplot.close("all")
    assert len(names["display"].columns["uncertainty"]) == 8
    assert len(names["ax"].lines) == 2
    assert names["left"].get_title() == "1,737 in the pool, 60 labelled, 24 chosen"
