"""
Label digits in rounds with modAL
=================================

A query strategy chooses twenty digits, a person labels them, a random forest learns. The curve
shows the accuracy after each round, beside that of random choice.
"""

import matplotlib.pyplot as plt
import numpy as np
from modAL.models import ActiveLearner
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from skvaal import HerdingQuery

X, y = load_digits(return_X_y=True)
X_all, X_test, y_all, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# Every query strategy of modAL is a function of the learner and the pool. ``HerdingQuery()`` is
# one, and so is ``VAALQuery()``. Random choice is written in two lines.

rng = np.random.default_rng(0)


def choose_at_random(learner, X_pool, n_instances=1):
    indices = rng.choice(len(X_pool), n_instances, replace=False)
    return indices, X_pool[indices]


# %%
# The loop is modAL's own: ask, label, teach.


def play(query_strategy, n_rounds=5):
    learner = ActiveLearner(
        estimator=RandomForestClassifier(random_state=0),
        query_strategy=query_strategy,
        X_training=X_all[:20],
        y_training=y_all[:20],
    )
    X_pool, y_pool = X_all[20:], y_all[20:]
    accuracies = [learner.score(X_test, y_test)]
    for _ in range(n_rounds):
        indices, samples = learner.query(X_pool, n_instances=20)
        learner.teach(samples, y_pool[indices])  # in earnest, a person labels the samples here
        X_pool, y_pool = np.delete(X_pool, indices, axis=0), np.delete(y_pool, indices)
        accuracies.append(learner.score(X_test, y_test))
    return accuracies


n_labels = 20 * np.arange(1, 7)
plt.plot(n_labels, play(HerdingQuery(random_state=0)), "o-", label="herding")
plt.plot(n_labels, play(choose_at_random), "o--", label="random choice")
plt.xlabel("labels")
plt.ylabel("accuracy on test samples")
plt.legend()
plt.show()

# %%
# One run shows how it works, and no more than that: :doc:`../measured` has paired repetitions.
