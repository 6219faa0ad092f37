"""Which share of each batch came from classes that had no label at the start?

    SKVAAL_DATA=data python experiments/picked_classes.py fashion_mnist cifar10_biased

Reads the records of docs/recommended/<folder>, biased start, and draws the same starts again.
Writes, for each strategy and round, the mean over the seeds in % to
docs/results/research/picked_classes.txt. docs/research_log.md has what came out.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from skvaal.benchmark import Plan, load_dataset
from skvaal.benchmark.protocols import get_protocols
from skvaal.benchmark.start import draw_start

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "recommended"


def shares(folder):
    """One row for each strategy, seed and round with picks: the share of classes missing before."""
    config = json.loads((FOLDER / folder / "config.json").read_text())
    plan = Plan(**config["settings"]["plan"])
    records = pd.read_parquet(FOLDER / folder / "records.parquet")
    records = records[records["protocol"] == "biased_start"]
    dataset = load_dataset(records["data"].iloc[0])
    (protocol,) = get_protocols(["biased_start"])
    rows = []
    for seed, of_seed in records.groupby("seed"):
        start = draw_start(dataset, plan, protocol, int(seed))
        missing = ~np.isin(dataset.y, np.unique(start.y[start.labeled]))
        for record in of_seed.itertuples():
            if record.picked is not None and len(record.picked):
                share = missing[np.asarray(record.picked, dtype=int)].mean()
                rows.append((record.strategy, seed, record.round, 100 * share))
    return pd.DataFrame(rows, columns=["strategy", "seed", "round", "share"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="+")
    text = []
    for folder in parser.parse_args().folder:
        table = shares(folder).pivot_table(index="strategy", columns="round", values="share")
        text += [folder, table.round(1).sort_values(table.columns[0]).to_string(), ""]
    print(*text, sep="\n")
    (DOCS / "results" / "research" / "picked_classes.txt").write_text("\n".join(text))


if __name__ == "__main__":
    main()
