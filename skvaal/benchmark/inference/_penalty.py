"""Strategies compared pair by pair, budget by budget."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skvaal.benchmark.statistics import cases, n_budgets


def penalty_matrix(records: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Return how often each strategy beats each other one.

    For each case and each budget after the start, strategy i beats strategy j where it is
    the more accurate one and a two-sided paired t test over seeds rejects that they are equal.
    This adds 1 over the number of budgets to P[i, j], so that an entry is at most the number of
    cases. The mean of column j shows how often j is beaten: the lower, the better.

    Where all seeds differ by the same, no variance is left to test against. Accuracies are
    counted in whole samples, and with few seeds that happens by chance; an exact sign test is
    made instead, which takes six seeds at a level of 0.05.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case or several.
    level : float, default=0.05
        Level of each test; nothing corrects for their number, so that a few entries are chance.

    Returns
    -------
    DataFrame
        Row i beats column j; strategies in the order of the records, zeros on the diagonal. nan
        for two strategies that share fewer than two seeds in some case at some planned budget.

    See Also
    --------
    untested : The strategies of which nothing is known.
    skvaal.benchmark.statistics.with_plan : Tells the planned budgets; without it they are those
        of the records.

    Notes
    -----
    Every round counts as a budget; the paper spaces its budgets by powers of two.

    References
    ----------
    .. [1] J. T. Ash, C. Zhang, A. Krishnamurthy, J. Langford, A. Agarwal. "Deep Batch Active
       Learning by Diverse, Uncertain Gradient Lower Bounds", ICLR 2020, section 4.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "data": "digits",
    ...         "strategy": ["margin"] * 6 + ["random"] * 6,
    ...         "seed": [0, 0, 0, 1, 1, 1] * 2,
    ...         "n_labeled": [20, 40, 60] * 4,
    ...         "accuracy": [0.5, 0.7, 0.9, 0.5, 0.71, 0.9, 0.5, 0.6, 0.8, 0.5, 0.6, 0.9],
    ...     }
    ... )
    >>> penalty_matrix(records)  # margin is ahead by 0.1 and 0.11 at 40, by 0.1 and 0 at 60
            margin  random
    margin     0.0     0.5
    random     0.0     0.0
    """
    names = records["strategy"].unique()
    total = np.zeros((len(names), len(names)))
    unknown = np.where(np.eye(len(names)), 0.0, np.nan)  # at a budget that no run came to
    for _, one in cases(records):
        later = one[one["n_labeled"] > one["n_labeled"].min()]
        by_budget = [
            _beats(run.pivot(index="seed", columns="strategy", values="accuracy"), names, level)
            for _, run in later.groupby("n_labeled")
        ]
        n_later = max(1, n_budgets(one) - 1)
        missing = [unknown] if n_later > len(by_budget) else []
        total += np.sum([*by_budget, *missing], axis=0) / n_later
    return pd.DataFrame(total, index=names, columns=names)


def untested(penalty: pd.DataFrame) -> list[str]:
    """Return the strategies that were tested against no other one.

    Parameters
    ----------
    penalty : DataFrame
        As :func:`penalty_matrix` returns it.

    Returns
    -------
    list of str
        In the order of the columns. Their entries are nan but on the diagonal, where the zero
        would make them the least beaten.

    Examples
    --------
    >>> names = ["margin", "random", "vaal"]
    >>> rows = [[0, 0.5, np.nan], [0, 0, np.nan], [np.nan, np.nan, 0]]
    >>> untested(pd.DataFrame(rows, index=names, columns=names))
    ['vaal']
    """
    return list(penalty.columns[penalty.isna().sum() == len(penalty) - 1])


def _beats(accuracy: pd.DataFrame, names: ArrayLike, level: float) -> NDArray[np.float64]:
    """Return 1 where strategy i beats strategy j at one budget, 0 where not, nan if untested."""
    values = accuracy.reindex(columns=names).to_numpy(dtype=float)
    differences = np.round(values[:, :, None] - values[:, None, :], 12)  # (seeds, i, j)
    n_seeds = np.isfinite(differences).sum(axis=0)
    same = np.fmax.reduce(differences) == np.fmin.reduce(differences)
    # 0 / 0 and x / 0: what has no seeds, or the same difference in each.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(differences, axis=0) / n_seeds
        variance = np.nansum((differences - mean) ** 2, axis=0) / (n_seeds - 1)
        t = mean / np.sqrt(variance / n_seeds)
    surely = t > stats.t.ppf(1 - level / 2, np.maximum(n_seeds - 1, 1))
    by_sign = (mean > 0) & (2.0 ** (1 - n_seeds) < level)  # see smallest_p_value
    won = np.where(same, by_sign, surely).astype(float)
    won[n_seeds < 2] = np.nan
    np.fill_diagonal(won, 0.0)
    return won
