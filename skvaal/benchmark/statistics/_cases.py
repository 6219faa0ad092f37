"""The cases that a comparison consists of."""

import pandas as pd

CASE = ["data", "estimator", "protocol"]  # the columns that tell a case


def cases(records: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Split records into cases: one data set, with one estimator, under one protocol.

    Only within a case do strategies see the same samples, budgets and seeds.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it. Of the columns data, estimator and protocol
        any may be absent.

    Returns
    -------
    list of (str, DataFrame)
        Label and records of each case, in the order of the records. The label names the data
        set, and the estimator and the protocol only if the records hold more than one.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": ["digits", "digits", "wine"],
    ...         "estimator": "random_forest",
    ...         "protocol": ["standard", "biased_start", "standard"],
    ...     }
    ... )
    >>> for label, one in cases(records):
    ...     print(label, len(one))
    digits, standard 1
    digits, biased_start 1
    wine, standard 1
    """
    keys = [key for key in CASE if key in records]
    if not keys:
        return [("all records", records)] if len(records) else []
    # A missing value counts, or its case would have the label of another.
    several = [key for key in keys if records[key].nunique(dropna=False) > 1]
    named = [key for key in keys if key == "data" or key in several] or keys
    groups = records.groupby(keys, sort=False, dropna=False, observed=True)
    return [(_label(one, named), one) for _, one in groups]


def _label(one: pd.DataFrame, named: list[str]) -> str:
    first = one[named].iloc[0]
    return ", ".join(str(value) for value in first if pd.notna(value))
