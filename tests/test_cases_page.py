"""docs/benchmark/cases.rst: its table is that of the accuracies in git."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from skvaal.benchmark.cases import CASES

from .scripts import load_script

ROOT = Path(__file__).parents[1]
CASE_FILES = ROOT / "docs" / "cases"


def test_the_table_is_made_of_the_accuracies():
    script = load_script(ROOT / "experiments/cases.py")
    accuracies = pd.read_parquet(CASE_FILES / "accuracies.parquet")
    table = (ROOT / "docs/results/research/cases.txt").read_text()
    assert script.make_table(accuracies) == table


def test_cases_were_played_as_they_are_written_down():
    accuracies = pd.read_parquet(CASE_FILES / "accuracies.parquet")
    played = json.loads((CASE_FILES / "played.json").read_text())
    assert list(played) == accuracies["case"].unique().tolist()
    for name, records in accuracies.groupby("case"):
        plan = CASES[name].plan
        budgets = [plan.initial + i * plan.batch for i in range(plan.rounds + 1)]
        assert sorted(records["n_labeled"].unique()) == budgets
        runs = records.groupby(["strategy", "seed"]).size()
        assert (runs == len(budgets)).all()
        assert records.groupby("strategy")["seed"].nunique().eq(plan.n_seeds).all()
        strategies = [each for play in played[name] for each in play["strategies"]]
        assert sorted(strategies) == sorted(records["strategy"].unique())
