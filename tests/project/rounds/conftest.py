"""A small pool of rows, and what a person would answer."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sklearn.datasets import load_iris


@pytest.fixture
def pool(tmp_path):
    """The irises; the label of a row is its class."""
    X, y = load_iris(return_X_y=True)
    path = tmp_path / "pool.npy"
    np.save(path, X)
    write_labels(tmp_path / "labels.csv", {str(row): f"c{y[row]}" for row in (0, 60, 120)})
    return path


@pytest.fixture
def answer(tmp_path):
    """Labels a batch, as a file."""
    y = load_iris().target

    def write(names, name="answer.csv", label=None):
        labels = {each: label or f"c{y[int(each)]}" for each in names}
        return write_labels(tmp_path / name, labels)

    return write


def write_labels(path, labels, column="row"):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([(column, "label"), *labels.items()])
    return path
