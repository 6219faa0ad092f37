"""The examples of the guide's page on stopping."""

from __future__ import annotations

import pytest

from ..guides import run_examples


@pytest.mark.slow
def test_examples_run(capsys):
    pytest.importorskip("modAL")
    names = run_examples("stopping")
    played, asked, extrapolated, gain = capsys.readouterr().out.splitlines()
    assert "Predictions are stable" in played
    assert "Predictions are stable" in asked
    assert len(names["learner"].X_training) < 600
    assert "are expected to add" in extrapolated
    assert gain.startswith("Gain(mean=0.00")
