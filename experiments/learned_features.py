"""Where a task model has features of its own, do distances among them choose a better batch?

    SKVAAL_DATA=data python experiments/learned_features.py

From the same labels of Fashion-MNIST, one batch by each rule for a small CNN, which is then trained
on the labels and that batch. A rule's name is where herding measures distances and what it weighs
the samples by: pca, 32 principal components of the pixels; net, what the CNN's last layer sees;
dir, the same at length 1; both, net and pca side by side, each of unit variance; u, the margin;
none, nothing.

SKVAAL_DATA names the folder with fashion_mnist.npz. Half an hour on one core. Writes the gain in
accuracy of each batch, and the share of it from classes without a label (.csv), and a table (.txt)
to docs/results/research. docs/research_log.md has what came out.
"""

import numpy as np
import pandas as pd
import torch
from one_batch import RESULTS, Setting, draw, fitted, herd, side_by_side
from selection_rules import PROTOCOLS, coordinates, uncertainty

from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols

SETTINGS = [Setting(500, (500,), 250, 4, 5000)]
UNIT_LENGTH = 1e-12


def accuracy(X, y, labeled, X_test, y_test):
    return (fitted(X, y, labeled, 1, "small_cnn").predict(X_test) == y_test).mean()


def batches(X_labeled, X_pool, network, n, seed):
    """What each rule chooses, as indices into the pool."""
    u = uncertainty(network, X_pool)
    pca = coordinates(X_labeled, X_pool, "pca32")
    net = network.embed(X_labeled), network.embed(X_pool)
    directions = tuple(
        Z / np.maximum(np.linalg.norm(Z, axis=1, keepdims=True), UNIT_LENGTH) for Z in net
    )
    spaces = {
        "pca": pca,
        "net": net,
        "dir": directions,
        "both": side_by_side(pca, net),
    }
    by_space = {f"{name}:u": herd(space, n, u) for name, space in spaces.items()}
    return {
        "random": np.random.RandomState(seed).permutation(len(u))[:n],
        "margin": np.argsort(-u, kind="stable")[:n],
        **by_space,
        "pca:none": herd(pca, n, None),
        "net:none": herd(net, n, None),
    }


def measure():
    """One row for each setting, protocol, seed and rule; gain is in accuracy, as a share."""
    dataset = load_dataset("fashion_mnist")
    rows = []
    for setting in SETTINGS:
        for protocol in get_protocols(PROTOCOLS):
            for seed in range(setting.n_seeds):
                X, y, labeled, test = draw(dataset, setting, protocol, seed)
                rest = np.setdiff1d(np.arange(len(X)), labeled)
                network = fitted(X, y, labeled, 0, "small_cnn")
                before = accuracy(X, y, labeled, *test)
                case = {"protocol": protocol.name, "labels": setting.initial, "seed": seed}
                chosen = batches(X[labeled], X[rest], network, setting.batch, seed)
                for rule, batch in chosen.items():
                    after = accuracy(X, y, np.r_[labeled, rest[batch]], *test)
                    new = ~np.isin(y[rest[batch]], y[labeled])
                    rows.append(case | {"rule": rule, "gain": after - before, "new": new.mean()})
                print(setting.initial, protocol.name, seed, flush=True)
    return pd.DataFrame(rows)


def format_table(records):
    """Gains on the random batch, and shares of missing classes, by protocol and labels."""
    cases = ["protocol", "labels"]
    gains = records.pivot_table(index=[*cases, "seed"], columns="rule", values="gain", sort=False)
    gains = 100 * gains.sub(gains["random"], axis=0)
    means, errors = gains.groupby(cases).mean().T, gains.groupby(cases).sem().T
    biased = records[records["protocol"] == "biased_start"]
    new = 100 * biased.pivot_table(index="rule", columns="labels", values="new")
    lines = [
        f"fashion_mnist: small CNN, {records['seed'].nunique()} seeds, one batch",
        "gain on a random batch in points, +- standard error over the seeds;",
        "on the biased start, the per cent of the batch that are of classes without a label",
        "",
        " " * 10
        + "".join(f"{f'{name} {labels}':>19}" for name, labels in means)
        + "    all"
        + "".join(f"{f'new {labels}':>9}" for labels in new),
    ]
    for rule in means.index:
        cells = [f"{means.at[rule, case]:+.2f} +- {errors.at[rule, case]:.2f}" for case in means]
        lines.append(
            f"{rule:<10}"
            + "".join(f"{cell:>19}" for cell in cells)
            + f"{gains[rule].mean():>+7.2f}"
            + "".join(f"{share:>9.0f}" for share in new.loc[rule])
        )
    return "\n".join(lines) + "\n"


def main():
    torch.set_num_threads(1)
    records = measure()
    text = format_table(records)
    print(text)
    records.to_csv(RESULTS / "learned_features_fashion_mnist.csv", index=False)
    (RESULTS / "learned_features_fashion_mnist.txt").write_text(text)


if __name__ == "__main__":
    main()
