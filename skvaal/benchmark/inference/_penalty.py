"""Strategies compared pair by pair, budget by budget."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skvaal.benchmark.statistics import cases


def penalty_matrix(records: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Return how often each strategy beats each other one.

    For each case and each budget after the start, strategy i beats strategy j where it is
    the more accurate one and a two-sided paired t test over seeds rejects that they are equal.
    This adds 1 over the number of budgets to P[i, j], so that an entry is at most the number of
    cases. The mean of column j shows how often j is beaten: the lower, the better.

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
        for two strategies that share fewer than two seeds in some case at some budget.

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
    ...         "accuracy": [0.5, 0.7, 0.9, 0.5, 0.7, 0.9, 0.5, 0.6, 0.8, 0.5, 0.6, 0.9],
    ...     }
    ... )
    >>> penalty_matrix(records)  # margin is ahead by 0.1 in both seeds at 40, in one at 60
            margin  random
    margin     0.0     0.5
    random     0.0     0.0
    """
    names = records["strategy"].unique()
    total = np.zeros((len(names), len(names)))
    for _, one in cases(records):
        later = one[one["n_labeled"] > one["n_labeled"].min()]
        by_budget = [
            _beats(run.pivot(index="seed", columns="strategy", values="accuracy"), names, level)
            for _, run in later.groupby("n_labeled")
        ]
        total += np.mean(by_budget, axis=0)
    return pd.DataFrame(total, index=names, columns=names)


def _beats(accuracy: pd.DataFrame, names: ArrayLike, level: float) -> NDArray[np.float64]:
    """Return 1 where strategy i beats strategy j at one budget, 0 where not, nan if untested."""
    values = accuracy.reindex(columns=names).to_numpy(dtype=float)
    differences = np.round(values[:, :, None] - values[:, None, :], 12)  # (seeds, i, j)
    n_seeds = np.isfinite(differences).sum(axis=0)
    # 0 / 0 and x / 0: equal in every seed, or apart by the same in every seed.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(differences, axis=0) / n_seeds
        variance = np.nansum((differences - mean) ** 2, axis=0) / (n_seeds - 1)
        t = mean / np.sqrt(variance / n_seeds)
    won = (t > stats.t.ppf(1 - level / 2, np.maximum(n_seeds - 1, 1))).astype(float)
    won[n_seeds < 2] = np.nan
    np.fill_diagonal(won, 0.0)
    return won
