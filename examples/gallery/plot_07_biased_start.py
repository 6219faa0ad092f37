"""
A biased start: what the discriminator adds
===========================================

The discriminator of VAAL tells labelled from unlabelled samples. If the labels are a fair sample of
the pool, there is nothing to tell. If some classes have no label, there is.

Here, three of ten digits have no label. How much of a batch of 60 is of these three?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from skvaal import HerdingQueryStrategy, VAALQueryStrategy

X, y = load_digits(return_X_y=True)
X /= 16
missing = np.isin(y, [2, 5, 8])
rng = np.random.default_rng(0)
labeled = rng.permutation(np.flatnonzero(~missing))[:400]
pool = np.setdiff1d(np.arange(len(X)), labeled)
proba = RandomForestClassifier(random_state=0).fit(X[labeled], y[labeled]).predict_proba(X[pool])

# %%
# VAAL herding estimates how much of the pool lies where no label is. The discriminator counts
# accordingly, and not at all if there is no such part. Plain VAAL reads nothing else.

strategies = {
    "random choice": None,
    "herding": HerdingQueryStrategy(random_state=0),
    "VAAL herding": VAALQueryStrategy(random_state=0),
    "plain VAAL": VAALQueryStrategy(
        rule="topk", uncertainty=None, vae__linear_path=False, random_state=0
    ),
}
shares = {}
for name, strategy in strategies.items():
    if strategy is None:
        indices = rng.choice(len(pool), 60, replace=False)
    else:
        reads = {} if name == "plain VAAL" else {"proba": proba}
        indices = strategy.fit_query(X[labeled], X[pool], 60, **reads)
    shares[name] = 100 * missing[pool[indices]].mean()

# %%
# Herding finds nearly all of it by coverage alone. The discriminator adds one or two samples in
# this one start. More is not always better: a batch needs other samples, too.
# :doc:`../research/discriminator_uses` has what it means for the accuracy, over many starts.

_, ax = plt.subplots(layout="constrained")
ax.barh(list(shares), list(shares.values()), color="#0072b2")
ax.axvline(100 * missing[pool].mean(), color="#d55e00", linestyle="--", label="share of the pool")
ax.set_xlabel("% of the batch that is of classes without a label")
ax.legend(loc="lower right")
plt.show()

# %%
# What VAAL herding found out about the pool; the share is a lower bound:

found = strategies["VAAL herding"].diagnose(X[labeled], X[pool], n_folds=2)
print(found.score_exponent_reason)
