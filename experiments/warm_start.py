"""Should a new round of VAAL go on from the weights of the last one?

    python experiments/warm_start.py

Two rounds of plain VAAL on digits, the second by `warm_start` and from scratch, for as many epochs.
Measured in the second: AUC of new discriminators on held-out samples (`discriminators.judge`, the
plain ones on the latent means), accuracy gained by the batch, and seconds of training. Takes three
minutes. Writes a row for each seed and start (.csv) and a table (.txt) to docs/results/research.
docs/research_log.md has what came out.
"""

import time

import numpy as np
import pandas as pd
import torch
from discriminators import judge
from one_batch import RESULTS, SETTINGS, accuracy, draw
from sklearn.base import clone

from skvaal import VAALQueryStrategy
from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols

N_SEEDS = 3


def measure(path):
    """One row for each seed and start of the second round."""
    dataset, setting = load_dataset("digits"), SETTINGS["digits"]
    rows = []
    for seed in range(N_SEEDS):
        X, y, labeled, test = draw(dataset, setting, get_protocols(["standard"])[0], seed)
        settings = {"selection": "topk", "selection_space": "latent", "uncertainty": None}
        warm = VAALQueryStrategy(random_state=seed, warm_start=True, **settings)
        rest = np.setdiff1d(np.arange(len(X)), labeled)
        chosen = warm.fit_pools(X[labeled], X[rest]).query(X[rest], setting.batch)
        labeled = np.r_[labeled, rest[chosen]]
        rest = np.setdiff1d(np.arange(len(X)), labeled)
        before = accuracy(X, y, labeled, *test)
        scratch = clone(warm).set_params(warm_start=False)
        for name, strategy in {"warm": warm, "scratch": scratch}.items():
            start = time.time()
            strategy.fit_pools(X[labeled], X[rest])
            seconds = time.time() - start
            space = tuple(strategy.transform(X[part]) for part in (labeled, rest))
            auc = next(judge(space, np.zeros(len(rest), dtype=bool), seed))[1]
            batch = rest[strategy.query(X[rest], setting.batch)]
            gain = 100 * (accuracy(X, y, np.r_[labeled, batch], *test) - before)
            case = {"start": name, "seed": seed, "auc": auc, "gain": gain, "seconds": seconds}
            rows.append(case)
    records = pd.DataFrame(rows)
    records.round(4).to_csv(path, index=False)
    return records


def format_table(records):
    wide = records.pivot(index="seed", columns="start")
    lines = [f"digits, standard: second round of plain VAAL, {len(wide)} seeds, +- standard error"]
    for column in ("auc", "gain", "seconds"):
        both = wide[column].assign(difference=wide[column]["warm"] - wide[column]["scratch"])
        numbers = [f"{name} {both[name].mean():.3f} +- {both[name].sem():.3f}" for name in both]
        lines.append(f"{column:<8}" + "   ".join(numbers))
    return "\n".join(lines) + "\n"


def main():
    torch.set_num_threads(1)
    path = RESULTS / "warm_start_digits.csv"
    text = format_table(measure(path))
    print(text)
    path.with_suffix(".txt").write_text(text)


if __name__ == "__main__":
    main()
