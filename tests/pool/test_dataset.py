"""Datasets: items of one shape and dtype, or a clear error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, get_worker_info

from skvaal import VAALQueryStrategy
from skvaal._pool.samples import open_samples
from skvaal._pool.validation import check_samples
from tests.conftest import SMALL

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


# A Dataset that fails


class FailingItems(Items):
    """Fails at the fourth item."""

    def __init__(self, X, error):
        super().__init__(X)
        self.error = error

    def __getitem__(self, row):
        if row == 3:
            raise self.error
        return super().__getitem__(row)


class FailingBatches(FailingItems):
    """Fails at batches that hold the fourth item."""

    def __getitems__(self, rows):
        return [self[row] for row in rows]


ROWS = {FailingItems: r"X_unlabeled\[3\]", FailingBatches: r"X_unlabeled\[1, 2, 3, \.\.\.\]"}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (ZeroDivisionError("division by zero"), ValueError, "division by zero"),
        (RuntimeError(), ValueError, "RuntimeError"),
        (TypeError("no such mode"), TypeError, "no such mode"),
        (IndexError("out of range"), ValueError, "out of range; its __len__ promises 9 items"),
        (OSError("broken image"), OSError, "broken image"),
        (FileNotFoundError(2, "No such file", "a.png"), FileNotFoundError, "No such file: 'a.png'"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_says_at_which_item(kind, error, expected, message):
    source = open_samples(kind(np.eye(9), error), "X_unlabeled")
    message = f"{ROWS[kind]} cannot be read from {kind.__name__}: {message}"
    with pytest.raises(expected, match=message) as caught:
        source[slice(1, 9)]
    causes = [caught.value]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    assert error in causes


def test_an_error_of_the_first_item_names_it():
    class Empty(Items):
        def __getitem__(self, row):
            return self.X[row + 9]

    with pytest.raises(ValueError, match=r"X\[0\] cannot be read from Empty: index 9 is out"):
        open_samples(Empty(np.eye(9)), "X")


class OwnError(Exception):
    """Somebody may want to catch it."""


def test_an_error_of_a_users_class_passes():
    with pytest.raises(OwnError, match="^own$"):
        open_samples(FailingItems(np.eye(9), OwnError("own")), "X")[slice(0, 9)]


class FailingInWorkers(FailingItems):
    def __getitem__(self, row):
        if get_worker_info() is None:
            return Items.__getitem__(self, row)
        return super().__getitem__(row)


@pytest.mark.slow  # it starts a process
def test_an_error_in_a_worker_says_at_which_item():
    X = np.random.default_rng(0).random((40, 6)).astype(np.float32)
    dataset = FailingInWorkers(X, ZeroDivisionError("division by zero"))
    strategy = VAALQueryStrategy(**SMALL, engine__loader={"num_workers": 1})
    with pytest.raises(ValueError, match=r"X\[3\] cannot be read from FailingInWorkers: division"):
        strategy.fit(dataset, np.where(np.arange(40) < 9, 0, -1))


def test_more_samples_than_a_pool_can_have():
    class Huge(Items):
        def __len__(self):
            return 10**12

    with pytest.raises(ValueError, match="X has 1000000000000 samples, but .* pass a part of it"):
        check_samples(Huge(np.ones((2, 4), np.float32)), estimator_name="E")
