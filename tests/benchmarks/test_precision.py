"""The benchmark of bfloat16 measures what it says; how fast that is, no test asks."""

from __future__ import annotations

import json
import os

import precision


def test_the_command_writes_a_file(tmp_path, capsys, monkeypatch):
    asked_for = []

    def here(function, *args):
        asked_for.append(os.environ[precision._VARIABLE])
        return function(*args)

    monkeypatch.setattr(precision, "in_child", here)
    monkeypatch.setattr(precision, "_N_SCORED", 8)
    small = {"small": ((1, 8, 8), {"vae__width": 2}, 4)}
    monkeypatch.setattr(precision, "NETWORKS", precision.NETWORKS | small)
    assert precision.main(["--networks", "small", "--repeats", "1", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "precision_cpu.json").read_text())
    assert [row["instructions"] for row in result["ratios"]] == asked_for
    assert precision._VARIABLE not in os.environ
    for row in result["ratios"]:
        assert row["convolution_weights"] == 2 * 16 + 2 * 4 * 16 + 4 * 2 * 16 + 2
        assert not row["gains"]
        assert min(row["training"], row["scoring"]) > 0
    assert "float32 over bfloat16" in capsys.readouterr().out


def test_one_network_of_those_measured_gains():
    by_name = {name: p.get("vae__width", 0) for name, (_, p, _) in precision.NETWORKS.items()}
    assert {16, 32, 128} <= set(by_name.values())
