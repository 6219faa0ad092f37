"""How much of the comparisons has been played."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import product

import pandas as pd

from skvaal.benchmark.results import Results
from skvaal.benchmark.statistics import CASE, planned_budgets


def count_runs(results: Sequence[Results]) -> pd.DataFrame:
    """Count the runs that the settings ask for, and those of them that have every round.

    Parameters
    ----------
    results : sequence of Results
        The comparisons; those whose settings hold no plan are passed over.

    Returns
    -------
    DataFrame
        Columns planned and ended; index (data, estimator, protocol, strategy), in which two
        comparisons of other sizes may have the same. A strategy without any record is there too.
    """
    keys: list[tuple[str, ...]] = []
    counts: list[tuple[int, int]] = []
    for one in results:
        n_budgets = planned_budgets(one.config)
        if not n_budgets:
            continue
        settings = one.config["settings"]
        n_seeds = settings["plan"]["n_seeds"]
        sizes = one.records.groupby([*CASE, "strategy", "seed"]).size()
        n_ended = Counter(
            tuple(run[:4])
            for run, size in sizes.items()
            if size >= n_budgets.get(run[CASE.index("protocol")], math.inf)
        )
        for key in product(
            settings["data"], [settings["estimator"]], n_budgets, settings["strategies"]
        ):
            keys.append(key)
            counts.append((n_seeds, n_ended[key]))
    index = pd.MultiIndex.from_tuples(keys, names=[*CASE, "strategy"]) if keys else None
    return pd.DataFrame(counts, index=index, columns=["planned", "ended"])


def unfinished_note(counts: pd.DataFrame, *, by_strategy: bool = False) -> str:
    """Say how many runs have not ended.

    Parameters
    ----------
    counts : DataFrame
        As :func:`count_runs` returns it, or rows of it.
    by_strategy : bool, default=False
        Whether to name the strategies.

    Returns
    -------
    str
        Without a full stop; empty if all have ended.
    """
    left = counts["planned"] - counts["ended"]
    n, of = int(left.sum()), int(counts["planned"].sum())
    if n == 0:
        return ""
    text = f"{n} of {of} runs {'has' if n == 1 else 'have'} not ended"
    if not by_strategy:
        return text
    of_strategies = left.groupby("strategy", sort=False).sum()
    names = [f"{name} {count}" for name, count in of_strategies.items() if count]
    return f"{text} ({', '.join(names)})"
