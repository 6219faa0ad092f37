"""One row of numbers for each strategy of a comparison."""

import numpy as np
import pandas as pd

from skvaal.benchmark.inference import bootstrap_interval, paired_difference, smallest_p_value
from skvaal.benchmark.statistics import (
    areas,
    complete_runs,
    curves,
    label_saving,
    labels_to_reach,
)

BASELINE = "random"  # the strategy that labels are saved against
REFERENCES = (BASELINE, "margin")  # the strategies whose area is subtracted, where they took part
_SECONDS = ("query", "query_fit", "query_score", "query_select", "train")


def summarize(records: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a comparison on one data set.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.

    Returns
    -------
    DataFrame
        One row for each strategy, the largest area first. Accuracies are in [0, 1]. Only runs
        with every budget count. Columns:

        - n_seeds, area, area_low, area_high: the number of runs, the mean area under the budget
          curve and its 95 % bootstrap interval;
        - final_accuracy and, where it is recorded, final_balanced_accuracy: the means with the
          largest budget;
        - for each of "random" and "margin" that took part beside others, `random_difference`,
          `random_low`, `random_high`, `random_p` and `random_p_holm`: see
          :func:`~skvaal.benchmark.inference.paired_difference`;
        - where "random" did, baseline_labels, labels_saved and label_ratio, with which it
          reaches the strategy's final accuracy (see
          :func:`~skvaal.benchmark.statistics.label_saving`), and labels_to_baseline, with which
          the strategy reaches random's final accuracy; nan for what is never reached;
        - query_seconds: mean seconds of a query, those of incomplete runs too.

        What compares a strategy with itself is nan, and so is all but the times of a strategy
        without a complete run.

    See Also
    --------
    skvaal.benchmark.statistics.with_plan : Without it, runs that all stopped in the same round
        are taken for complete.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {
    ...         "strategy": ["random", "random", "margin", "margin"],
    ...         "seed": 0,
    ...         "n_labeled": [20, 40, 20, 40],
    ...         "accuracy": [0.5, 0.7, 0.5, 0.9],
    ...         "query_seconds": [np.nan, 0.25, np.nan, 0.5],
    ...     }
    ... )
    >>> summary = summarize(records)
    >>> summary[["area", "random_difference", "labels_to_baseline"]].round(3)
              area  random_difference  labels_to_baseline
    strategy
    margin     0.7                0.1                30.0
    random     0.6                NaN                 NaN
    """
    area = areas(records)
    interval = bootstrap_interval(area).add_prefix("area_")
    table = pd.DataFrame({"n_seeds": area.count(), "area": area.mean()}).join(interval)
    complete = complete_runs(records)
    table = table.join(_final_accuracy(complete))
    names = complete["strategy"].unique()
    for reference in REFERENCES:
        if reference in names and len(area.columns) > 1:
            difference = paired_difference(area, baseline=reference).drop(columns="n_seeds")
            difference = difference.rename(columns={"mean": "difference"})
            table = table.join(difference.add_prefix(f"{reference}_"))
    if BASELINE in names and len(area.columns) > 1:
        table = table.join(_final_labels(complete))
    table = table.join(records.groupby("strategy")["query_seconds"].mean())
    return table.rename_axis("strategy").sort_values("area", ascending=False, kind="stable")


def seeds_note(n_seeds: int, n_comparisons: int, *, level: float = 0.05) -> str:
    """Return what cannot be shown with that many seeds.

    Parameters
    ----------
    n_seeds : int
        Number of paired seeds.
    n_comparisons : int
        Number of strategies compared with a reference.
    level : float, default=0.05
        The p value to get below.

    Returns
    -------
    str
        One line; empty if a corrected p below `level` is possible, or nothing is compared.

    Examples
    --------
    >>> seeds_note(6, 4)
    '6 seeds allow no p below 0.031, nor below 0.125 after correction for 4: a p below 0.05 ...'
    """
    smallest = smallest_p_value(n_seeds, n_comparisons=n_comparisons)
    if n_comparisons == 0 or smallest < level:
        return ""
    enough = n_seeds
    while smallest_p_value(enough, n_comparisons=n_comparisons) >= level:
        enough += 1
    if n_seeds < 2:
        limit = "1 seed allows no interval and no test"
    else:
        limit = f"{n_seeds} seeds allow no p below {smallest_p_value(n_seeds):.3f}"
        if n_comparisons > 1:
            limit += f", nor below {smallest:.3f} after correction for {n_comparisons}"
    return f"{limit}: a p below {level:g} takes at least {enough} seeds"


def costs(records: pd.DataFrame) -> pd.DataFrame:
    """Return what each strategy costs.

    Parameters
    ----------
    records : DataFrame
        As :func:`skvaal.benchmark.run` returns it, of one case.

    Returns
    -------
    DataFrame
        One row for each strategy, in the order of the records; of these columns those that were
        recorded: query_seconds, query_fit_seconds, query_score_seconds, query_select_seconds and
        train_seconds, means over queries or trainings; peak_memory_mib, the largest.

    Examples
    --------
    >>> records = pd.DataFrame(
    ...     {"strategy": "random", "query_seconds": [np.nan, 1.0, 2.0], "train_seconds": 0.5}
    ... )
    >>> costs(records)
              query_seconds  train_seconds
    strategy
    random              1.5            0.5
    """
    how = {f"{kind}_seconds": "mean" for kind in _SECONDS} | {"peak_memory_mib": "max"}
    recorded = {name: one for name, one in how.items() if name in records}
    return records.groupby("strategy", sort=False).agg(recorded).dropna(axis=1, how="all")


def _final_accuracy(complete: pd.DataFrame) -> pd.DataFrame:
    last = complete[complete["n_labeled"] == complete["n_labeled"].max()]
    names = [name for name in ("accuracy", "balanced_accuracy") if name in last]
    return last.groupby("strategy")[names].mean().add_prefix("final_")


def _final_labels(records: pd.DataFrame) -> pd.DataFrame:
    saving = label_saving(records, baseline=BASELINE)
    final = saving.groupby("strategy", sort=False).tail(1).droplevel("n_labeled")
    final = final.rename(columns={"saved": "labels_saved", "ratio": "label_ratio"})
    mean = curves(records)["mean"]
    target = mean.loc[BASELINE].iloc[-1]
    final["labels_to_baseline"] = [
        labels_to_reach(mean.loc[name].index, mean.loc[name], target) for name in final.index
    ]
    final.loc[BASELINE] = np.nan
    return final
