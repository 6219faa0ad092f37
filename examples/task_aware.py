"""Compare plain VAAL with strategies that ask the model: herding, TA-VAAL, SRAAL."""

import numpy as np
from modAL.models import ActiveLearner
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skvaal import HerdingQuery, VAALQuery

X, y = load_digits(return_X_y=True)
X_pool, X_test, y_pool, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)

plain = {"rule": "topk", "uncertainty": None, "max_epochs": 5, "random_state": 0}
variants = {
    "plain VAAL": VAALQuery(**plain),
    "TA-VAAL": VAALQuery(net="ta_vaal", **plain),
    "SRAAL": VAALQuery(net="sraal", **plain),
    "VAALQuery": VAALQuery(max_epochs=5, random_state=0),
    "HerdingQuery": HerdingQuery(random_state=0),
}
for name, query in variants.items():
    learner = ActiveLearner(LogisticRegression(max_iter=500), query, X_pool[:50], y_pool[:50])
    indices, samples = learner.query(X_pool[50:], n_instances=50)
    learner.teach(samples, y_pool[50:][indices])
    classes = len(np.unique(y_pool[50:][indices]))
    accuracy = learner.score(X_test, y_test)
    print(f"{name:12} 100 labels, the new ones of {classes} classes: accuracy {accuracy:.3f}")
