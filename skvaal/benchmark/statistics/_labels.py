"""Labels that a strategy saves against a baseline."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skvaal.benchmark.statistics._budgets import complete_runs
from skvaal.benchmark.statistics._curves import curves
from skvaal.benchmark.statistics._rounding import without_noise


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
    best = without_noise(np.maximum.accumulate(np.asarray(accuracy, dtype=float)))
    goal = without_noise(target)
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

    A strategy is judged by its mean accuracy over seeds with that many labels, the baseline by
    the first number of labels at which the running maximum of its mean curve is as high. Only
    runs with every budget count.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.
    baseline : str, default="random"
        The strategy to compare with.

    Returns
    -------
    DataFrame
        Index (strategy, n_labeled), the baseline included. Columns: baseline_labels, the labels
        with which the baseline reaches the strategy's accuracy, nan where it never does; saved,
        these less n_labeled; ratio, these over n_labeled, more than 1 where labels are saved.

    Raises
    ------
    KeyError
        If the baseline has no complete run.

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
    mean = curves(complete_runs(records))["mean"]
    base = mean.loc[baseline]
    needed = mean.map(lambda target: labels_to_reach(base.index, base, target))
    n_labeled = mean.index.get_level_values("n_labeled")
    return pd.DataFrame(
        {"baseline_labels": needed, "saved": needed - n_labeled, "ratio": needed / n_labeled}
    )
