"""Ranks of strategies over cases."""

import pandas as pd

from skvaal.benchmark.statistics._cases import cases
from skvaal.benchmark.statistics._curves import areas
from skvaal.benchmark.statistics._rounding import without_noise


def case_areas(records: pd.DataFrame) -> pd.DataFrame:
    """Return the mean area under the budget curve in each case.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case or several.

    Returns
    -------
    DataFrame
        One row for each case, by its label; one column for each strategy, in the order of the
        records. Means over the seeds whose run is complete; nan where there is none.

    See Also
    --------
    cases, areas : The cases, and the area of each seed.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": ["a", "a", "b", "b"],
    ...         "strategy": "random",
    ...         "seed": 0,
    ...         "n_labeled": [20, 40, 100, 300],
    ...         "accuracy": [0.5, 0.75, 0.25, 0.5],
    ...     }
    ... )
    >>> case_areas(records)
       random
    a   0.625
    b   0.375
    """
    means = {label: areas(one).mean() for label, one in cases(records)}
    # From columns, for pandas aligns the strategies of Series that are given as columns.
    return pd.DataFrame(means).T[list(records["strategy"].unique())]


def ranks(records: pd.DataFrame) -> pd.DataFrame:
    """Return the rank of each strategy in each case.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case or several.

    Returns
    -------
    DataFrame
        One row for each case, one column for each strategy. Rank 1 has the largest area under
        the budget curve, averaged over seeds; ties share the mean of their ranks. nan for a
        strategy that is missing from a case; the others are ranked without it.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": "digits",
    ...         "strategy": ["margin", "margin", "random", "random"],
    ...         "seed": 0,
    ...         "n_labeled": [20, 40, 20, 40],
    ...         "accuracy": [0.5, 0.9, 0.5, 0.7],
    ...     }
    ... )
    >>> ranks(records)
            margin  random
    digits     1.0     2.0
    """
    return without_noise(case_areas(records)).rank(axis="columns", ascending=False)


def mean_ranks(records: pd.DataFrame) -> pd.Series:
    """Return the mean rank of each strategy over cases.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case or several.

    Returns
    -------
    Series
        By strategy, best first; see :func:`ranks`. nan for a strategy that is missing from a
        case, for its ranks elsewhere are no fair comparison.

    References
    ----------
    .. [1] J. Demsar. "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7,
       2006.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": ["a"] * 4 + ["b"] * 4,
    ...         "strategy": ["margin", "margin", "random", "random"] * 2,
    ...         "seed": 0,
    ...         "n_labeled": [20, 40] * 4,
    ...         "accuracy": [0.5, 0.9, 0.5, 0.7, 0.5, 0.7, 0.5, 0.7],
    ...     }
    ... )
    >>> mean_ranks(records).to_dict()
    {'margin': 1.25, 'random': 1.75}
    """
    return ranks(records).mean(skipna=False).sort_values(kind="stable")
