"""A comparison that was killed keeps its complete runs, and ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.results import COLUMNS

pytest.importorskip("modAL")

# Kills its own process in the third query of the second seed, as long as the switch is there.
# VAAL goes on from the weights of its last query: a run that is played again must learn them again.
PROGRAM = """
import os, signal, sys
from pathlib import Path

from sklearn.tree import DecisionTreeClassifier

from skvaal import VAALQuery
from skvaal.benchmark import Plan, load_dataset, run

out, switch, n_jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


class Killing:
    def __init__(self, random_state):
        self.query = VAALQuery(
            max_epochs=1, warm_start=True, batch_size=256, vae__latent_dim=3,
            discriminator__hidden=(8,), random_state=random_state,
        )
        self.calls = 0

    def __call__(self, learner, X_pool, n_instances):
        self.calls += 1
        with (out.parent / "calls").open("a") as file:
            file.write(f"{self.calls}\\n")
        if switch.exists() and self.calls == 3 and switch.read_text() == "armed":
            os.kill(os.getpid(), signal.SIGKILL)
        chosen = self.query(learner, X_pool, n_instances=n_instances)
        if self.calls == 3 and switch.exists():
            switch.write_text("armed")
        return chosen


def make_tree(random_state):
    return DecisionTreeClassifier(random_state=random_state)


if __name__ == "__main__":
    run(
        load_dataset("digits"),
        {"killing": Killing},
        estimator=make_tree,
        plan=Plan(n_seeds=2, rounds=4, batch=10, pool_size=200),
        n_jobs=n_jobs,
        out=out,
    )
"""


def play(tmp_path: Path, name: str, n_jobs: int = 1) -> subprocess.CompletedProcess:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    (tmp_path / name).mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, program, tmp_path / name / "out", tmp_path / "switch", str(n_jobs)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def table(tmp_path: Path, name: str) -> pd.DataFrame:
    records = ResultsFolder(tmp_path / name / "out").read().records
    measured = [column for column in COLUMNS if column.endswith(("seconds", "mib"))]
    return records.drop(columns=measured)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    assert play(folder, "unbroken").returncode == 0
    return table(folder, "unbroken")


@pytest.mark.slow
def test_killed_run_is_played_again_and_the_complete_one_is_not(tmp_path, unbroken):
    (tmp_path / "switch").touch()

    killed = play(tmp_path, "killed")
    so_far = ResultsFolder(tmp_path / "killed" / "out").read().records
    (tmp_path / "switch").unlink()
    resumed = play(tmp_path, "killed")

    assert killed.returncode == -signal.SIGKILL
    # one run whole, the other up to its second query: every finished round was on disk
    assert so_far.groupby("seed").size().to_dict() == {0: 5, 1: 3}
    assert resumed.returncode == 0, resumed.stderr
    pd.testing.assert_frame_equal(table(tmp_path, "killed"), unbroken)
    # 4 queries of one seed, 2 and the fatal one of the other, then that run from its start
    calls = (tmp_path / "killed" / "calls").read_text().split()
    assert calls == ["1", "2", "3", "4", "1", "2", "3", "1", "2", "3", "4"]
    sessions = json.loads((tmp_path / "killed" / "out" / "config.json").read_text())["sessions"]
    assert len(sessions) == 2


@pytest.mark.slow
def test_killed_worker_ends_the_program_and_the_next_start_goes_on(tmp_path, unbroken):
    (tmp_path / "switch").write_text("armed")

    killed = play(tmp_path, "killed", n_jobs=2)
    (tmp_path / "switch").unlink()
    resumed = play(tmp_path, "killed", n_jobs=2)

    assert killed.returncode == 1
    assert "WorkerKilledError" in killed.stderr
    assert resumed.returncode == 0, resumed.stderr
    pd.testing.assert_frame_equal(table(tmp_path, "killed"), unbroken)
