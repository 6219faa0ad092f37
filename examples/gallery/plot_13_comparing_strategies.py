"""
Compare strategies on data of your own
======================================

Would another strategy have done better? ``skvaal.benchmark`` plays them from the same starts, with
the same seeds, and tells chance from difference.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from skvaal.benchmark import Dataset, Plan, get_protocols, get_strategies, run
from skvaal.benchmark.inference import paired_difference
from skvaal.benchmark.statistics import areas

X, y = load_breast_cancer(return_X_y=True)
dataset = Dataset.from_arrays(StandardScaler().fit_transform(X), y, name="my data")


# %%
# A strategy of your own is a function that makes one from a seed.


def largest(random_state):
    """Make a strategy that takes the samples with the largest norm."""

    def strategy(learner, X_pool, n_instances=1):
        norms = (X_pool**2).sum(axis=1)
        chosen = norms.argsort()[::-1][:n_instances]
        return chosen, norms[chosen]

    return strategy


results = run(
    dataset,
    get_strategies(["herding", "margin", "random"]) | {"largest": largest},
    estimator="logistic_regression",
    plan=Plan(n_seeds=6, rounds=4, batch=5, initial=10),
    protocols=get_protocols(["standard"]),
)

# %%
# The curves, each a mean over six starts.

curves = results.records.groupby(["strategy", "n_labeled"])["accuracy"].mean().unstack("strategy")
curves.plot(marker="o", ylabel="accuracy on test samples", xlabel="labels")
plt.show()

# %%
# The differences in area to random choice, in points: their mean, a 95 % interval, p of Wilcoxon's
# test, and p after Holm's correction. Six starts are few: a claim takes twenty.

paired_difference(100 * areas(results.records), baseline="random").round(2)
