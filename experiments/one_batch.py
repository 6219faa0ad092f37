"""What do a latent space and a discriminator add to the choice of one batch?

    SKVAAL_DATA=data python experiments/one_batch.py digits

From the same labels, one batch by each rule; the task model is then trained on the labels and that
batch. A rule's name is where distances are measured and what the samples are weighed by: pca, 32
principal components; lat, the means of the VAE's posteriors; both, the two side by side, each of
unit variance; u, the margin; r, the rank of D's score, 1 where D is surest that a sample is
unlabelled; a, twice as much as D's cross-fitted AUC is above 1/2, 0 if it is not.

SKVAAL_DATA names the folder with fashion_mnist.npz; digits need none. On two busy cores digits take
half an hour. Writes the gain in accuracy of each batch (.csv) and a table (.txt) to
docs/results/research. docs/research/latent_spaces.md has what came out.
"""

import argparse
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
from common import (
    PROTOCOLS,
    RESULTS,
    Setting,
    accuracy,
    draw,
    fitted,
    herd,
    margin,
    principal_components,
    ranks,
)

from skvaal import UninformativeDiscriminatorWarning, VAALQueryStrategy
from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols

SETTINGS = {
    "digits": Setting(20, (20, 60), 20, 6),
    "fashion_mnist": Setting(100, (100,), 100, 4, 3000),  # not run
}


def grow(X, y, labeled, n_labels, batch):
    """Label more, by herding in the principal components, until there are `n_labels`."""
    while len(labeled) < n_labels:
        rest = np.setdiff1d(np.arange(len(X)), labeled)
        u = margin(fitted(X, y, labeled), X[rest])
        space = principal_components(X[labeled], X[rest])
        more = herd(space, min(batch, n_labels - len(labeled)), u)
        labeled = np.r_[labeled, rest[more]]
    return labeled


def train_vaal(X_labeled, X_unlabeled, seed):
    """Scores of D, latent means of both pools, held-out AUC of D and the seconds that it took."""
    start = time.time()
    strategy = VAALQueryStrategy(random_state=seed).fit_pools(X_labeled, X_unlabeled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UninformativeDiscriminatorWarning)  # what is asked here
        auc = strategy.diagnose(X_labeled, X_unlabeled, n_folds=3).auc_cross_fitted
    return SimpleNamespace(
        scores=strategy.score_samples(X_unlabeled),
        latent=(strategy.transform(X_labeled), strategy.transform(X_unlabeled)),
        auc=auc,
        seconds=time.time() - start,
    )


def side_by_side(first, second):
    scaled = [[Z / np.sqrt(space[1].var(0).sum()) for Z in space] for space in (first, second)]
    return tuple(np.hstack(pair).astype(np.float32) for pair in zip(*scaled, strict=True))


def batches(pca, vaal, u, n, seed):
    """What each rule chooses, as indices into the pool."""
    r = ranks(-vaal.scores)
    r_by_auc = r ** (2 * max(0, 2 * vaal.auc - 1))
    lat = vaal.latent
    return {
        "pca:u": herd(pca, n, u),
        "pca:u*r^a": herd(pca, n, u * r_by_auc),
        "pca:u*r": herd(pca, n, u * r),
        "pca:none": herd(pca, n, None),
        "pca:r": herd(pca, n, r),
        "lat:u": herd(lat, n, u),
        "lat:u*r": herd(lat, n, u * r),
        "lat:none": herd(lat, n, None),
        "lat:r": herd(lat, n, r),
        "both:u": herd(side_by_side(pca, lat), n, u),
        "random": np.random.RandomState(seed).permutation(len(u))[:n],
        "margin": np.argsort(-u, kind="stable")[:n],
        "topk D": np.argsort(vaal.scores)[:n],
    }


def measure(data):
    """One row for each protocol, seed, stage and rule; gain is in accuracy, as a share."""
    dataset, setting = load_dataset(data), SETTINGS[data]
    rows = []
    for protocol in get_protocols(PROTOCOLS):
        for seed in range(setting.n_seeds):
            X, y, labeled, test = draw(dataset, setting, protocol, seed)
            for n_labels in setting.stages:
                labeled = grow(X, y, labeled, n_labels, setting.batch)
                rest = np.setdiff1d(np.arange(len(X)), labeled)
                u = margin(fitted(X, y, labeled), X[rest])
                vaal = train_vaal(X[labeled], X[rest], seed)
                pca = principal_components(X[labeled], X[rest])
                before = accuracy(X, y, labeled, *test)
                case = {"data": data, "protocol": protocol.name, "seed": seed, "labels": n_labels}
                for rule, batch in batches(pca, vaal, u, setting.batch, seed).items():
                    after = accuracy(X, y, np.r_[labeled, rest[batch]], *test)
                    gain = {"rule": rule, "gain": after - before}
                    rows.append(case | gain | {"auc": vaal.auc, "seconds": vaal.seconds})
            print(protocol.name, seed, flush=True)
    return pd.DataFrame(rows)


def format_table(records):
    """Gains on the random batch, mean and standard error over the seeds."""
    gains = records.pivot_table(index=["protocol", "labels", "seed"], columns="rule", values="gain")
    gains = 100 * gains.sub(gains["random"], axis=0)
    cases = gains.groupby(["protocol", "labels"])
    means, errors = cases.mean().T, cases.sem().T
    lines = [
        f"{records['data'].iloc[0]}: random forest, {records['seed'].nunique()} seeds, one batch",
        "gain on a random batch in points, +- standard error over the seeds",
        "",
        " " * 10 + "".join(f"{f'{name} {labels}':>17}" for name, labels in means) + "      all",
    ]
    for rule in means.index:
        cells = [f"{means.at[rule, case]:+.2f} +- {errors.at[rule, case]:.2f}" for case in means]
        row = "".join(f"{cell:>17}" for cell in cells)
        lines.append(f"{rule:<10}{row}{gains[rule].mean():>+9.2f}")
    aucs = records.groupby(["protocol", "labels"])["auc"].mean()
    lines.append("AUC of D  " + "".join(f"{aucs[case]:>17.3f}" for case in means))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="+", choices=SETTINGS)
    torch.set_num_threads(1)
    for data in parser.parse_args().data:
        records = measure(data)
        text = format_table(records)
        print(text)
        records.to_csv(RESULTS / f"one_batch_{data}.csv", index=False)
        (RESULTS / f"one_batch_{data}.txt").write_text(text)


if __name__ == "__main__":
    main()
