"""The examples of guide/predictions.rst run."""

from __future__ import annotations

import pytest

from ..guides import run_examples


@pytest.mark.slow
def test_examples_of_the_guide_run():
    pytest.importorskip("modAL.models")
    names = run_examples("predictions")
    assert len(names["chosen"]) == 10
    assert names["learner"].y_training.shape == (50, names["Y"].shape[1])
