"""What the experiments share: starts, task models, spaces, and herding by any weight."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata
from sklearn.decomposition import PCA

from skvaal.benchmark import Plan
from skvaal.benchmark.estimators import as_rows, get_estimator
from skvaal.benchmark.start import draw_start

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "research"
PROTOCOLS = ["standard", "biased_start"]
BANDWIDTH = 0.5


class Setting(NamedTuple):
    """Labels at the start, labels before the batch, its size, seeds, and the size of the pool."""

    initial: int
    stages: tuple[int, ...]
    batch: int
    n_seeds: int
    pool_size: int | None = None


def draw(dataset, setting, protocol, seed):
    """Pool, its classes, the rows labelled at the start, and the test set."""
    plan = Plan(initial=setting.initial, batch=setting.batch, rounds=2, pool_size=setting.pool_size)
    start = draw_start(dataset, plan, protocol, seed)
    if start.test is None:
        test = dataset.X_test[:4000], dataset.y_test[:4000]
    else:
        test = dataset.X[start.test], dataset.y[start.test]
    return dataset.X[start.pool], start.y, start.labeled, test


def fitted(X, y, labeled, seed=0, estimator="random_forest"):
    return get_estimator(estimator)(seed).fit(X[labeled], y[labeled])


def accuracy(X, y, labeled, X_test, y_test):
    """Mean of two forests."""
    forests = [fitted(X, y, labeled, seed) for seed in range(2)]
    return np.mean([(forest.predict(X_test) == y_test).mean() for forest in forests])


def margin(learner, X_pool):
    """How unsure a task model is of each sample; 1 if it knows one class alone."""
    probabilities = np.sort(learner.predict_proba(X_pool), axis=1)
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    return 1 - (probabilities[:, -1] - probabilities[:, -2])


def ranks(values, ties="max"):
    """Ranks in (0, 1]; the largest value has rank 1."""
    return rankdata(values, ties) / len(values)


def principal_components(X_labeled, X_pool, n_components=32):
    X = np.concatenate([as_rows(X_labeled), as_rows(X_pool)]).astype(np.float32)
    X = X - X.mean(0)
    pca = PCA(min(n_components, X.shape[1], len(X) - 1), random_state=0)
    Z = pca.fit_transform(X).astype(np.float32)
    return Z[: len(X_labeled)], Z[len(X_labeled) :]


def squared_distances(A, B):
    return np.maximum((A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T, 0)


def herd(space, n, weights):
    """A batch by `skvaal.Herding` among coordinates, by any weight, with all distances in memory.

    Takes the sample c with the largest w(c) * sum(w(x) * max(0, k(x, c) - cover(x))).
    """
    Z_labeled, Z = space
    w = np.ones(len(Z), np.float32) if weights is None else np.asarray(weights, np.float32)
    within = squared_distances(Z, Z)
    # As many balls as there will be labels would just hold the pool.
    probes = within[np.random.RandomState(0).permutation(len(Z))[:500]]
    radius = np.median(np.quantile(probes, 1 / (len(Z_labeled) + n), axis=1))
    h = 2 * BANDWIDTH * radius
    kernel = np.exp(-within / h)
    cover = np.exp(-squared_distances(Z, Z_labeled) / h).max(axis=1)
    chosen = []
    for _ in range(n):
        gains = w * (w @ np.maximum(kernel - cover[:, None], 0))
        gains[chosen] = -np.inf
        chosen.append(int(gains.argmax()))
        cover = np.maximum(cover, kernel[:, chosen[-1]])
    return np.array(chosen)
