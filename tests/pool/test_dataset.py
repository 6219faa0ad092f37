"""Datasets: items of one shape and dtype, or a clear error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from skvaal._pool.samples import open_samples

from .stores import Batches, Items


class NoLength(Dataset):
    def __getitem__(self, row):
        return torch.zeros(4)


def test_a_dataset_without_a_length():
    with pytest.raises(TypeError, match="X is a NoLength without a length; give it __len__"):
        open_samples(NoLength(), "X")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            {"x": 1, "y": 2},
            r"X\[0\] is a dict with the keys 'x', 'y'; .* returns one of them, item\['x'\]",
        ),
        (("a.png", 1), "tuple that begins with a str;"),
    ],
)
def test_items_that_are_no_samples(item, message):
    with pytest.raises(TypeError, match=message):
        open_samples(Items(np.eye(3), {0: item}), "X")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (torch.zeros(1, 9, 8), r"X\[7\] has shape \(1, 9, 8\), but X\[0\] has shape \(1, 8, 8\).*"
         "resizes"),
        ((torch.zeros(1, 8, 8), 0), r"X\[7\] is of dtype float32, but X\[0\] of uint8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Items, Batches])
def test_items_that_change(item, message, kind):
    X = np.zeros((9, 1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=message):
        open_samples(kind(X, {7: item}), "X")[slice(0, 9)]


def test_a_dataset_that_returns_fewer_items_than_asked_for():
    class Short(Items):
        def __getitems__(self, rows):
            return [self[row] for row in rows[1:]]

    with pytest.raises(ValueError, match="X.__getitems__ returned 2 items for 3 indices"):
        open_samples(Short(np.eye(9)), "X")[slice(0, 3)]


def test_bfloat16_items_are_read_as_float32():
    dataset = Items(np.eye(3), {0: torch.zeros(3).bfloat16()})
    assert open_samples(dataset, "X").dtype == np.float32


def test_an_item_is_read_when_it_is_asked_for():
    dataset = Items(np.eye(9))
    source = open_samples(dataset, "X")
    assert dataset.n_read == 1  # for shape and dtype
    source[np.array([3, 4])]
    assert dataset.n_read == 3
