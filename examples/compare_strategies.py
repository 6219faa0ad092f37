"""Compare VAAL with a strategy of your own, from a random and from a biased start."""

from skvaal.benchmark import Plan, Protocol, get_strategies, load_dataset, run
from skvaal.benchmark.report import format_table
from skvaal.benchmark.statistics import cases
from skvaal.benchmark.summary import summarize


def largest(random_state):
    """Make a strategy that takes the samples with the largest norm."""

    def strategy(learner, X_pool, n_instances=1):
        norms = (X_pool**2).sum(axis=1)
        chosen = norms.argsort()[::-1][:n_instances]
        return chosen, norms[chosen]

    return strategy


strategies = get_strategies(["herding", "vaal", "random"], vaal_params={"max_epochs": 5})
results = run(
    load_dataset("wine"),
    strategies | {"largest": largest},
    estimator="logistic_regression",
    plan=Plan(n_seeds=3, rounds=2, batch=10, initial=10),
    protocols=[Protocol(), Protocol(name="a class is missing", missing_classes=0.3)],
)  # with out="results" the records are kept, and a stopped run goes on from there

for label, records in cases(results.records):
    print(format_table(records, summarize(records), heading=label), end="\n\n")
