"""Summaries of a comparison's records: curves, areas, labels and ranks.

What can be told from chance is in :mod:`skvaal.benchmark.inference`.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def area_under_budget_curve(n_labeled: ArrayLike, accuracy: ArrayLike) -> float:
    """Return the area under accuracy against labels, divided by the range of the labels.

    Parameters
    ----------
    n_labeled : array-like of shape (n_points,)
        Number of labels, increasing, at least two points.
    accuracy : array-like of shape (n_points,)
        Accuracy in [0, 1] with that many labels.

    Returns
    -------
    float
        Mean accuracy over the budget by the trapezoidal rule, in [0, 1].

    Raises
    ------
    ValueError
        If there are fewer than two points, or the labels do not increase.

    References
    ----------
    .. [1] X. Zhan, H. Liu, Q. Li, A. B. Chan. "A Comparative Survey: Benchmarking for Pool-based
       Active Learning", IJCAI 2021: the area under the budget curve.

    Examples
    --------
    >>> area_under_budget_curve([20, 40, 100], [0.5, 0.7, 0.7])
    0.675
    """
    labels = np.asarray(n_labeled, dtype=float)
    values = np.asarray(accuracy, dtype=float)
    if labels.ndim != 1 or labels.shape != values.shape or len(labels) < 2:
        raise ValueError(
            f"n_labeled has shape {labels.shape} and accuracy {values.shape}; "
            "give two lists of the same length, of at least 2."
        )
    steps = np.diff(labels)
    if np.any(steps <= 0):
        raise ValueError(f"n_labeled={labels.tolist()} must increase from point to point.")
    area = np.sum(steps * (values[1:] + values[:-1]) / 2)
    return float(area / (labels[-1] - labels[0]))


def mean_and_standard_error(values: ArrayLike) -> tuple[float, float]:
    """Return the mean over repetitions and its standard error.

    Parameters
    ----------
    values : array-like of shape (n_seeds,)
        One value for each repetition.

    Returns
    -------
    mean, standard_error : float
        The standard error is the standard deviation (n - 1 in its divisor) over sqrt(n); nan
        for a single value.

    Examples
    --------
    >>> mean_and_standard_error([1.0, 3.0])
    (2.0, 1.0)
    """
    array = np.asarray(values, dtype=float)
    error = array.std(ddof=1) / np.sqrt(len(array)) if len(array) > 1 else np.nan
    return float(array.mean()), float(error)


def curves(records: pd.DataFrame) -> pd.DataFrame:
    """Return the learning curve of each strategy.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it.

    Returns
    -------
    DataFrame
        Columns mean and standard_error of the accuracy over seeds; index (strategy, n_labeled),
        strategies in the order of the records.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": [0, 1], "n_labeled": 20, "accuracy": [0.5, 0.7]}
    ... )
    >>> curves(records).round(3).to_dict("records")
    [{'mean': 0.6, 'standard_error': 0.1}]
    """
    groups = records.groupby(["strategy", "n_labeled"], sort=False)["accuracy"]
    rows = {key: mean_and_standard_error(values) for key, values in groups}
    return pd.DataFrame(
        list(rows.values()),
        index=pd.MultiIndex.from_tuples(rows, names=["strategy", "n_labeled"]),
        columns=["mean", "standard_error"],
    )


def areas(records: pd.DataFrame) -> pd.DataFrame:
    """Return the area under the budget curve of each run.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set.

    Returns
    -------
    DataFrame
        One row for each seed, one column for each strategy, in the order of the records; nan for
        a run that lacks a budget, as its area would be that of another range.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": 0, "n_labeled": [20, 40], "accuracy": [0.5, 0.7]}
    ... )
    >>> areas(records).round(3).to_dict("records")
    [{'random': 0.6}]
    """
    n_budgets = records["n_labeled"].nunique()
    by_run = {
        key: area_under_budget_curve(run["n_labeled"], run["accuracy"])
        if len(run) == n_budgets
        else np.nan
        for key, run in records.groupby(["seed", "strategy"], sort=False)
    }
    table = pd.Series(by_run).unstack()
    return table[records["strategy"].unique()]


def labels_to_reach(n_labeled: ArrayLike, accuracy: ArrayLike, target: float) -> float:
    """Return the number of labels at which a learning curve first reaches an accuracy.

    Parameters
    ----------
    n_labeled : array-like of shape (n_points,)
        Number of labels, increasing.
    accuracy : array-like of shape (n_points,)
        Mean accuracy with that many labels; its running maximum is taken.
    target : float
        The accuracy to reach.

    Returns
    -------
    float
        By linear interpolation between the points; the first number of labels if the curve
        starts there or above, nan if it never gets there.

    Examples
    --------
    >>> labels_to_reach([20, 40, 80], [0.5, 0.7, 0.9], target=0.75)
    50.0
    >>> labels_to_reach([20, 40, 80], [0.5, 0.7, 0.9], target=0.95)
    nan
    """
    labels = np.asarray(n_labeled, dtype=float)
    best = _without_noise(np.maximum.accumulate(np.asarray(accuracy, dtype=float)))
    goal = _without_noise(target)
    reached = np.flatnonzero(best >= goal)
    if len(reached) == 0:
        return float("nan")
    first = int(reached[0])
    if first == 0:
        return float(labels[0])
    share = (goal - best[first - 1]) / (best[first] - best[first - 1])
    return float(labels[first - 1] + share * (labels[first] - labels[first - 1]))


def label_saving(records: pd.DataFrame, *, baseline: str = "random") -> pd.DataFrame:
    """Return how many labels a baseline needs to be as accurate as each strategy.

    Both are judged by the running maximum of the mean curve over seeds.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set.
    baseline : str, default="random"
        The strategy to compare with.

    Returns
    -------
    DataFrame
        Index (strategy, n_labeled), the baseline included. Columns: baseline_labels, the labels
        with which the baseline reaches the strategy's accuracy, nan where it never does; saved,
        these less n_labeled; ratio, these over n_labeled, more than 1 where labels are saved.

    See Also
    --------
    labels_to_reach : The interpolation; with the roles swapped, the labels that a strategy needs
        to be as accurate as the baseline.

    References
    ----------
    .. [1] P. Melville, R. J. Mooney. "Diverse Ensembles for Active Learning", ICML 2004: the
       data utilization ratio, for one target accuracy.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": ["random"] * 3 + ["margin"] * 3,
    ...         "seed": 0,
    ...         "n_labeled": [20, 40, 60] * 2,
    ...         "accuracy": [0.5, 0.6, 0.8, 0.5, 0.7, 0.9],
    ...     }
    ... )
    >>> label_saving(records).loc["margin"].round(2)
               baseline_labels  saved  ratio
    n_labeled
    20                    20.0    0.0   1.00
    40                    50.0   10.0   1.25
    60                     NaN    NaN    NaN
    """
    mean = curves(records)["mean"]
    base = mean.loc[baseline]
    best = mean.groupby("strategy", sort=False).cummax()
    needed = best.map(lambda target: labels_to_reach(base.index, base, target))
    n_labeled = best.index.get_level_values("n_labeled")
    return pd.DataFrame(
        {"baseline_labels": needed, "saved": needed - n_labeled, "ratio": needed / n_labeled}
    )


def mean_ranks(records: pd.DataFrame) -> pd.Series:
    """Return the mean rank of each strategy over data sets.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one data set or several.

    Returns
    -------
    Series
        By strategy, best first. Rank 1 has the largest area under the budget curve, averaged
        over seeds; ties share the mean of their ranks. nan for a strategy that is missing on a
        data set, for its ranks elsewhere are no fair comparison.

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
    means = {name: areas(one).mean() for name, one in records.groupby("data", sort=False)}
    ranks = _without_noise(pd.DataFrame(means)).rank(ascending=False, method="average")
    return ranks.mean(axis="columns", skipna=False).sort_values(kind="stable")


def _without_noise(values: Any) -> Any:
    # Equal accuracies differ in the 16th digit once they are averaged in another order; as ties
    # they must be equal.
    return np.round(values, 12)
