"""Wrong values of every argument of the comparison end in an error that names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import skvaal.benchmark
from skvaal.benchmark import (
    Dataset,
    Plan,
    Protocol,
    budget_sweep,
    find_results,
    get_cases,
    get_estimator,
    get_protocols,
    get_strategies,
    load_dataset,
    load_scenes,
    run,
)
from tests.bad_values import Case, arguments_of, cases_of, parametrize

X = np.random.RandomState(0).rand(20, 3)
DATA = Dataset.from_arrays(X, np.arange(20) % 2, name="small")
PLAN = Plan(n_seeds=1, rounds=1, batch=2, initial=2)
OF_FILES = (*Case.allows, OSError)


def list_cases() -> Iterator[Case]:
    given = vars(PLAN)
    yield from cases_of("Plan", Plan, given, lambda plan: plan.check(DATA))
    yield from cases_of("Protocol", Protocol, {}, lambda protocol: PLAN.check(DATA, protocol))
    yield from cases_of("Plan.check", PLAN.check, {"dataset": DATA})
    yield from cases_of("Plan.under", PLAN.under, {"protocol": Protocol()})
    yield from cases_of("Plan.n_available", PLAN.n_available, {"dataset": DATA})
    yield from cases_of("budget_sweep", budget_sweep, {})
    yield from cases_of("get_protocols", get_protocols, {}, also=("protocol",))
    yield from cases_of("get_cases", get_cases, {}, also=("case",))
    yield from cases_of("get_estimator", get_estimator, {}, also=("estimator",))
    named = {"names": ["random", "vaal"]}
    yield from cases_of("get_strategies", get_strategies, named, also=("strategy",))
    data = {"name": "iris"}
    yield from cases_of("load_dataset", load_dataset, data, allows=OF_FILES, also=("data",))
    # Which file is missing is said of the name and of each folder.
    scenes = {"name": "camvid", "data_dir": "nowhere"}
    also = ("camvid", "camvid_small_q95")
    yield from cases_of("load_scenes", load_scenes, scenes, allows=OF_FILES, also=also)
    yield from cases_of("Case", skvaal.benchmark.Case, vars(get_cases("digits_large")[0]))
    yield from cases_of("find_results", find_results, {}, allows=OF_FILES)
    arrays = {"X": X, "y": DATA.y, "X_test": X, "y_test": DATA.y}
    yield from cases_of("Dataset.from_arrays", Dataset.from_arrays, arrays)
    yield from cases_of("Dataset", Dataset, vars(DATA))
    compared: dict[str, Any] = {
        "datasets": DATA,
        "strategies": get_strategies(["random"]),
        "plan": PLAN,
        "estimator": get_estimator("logistic_regression"),
    }
    # The default plan does not fit this data; what a function of the user raises is its own.
    for case in cases_of("run", run, compared, allows=OF_FILES, also=("initial", "Unheard()")):
        values = [name for name in case.values if (case.argument, name) != ("n_jobs", "-1")]
        yield replace(case, values=tuple(values))  # processes start slowly


ALL = list(list_cases())


@parametrize(ALL)
def test_a_wrong_value_is_refused_by_name(case, tmp_path, monkeypatch):
    if case.where == "run":
        pytest.importorskip("modAL")
    monkeypatch.chdir(tmp_path)
    assert case.faults() == []


def test_every_public_name_has_cases():
    # Errors take nothing from a user; Results and Scenes are what functions return.
    returned = {"Results", "Scenes"}
    public = {name: getattr(skvaal.benchmark, name) for name in skvaal.benchmark.__all__}
    of_users = {
        name
        for name, each in public.items()
        if not (isinstance(each, type) and issubclass(each, Exception)) and arguments_of(each)
    }
    assert of_users - returned <= {case.where for case in ALL}
