"""Discriminators that are trained on fixed coordinates, after the VAE: for discriminator_uses.py.

Each returns one number for each unlabelled sample; higher is more like a region without labels.
"""

import numpy as np
import torch
from common import squared_distances
from scipy.special import log_expit
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from torch import nn

N_PER_LABEL = 10  # unlabelled samples for each labelled one, as in Discriminative Active Learning
STOP_AT = 0.98  # training accuracy, likewise
WIDTHS = (0.25, 1.0, 4.0)  # of kernels, in units of the squared radius
NEIGHBOURS = (1, 3, 10)
N_GAMES, N_CELLS, MOST_MISSING, N_ASKED = 12, 30, 6, 400


def train_anew(Z_labeled, Z, seed, asked=None):
    """Minus the log-odds of being labelled, by a D with class weights that stops early."""
    rng = np.random.RandomState(seed)
    drawn = rng.permutation(len(Z))[: N_PER_LABEL * len(Z_labeled)]
    scale = Z.std(0).max()
    as_tensor = lambda rows: torch.from_numpy(np.float32(rows / scale))  # noqa: E731
    x = as_tensor(np.concatenate([Z_labeled, Z[drawn]]))
    target = torch.zeros(len(x))
    target[: len(Z_labeled)] = 1
    weights = torch.where(target == 1, len(drawn) / len(Z_labeled), 1.0)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        logits = net(x)
        if ((logits > 0) == (target == 1)).float().mean() > STOP_AT:
            break
        nn.functional.binary_cross_entropy_with_logits(logits, target, weights).backward()
        optimizer.step()
    with torch.inference_mode():
        return -net(as_tensor(Z if asked is None else asked)).numpy()


def missing_region_aucs(Z_labeled, Z, seed, n_held_out=3):
    """AUC with which D, and the distance to the nearest label, find cells without a label."""
    n_cells = min(10, len(Z_labeled) // 5)
    cells = KMeans(n_cells, n_init=1, random_state=seed).fit_predict(Z_labeled)
    rng = np.random.RandomState(seed)
    is_control = rng.rand(len(cells)) < 0.2
    found = []
    for cell in rng.permutation(n_cells)[:n_held_out]:
        is_missing = cells == cell
        asked = is_missing | is_control
        if is_missing[asked].all():
            continue
        rest = Z_labeled[~asked]
        by_d = train_anew(rest, Z, seed, asked=Z_labeled[asked])
        nearest = squared_distances(Z_labeled[asked], rest).min(axis=1)
        found.append([roc_auc_score(is_missing[asked], one) for one in (by_d, nearest)])
    return np.mean(found, axis=0) if found else np.array([0.5, 0.5])


def describe(Z, Z_labeled, Z_pool, radius):
    """What a set-conditional D reads of samples: how labels and the pool lie around them."""
    to_labels = squared_distances(Z, Z_labeled) / radius
    to_pool = squared_distances(Z, Z_pool) / radius
    nearest = np.sort(to_labels, axis=1)[:, [k - 1 for k in NEIGHBOURS]]
    columns = list(np.log(nearest + 1e-6).T)
    for width in WIDTHS:
        labels = np.exp(-to_labels / (2 * width)).sum(axis=1)
        pool = np.exp(-to_pool / (2 * width)).sum(axis=1)
        columns += [np.log(pool + 1e-6), np.log(labels + 1e-6) - np.log(pool + 1e-6)]
    return np.column_stack(columns)


def train_by_games(Z_labeled, Z, seed):
    """Log-probability of lying in a missing region, by a D that learned it from simulated ones.

    In each game a few neighbouring k-means cells of all samples lose their labels, and as many
    labels as there are lie elsewhere at random.
    """
    rng = np.random.RandomState(seed)
    everything = np.concatenate([Z_labeled, Z])
    probes = squared_distances(Z[rng.permutation(len(Z))[:300]], everything)
    radius = np.median(np.quantile(probes, 1 / len(Z_labeled), axis=1))
    means = KMeans(N_CELLS, n_init=1, max_iter=30, random_state=seed).fit(everything)
    between = squared_distances(means.cluster_centers_, means.cluster_centers_)
    reference = everything[rng.permutation(len(everything))[:1000]]
    X, y = [], []
    for _ in range(N_GAMES):
        lost = np.argsort(between[rng.randint(N_CELLS)])[: rng.randint(1, MOST_MISSING + 1)]
        is_missing = np.isin(means.labels_, lost)
        labels = rng.permutation(np.flatnonzero(~is_missing))[: len(Z_labeled)]
        asked = np.setdiff1d(rng.permutation(len(everything))[:N_ASKED], labels)
        X.append(describe(everything[asked], everything[labels], reference, radius))
        y.append(is_missing[asked])
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=seed)
    model.fit(np.concatenate(X), np.concatenate(y))
    odds = model.decision_function(describe(Z, Z_labeled, reference, radius))
    return log_expit(odds)


def choose_discriminatively(Z_labeled, Z, n, seed, n_parts=5):
    """A batch by D alone, trained anew after each part of it: Discriminative Active Learning."""
    chosen = np.empty(0, dtype=np.intp)
    for part in np.array_split(np.arange(n), n_parts):
        taken = np.concatenate([Z_labeled, Z[chosen]])
        order = np.argsort(-train_anew(taken, Z, seed))
        chosen = np.concatenate([chosen, order[~np.isin(order, chosen)][: len(part)]])
    return chosen


def cross_fitted_scores(Z_labeled, Z, seed, n_folds=3):
    """By fold, minus the log-odds of held-out labelled samples and of held-out others."""
    rng = np.random.RandomState(seed)
    folds = [np.arange(len(pool)) % n_folds for pool in (Z_labeled, Z)]
    folds = [rng.permutation(fold) for fold in folds]
    for k in range(n_folds):
        is_asked = [fold == k for fold in folds]
        asked = np.concatenate([Z_labeled[is_asked[0]], Z[is_asked[1]]])
        scores = train_anew(Z_labeled[~is_asked[0]], Z[~is_asked[1]], seed + k, asked=asked)
        yield np.split(scores, [is_asked[0].sum()])


def cross_fitted_auc(Z_labeled, Z, seed):
    """AUC with which D tells held-out labelled samples from held-out others: 1/2 if pools agree."""
    found = []
    for of_labeled, of_others in cross_fitted_scores(Z_labeled, Z, seed):
        is_other = np.repeat([0, 1], [len(of_labeled), len(of_others)])
        found.append(roc_auc_score(is_other, np.concatenate([of_labeled, of_others])))
    return float(np.mean(found))


def missing_share(Z_labeled, Z, seed, level=0.05):
    """How much more of the pool than `level` is less like a label than all but `level` of these.

    About the share of the pool that lies where no label is.
    """
    found = [
        (of_others > np.quantile(of_labeled, 1 - level)).mean() - level
        for of_labeled, of_others in cross_fitted_scores(Z_labeled, Z, seed)
    ]
    return float(np.mean(found))
