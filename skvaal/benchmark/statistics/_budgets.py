"""How many budgets a run has when it is complete."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from skvaal.benchmark.statistics._cases import NAME, SIZES

_PLANNED = "planned_budgets"


def with_plan(records: pd.DataFrame, config: Mapping[str, Any]) -> pd.DataFrame:
    """Note in records what only the settings tell: planned budgets, the case's name, its sizes.

    Records alone do not show how many budgets there were to be where every run stopped early, and
    such runs would pass for complete ones. Nor do they tell two comparisons of the same data with
    few and with many labels apart.

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
        for a protocol that is not in the settings. Where the settings hold them, with columns
        case, the name of a named case, and sizes, in words. As it was if there is nothing to note.

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
    settings = config.get("settings", {})
    noted = {NAME: settings.get("case"), SIZES: _sizes(settings.get("plan", {}))}
    planned = planned_budgets(config)
    if planned:
        noted[_PLANNED] = records["protocol"].map(planned)
    return records.assign(**{key: value for key, value in noted.items() if value is not None})


def _sizes(plan: Mapping[str, Any]) -> str | None:
    """How many labels, of how many samples."""
    if not {"initial", "rounds", "batch"} <= set(plan):
        return None
    last = plan["initial"] + plan["rounds"] * plan["batch"]
    pool = "" if plan.get("pool_size") is None else f" of {plan['pool_size']:,}"
    return f"{plan['initial']:,} to {last:,} labels{pool}"


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

    Raises
    ------
    ValueError
        If a run holds a number of labels twice.

    Examples
    --------
    >>> records = pd.DataFrame({"strategy": "random", "seed": [0, 0, 1], "n_labeled": [20, 40, 20]})
    >>> complete_runs(records)
      strategy  seed  n_labeled
    0   random     0         20
    1   random     0         40
    """
    check_one_case(records)
    n = n_budgets(records)
    sizes = records.groupby(["seed", "strategy"], observed=True)["n_labeled"].transform("size")
    return records[(sizes == n) & (n > 1)]


def check_one_case(records: pd.DataFrame) -> None:
    """Raise a ValueError if a run holds a number of labels twice."""
    point = ["strategy", "seed", "n_labeled"]
    is_again = records.duplicated(point).to_numpy()
    if is_again.any():
        first = records[point].to_numpy()[is_again][0]
        named = ", ".join(f"{key}={value}" for key, value in zip(point, first, strict=True))
        raise ValueError(
            f"records hold {named} more than once; give those of one case, once (cases() splits "
            "records by case)"
        )
