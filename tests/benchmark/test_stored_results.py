"""Comparisons that an earlier version kept: reported, gone on with and joined."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from skvaal.benchmark import Plan, find_results, get_strategies, load_dataset, run
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.journal import DamagedResultsError
from skvaal.benchmark.report import write_report

STORED = Path(__file__).parent.parent / "data" / "results"
DOCS = Path(__file__).parents[2] / "docs"
ARGUMENTS = {
    "estimator": "logistic_regression",
    "plan": Plan(n_seeds=2, rounds=2, batch=5, initial=5),
}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr("skvaal.benchmark.runner._write_exhibits", lambda *a: None)  # they train
    return shutil.copytree(STORED, tmp_path / "results")


def test_records_are_read(stored):
    finished, stopped = find_results(stored)

    sizes = finished.records.groupby(["strategy", "seed"]).size().to_dict()
    assert sizes == {(name, seed): 3 for name in ("margin", "random") for seed in (0, 1)}
    assert finished.records["accuracy"].between(0.3, 1).all()
    assert finished.records["picked"].notna().sum() == 8
    assert stopped.records.groupby("strategy").size().to_dict() == {"random": 3, "margin": 2}
    assert finished.failures == stopped.failures == []


@pytest.mark.parametrize("name", ["finished", "stopped"])
@pytest.mark.slow
def test_report_can_be_written(stored, tmp_path, name):
    page = write_report(find_results(stored / name), tmp_path / "report")

    text = page.read_text(encoding="utf-8")
    assert "iris: pool of 105, 45 for testing" in text
    assert ("3 of 4 runs have not ended" in text) == (name == "stopped")


def test_stopped_one_goes_on(stored):
    pytest.importorskip("modAL")
    before = ResultsFolder(stored / "stopped").read().records

    results = run(
        load_dataset("iris"),
        get_strategies(["random", "margin"]),
        out=stored / "stopped",
        **ARGUMENTS,
    )

    assert results.records.groupby(["strategy", "seed"]).size().tolist() == [3, 3, 3, 3]
    complete = before[before["strategy"] == "random"].reset_index(drop=True)
    pd.testing.assert_frame_equal(results.records[:3], complete)  # what was measured, too
    assert not (stored / "stopped" / "rounds").exists()


@pytest.mark.parametrize("name", ["finished", "stopped"])
def test_another_strategy_joins(stored, name):
    pytest.importorskip("modAL")
    before = ResultsFolder(stored / name).read().records

    results = run(load_dataset("iris"), get_strategies(["entropy"]), out=stored / name, **ARGUMENTS)

    assert (results.records["strategy"] == "entropy").sum() == 6
    others = results.records[results.records["strategy"] != "entropy"].reset_index(drop=True)
    keys = ["seed", "strategy", "round"]
    pd.testing.assert_frame_equal(
        others.sort_values(keys, ignore_index=True), before.sort_values(keys, ignore_index=True)
    )


def test_digests_are_still_checked(stored):
    path = stored / "finished" / "config.json"
    path.write_text(path.read_text().replace('"batch": 5', '"batch": 6'))

    with pytest.raises(DamagedResultsError, match=r"config\.json is damaged .*match its sha256"):
        ResultsFolder(stored / "finished").read()


def documented_folders():
    text = (DOCS / "benchmark" / "records.rst").read_text()
    return sorted(set(re.findall(r"skvaal report docs/(\w+)", text)))


@pytest.mark.parametrize("folder", documented_folders())
def test_the_records_in_the_documentation_can_be_reported(folder):
    found = find_results(DOCS / folder)
    assert found
    assert all(len(results.records) and not results.failures for results in found)


def test_the_documentation_names_records():
    assert len(documented_folders()) >= 4
