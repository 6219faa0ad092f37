"""The cases that a comparison consists of."""

from collections import Counter

import pandas as pd

CASE = ["data", "estimator", "protocol"]  # the columns that tell a case within a comparison
NAME, SIZES = "case", "sizes"  # those that with_plan adds, which tell cases of several comparisons


def cases(records: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Split records into cases: one data set, with one estimator, under one protocol, of one plan.

    Only within a case do strategies see the same samples, budgets and seeds.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it. Of the columns data, estimator and protocol
        any may be absent, and so may case and sizes, which
        :func:`~skvaal.benchmark.statistics.with_plan` adds.

    Returns
    -------
    list of (str, DataFrame)
        Label and records of each case, in the order of the records. The label is the name of a
        named case. That of another one names the data set; the estimator and the protocol only if
        the records hold more than one, and the sizes only if the label were that of two.

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
    by = [*keys, *(key for key in (NAME, SIZES) if key in records)]
    groups = [one for _, one in records.groupby(by, sort=False, dropna=False, observed=True)]
    # From the shortest on; the last tells any two groups apart.
    forms = [[NAME] if NAME in records else [], named, [*named, SIZES], by]
    found = [[_label(one, form) for one in groups] for form in forms]
    counts = [Counter(row) for row in found]
    labels = [
        next((one for one, n in zip(row, counts, strict=True) if one and n[one] == 1), row[-1])
        for row in zip(*found, strict=True)
    ]
    # Data may be called as a case is.
    n = Counter(labels)
    unique = [
        label if n[label] == 1 else longest
        for label, longest in zip(labels, found[-1], strict=True)
    ]
    return list(zip(unique, groups, strict=True))


def _label(one: pd.DataFrame, keys: list[str]) -> str:
    first = one.iloc[0]
    values = (first.get(key) for key in keys)
    return ", ".join(str(value) for value in values if pd.notna(value))
