"""Pools, labels and what rules read of them: for discriminator_uses.py."""

from functools import cache
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal.benchmark import Plan, get_estimator, load_dataset
from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.start import draw_start

N_FEATURES = 200


class Case(NamedTuple):
    """Where batches are compared: labels at the start, labels before the batch, its size."""

    data: str
    estimator: str
    protocol: str
    initial: int
    n_labels: int
    batch: int
    pool_size: int | None = 4000


CASES = {
    "features 600": Case("cifar10_features", "logistic_regression", "standard", 600, 600, 300),
    "news 600": Case("ag_news_small", "logistic_regression", "standard", 600, 600, 300),
    "features 600 biased": Case(
        "cifar10_features", "logistic_regression", "biased_start", 600, 600, 300
    ),
    "digits 60": Case("digits", "random_forest", "standard", 20, 60, 20, None),
    "news 600 biased": Case("ag_news_small", "logistic_regression", "biased_start", 600, 600, 300),
    "features 1200": Case("cifar10_features", "logistic_regression", "standard", 600, 1200, 300),
    "news 1200": Case("ag_news_small", "logistic_regression", "standard", 600, 1200, 300),
    "news 40": Case("ag_news_small", "logistic_regression", "standard", 40, 40, 40),
    "features 100 biased": Case(
        "cifar10_features", "logistic_regression", "biased_start", 100, 100, 100
    ),
    "digits 20 biased": Case("digits", "random_forest", "biased_start", 20, 20, 20, None),
}


@cache
def load(name):
    """A data set and its rows for training and test, of more features than 200 the components."""
    dataset = load_dataset(name)
    parts = [as_rows(X[:]) for X in (dataset.X, dataset.X_test) if X is not None]
    if parts[0].shape[1] > N_FEATURES:
        pca = PCA(N_FEATURES, svd_solver="covariance_eigh").fit(parts[0])
        parts = [pca.transform(X).astype(np.float32) for X in parts]
    return dataset, *parts


class Start:
    """Pool, labels, and test samples of one seed, grown by herding to the case's size."""

    def __init__(self, case, seed):
        self.case, self.seed = case, seed
        dataset, X, *official = load(case.data)
        plan = Plan(initial=case.initial, batch=case.batch, rounds=1, pool_size=case.pool_size)
        start = draw_start(dataset, plan, get_protocols([case.protocol])[0], seed)
        self.X, self.y = X[start.pool], start.y
        left = np.setdiff1d(np.arange(len(X)), start.pool)
        of_official = [] if dataset.y_test is None else [dataset.y_test]
        self.X_test = np.concatenate([X[left], *official])
        self.y_test = np.concatenate([dataset.y[left], *of_official])
        self.labeled = start.labeled
        while len(self.labeled) < case.n_labels:
            n = min(case.batch, case.n_labels - len(self.labeled))
            strategy = HerdingQueryStrategy(random_state=seed)
            strategy.fit_pools(self.X[self.labeled], self.X[self.rest])
            proba = self.fit(self.labeled)[0].predict_proba(self.X[self.rest])
            batch = strategy.query(self.X[self.rest], n, proba=proba)
            self.labeled = np.r_[self.labeled, self.rest[batch]]

    @property
    def rest(self):
        return np.setdiff1d(np.arange(len(self.X)), self.labeled)

    def fit(self, rows):
        """Task models on rows of the pool: two forests, or one logistic regression."""
        n_models = 2 if self.case.estimator == "random_forest" else 1
        make = get_estimator(self.case.estimator)
        return [make(seed).fit(self.X[rows], self.y[rows]) for seed in range(n_models)]

    def accuracy(self, batch):
        models = self.fit(np.r_[self.labeled, self.rest[batch]])
        return np.mean([(one.predict(self.X_test) == self.y_test).mean() for one in models])

    def share_of_new(self, batch):
        return np.mean(~np.isin(self.y[self.rest[batch]], self.y[self.labeled]))


def read_state(start, needs_vae=True):
    """What rules read: coordinates of labelled and other samples by space, scores, predictions."""
    X_labeled, X = start.X[start.labeled], start.X[start.rest]
    model = start.fit(start.labeled)[0]
    state = {"proba": model.predict_proba(X)}
    spaces = {"components": place(X_labeled, X, start.seed)}
    if needs_vae:
        vaal = VAALQueryStrategy(random_state=start.seed).fit_pools(X_labeled, X)
        pools = [vaal._open(one, "X") for one in (X_labeled, X)]
        scale = importance(model, X.shape[1])
        spaces |= {
            "decoded": [vaal.net_.decoded_coordinates(pool, vaal.components_) for pool in pools],
            "scaled": place(X_labeled * scale, X * scale, start.seed),
            "odds": [log_probabilities(model, one) for one in (X_labeled, X)],
        }
        state |= {"scores": vaal.score_samples(X), "elbo": vaal.net_.elbo(pools[1])}
    for name, (of_labeled, of_rest) in spaces.items():
        state |= {f"{name}_labeled": of_labeled, name: of_rest}
        scale = of_rest.std(0).max()
        second = LogisticRegression(C=10, max_iter=500)
        second.fit(of_labeled / scale, start.y[start.labeled])
        state[f"second_{name}"] = second.predict_proba(of_rest / scale)
    return state


def place(X_labeled, X, seed):
    """Principal components of both pools, as `herding` has them."""
    strategy = HerdingQueryStrategy(random_state=seed).fit_pools(X_labeled, X)
    return [strategy.transform(X_labeled), strategy.transform(X)]


def importance(model, n_features):
    """How much a task model makes of each feature."""
    if hasattr(model[-1], "coef_"):
        return np.linalg.norm(model[-1].coef_, axis=0)
    return np.sqrt(model[-1].feature_importances_ * n_features)


def log_probabilities(model, X):
    odds = np.log(np.maximum(model.predict_proba(X), 1e-3))
    return np.float32(odds - odds.mean(axis=1, keepdims=True))


def load_state(start, folder):
    """What rules read, from the folder if it is there."""
    case = start.case
    name = f"{case.data}_{case.protocol}_{case.n_labels}_{start.seed}.npz"
    path = folder / name if folder else None
    if path and path.exists():
        with np.load(path) as arrays:
            return dict(arrays)
    state = read_state(start)
    if path:
        np.savez(path, **state)
    return state
