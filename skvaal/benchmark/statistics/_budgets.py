"""How many budgets a run has when it is complete."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

_PLANNED = "planned_budgets"


def with_plan(records: pd.DataFrame, config: Mapping[str, Any]) -> pd.DataFrame:
    """Note in records how many budgets their runs were to have.

    Records alone do not show it where every run stopped early, and such runs would pass for
    complete ones.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it.
    config : mapping
        That of the same :class:`~skvaal.benchmark.results.Results`.

    Returns
    -------
    DataFrame
        With a column planned_budgets, the start included, which the other functions heed; nan
        for a protocol that is not in the settings. As it was if the settings hold no plan.

    Examples
    --------
    >>> settings = {
    ...     "plan": {"rounds": 4},
    ...     "protocols": {"standard": {}, "batch_x0.5": {"batch_factor": 0.5}},
    ... }
    >>> records = pd.DataFrame({"protocol": ["standard", "batch_x0.5"]})
    >>> with_plan(records, {"settings": settings})
         protocol  planned_budgets
    0    standard                5
    1  batch_x0.5                9
    """
    planned = planned_budgets(config)
    return records.assign(**{_PLANNED: records["protocol"].map(planned)}) if planned else records


def planned_budgets(config: Mapping[str, Any]) -> dict[str, int]:
    """Return how many budgets a run is to have under each protocol.

    Parameters
    ----------
    config : mapping
        Of a :class:`~skvaal.benchmark.results.Results`.

    Returns
    -------
    dict of str to int
        By the protocol's name, the start included; empty if the settings hold no plan.

    Examples
    --------
    >>> planned_budgets({"settings": {"plan": {"rounds": 4}, "protocols": {"standard": {}}}})
    {'standard': 5}
    """
    settings = config.get("settings", {})
    rounds = settings.get("plan", {}).get("rounds")
    if rounds is None:
        return {}
    protocols = settings.get("protocols", {})
    return {
        name: round(rounds / protocol.get("batch_factor", 1)) + 1
        for name, protocol in protocols.items()
    }


def n_budgets(records: pd.DataFrame) -> int:
    """Return how many budgets a complete run of a case has.

    Parameters
    ----------
    records : DataFrame
        Of one case.

    Returns
    -------
    int
        What :func:`with_plan` has noted; where it has not, as many as the records hold.

    Examples
    --------
    >>> records = pd.DataFrame({"n_labeled": [20, 40]})
    >>> n_budgets(records), n_budgets(records.assign(planned_budgets=5))
    (2, 5)
    """
    there = records["n_labeled"].nunique()
    planned = records[_PLANNED].max() if _PLANNED in records else float("nan")
    return there if pd.isna(planned) else max(there, int(planned))


def complete_runs(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records of the runs that have every budget.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.

    Returns
    -------
    DataFrame
        None where there is no budget but the start.

    Examples
    --------
    >>> records = pd.DataFrame({"strategy": "random", "seed": [0, 0, 1], "n_labeled": [20, 40, 20]})
    >>> complete_runs(records)
      strategy  seed  n_labeled
    0   random     0         20
    1   random     0         40
    """
    n = n_budgets(records)
    sizes = records.groupby(["seed", "strategy"], observed=True)["n_labeled"].transform("size")
    return records[(sizes == n) & (n > 1)]
