"""Is VAAL that goes on from its last round as good as VAAL that is trained anew, and faster?

    SKVAAL_DATA=data python experiments/warm_start.py

Five rounds of `VAALQuery()` ("anew") and of `VAALQuery(warm_start=True)` from the same starts: the
digits with a random forest, and features of CIFAR-10 images with a logistic regression. The first
query is the same training for both; a later one of "warm_start" goes on from the weights of the
last, for fewer iterations.

SKVAAL_DATA names the folder with cifar10_features.npz. Writes the accuracy and the seconds of each
round (warm_start.csv) and a table (warm_start.txt) to docs/results/research.
"""

import argparse

import pandas as pd
from common import RESULTS

from skvaal import VAALQuery
from skvaal.benchmark import Plan, load_dataset, run
from skvaal.benchmark.statistics import areas

SETTINGS = {
    "digits": ("random_forest", {"initial": 20, "batch": 20}),
    "cifar10_features": ("logistic_regression", {"initial": 100, "batch": 100, "pool_size": 4000}),
}
COLUMNS = ["data", "estimator", "strategy", "seed", "round", "n_labeled", "accuracy"]
SECONDS = ["query_seconds", "query_fit_seconds"]


def anew(random_state):
    return VAALQuery(random_state=random_state)


def warm_start(random_state):
    return VAALQuery(warm_start=True, random_state=random_state)


def measure(data, n_seeds, n_jobs):
    """One row for each strategy, seed and round; round 0 is the start."""
    estimator, sizes = SETTINGS[data]
    results = run(
        load_dataset(data),
        {"anew": anew, "warm_start": warm_start},
        estimator=estimator,
        plan=Plan(n_seeds=n_seeds, rounds=5, **sizes),
        n_jobs=n_jobs,
    )
    if results.failures:
        raise RuntimeError(results.failures[0]["traceback"])
    return results.records[COLUMNS + SECONDS]


def mean_and_error(values, decimals):
    return f"{values.mean():.{decimals}f} +- {values.sem():.{decimals}f}"


def format_table(records):
    """Areas in points and seconds by round, +- standard error over the seeds."""
    points = 100 * areas(records)
    points["difference"] = points["warm_start"] - points["anew"]
    first = records.iloc[0]
    n_labeled = sorted(records["n_labeled"].unique())
    lines = [
        f"{first['data']}, {first['estimator']}, {records['seed'].nunique()} seeds, labels "
        f"{n_labeled[0]} to {n_labeled[-1]}; area under the accuracy curve in points, +- standard "
        "error",
        *(
            f"{name:<12}{mean_and_error(points[name], 2):>15}"
            for name in ("anew", "warm_start", "difference")
        ),
        "",
        "seconds of the training in a query, by round",
    ]
    queries = records[records["round"] > 0]
    seconds = queries.pivot_table(
        index=["strategy", "seed"], columns="round", values="query_fit_seconds"
    )
    lines.append(" " * 12 + "".join(f"{number:>15}" for number in seconds))
    for name, one in seconds.groupby("strategy"):
        cells = "".join(f"{mean_and_error(one[number], 2):>15}" for number in one)
        lines.append(f"{name:<12}{cells}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="repetitions, paired")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    args = parser.parse_args()
    records = {data: measure(data, args.seeds, args.jobs) for data in SETTINGS}
    text = "\n".join(map(format_table, records.values()))
    print(text)
    pd.concat(records.values()).to_csv(RESULTS / "warm_start.csv", index=False)
    (RESULTS / "warm_start.txt").write_text(text)


if __name__ == "__main__":
    main()
