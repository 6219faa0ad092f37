"""Does the engine choose what a plain one would, as well?

    SKVAAL_DATA=data python experiments/engine_quality.py

Plain VAAL, its batch taken by the discriminator's scores and then by herding in the latent space,
trained by the engine; without its parts (`engine_parts.py`); and in bfloat16. From the same start,
with the same seeds; a random forest is then trained on the labels and the batch. The digits as
images, and Fashion-MNIST, which SKVAAL_DATA names the folder of. Half an hour on one core. Writes
accuracies (.csv) and a table (.txt) to docs/results/research. docs/performance.md has what came
out.
"""

from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from engine_parts import LEFT_OUT
from one_batch import RESULTS, Setting, accuracy, draw

from skvaal import VAALQueryStrategy
from skvaal.benchmark import load_dataset
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.statistics import mean_and_standard_error

SETTINGS = {
    "digits": Setting(20, (20,), 20, 10),
    "fashion_mnist": Setting(100, (100,), 100, 6, 1500),
}
ENGINES = {"engine": {}, "none of it": LEFT_OUT["all"], "bfloat16": {}}
SELECTIONS = ("topk", "herding")


def chosen(X, labeled, rest, engine, n, seed):
    """A batch by each selection; the VAE is trained once."""
    with ExitStack() as stack:
        for name, function in ENGINES[engine].items():
            stack.enter_context(patch(name, function))
        strategy = VAALQueryStrategy(
            selection="herding",
            selection_space="latent",
            uncertainty=None,
            precision="bf16" if engine == "bfloat16" else "float32",
            device="cpu",
            random_state=seed,
        ).fit_pools(X[labeled], X[rest])
        return {each: strategy.set_params(selection=each).query(X[rest], n) for each in SELECTIONS}


def engines_of(data):
    """Without units for it, bfloat16 takes many times as long: on the digits only."""
    return [engine for engine in ENGINES if engine != "bfloat16" or data == "digits"]


def measure(data):
    """One row for each seed, selection and engine."""
    dataset, setting = load_dataset(data), SETTINGS[data]
    (protocol,) = get_protocols(["standard"])
    rows = []
    for seed in range(setting.n_seeds):
        X, y, labeled, test = draw(dataset, setting, protocol, seed)
        rest = np.setdiff1d(np.arange(len(X)), labeled)
        images = X.reshape(-1, 1, 8, 8).astype(np.float32) / 16 if data == "digits" else X
        for engine in engines_of(data):
            batches = chosen(images, labeled, rest, engine, setting.batch, seed)
            for selection, batch in batches.items():
                found = accuracy(X, y, np.r_[labeled, rest[batch]], *test)
                case = {"data": data, "seed": seed, "selection": selection, "engine": engine}
                rows.append(case | {"accuracy": found})
        print(data, seed, flush=True)
    return pd.DataFrame(rows)


def format_table(records):
    """Accuracy after the batch, and its paired difference from the engine's, in points."""
    lines = [
        "accuracy after one batch in %, and paired difference from the engine's in points, "
        "+- standard error"
    ]
    for (data, selection), rows in records.groupby(["data", "selection"]):
        by_engine = 100 * rows.pivot(index="seed", columns="engine", values="accuracy")
        for engine in engines_of(data):
            mean, error = mean_and_standard_error(by_engine[engine].to_numpy())
            line = f"{data:<14}{selection:<9}{engine:<12}{mean:>6.1f} +- {error:.1f}"
            if engine != "engine":
                differences = (by_engine[engine] - by_engine["engine"]).to_numpy()
                mean, error = mean_and_standard_error(differences)
                line += f"{mean:>+8.1f} +- {error:.1f}"
            lines.append(line)
    return "\n".join(lines) + "\n"


def main():
    torch.set_num_threads(1)
    records = pd.concat([measure(data) for data in SETTINGS], ignore_index=True)
    text = format_table(records)
    print(text)
    records.to_csv(RESULTS / "engine_quality.csv", index=False)
    (RESULTS / "engine_quality.txt").write_text(text)


if __name__ == "__main__":
    main()
