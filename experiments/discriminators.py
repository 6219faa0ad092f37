"""Can a discriminator on few labels be kept from memorising them, and does it then know a thing?

    SKVAAL_DATA=data python experiments/discriminators.py digits fashion_mnist

Small discriminators are trained from scratch on fixed coordinates, many of them side by side: plain
or regularised in one way each. Measured for each, beside the distance to the nearest labelled
sample, which learns nothing, and numbers drawn by chance:

- auc: what it knows of held-out samples, labelled against unlabelled, mean over three folds;
- novelty: how well minus its score tells the unlabelled samples of classes without a label from
  the others, as an area under the ROC curve; only where a class has no label;
- gain: accuracy from one batch of herding in the principal components by margin times the rank
  of minus its score, less that by margin alone.

Coordinates: pca, 32 principal components; latent, means of a VAE trained by default; frozen,
without the adversary (digits, labels at the start only); long, trained four times as long (digits,
biased start, few seeds). The start `random_start`, labels drawn from the whole pool alike, is for
the first figure: there a held-out labelled sample is like any other (digits).

SKVAAL_DATA names the folder with fashion_mnist.npz; its images are read as rows of pixels here, for
the dense VAE. On a busy core digits take half an hour, Fashion-MNIST ten minutes. Results (.csv),
written after each seed, and tables (.txt) go to docs/results/research. docs/research_log.md has
what came out.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from one_batch import RESULTS, SETTINGS, accuracy, draw, fitted, grow, herd
from selection_rules import PROTOCOLS, coordinates, ranks, squared_distances, uncertainty
from sklearn.metrics import roc_auc_score
from torch.func import stack_module_state
from torch.nn import functional as F

from skvaal import LatentDiscriminator, VAALQueryStrategy
from skvaal.benchmark import load_dataset
from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.protocols import Protocol, get_protocols

HIDDEN, STEPS, BATCH, LR, FOLDS = (128, 128), 200, 16, 5e-4, 3
# The last four make an ensemble of five with the first.
NETS = ["plain", "decay", "smoothing", "noise", "spectral", "nnpu", *["member"] * 4]
RULES = [*NETS[:6], "ensemble", "few_steps", "distance", "chance"]
DECAY = 10.0  # as in AdamW; 0.1 would take 1 % off a weight in so few steps
SMOOTHING = 0.1  # targets 0.9 and 0.1
NOISE = 0.5  # of each coordinate's standard deviation
PRIOR = 0.7  # what the pool of a biased start has of classes with a label
RANDOM = Protocol(name="random_start", start="random")
LONG_SEEDS = 3  # a VAE trained so long takes a minute


def only(name, value):
    """`value` for the net of that name, 0 for the others, (n_nets,)."""
    return torch.tensor([value * (net == name) for net in NETS])


class Discriminators:
    """NETS for each of `n_splits` sets of samples, in one pass through stacked weights."""

    def __init__(self, n_splits, dim):
        nets = [LatentDiscriminator(dim, hidden=HIDDEN) for _ in range(n_splits * len(NETS))]
        # Weight and bias of each layer, (n_splits * n_nets, n_out, n_in) and (..., n_out).
        self.params = list(stack_module_state(nets)[0].values())
        self.spectral = torch.nonzero(only("spectral", 1).repeat(n_splits))[:, 0]
        self.vectors = [torch.randn(len(self.spectral), W.shape[2], 1) for W in self.params[::2]]

    def __call__(self, x):
        """Log-odds, (n_splits * n_nets, n), of x, (n_splits * n_nets, n, dim)."""
        for layer, (W, b) in enumerate(zip(self.params[::2], self.params[1::2], strict=True)):
            x = x if layer == 0 else x.relu()
            x = torch.baddbmm(b[:, None], x, self._normalised(W, layer).mT)
        return x[..., 0]

    def _normalised(self, W, layer):
        """Divide by the largest singular value, found by power iteration, where that is asked."""
        asked = W[self.spectral]
        with torch.no_grad():
            u = F.normalize(asked @ self.vectors[layer], dim=1)
            self.vectors[layer] = F.normalize(asked.mT @ u, dim=1)
        norms = u.mT @ asked @ self.vectors[layer]
        return W / torch.ones(len(W), 1, 1).index_copy(0, self.spectral, norms)


def losses(logits):
    """Of each net, (n_splits, n_nets); logits has the labelled samples first, (..., 2 * BATCH)."""
    labeled, unlabeled = logits.unflatten(0, (-1, len(NETS))).chunk(2, dim=2)
    smoothing = only("smoothing", SMOOTHING)
    as_labeled = F.softplus(-labeled).mean(2)
    as_unlabeled = F.softplus(unlabeled).mean(2)
    plain = as_labeled + as_unlabeled + smoothing * (labeled.mean(2) - unlabeled.mean(2))
    # Non-negative risk: Kiryo, Niu, du Plessis, Sugiyama, NeurIPS 2017, algorithm 1.
    negative = as_unlabeled - PRIOR * F.softplus(labeled).mean(2)
    nnpu = torch.where(negative >= 0, PRIOR * as_labeled + negative, -negative)
    return torch.where(only("nnpu", 1) > 0, nnpu, plain)


def trained_scores(Z, n_labeled, kept, seed):
    """Scores of all of Z, rule -> (n_splits, n), each split having seen the rows that it kept."""
    torch.manual_seed(seed)
    rows = [np.split(np.flatnonzero(mask), [mask[:n_labeled].sum()]) for mask in kept]
    rows = [[torch.from_numpy(pool) for pool in pools] for pools in rows]
    Z = torch.from_numpy(Z)
    discriminators = Discriminators(len(kept), Z.shape[1])
    optimizer = torch.optim.Adam(discriminators.params, LR, fused=True)
    noise = only("noise", NOISE).repeat(len(kept))[:, None, None] * Z.std(0)
    decay = 1 - LR * only("decay", DECAY).repeat(len(kept))

    def scores():
        with torch.no_grad():
            found = discriminators(Z.expand(len(kept) * len(NETS), -1, -1))
        return found.unflatten(0, (-1, len(NETS))).numpy()

    for step in range(STEPS):
        if step == STEPS // 10:
            few_steps = scores()[:, 0]
        drawn = [[pool[torch.randint(len(pool), (len(NETS), BATCH))] for pool in s] for s in rows]
        x = Z[torch.cat([torch.cat(pools, dim=1) for pools in drawn])]
        optimizer.zero_grad()
        losses(discriminators(x + noise * torch.randn_like(x))).sum().backward()
        optimizer.step()
        with torch.no_grad():
            for p in discriminators.params:
                p.mul_(decay.view(-1, *[1] * (p.ndim - 1)))
    last = scores()
    found = dict(zip(NETS[:6], last.swapaxes(0, 1), strict=False))
    members = [i for i, net in enumerate(NETS) if net in ("plain", "member")]
    return found | {"ensemble": last[:, members].mean(1), "few_steps": few_steps}


def judge(space, is_new, seed):
    """AUC, novelty and scores of the pool by each rule, in one space."""
    Z = np.concatenate(space).astype(np.float32)
    Z = (Z - Z.mean(0)) / np.sqrt(Z.var(0).mean())  # one scale, so that distances keep their order
    n, n_labeled = len(Z), len(space[0])
    rng = np.random.RandomState(seed)
    kept = np.ones((FOLDS + 1, n), dtype=bool)  # the last split holds out nothing
    for pool in (np.arange(n_labeled), np.arange(n_labeled, n)):
        for fold, out in enumerate(np.array_split(rng.permutation(pool), FOLDS)):
            kept[fold, out] = False
    scores = trained_scores(Z, n_labeled, kept, seed)
    nearest = [squared_distances(Z, Z[:n_labeled][mask[:n_labeled]]).min(axis=1) for mask in kept]
    scores["distance"] = -np.array(nearest)
    scores["chance"] = rng.standard_normal(kept.shape)
    is_labeled = np.arange(n) < n_labeled
    for rule in RULES:
        held_out = zip(~kept[:-1], scores[rule][:-1], strict=True)
        auc = np.mean([roc_auc_score(is_labeled[out], values[out]) for out, values in held_out])
        yield (
            rule,
            auc,
            novelty(is_new, -scores[rule][-1, n_labeled:]),
            scores[rule][-1, n_labeled:],
        )


def novelty(is_new, values):
    return roc_auc_score(is_new, values) if is_new.any() else np.nan


def latent(X_labeled, X_unlabeled, seed, **params):
    strategy = VAALQueryStrategy(random_state=seed, **params).fit_pools(X_labeled, X_unlabeled)
    return tuple(strategy.transform(X) for X in (X_labeled, X_unlabeled)), strategy.n_iter_


def spaces(X_labeled, X_unlabeled, seed, more):
    found = {"pca": coordinates(X_labeled, X_unlabeled, "pca32")}
    found["latent"], n_epochs = latent(X_labeled, X_unlabeled, seed)
    if "frozen" in more:
        found["frozen"], _ = latent(X_labeled, X_unlabeled, seed, ablation="frozen_vae")
    if "long" in more:
        found["long"], _ = latent(X_labeled, X_unlabeled, seed, max_epochs=4 * n_epochs)
    return found


def measure_case(X, y, labeled, test, seed, batch, more=("frozen",)):
    """One row for each space and rule; without a test set, no gains."""
    rest = np.setdiff1d(np.arange(len(X)), labeled)
    is_new = ~np.isin(y[rest], y[labeled])
    found = spaces(X[labeled], X[rest], seed, more)
    rows = []
    if test is not None:
        u = uncertainty(fitted(X, y, labeled), X[rest])

        def gain(weights):
            chosen = herd(found["pca"], batch, weights)
            return accuracy(X, y, np.r_[labeled, rest[chosen]], *test) - before

        before = accuracy(X, y, labeled, *test)
        margin = {"novelty": novelty(is_new, u), "gain": gain(u)}
        rows.append({"space": "-", "rule": "margin"} | margin)
    for name, space in found.items():
        for rule, auc, new, scores in judge(space, is_new, seed):
            row = {"space": name, "rule": rule, "auc": auc, "novelty": new}
            if test is not None and name in ("pca", "latent"):
                row["gain"] = gain(u * ranks(-scores))
            rows.append(row)
    return rows


def in_rows(dataset):
    """Images as rows of pixels in [0, 1]."""
    scale = np.float32(max(1, dataset.X.max()))
    parts = {"X": dataset.X, "X_test": dataset.X_test}
    flat = {key: as_rows(X) / scale for key, X in parts.items() if X is not None}
    return replace(dataset, **flat)


def measure_seed(dataset, data, seed):
    setting = SETTINGS[data]
    of_vae = data == "digits"  # what is asked of the VAE takes too long elsewhere
    rows = []
    for protocol in get_protocols(PROTOCOLS):
        X, y, labeled, test = draw(dataset, setting, protocol, seed)
        for n_labels in setting.stages:
            labeled = grow(X, y, labeled, n_labels, setting.batch)
            more = ["frozen"] * (of_vae and n_labels == setting.initial)
            if more and protocol.missing_classes and seed < LONG_SEEDS:
                more.append("long")
            case = {"protocol": protocol.name, "labels": n_labels, "seed": seed}
            measured = measure_case(X, y, labeled, test, seed, setting.batch, more)
            rows += [case | row for row in measured]
    if not of_vae:
        return rows
    X, y, labeled, _ = draw(dataset, setting, RANDOM, seed)
    case = {"protocol": RANDOM.name, "labels": setting.initial, "seed": seed}
    return rows + [case | row for row in measure_case(X, y, labeled, None, seed, setting.batch)]


def measure(data, n_seeds, path):
    dataset = in_rows(load_dataset(data))
    rows = []
    for seed in range(n_seeds):
        start = time.time()
        rows += measure_seed(dataset, data, seed)
        pd.DataFrame(rows).round(4).to_csv(path, index=False)
        print(data, "seed", seed, f"{time.time() - start:.0f} s", flush=True)
    return pd.read_csv(path)


TABLES = [
    ("auc", "{:.3f} +- {:.3f}", "held-out AUC, labelled against unlabelled"),
    ("novelty", "{:.3f} +- {:.3f}", "AUC of minus the score, classes without a label"),
    ("gain", "{:+.2f} +- {:.2f}", "gain of margin x rank on margin alone, points"),
]
CASE = ["protocol", "labels", "seed"]


def on_margin(records):
    """The gains in points, less those of the margin in the same case, and their mean by seed."""
    is_margin = records["rule"] == "margin"
    margin = records.loc[is_margin, [*CASE, "gain"]]
    others = records[~is_margin].merge(margin, on=CASE, how="left", suffixes=("", "_of_margin"))
    others["gain"] = 100 * (others["gain"] - others["gain_of_margin"])
    means = others.groupby(["space", "rule", "seed"], as_index=False, sort=False)["gain"].mean()
    return pd.concat([others, means.assign(protocol="all", labels="")])


def format_table(records, heading):
    """Means and standard errors over the seeds."""
    lines = [heading]
    for column, form, title in TABLES:
        shown = on_margin(records) if column == "gain" else records
        groups = shown.dropna(subset=column).groupby(["space", "rule", *CASE[:2]], sort=False)
        means, errors = (
            table.unstack([2, 3]) for table in (groups[column].mean(), groups[column].sem())
        )
        names = "".join(f"{f'{protocol} {labels}':>18}" for protocol, labels in means)
        lines += ["", f"{title}, +- standard error over the seeds", " " * 20 + names]
        for space, rule in means.index:
            both = zip(means.loc[space, rule], errors.loc[space, rule], strict=True)
            numbers = ["" if np.isnan(mean) else form.format(mean, error) for mean, error in both]
            lines.append(f"{f'{space}:{rule}':<20}" + "".join(f"{text:>18}" for text in numbers))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="+", choices=SETTINGS)
    parser.add_argument("--n-seeds", type=int, help="fewer than SETTINGS has")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for data in arguments.data:
        n_seeds = arguments.n_seeds or SETTINGS[data].n_seeds
        path = RESULTS / f"discriminators_{data}.csv"
        text = format_table(measure(data, n_seeds, path), f"{data}: {n_seeds} seeds")
        print(text)
        path.with_suffix(".txt").write_text(text)


if __name__ == "__main__":
    main()
