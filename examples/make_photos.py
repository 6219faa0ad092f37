"""Make a folder of pictures and a table of a few labels, to try ``skvaal query`` on.

    python examples/make_photos.py photos labels.csv --pictures 2000 --labels 50 --answers all.csv

The pictures are Fashion-MNIST, if the environment variable SKVAAL_DATA names a folder with its
``fashion_mnist.npz``; else scikit-learn's digits.
"""

import argparse
import csv
import os
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

CLOTHES = [
    *("t-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "boot"),
]


def load_pictures():
    """Grey pictures, and the name of each one's class."""
    path = Path(os.environ.get("SKVAAL_DATA", "."), "fashion_mnist.npz")
    if path.is_file():
        with np.load(path) as data:
            return data["x_train"], np.array(CLOTHES)[data["y_train"]]
    digits = load_digits()
    return (digits.images * 15.9).astype(np.uint8), digits.target.astype(str)


def write_table(path, rows):
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label"])
        table.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default="photos")
    parser.add_argument("table", type=Path, nargs="?", default="labels.csv")
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--answers", type=Path, help="table of the labels of all pictures")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    pictures, names = load_pictures()
    rows = np.random.default_rng(options.seed).permutation(len(pictures))[: options.pictures]
    options.folder.mkdir(parents=True, exist_ok=True)
    paths = [f"{number:05d}.png" for number in range(len(rows))]
    for path, row in zip(paths, rows, strict=True):
        Image.fromarray(pictures[row]).save(options.folder / path)
    table = list(zip(paths, names[rows], strict=True))
    write_table(options.table, table[: options.labels])
    if options.answers is not None:
        write_table(options.answers, table)
    print(f"{len(rows)} pictures in {options.folder}, {options.labels} labels in {options.table}")


if __name__ == "__main__":
    main()
