"""
A rule of your own
==================

A rule turns what the networks know into a batch. It may be a function of the scores, the
coordinates of the pool, those of the labelled samples, and a number.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skvaal import LatentMapDisplay, VAALQueryStrategy

X, _ = load_digits(return_X_y=True)
X_labeled, X_pool = X[:60] / 16, X[60:] / 16

# %%
# This one draws the batch at random from the tenth of the pool that the discriminator is surest is
# unlabelled. Lower scores are less like a labelled sample.


def draw_from_the_lowest(scores, Z, Z_labeled, n, random_state):
    lowest = np.argsort(scores)[: max(n, len(scores) // 10)]
    return random_state.permutation(lowest)[:n]


# %%
# A name stands for a rule of the library, a function for your own.

strategies = {
    "topk": VAALQueryStrategy(rule="topk", uncertainty=None, random_state=0),
    "own rule": VAALQueryStrategy(rule=draw_from_the_lowest, uncertainty=None, random_state=0),
}
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, (name, strategy) in zip(axes, strategies.items(), strict=True):
    indices = strategy.fit_query(X_labeled, X_pool, 20)
    LatentMapDisplay.from_estimator(strategy, X_pool, X_labeled, indices, ax=ax)
    ax.set_title(name)
plt.show()
