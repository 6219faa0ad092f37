"""What do features of a pretrained network gain, and what does the choice of samples add?

    SKVAAL_DATA=data OMP_NUM_THREADS=1 python experiments/features.py

CIFAR-10 (JPEG), once as pixels and once as features of an EfficientNet-Lite0 that was trained on
ImageNet: the same 6,000 images to choose from, the same 2,000 to test on, the same 100 labels at
the start. Each is reduced to 128 principal components of the pool, scaled to a total variance of
128. A logistic regression is fitted on the labels. Random choice, margin sampling, herding and VAAL
herding choose 100 images in each of 4 rounds.

SKVAAL_DATA names the folder with cifar10.npz and cifar10_features.npz. Writes the accuracies to
docs/results/features.json and prints tables for docs/guide/features.rst.
"""

import argparse
import json
import os
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from skvaal import ActiveLearningClassifier, HerdingQuery, VAALQuery
from skvaal._files.images import LazyImages
from skvaal.benchmark.machine import git_revision, machine, versions

RESULT = Path(__file__).parents[1] / "docs" / "results" / "features.json"
INITIAL, BATCH, ROUNDS = 100, 100, 4
N_COMPONENTS = 128
# Which images of cifar10.npz the features are of: the file keeps no names, its labels agree.
DRAW = 7


class Random(BaseEstimator):
    """Random choice, as a strategy of modAL."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def __call__(self, learner, X_pool, n_instances):
        rng = np.random.default_rng([self.random_state, len(learner.X_training)])
        return rng.choice(len(X_pool), n_instances, replace=False)


class Margin(BaseEstimator):
    """Margin sampling; its seed is not read, but gives it the start that the others have."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def __call__(self, learner, X_pool, n_instances):
        proba = np.sort(learner.predict_proba(X_pool), axis=1)
        return np.argsort(proba[:, -1] - proba[:, -2], kind="stable")[:n_instances]


STRATEGIES = {
    "random": Random(),
    "margin": Margin(),
    "herding": HerdingQuery(),
    "VAAL herding": VAALQuery(device="cpu"),
}


def load(folder):
    """Pool and test set by name of what the images are described by: ((X, y), (X, y))."""
    features = np.load(folder / "cifar10_features.npz")
    images = np.load(folder / "cifar10.npz")
    rng = np.random.default_rng(DRAW)
    found = {"pixels": [], "features": []}
    for split, n_all in (("train", 50_000), ("test", 10_000)):
        x, y = features[f"x_{split}"].astype(np.float32), features[f"y_{split}"]
        rows = rng.permutation(n_all)[: len(y)]
        if not np.array_equal(images[f"y_{split}"][rows], y):
            raise ValueError("cifar10.npz and cifar10_features.npz are not of the same images")
        encoded = images[f"jpeg_bytes_{split}"], images[f"offsets_{split}"]
        pixels = LazyImages.from_bytes(*encoded).take(rows)[:]
        found["pixels"].append((pixels.reshape(len(y), -1).astype(np.float32), y))
        found["features"].append((x, y))
    return found


def reduce(pool, test):
    pca = PCA(N_COMPONENTS, random_state=0).fit(pool)
    scale = np.sqrt(N_COMPONENTS / pca.explained_variance_.sum())
    return [(pca.transform(X) * scale).astype(np.float32) for X in (pool, test)]


def measure(data, n_seeds):
    """One record for each description, strategy and seed."""
    runs = [(kind, name, seed) for seed in range(n_seeds) for kind in data for name in STRATEGIES]
    spaces = {kind: reduce(pool[0], test[0]) for kind, (pool, test) in data.items()}
    records = []
    for kind, name, seed in tqdm(runs):
        (_, y), (_, y_test) = data[kind]
        began = perf_counter()
        active = ActiveLearningClassifier(
            LogisticRegression(max_iter=2000),
            STRATEGIES[name],
            initial_size=INITIAL,
            batch_size=BATCH,
            n_rounds=ROUNDS,
            random_state=seed,
        ).fit(spaces[kind][0], y, spaces[kind][1], y_test)
        record = {"input": kind, "strategy": name, "seed": seed}
        record["accuracy"] = active.learning_curve_["accuracy"].round(4).tolist()
        records.append(record | {"seconds": round(perf_counter() - began, 1)})
    return records


def curves(records, kind, name):
    """Accuracy in %, (n_seeds, n_rounds + 1)."""
    chosen = [r for r in records if (r["input"], r["strategy"]) == (kind, name)]
    return 100 * np.array([r["accuracy"] for r in sorted(chosen, key=lambda r: r["seed"])])


def mean_and_error(values, sign=""):
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return f"{values.mean(axis=0):{sign}.1f} +- {error:.1f}"


def print_tables(records):
    n_labeled = [INITIAL + BATCH * i for i in range(ROUNDS + 1)]
    print("accuracy in %, mean +- standard error over seeds")
    print("input,strategy," + ",".join(map(str, n_labeled)) + ",mean against random")
    for kind in ("pixels", "features"):
        at_random = curves(records, kind, "random")
        for name in STRATEGIES:
            curve = curves(records, kind, name)
            cells = [mean_and_error(column) for column in curve.T]
            gain = mean_and_error((curve - at_random)[:, 1:].mean(axis=1), "+")
            print(",".join([kind, name, *cells, gain]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=6)
    n_seeds = parser.parse_args().seeds
    records = measure(load(Path(os.environ["SKVAAL_DATA"])), n_seeds)
    content = {
        "machine": machine(),
        "versions": versions(),
        "git_revision": git_revision(),
        "settings": {
            "n_components": N_COMPONENTS,
            "initial": INITIAL,
            "batch": BATCH,
            "rounds": ROUNDS,
            "n_seeds": n_seeds,
        },
        "records": records,
    }
    RESULT.write_text(json.dumps(content, indent=1) + "\n")
    print_tables(records)


if __name__ == "__main__":
    main()
