import os
import signal
from contextlib import contextmanager, suppress

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.results import COLUMNS
from skvaal.benchmark.runner import WorkerKilledError, run

pytest.importorskip("modAL")
distributed = pytest.importorskip("distributed")


@contextmanager
def two_workers(folder):
    """Let joblib play on a cluster of two processes, and give its client."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=folder
        ) as cluster,
        distributed.Client(cluster) as client,
        parallel_config(backend="dask"),
    ):
        yield client


def assert_same_but_for_measurements(alone, together):
    measured = [name for name in COLUMNS if name.endswith(("seconds", "mib"))]
    pd.testing.assert_frame_equal(alone.drop(columns=measured), together.drop(columns=measured))


class Signing:
    """Random choice that leaves the number of its process behind."""

    def __init__(self, random_state, folder):
        self.rng = np.random.default_rng(random_state)
        self.folder = folder

    def __call__(self, learner, X_pool, n_instances):
        (self.folder / str(os.getpid())).touch()
        return self.rng.permutation(len(X_pool))[:n_instances], np.zeros(n_instances)


class Dying(Signing):
    """Random choice that kills its process in the first query that finds a switch."""

    def __call__(self, learner, X_pool, n_instances):
        try:
            (self.folder / "switch").unlink()
        except FileNotFoundError:
            return super().__call__(learner, X_pool, n_instances)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system kills in another way")
def test_killed_worker_ends_in_its_error_and_the_next_start_goes_on(rows, tmp_path, monkeypatch):
    monkeypatch.setattr("skvaal.benchmark.runner._write_exhibits", lambda *a: None)  # they train
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    strategies = {"dying": lambda random_state: Dying(random_state, signatures)}
    arguments = {
        "estimator": "logistic_regression",
        "plan": Plan(n_seeds=4, rounds=2, batch=4, initial=5),
    }
    alone = run(rows, strategies, **arguments).records

    def in_cluster():
        with two_workers(tmp_path):
            return run(rows, strategies, out=tmp_path / "out", **arguments).records

    (signatures / "switch").touch()
    # It may also play the run again: not if data of it were on that worker alone.
    with suppress(WorkerKilledError):
        in_cluster()
    assert not (signatures / "switch").exists()
    so_far = ResultsFolder(tmp_path / "out").read().records
    ended = ResultsFolder(tmp_path / "out").ended_runs()
    together = in_cluster()

    assert_same_but_for_measurements(alone, together)
    kept = together.set_index(["seed", "round"])["train_seconds"]
    for key, records in ended.items():  # nothing of them was played again
        assert [record["train_seconds"] for record in records] == kept[key.seed].tolist()
    assert len(so_far) <= len(together)


@pytest.mark.slow
def test_cluster_of_two_processes_gives_the_same_records(rows, tmp_path):
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    strategies = {"signing": lambda random_state: Signing(random_state, signatures)}
    arguments = {
        "estimator": "logistic_regression",
        "plan": Plan(n_seeds=8, rounds=2, batch=4, initial=5),
    }
    alone = run(rows, strategies, **arguments).records
    (signatures / str(os.getpid())).unlink()

    with two_workers(tmp_path) as client:
        together = run(rows, strategies, out=tmp_path / "out", **arguments).records
        workers = set(client.run(os.getpid).values())

    assert_same_but_for_measurements(alone, together)
    assert {int(path.name) for path in signatures.iterdir()} == workers
    assert len(workers) == 2
