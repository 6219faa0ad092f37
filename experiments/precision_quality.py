"""Is the choice as good where 'auto' computes in bfloat16?

    python experiments/precision_quality.py

Digits as images, and a VAE wide enough for bfloat16 on a processor with AMX (elsewhere 'bf16' is
many times as slow, and the answer the same). From the same start, with the same seeds, VAAL is
trained with engine__precision='auto' and 'float32'; each chooses a batch by the smallest scores and
one by herding, without a learner, and a random forest is trained on the labels and the batch. A few
minutes. Writes accuracies (.csv) and a table (.txt) to docs/results/research. docs/performance.md
has what came out.
"""

import argparse

import numpy as np
import pandas as pd
import torch
from common import RESULTS, Setting, accuracy, draw

from skvaal import VAALQueryStrategy
from skvaal._engine.device import gains_in_bfloat16, has_bfloat16_units
from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.statistics import mean_and_standard_error

SETTING = Setting(20, (20,), 20, 8)
RULES = ("topk", "herding")
PRECISIONS = ("auto", "float32")


def choose(X, labeled, rest, precision, seed):
    """A batch by each rule; the networks are trained once."""
    strategy = VAALQueryStrategy(
        vae__width=128,
        uncertainty=None,
        engine__precision=precision,
        device="cpu",
        random_state=seed,
    ).fit_pools(X[labeled], X[rest])
    assert gains_in_bfloat16(strategy.net_.vae_)
    return {
        rule: strategy.set_params(rule=rule).query(X[rest], SETTING.batch).tolist()
        for rule in RULES
    }


def measure(seed):
    """One row for each rule."""
    (protocol,) = get_protocols(["standard"])
    X, y, labeled, test = draw(load_dataset("digits"), SETTING, protocol, seed)
    rest = np.setdiff1d(np.arange(len(X)), labeled)
    images = X.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    batches = {each: choose(images, labeled, rest, each, seed) for each in PRECISIONS}
    for rule in RULES:
        chosen = {each: batches[each][rule] for each in PRECISIONS}
        common = len(set(chosen["auto"]) & set(chosen["float32"])) / SETTING.batch
        found = {
            each: accuracy(X, y, np.r_[labeled, rest[np.sort(rows)]], *test)
            for each, rows in chosen.items()
        }
        yield {"seed": seed, "rule": rule, "common": common} | found


def format_table(records):
    """Accuracies, their paired difference, and the share of the batch that both chose."""
    lines = [
        "digits, one batch of 20: accuracy in float32 in %, bfloat16's difference in points, share "
        "of the batch in common in %; +- standard error"
    ]
    for rule, rows in records.groupby("rule"):
        parts = (rows["float32"], rows["auto"] - rows["float32"], rows["common"])
        values = [mean_and_standard_error(100 * part.to_numpy()) for part in parts]
        lines.append(
            f"{rule:<9}{len(rows)} seeds" + "".join(f"{m:>9.1f} +- {e:.1f}" for m, e in values)
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SETTING.n_seeds)
    args = parser.parse_args()
    assert has_bfloat16_units(), "'auto' is float32 here: this processor has no AMX"
    torch.set_num_threads(1)
    rows = []
    for seed in range(args.seeds):
        rows += measure(seed)
        print(rows[-2:], flush=True)
    records = pd.DataFrame(rows)
    text = format_table(records)
    print(text)
    records.to_csv(RESULTS / "precision_quality.csv", index=False)
    (RESULTS / "precision_quality.txt").write_text(text)


if __name__ == "__main__":
    main()
