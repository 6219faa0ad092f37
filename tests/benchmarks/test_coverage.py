"""The benchmark of herding at any size measures what it says."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scripts import load_script

# By its path: a package of the same name measures which lines the tests run.
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "coverage.py"


def test_the_command_writes_a_file(tmp_path, capsys, monkeypatch):
    coverage = load_script(SCRIPT)
    monkeypatch.setattr(coverage, "in_child", lambda function, *args: function(*args))
    cases = ["large batch", "many labels"]
    assert coverage.main(["--cases", *cases, "--shrink", "100", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "coverage_cpu.json").read_text())
    assert [row["case"] for row in result["choices"]] == cases
    assert [row["n"] for row in result["choices"]] == [40, 1]
    for row in result["choices"]:
        assert row["samples"] == 200
        assert row["share_uncertain"] == row["share_uncertain_last"] == 1
        assert row["n_drawn"] == 0
        assert row["peak_memory_mib"] >= 0
    assert "100.0% uncertain" in capsys.readouterr().out
