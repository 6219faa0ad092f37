"""Several processes train what one trains."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from . import trained_together

pytest.importorskip("accelerate")
SCRIPT = Path(__file__).with_name("trained_together.py")
ROOT = SCRIPT.parents[2]
EXAMPLE = ROOT / "examples" / "several_processes.py"
LAUNCH = [
    *("-m", "accelerate.commands.launch", "--num_machines=1", "--mixed_precision=no"),
    *("--dynamo_backend=no", "--main_process_port=0"),
]


def launched(n_processes, *arguments):
    """Output of a script that so many processes run, on a thread each."""
    command = [sys.executable, *LAUNCH, f"--num_processes={n_processes}"]
    # Accelerate has no other name for several of them; without a GPU they talk by gloo.
    command += ["--multi_gpu", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment["CUDA_VISIBLE_DEVICES"] = ""
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one process found, and what two did."""
    folder = tmp_path_factory.mktemp("together")
    trained_together.main(folder)
    launched(2, SCRIPT, folder)
    return tuple(json.loads((folder / f"{n}.json").read_text()) for n in (1, 2))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(set(trained_together.SETTINGS) - {"any seed", "small pool"})
)
def test_two_processes_have_the_losses_of_one(name, found):
    alone, together = found
    assert (alone["processes"], together["processes"]) == (1, 2)
    assert len(together[name]["history"]) == len(alone[name]["history"]) >= 2
    for epoch, expected in zip(together[name]["history"], alone[name]["history"], strict=True):
        assert epoch == pytest.approx(expected, rel=1e-3, abs=1e-5, nan_ok=True)
    np.testing.assert_allclose(together[name]["scores"], alone[name]["scores"], atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(trained_together.SETTINGS))
def test_all_processes_end_with_the_same_net(name, found):
    for each in found:
        assert each[name]["apart"] == 0
        assert not any("Synchronized" in layer for layer in each[name]["layers"])


@pytest.mark.slow
def test_what_cannot_be_shared_is_an_error(found):
    alone, together = found
    assert "odd" not in alone
    assert "other pools" not in alone
    assert "batch_size=15 cannot be shared evenly by 2 processes" in together["odd"]
    assert "such as 16" in together["odd"]
    assert "pools of different sizes: [(20, 100), (20, 99)]" in together["other pools"]


@pytest.mark.slow
def test_example(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    lines = [output.splitlines() for output in (capsys.readouterr().out, launched(2, EXAMPLE))]
    assert [each[0] for each in lines] == ["processes: 1", "processes: 2"]
    alone, together = ([line.split()[2:] for line in each if "epoch" in line] for each in lines)
    assert len(alone) == 3
    np.testing.assert_allclose(np.float64(together), np.float64(alone), rtol=1e-3)
