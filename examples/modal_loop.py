"""Label digits in rounds with modAL: a query strategy chooses, a random forest learns."""

import numpy as np
from modAL.models import ActiveLearner
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from skvaal import HerdingQuery

X, y = load_digits(return_X_y=True)
X_pool, X_test, y_pool, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)

start = np.arange(30)
learner = ActiveLearner(
    estimator=RandomForestClassifier(random_state=0),
    query_strategy=HerdingQuery(random_state=0),  # or VAALQuery(random_state=0)
    X_training=X_pool[start],
    y_training=y_pool[start],
)
X_pool, y_pool = np.delete(X_pool, start, axis=0), np.delete(y_pool, start)

for _ in range(3):
    indices, samples = learner.query(X_pool, n_instances=20)
    learner.teach(samples, y_pool[indices])  # in earnest, a person labels the samples here
    X_pool, y_pool = np.delete(X_pool, indices, axis=0), np.delete(y_pool, indices)
    print(f"{len(learner.X_training)} labels: accuracy {learner.score(X_test, y_test):.3f}")
