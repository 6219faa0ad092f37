from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.results import Results, as_frame

MACHINE = {"platform": "Linux", "processor": "fast", "cores": 2, "memory_gib": 8.0, "gpus": []}
SESSION = {
    "started": "2026-01-02T03:04:05+00:00",
    "versions": {"python": "3.11.7", "torch": "2.13.0"},
    "machine": MACHINE,
    "git_revision": None,
}


def with_case(records, **names):
    case = {"data": "made-up", "estimator": "random_forest", "protocol": "standard"} | names
    return as_frame(records.assign(**case).to_dict("records"))


@pytest.fixture
def make_results(records):
    """Return a function that makes results of the records, or of others."""

    def make(
        records=records, *, failures=(), folder=None, command="skvaal benchmark", plan=None, **names
    ):
        full = with_case(records, **names) if "protocol" not in records else records
        data = list(full["data"].unique())
        config = {
            "settings": {
                "data": data,
                "strategies": ["margin", "random"],
                "estimator": "random_forest",
                "plan": {"n_seeds": 2, "pool_size": None} | (plan or {}),
                "samples": {"made-up": {"shape": [90, 1, 8, 8], "classes": ["a", "b"]}},
                "protocols": {"standard": asdict(Protocol()), "twice": {"name": "2", "copies": 2}},
                "vaal": {},
            },
            "headings": {name: {"standard": f"{name}: two seeds"} for name in data},
            "command": command,
            "sessions": [SESSION, SESSION | {"started": "later"}],
        }
        return Results(records=full, failures=list(failures), config=config, folder=folder)

    return make


@pytest.fixture
def failure():
    return {
        "data": "made-up",
        "estimator": "random_forest",
        "protocol": "standard",
        "strategy": "margin",
        "seed": 1,
        "round": 2,
        "error": "ValueError: <script>alert(1)</script> & more",
        "traceback": "...",
    }


@pytest.fixture
def many_records(records):
    """Two data sets with budgets of their own, and a second protocol on the first one."""
    noise = np.random.default_rng(0).normal(size=len(records)) / 100
    third = records[records["strategy"] == "random"].assign(strategy="third")
    records = pd.concat([records.assign(accuracy=records["accuracy"] + noise), third])
    return pd.concat(
        [
            with_case(records),
            with_case(records.assign(n_labeled=5 * records["n_labeled"]), data="other"),
            with_case(records, protocol="biased_start"),
        ]
    )
