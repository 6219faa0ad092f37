"""Strategies compared over seeds: intervals and tests of paired differences."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats


def bootstrap_interval(
    table: pd.DataFrame,
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 10_000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return percentile bootstrap intervals of the mean over seeds.

    Seeds are drawn with replacement, the same ones for every column, because the seeds are
    paired. With few seeds the interval is too short: it covers the mean less often than it says.

    Parameters
    ----------
    table : DataFrame
        One row for each seed, one column for each strategy; nan where a run is missing.
    confidence_level : float, default=0.95
        Share of the resampled means inside the interval.
    n_resamples : int, default=10_000
        How often the seeds are drawn.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    DataFrame
        Columns low and high, a row for each column of `table`; nan with fewer than two values.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani. "An Introduction to the Bootstrap", 1993, chapter 13.

    Examples
    --------
    >>> bootstrap_interval(pd.DataFrame({"random": [0.0, 1.0]})).to_dict("index")
    {'random': {'low': 0.0, 'high': 1.0}}
    """
    values = table.to_numpy(dtype=float)
    there = np.isfinite(values)
    n_seeds = len(values)
    rng = np.random.default_rng(random_state)
    # How often each seed is drawn: (n_resamples, n_seeds)
    drawn = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=n_resamples)
    with np.errstate(invalid="ignore"):  # 0 / 0: no drawn seed has a run of this strategy
        means = (drawn @ np.where(there, values, 0.0)) / (drawn @ there.astype(float))
    interval = np.full((2, values.shape[1]), np.nan)
    enough = there.sum(axis=0) > 1
    tail = (1 - confidence_level) / 2
    interval[:, enough] = np.nanquantile(means[:, enough], [tail, 1 - tail], axis=0)
    return pd.DataFrame(interval.T, index=table.columns, columns=["low", "high"])


def wilcoxon_p_value(differences: ArrayLike) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test.

    Parameters
    ----------
    differences : array-like of shape (n_seeds,)
        Paired differences, one for each seed; zeros are dropped, as Wilcoxon did.

    Returns
    -------
    float
        Exact for up to 50 seeds without ties. 1 if all differences are zero, nan for fewer than
        two seeds.

    References
    ----------
    .. [1] F. Wilcoxon. "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1, 1945.

    Examples
    --------
    >>> wilcoxon_p_value([0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    0.03125
    """
    # Rounded, or what should be a zero or a tie would be told apart by its 16th digit.
    array = np.round(np.asarray(differences, dtype=float), 12)
    if len(array) < 2:
        return float("nan")
    array = array[array != 0]
    return float(stats.wilcoxon(array).pvalue) if len(array) else 1.0


def smallest_p_value(n_seeds: int, *, n_comparisons: int = 1) -> float:
    """Return the smallest p value that the seeds allow, however large the difference.

    Parameters
    ----------
    n_seeds : int
        Number of paired differences.
    n_comparisons : int, default=1
        Number of tests that Holm's correction is over.

    Returns
    -------
    float
        That of an exact two-sided signed-rank test whose differences all have one sign,
        2 / 2 ** n_seeds, times `n_comparisons`; at most 1.

    Examples
    --------
    >>> smallest_p_value(6), smallest_p_value(6, n_comparisons=4)
    (0.03125, 0.125)
    """
    return float(min(1.0, n_comparisons * 2.0 ** (1 - n_seeds)))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Correct p values for their number by Holm's step-down procedure.

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        nan, a test that was not made, stays nan and does not count.

    Returns
    -------
    ndarray of shape (n_tests,)
        Corrected p values: to call those below 0.05 significant is wrong at all in at most 5 %
        of the cases in which nothing differs.

    References
    ----------
    .. [1] S. Holm. "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
       Journal of Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # nan is sorted last
    factors = np.arange(len(order), 0, -1)
    corrected = np.full(p.shape, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return corrected


def paired_difference(areas: pd.DataFrame, *, baseline: str) -> pd.DataFrame:
    """Return how far each strategy lies above a baseline, seed by seed.

    Parameters
    ----------
    areas : DataFrame
        One row for each seed, one column for each strategy; a seed in which either is nan does
        not count.
    baseline : str
        The strategy to compare with.

    Returns
    -------
    DataFrame
        One row for each strategy but the baseline. Columns: n_seeds; mean of the difference; low
        and high, its 95 % bootstrap interval; p, of the two-sided signed-rank test; p_holm, that
        p corrected for the number of rows.

    See Also
    --------
    bootstrap_interval, wilcoxon_p_value, holm : The parts.

    Examples
    --------
    >>> table = pd.DataFrame({"margin": [0.75, 0.75], "random": [0.5, 0.25]})
    >>> paired_difference(table, baseline="random").to_dict("index")
    {'margin': {'n_seeds': 2, 'mean': 0.375, 'low': 0.25, 'high': 0.5, 'p': 0.5, 'p_holm': 0.5}}
    """
    difference = areas.drop(columns=baseline).sub(areas[baseline], axis=0)
    p = [wilcoxon_p_value(difference[name].dropna()) for name in difference]
    result = pd.DataFrame({"n_seeds": difference.count(), "mean": difference.mean()})
    return result.join(bootstrap_interval(difference)).assign(p=p, p_holm=holm(p))
