"""Strategies compared over cases, each of which gives one number: its mean area."""

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from skvaal.benchmark.inference._paired import holm, smallest_p_value, wilcoxon_p_value


def friedman_p_value(ranks: pd.DataFrame) -> float:
    """Return the p value of Friedman's test that all strategies are equally good.

    Parameters
    ----------
    ranks : DataFrame
        One row for each case, one column for each strategy, without nan, as
        :func:`skvaal.benchmark.statistics.ranks` returns it.

    Returns
    -------
    float
        By the chi-squared approximation, corrected for ties. nan with fewer than two cases or
        three strategies.

    References
    ----------
    .. [1] M. Friedman. "A Comparison of Alternative Tests of Significance for the Problem of m
       Rankings", Annals of Mathematical Statistics 11, 1940.
    .. [2] J. Demsar. "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7,
       2006.

    Examples
    --------
    >>> four = pd.DataFrame([[1, 2, 3]] * 4, columns=["margin", "random", "entropy"])
    >>> round(friedman_p_value(four), 4)
    0.0183
    """
    n_cases, n_strategies = ranks.shape
    if n_cases < 2 or n_strategies < 3:
        return float("nan")
    if (ranks.nunique(axis="columns") == 1).all():
        return 1.0  # the statistic is 0 / 0
    return float(stats.friedmanchisquare(*ranks.to_numpy().T).pvalue)


def pairwise_p_values(areas: pd.DataFrame) -> pd.DataFrame:
    """Return for each pair of strategies how surely they differ over cases.

    The test is Wilcoxon's signed-rank test of the differences between the two, corrected for the
    number of pairs after Holm, as Benavoli, Corani and Mangili [1]_ advise: in Nemenyi's test,
    which Demsar [2]_ draws, the result for two strategies depends on which others take part.

    Parameters
    ----------
    areas : DataFrame
        One row for each case, one column for each strategy, without nan, as
        :func:`skvaal.benchmark.statistics.case_areas` returns it.

    Returns
    -------
    DataFrame
        Symmetric, with ones on the diagonal; nan with fewer than two cases.

    See Also
    --------
    fewest_cases : With how many cases any pair can differ.

    Notes
    -----
    The test takes cases as drawn independently. Two protocols on one data set are not, and make
    its p values too small.

    References
    ----------
    .. [1] A. Benavoli, G. Corani, F. Mangili. "Should We Really Use Post-Hoc Tests Based on
       Mean-Ranks?", JMLR 17, 2016.
    .. [2] J. Demsar. "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7,
       2006.

    Examples
    --------
    >>> random = np.arange(6) / 10
    >>> margin = random + [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    >>> pairwise_p_values(pd.DataFrame({"margin": margin, "random": random}))
             margin   random
    margin  1.00000  0.03125
    random  0.03125  1.00000
    """
    names = areas.columns
    pairs = list(itertools.combinations(range(len(names)), 2))
    values = areas.to_numpy(dtype=float)
    p = holm([wilcoxon_p_value(values[:, i] - values[:, j]) for i, j in pairs])
    matrix = np.eye(len(names))
    for (i, j), value in zip(pairs, p, strict=True):
        matrix[i, j] = matrix[j, i] = value
    return pd.DataFrame(matrix, index=names, columns=names)


def fewest_cases(n_strategies: int, *, level: float = 0.05) -> int:
    """Return the number of cases below which no pair of strategies can differ.

    Parameters
    ----------
    n_strategies : int
        Number of strategies, at least two.
    level : float, default=0.05
        The corrected p value to get below.

    Returns
    -------
    int
        So many that :func:`pairwise_p_values` gets below `level` for a pair in which one strategy
        is ahead in every case.

    Examples
    --------
    >>> fewest_cases(2), fewest_cases(5), fewest_cases(20)
    (6, 9, 13)
    """
    n_pairs = math.comb(n_strategies, 2)
    return next(n for n in itertools.count(2) if smallest_p_value(n, n_comparisons=n_pairs) < level)


def cases_note(n_cases: int, n_strategies: int, *, level: float = 0.05) -> str:
    """Return what cannot be shown with that many cases.

    Parameters
    ----------
    n_cases : int
        Number of cases.
    n_strategies : int
        Number of strategies, at least two.
    level : float, default=0.05
        The p value to get below.

    Returns
    -------
    str
        One line; empty if there are as many as :func:`fewest_cases`.

    Examples
    --------
    >>> cases_note(3, 5)
    '3 cases cannot tell any pair of 5 strategies apart: a p below 0.05 takes at least 9'
    >>> cases_note(9, 5)
    ''
    """
    fewest = fewest_cases(n_strategies, level=level)
    if n_cases >= fewest:
        return ""
    cases = "1 case" if n_cases == 1 else f"{n_cases} cases"
    return (
        f"{cases} cannot tell any pair of {n_strategies} strategies apart: "
        f"a p below {level:g} takes at least {fewest}"
    )
