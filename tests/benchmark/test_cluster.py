import os

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from skvaal.benchmark.plan import Plan
from skvaal.benchmark.results import COLUMNS
from skvaal.benchmark.runner import run

pytest.importorskip("modAL")
distributed = pytest.importorskip("distributed")


class Signing:
    """Random choice that leaves the number of its process behind."""

    def __init__(self, random_state, folder):
        self.rng = np.random.default_rng(random_state)
        self.folder = folder

    def __call__(self, learner, X_pool, n_instances):
        (self.folder / str(os.getpid())).touch()
        return self.rng.permutation(len(X_pool))[:n_instances], np.zeros(n_instances)


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

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=tmp_path
        ) as cluster,
        distributed.Client(cluster) as client,
        parallel_config(backend="dask"),
    ):
        together = run(rows, strategies, out=tmp_path / "out", **arguments).records
        workers = set(client.run(os.getpid).values())

    measured = [name for name in COLUMNS if name.endswith(("seconds", "mib"))]
    pd.testing.assert_frame_equal(alone.drop(columns=measured), together.drop(columns=measured))
    assert {int(path.name) for path in signatures.iterdir()} == workers
    assert len(workers) == 2
