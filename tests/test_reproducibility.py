"""What guide/reproducibility.rst promises: a test for each row of its table."""

from __future__ import annotations

import ast
import copy
import os
import pickle
import random
import re
import subprocess
import sys
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
import torch
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from skorch.callbacks import Callback

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    HerdingQueryStrategy,
    VAALQuery,
    VAALQueryStrategy,
)

from .conftest import QUICK, SMALL

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "guide" / "reproducibility.rst"
HERE = "test_reproducibility.py"

# The rows of the table, by their first cell, and the tests of each.
TESTS_OF_ROWS = {
    "nothing: a second fit, a second query": [
        f"{HERE}::test_a_second_fit_and_a_second_query",
        "benchmark/test_runner.py::test_repeated_run_gives_the_same_records",
    ],
    "the process, and its ``PYTHONHASHSEED``": [f"{HERE}::test_another_process"],
    "the seeds of Python, NumPy and PyTorch": [f"{HERE}::test_seeds_of_the_process"],
    "torch's modes, its default type and device": [
        "engine/test_modes.py::test_fit_and_query_in_a_mode",
        "engine/test_modes.py::test_load_in_a_mode",
    ],
    "``np.seterr``": ["utils/test_float_errors.py::test_every_float_error_is_raised"],
    "what callbacks and other threads draw": [
        f"{HERE}::test_numbers_that_others_draw_meanwhile",
        "test_threads.py::test_another_thread_that_draws_changes_no_bit",
    ],
    "a copy: ``clone``, pickle, joblib, ``deepcopy``": [
        f"{HERE}::test_a_copy_before_fit",
        f"{HERE}::test_a_copy_after_fit",
        f"{HERE}::test_a_copy_goes_on_training",
    ],
    "``save`` and ``load``": [
        f"{HERE}::test_a_copy_after_fit",
        "test_persistence.py::test_a_loaded_strategy_chooses_as_it_did",
    ],
    "``n_jobs`` of scikit-learn and of the benchmark": [
        f"{HERE}::test_jobs_of_a_grid_search",
        f"{HERE}::test_jobs_of_a_cross_validation",
        "benchmark/test_runner.py::test_processes_change_nothing_but_seconds",
    ],
    "the way to the same pools: ``fit``, ``fit_pools``, ``fit_query``, an adapter for modAL": [
        f"{HERE}::test_ways_to_the_same_pools"
    ],
    "where samples lie: array, memmap, Dataset, file": [
        "test_stored_samples.py::test_same_fit_and_same_query_as_of_an_array",
        "test_stored_samples.py::test_same_choice_in_two_pools_without_a_network",
    ],
    "``data_format``": [
        "test_vaal_strategy.py::test_data_format_is_only_a_layout",
        "test_herding_strategy.py::test_layouts_of_images",
    ],
    "``verbose``, and callbacks that only look on": [f"{HERE}::test_onlookers"],
    "``engine__loader``": [f"{HERE}::test_workers_of_the_loader"],
    "the version of scikit-learn": ["test_stored_choices.py::test_herding_in_components"],
    "other samples in the query, their order, how many are scored at once": [
        "test_vaal_strategy.py::test_score_does_not_depend_on_company_order_or_batch_size",
        "test_vaal_strategy.py::test_image_score_does_not_depend_on_company",
        "test_vaal_strategy.py::test_query_finds_the_same_samples_in_any_order",
        "test_herding_strategy.py::test_the_order_of_the_pool_does_not_matter",
    ],
    "blocks of a dask array": ["test_dask.py::test_blocks_give_what_memory_gives"],
    "``engine__compile``": ["engine/test_strategy_settings.py::test_compiled_networks_do_the_same"],
    "``engine__distributed``": [
        "engine/test_distributed.py::test_two_processes_have_the_losses_of_one"
    ],
    "``engine__precision``": [
        "engine/test_strategy_settings.py::test_bfloat16_scores_what_float32_scores",
        "engine/test_strategy_settings.py::test_bfloat16_trains_to_the_same_loss",
    ],
    "the number of threads": [f"{HERE}::test_threads"],
    "NumPy, SciPy": ["test_stored_choices.py::test_herding_in_components"],
    "GPU instead of processor": ["engine/test_gpu.py::test_scores_agree_with_the_processor"],
    "two fits on a GPU": ["engine/test_gpu.py::test_same_seed_same_query"],
    "PyTorch, the processor, the operating system": [
        "test_stored_choices.py::test_top_k_of_every_net"
    ],
    "``random_state=None``, or a RandomState that has moved on": [
        "test_vaal_strategy.py::test_other_seed_other_scores",
        "test_vaal_strategy.py::test_random_state_instance_moves_on",
    ],
    "the order of the samples in ``fit``": [f"{HERE}::test_fit_depends_on_the_order"],
    "a warm start after ``load``": [f"{HERE}::test_a_file_holds_no_state_of_the_optimizers"],
}

STRATEGIES = {
    "herding": HerdingQueryStrategy(n_components=8, random_state=0),
    "vaal herding": VAALQueryStrategy(**SMALL),
    "top k": VAALQueryStrategy(**QUICK),
}
VAAL = STRATEGIES["vaal herding"]


def rows() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X[:160] / 16, np.where(np.arange(160) < 40, y[:160], -1)


X, y = rows()
LABELED, POOL = X[y != -1], X[y == -1]


def answers(strategy: object) -> tuple[list, bytes, bytes]:
    """What a fitted strategy chooses, by which values, and where samples lie: every bit."""
    indices, values = strategy.query(POOL, 10, return_scores=True)
    return indices.tolist(), values.tobytes(), strategy.transform(X).tobytes()


def fitted_answers() -> dict:
    return {name: answers(clone(each).fit(X, y)) for name, each in STRATEGIES.items()}


@pytest.fixture(params=STRATEGIES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def fitted() -> dict:
    """Strategies that are never fitted again."""
    return {name: clone(each).fit(X, y) for name, each in STRATEGIES.items()}


@pytest.fixture(scope="module")
def expected(fitted: dict) -> dict:
    return {name: answers(each) for name, each in fitted.items()}


# The table ---------------------------------------------------------------------------------------


def test_every_row_of_the_table_has_its_tests():
    cells = re.findall(r"^   \* - (.+?)\n     - ", PAGE.read_text(), flags=re.M | re.S)
    found = [" ".join(cell.split()) for cell in cells]
    assert found[0] == "What changes"
    assert found[1:] == list(TESTS_OF_ROWS)


@pytest.mark.parametrize("row", TESTS_OF_ROWS)
def test_the_tests_of_a_row_exist(row):
    for test in TESTS_OF_ROWS[row]:
        path, _, function = test.partition("::")
        tree = ast.parse((ROOT / "tests" / path).read_text())
        assert function in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}


# Bit for bit -------------------------------------------------------------------------------------


def test_a_second_fit_and_a_second_query(name, fitted, expected):
    assert answers(fitted[name]) == expected[name]
    assert answers(clone(fitted[name]).fit(X, y)) == expected[name]


@pytest.mark.slow
def test_another_process(expected):
    program = "from tests.test_reproducibility import fitted_answers; print(fitted_answers())"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ast.literal_eval(run.stdout) == expected


def test_seeds_of_the_process(name, expected):
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    random.seed(5)
    assert answers(clone(STRATEGIES[name]).fit(X, y)) == expected[name]


def draw(*args: object, **kwargs: object) -> None:
    torch.rand(3), np.random.rand(3), random.random()  # noqa: NPY002


class Draws(Callback):
    """Draws from the generators of the process, here and in another thread."""

    def draw(self, net: object, **kwargs: object) -> None:
        draw()
        other = Thread(target=draw)
        other.start()
        other.join()

    on_train_begin = on_epoch_begin = on_batch_begin = on_grad_computed = on_batch_end = draw


def test_numbers_that_others_draw_meanwhile(expected):
    strategy = clone(VAAL).set_params(callbacks=[Draws()])
    assert answers(strategy.fit(X, y)) == expected["vaal herding"]


def by_joblib(strategy, path):
    joblib.dump(strategy, path)
    return joblib.load(path)


def by_file(strategy, path):
    pytest.importorskip("safetensors")
    strategy.save(path)
    return type(strategy).load(path)


COPIES = {
    "pickle": lambda strategy, path: pickle.loads(pickle.dumps(strategy)),
    "deepcopy": lambda strategy, path: copy.deepcopy(strategy),
    "joblib": by_joblib,
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_before_fit(name, way, expected, tmp_path):
    copied = COPIES[way](clone(STRATEGIES[name]), tmp_path / "copy")
    assert answers(copied.fit(X, y)) == expected[name]


@pytest.mark.parametrize("way", [*COPIES, "save"])
def test_a_copy_after_fit(name, way, fitted, expected, tmp_path):
    make = by_file if way == "save" else COPIES[way]
    assert answers(make(fitted[name], tmp_path / "copy")) == expected[name]


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_goes_on_training(way, fitted, tmp_path):
    strategy = copy.deepcopy(fitted["top k"]).set_params(warm_start=True)
    copied = COPIES[way](strategy, tmp_path / "copy")
    assert answers(copied.fit(X, y)) == answers(strategy.fit(X, y))
    assert copied.n_iter_ == 4


@pytest.mark.slow
def test_jobs_of_a_grid_search():
    strategy = VAALQueryStrategy(**{**QUICK, "max_epochs": 1})
    splits = list(StratifiedKFold(2).split(X, y == -1))
    searches = []
    for n_jobs in (1, 2):
        search = GridSearchCV(strategy, {"beta": [0.5, 2.0]}, cv=splits, n_jobs=n_jobs)
        with parallel_config(backend="loky", inner_max_num_threads=1):
            searches.append(search.fit(X, y))
    one, two = searches
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(one.cv_results_[key], two.cv_results_[key])
    assert answers(one.best_estimator_) == answers(two.best_estimator_)


def test_jobs_of_a_cross_validation():
    classes = np.arange(len(X)) % 3
    query = VAALQuery(**{**QUICK, "max_epochs": 1})
    sizes = {"initial_size": 10, "batch_size": 5, "n_rounds": 1}
    active = ActiveLearningClassifier(LogisticRegression(), query, **sizes, random_state=0)
    alone = cross_val_score(active, X, classes, cv=2)
    with parallel_config(backend="threading"):
        together = cross_val_score(active, X, classes, cv=2, n_jobs=2)
    np.testing.assert_array_equal(together, alone)


def test_ways_to_the_same_pools(name, expected):
    strategy = clone(STRATEGIES[name])
    assert answers(strategy.fit_pools(LABELED, POOL)) == expected[name]
    indices, values = strategy.fit_query(LABELED, POOL, 10, return_scores=True)
    assert (indices.tolist(), values.tobytes()) == expected[name][:2]
    adapter = HerdingQuery if name == "herding" else VAALQuery
    query = adapter(strategy=strategy)
    indices, values = query(SimpleNamespace(X_training=LABELED), POOL, 10)
    assert (indices.tolist(), values.tobytes()) == expected[name][:2]


@pytest.mark.parametrize("params", [{"verbose": 1}, {"callbacks": [Callback()]}], ids=list)
def test_onlookers(params, expected, capsys):
    strategy = clone(VAAL).set_params(**params)
    assert answers(strategy.fit(X, y)) == expected["vaal herding"]


@pytest.mark.parametrize("n_workers", [0, 1, 2])
def test_workers_of_the_loader(n_workers, expected):
    strategy = clone(VAAL).set_params(engine__loader={"num_workers": n_workers})
    assert answers(strategy.fit(X, y)) == expected["vaal herding"]


# Within a tolerance ------------------------------------------------------------------------------


def test_threads(fitted):
    alone = clone(VAAL).fit(X, y)
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        scored = fitted["vaal herding"].score_samples(X)
        together = clone(VAAL).fit(X, y).score_samples(X)
    finally:
        torch.set_num_threads(n_before)
    expected = alone.score_samples(X)
    np.testing.assert_allclose(scored, expected, atol=1e-5)
    np.testing.assert_allclose(together, expected, atol=1e-2 * expected.std())


# Not promised ------------------------------------------------------------------------------------


def test_fit_depends_on_the_order(expected):
    order = np.random.RandomState(0).permutation(len(X))
    strategy = clone(VAAL).fit(X[order], y[order])
    assert answers(strategy) != expected["vaal herding"]


def test_a_file_holds_no_state_of_the_optimizers(fitted, tmp_path):
    strategy = copy.deepcopy(fitted["top k"]).set_params(warm_start=True)
    loaded = by_file(strategy, tmp_path / "file")
    assert answers(loaded) == answers(strategy)
    assert answers(loaded.fit(X, y)) != answers(strategy.fit(X, y))
