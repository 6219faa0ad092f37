"""
Which strategy for a budget? Let a grid search say
==================================================

``ActiveLearningClassifier`` is a classifier that labels in rounds; ``y`` answers in the place of a
person. So scikit-learn's grid search finds the strategy that gives the best classifier for a number
of labels.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import ActiveLearningClassifier, HerdingQuery, LearningCurveDisplay

X, y = load_digits(return_X_y=True)
active = ActiveLearningClassifier(
    make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)),
    HerdingQuery(),
    initial_size=20,
    batch_size=20,
    n_rounds=4,
    random_state=0,
)

# %%
# Does it pay to ask the classifier what it is unsure of? How wide should the kernel be?

search = GridSearchCV(
    active,
    {
        "query_strategy__uncertainty": [None, "margin", "entropy"],
        "query_strategy__bandwidth": [0.5, 1.0],
    },
    cv=3,
).fit(X, y)
search.best_params_

# %%
# With three folds, differences within the bars are chance.

found = search.cv_results_
names = [
    f"{params['query_strategy__uncertainty']}, {params['query_strategy__bandwidth']}"
    for params in found["params"]
]
plt.barh(names, found["mean_test_score"], xerr=found["std_test_score"], color="#0072b2")
plt.xlim(left=0.8)
plt.xlabel("accuracy with 100 labels")
plt.ylabel("uncertainty, bandwidth")
plt.tight_layout()
plt.show()

# %%
# The best classifier was fitted on all samples. It tells its own learning curve.

_, ax = plt.subplots()
LearningCurveDisplay.from_estimator(search.best_estimator_, ax=ax)
plt.show()
