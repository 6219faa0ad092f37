from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.report._verdict import state_verdict
from skvaal.benchmark.summary import summarize


def case(gains, *, n_seeds=10, spread=0.01):
    """A case whose strategies have areas so far from random's; a gain of None: it did not end."""
    noise = spread * np.random.default_rng(0).standard_normal(n_seeds)
    rows = []
    for strategy, gain in gains.items():
        for seed in range(n_seeds):
            for n_labeled in (20, 40, 60):
                if gain is None and n_labeled > 20:
                    continue
                moved = (gain or 0) * (1 + noise[seed]) * (n_labeled > 20)
                rows.append((strategy, seed, n_labeled, 0.5 + n_labeled / 200 + moved, 0.1))
    columns = ["strategy", "seed", "n_labeled", "accuracy", "query_seconds"]
    return SimpleNamespace(summary=summarize(pd.DataFrame(rows, columns=columns)))


def test_the_best_of_one_case_with_its_gain():
    verdict = state_verdict([case({"random": 0, "herding": 0.04, "margin": 0.02, "bad": -0.02})])

    assert verdict == (
        "herding was significantly better than random sampling, by 3.0 percentage points of "
        "accuracy averaged over the budget (p = 0.006); 1 other was significantly better, too, and "
        "1 other was significantly worse."
    )


def test_nobody_is_better():
    verdict = state_verdict([case({"random": 0, "bad": -0.02})])

    assert verdict == (
        "No strategy was significantly better than random sampling, and 1 other was significantly "
        "worse; on average nothing was better than random."
    )


@pytest.mark.parametrize(("n_seeds", "seeds"), [(1, "With 1 seed no"), (2, "With 2 seeds no")])
def test_too_few_seeds_show_nothing(n_seeds, seeds):
    verdict = state_verdict([case({"random": 0, "herding": 0.04}, n_seeds=n_seeds)])

    assert verdict.startswith(seeds)
    assert verdict.endswith("on average herding gained most, 3.0 percentage points of accuracy.")


def test_over_cases_who_wins_most_often_counts():
    often = case({"random": 0, "often": 0.02, "once": -0.001})
    large = case({"random": 0, "often": 0.02, "once": 0.2})

    verdict = state_verdict([often, large])

    assert verdict == (
        "often did best against random sampling: significantly better in 2 of 2 cases and never "
        "worse, by +1.5 percentage points of accuracy on average."
    )


def test_who_took_part_in_few_cases_is_no_winner():
    cases = [case({"random": 0, "all": 0.01}), case({"random": 0, "all": 0.01, "rare": 0.5})]

    assert state_verdict(cases).startswith("all did best")


def test_over_cases_nothing_may_be_shown():
    few = [case({"random": 0, "a": 0.1}, n_seeds=2) for _ in range(2)]
    bad = [case({"random": 0, "a": -0.1}) for _ in range(2)]

    assert state_verdict(few).startswith("With so few seeds no difference to random sampling can")
    assert state_verdict(bad).startswith("No strategy was significantly better than random sampl")


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ({"a": 0.1, "b": 0}, "a was the most accurate, but nothing shows by how much"),
        ({"random": 0}, "Nothing was compared with random sampling"),
        ({"a": 0}, "Nothing was compared with random sampling"),
        ({"random": 0, "a": None}, "Nothing was compared with random sampling"),
    ],
)
def test_without_a_comparison(gains, words):
    assert state_verdict([case(gains)]).startswith(words)


def test_without_a_case():
    assert state_verdict([]) == "Nothing can be said yet: no strategy has come to its end."
