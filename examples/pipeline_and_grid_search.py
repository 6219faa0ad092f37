"""Tune VAAL behind a scaler: by the evidence lower bound, and by accuracy at a budget."""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import ActiveLearningClassifier, Herding, TopK, VAALQuery, VAALQueryStrategy

X, y = load_wine(return_X_y=True)
labeled = np.random.default_rng(0).random(len(X)) < 0.2
y_known = np.where(labeled, y, -1)

# A Pipeline forwards everything but `query` to its last step.
pipe = make_pipeline(StandardScaler(), VAALQueryStrategy(max_epochs=20, random_state=0))
pipe.fit(X, y_known)
X_pool = X[~labeled]
print("to label next:", pipe[-1].query(pipe[:-1].transform(X_pool), n=5))

# Without labels: which latent size explains held-out samples best?
search = GridSearchCV(pipe, {"vaalquerystrategy__vae__latent_dim": [2, 8]}, cv=3).fit(X)
print("best by evidence lower bound:", search.best_params_)

# With an oracle: which rule gives the best classifier for 50 labels?
active = ActiveLearningClassifier(
    make_pipeline(StandardScaler(), LogisticRegression()),
    VAALQuery(strategy=pipe),
    initial_size=10,
    batch_size=20,
    n_rounds=2,
    random_state=0,
)
rule = "query_strategy__strategy__vaalquerystrategy__rule"
search = GridSearchCV(active, {rule: [Herding(), TopK()]}, cv=3).fit(X, y)
print(f"best for 50 labels: {search.best_params_}, accuracy {search.best_score_:.3f}")
