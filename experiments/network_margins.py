"""Is a network's margin, which is over-confident, better told by its rank, or weakened?

    SKVAAL_DATA=data python experiments/network_margins.py

From the same labels, one batch by each rule, for a small CNN on Fashion-MNIST and for a random
forest on the digits; the task model is then trained on the labels and that batch. All rules but
random and margin are herding among 32 principal components; they weigh the samples by u, the
margin; rank, its rank among the pool; sqrt, its square root; none, nothing.

SKVAAL_DATA names the folder with fashion_mnist.npz. Half an hour on one busy core. Writes the gain
in accuracy of each batch and how the margins are spread (.csv), and a table (.txt) to
docs/results/research. docs/research/herding_rule.md has what came out.
"""

from functools import partial

import numpy as np
import pandas as pd
import torch
from common import (
    PROTOCOLS,
    RESULTS,
    Setting,
    draw,
    fitted,
    herd,
    margin,
    principal_components,
    ranks,
)

from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols

SETTINGS = {
    ("digits", "random_forest"): Setting(20, (20,), 20, 10),
    ("fashion_mnist", "small_cnn"): Setting(500, (500,), 250, 10, 5000),
}


def batches(X_labeled, X_pool, model, n, seed):
    """What each rule chooses, as indices into the pool; and the margins."""
    u = margin(model, X_pool)
    space = principal_components(X_labeled, X_pool)
    weights = {
        "u": u,
        "rank": ranks(u),
        "u_or_rank": np.maximum(u / u.max(), ranks(u, "min")),
        "sqrt": np.sqrt(u),
        "none": None,
    }
    chosen = {name: herd(space, n, values) for name, values in weights.items()}
    chosen["random"] = np.random.RandomState(seed).permutation(len(u))[:n]
    chosen["margin"] = np.argsort(-u, kind="stable")[:n]
    return chosen, u


def measure(data, estimator):
    """One row for each protocol, seed and rule; gain is in accuracy, as a share."""
    dataset, setting = load_dataset(data), SETTINGS[data, estimator]
    fit = partial(fitted, estimator=estimator)
    rows = []
    for protocol in get_protocols(PROTOCOLS):
        for seed in range(setting.n_seeds):
            X, y, labeled, (X_test, y_test) = draw(dataset, setting, protocol, seed)
            rest = np.setdiff1d(np.arange(len(X)), labeled)
            chosen, u = batches(X[labeled], X[rest], fit(X, y, labeled), setting.batch, seed)
            before = (fit(X, y, labeled, 1).predict(X_test) == y_test).mean()
            case = {"data": data, "protocol": protocol.name, "seed": seed}
            spread = {"median_u": np.median(u), "share_above_half": (u > 0.5).mean()}
            for rule, batch in chosen.items():
                model = fit(X, y, np.r_[labeled, rest[batch]], 1)
                gain = (model.predict(X_test) == y_test).mean() - before
                new = (~np.isin(y[rest[batch]], y[labeled])).mean()
                rows.append(case | {"rule": rule, "gain": gain, "new": new} | spread)
            print(data, protocol.name, seed, flush=True)
    return pd.DataFrame(rows)


def format_table(records):
    """Gains on the random batch in points, and what was chosen, by data and protocol."""
    cases = ["data", "protocol"]
    gains = records.pivot_table(index=[*cases, "seed"], columns="rule", values="gain")
    gains = 100 * gains.sub(gains["random"], axis=0)
    means, errors = gains.groupby(cases).mean().T, gains.groupby(cases).sem().T
    new = 100 * records.groupby([*cases, "rule"])["new"].mean()
    lines = [
        f"one batch, {records['seed'].nunique()} seeds; gain on a random batch in points, +- "
        "standard error,",
        "and the per cent of the batch that are of classes without a label",
        " " * 8 + "".join(f"{' '.join(case):>32}" for case in means),
    ]
    for rule in means.index:
        cells = [
            f"{means.at[rule, case]:+.2f} +- {errors.at[rule, case]:.2f} {new[(*case, rule)]:6.0f}"
            for case in means
        ]
        lines.append(f"{rule:<8}" + "".join(f"{cell:>32}" for cell in cells))
    spread = records.groupby(cases)[["median_u", "share_above_half"]].mean()
    for name in spread:
        values = "".join(f"{spread.at[case, name]:>32.2f}" for case in means)
        lines.append(f"{name:<17}{values[9:]}")
    return "\n".join(lines) + "\n"


def main():
    torch.set_num_threads(1)
    records = pd.concat([measure(*case) for case in SETTINGS], ignore_index=True)
    text = format_table(records)
    print(text)
    records.to_csv(RESULTS / "network_margins.csv", index=False)
    (RESULTS / "network_margins.txt").write_text(text)


if __name__ == "__main__":
    main()
