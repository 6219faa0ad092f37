"""The benchmark of large pools measures what it says; how fast that is, no test asks."""

from __future__ import annotations

import json

import large
import numpy as np
import pytest


def test_noise_is_written_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "_BLOCK", 4)
    large.write_noise(tmp_path / "X", 9, 8)
    X = np.memmap(tmp_path / "X", np.uint8, "r", shape=(9, 3, 8, 8))
    assert (tmp_path / "X").stat().st_size == X.size
    assert len(np.unique(X.reshape(9, -1), axis=0)) == 9
    assert X.min() == 0
    assert X.max() == 255


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_exponent_is_the_slope_in_logarithms(power):
    rows = [
        {"strategy": name, "samples": size, "query_seconds": 3 * size**power}
        for size in (100, 1_000, 5_000)
        for name in ("vaal, topk", "herding")
    ]
    rows[1]["query_seconds"] = 1e6  # of the other strategy
    assert large.exponent(rows, "vaal, topk") == pytest.approx(power, abs=1e-3)
    assert large.exponent(rows[:2], "vaal, topk") is None


def test_the_command_writes_a_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(large, "in_child", lambda function, *args: function(*args))
    monkeypatch.setattr(large, "reset_peak_memory", lambda: None)
    arguments = "--sizes 60 120 --image-size 8 --n 5 --labeled 10 --fitted 40 --width 2 --out"
    assert large.main([*arguments.split(), str(tmp_path)]) == 0
    result = json.loads((tmp_path / "large_cpu.json").read_text())
    assert [(row["samples"], row["strategy"]) for row in result["queries"]] == [
        (size, strategy) for size in (60, 120) for strategy in large.STRATEGIES
    ]
    for row in result["queries"]:
        assert row["query_seconds"] >= 0
        assert row["peak_memory_mib"] >= 0
    assert set(result["exponent"]) == set(large.STRATEGIES)
    assert result["settings"]["n"] == 5
    assert "cores" in result["machine"]
    assert "exponents of time over pool size" in capsys.readouterr().out
