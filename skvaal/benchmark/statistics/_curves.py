"""Learning curves and the areas under them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skvaal.benchmark.statistics._budgets import check_one_case, n_budgets


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
        As :func:`skvaal.benchmark.run` returns it, of one case.

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
        As :func:`skvaal.benchmark.run` returns it, of one case.

    Returns
    -------
    DataFrame
        One row for each seed, one column for each strategy, in the order of the records; nan for
        a run that lacks a budget, as its area would be that of another range, and where there
        is no budget but the start.

    Raises
    ------
    ValueError
        If a run holds a number of labels twice.

    See Also
    --------
    skvaal.benchmark.statistics.with_plan : Without it, runs that all stopped in the same round
        are taken for complete.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "seed": 0, "n_labeled": [20, 40], "accuracy": [0.5, 0.7]}
    ... )
    >>> areas(records).round(3).to_dict("records")
    [{'random': 0.6}]
    """
    check_one_case(records)
    n = n_budgets(records)
    by_run = {
        key: area_under_budget_curve(run["n_labeled"], run["accuracy"])
        if len(run) == n > 1
        else np.nan
        for key, run in records.sort_values("n_labeled").groupby(["seed", "strategy"], sort=False)
    }
    table = pd.Series(by_run).unstack()
    return table[records["strategy"].unique()]
