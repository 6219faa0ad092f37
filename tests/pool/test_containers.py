"""Rows are counted, taken and stacked without a change of the container."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse
from torch.utils.data import ConcatDataset, Subset

from skvaal._pool.containers import count_rows, drop_duplicate_rows, stack_rows, take_rows

from .stores import Items, Stored

ROWS = [[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [0.0, 9.0]]
TEXTS = ["one", "two", "one", "three"]
NAMES = ["a", "b"]

MAKE = {
    "array": np.array,
    "list": list,
    "tuple": tuple,
    "pandas": lambda rows: pd.DataFrame(rows, columns=NAMES),
    "polars": lambda rows: pl.DataFrame(np.array(rows), schema=NAMES),
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "coo_matrix": sparse.coo_matrix,
    "tensor": torch.tensor,
    "objects": lambda rows: np.array(rows, dtype=object),
}
MAKE_TEXTS = {
    "list": list,
    "array": np.array,
    "objects": lambda texts: np.array(texts, dtype=object),
    "pandas": pd.Series,
    "polars": pl.Series,
}
of_all_kinds = pytest.mark.parametrize("kind", MAKE)
of_all_texts = pytest.mark.parametrize("kind", MAKE_TEXTS)


def values(X):
    return X.toarray().tolist() if sparse.issparse(X) else np.asarray(X).tolist()


def same_type(X, Y):
    if sparse.issparse(X):
        return Y.format == "csr" and isinstance(Y, sparse.sparray) == isinstance(X, sparse.sparray)
    return type(X) is type(Y) and getattr(X, "dtype", None) == getattr(Y, "dtype", None)


@of_all_kinds
def test_rows_are_counted(kind):
    assert count_rows(MAKE[kind](ROWS)) == 4


@of_all_texts
def test_texts_are_counted_taken_and_stacked(kind):
    X = MAKE_TEXTS[kind](TEXTS)
    assert count_rows(X) == 4
    taken = take_rows(X, np.array([3, 0]))
    assert same_type(X, taken)
    assert list(taken) == ["three", "one"]
    assert list(take_rows(X, np.array([], dtype=int))) == []
    stacked = stack_rows([X, taken])
    assert same_type(X, stacked)
    assert list(stacked) == [*TEXTS, "three", "one"]


@of_all_texts
def test_texts_are_kept_once(kind):
    X = MAKE_TEXTS[kind](TEXTS)
    kept = drop_duplicate_rows(X)
    assert same_type(X, kept)
    assert list(kept) == ["one", "two", "three"]


@of_all_kinds
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([3, 0], [ROWS[3], ROWS[0]]),
        (np.array([True, False, False, True]), [ROWS[0], ROWS[3]]),
        ([], []),
        (np.array([], dtype=np.intp), []),
        ([1, 1], [ROWS[1], ROWS[1]]),
    ],
)
def test_rows_are_taken(kind, rows, expected):
    X = MAKE[kind](ROWS)
    taken = take_rows(X, rows)
    assert same_type(X, taken)
    assert count_rows(taken) == len(expected)
    assert values(taken) == expected


@of_all_kinds
def test_rows_are_stacked(kind):
    parts = [MAKE[kind](ROWS[:1]), MAKE[kind](ROWS[1:]), take_rows(MAKE[kind](ROWS), [])]
    stacked = stack_rows(parts)
    assert same_type(parts[0], stacked)
    assert values(stacked) == ROWS
    assert stack_rows(parts[:1]) is parts[0]


@of_all_kinds
def test_rows_are_kept_once(kind):
    X = MAKE[kind](ROWS)
    kept = drop_duplicate_rows(X)
    assert same_type(X, kept)
    in_order = [ROWS[0], ROWS[1], ROWS[3]]
    assert values(kept) == (sorted(in_order) if kind == "array" else in_order)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_with_columns_in_another_order_are_an_error(kind):
    frame = MAKE[kind](ROWS)
    with pytest.raises(ValueError, match="same columns in the same order"):
        stack_rows([frame, frame[["b", "a"]]])
    with pytest.raises(ValueError, match="same columns in the same order"):
        stack_rows([frame, frame, frame[["a"]]])


@pytest.mark.parametrize("Frame", [pd.DataFrame, pl.DataFrame])
def test_mixed_frames_keep_their_columns(Frame):
    frame = Frame({"number": [1.5, 2.5], "word": ["x", "y"]})
    stacked = stack_rows([take_rows(frame, [1]), frame])
    assert list(stacked["word"]) == ["y", "x", "y"]
    assert stacked["number"].dtype == frame["number"].dtype
    assert list(drop_duplicate_rows(stacked)["number"]) == [2.5, 1.5]


def test_integers_beside_real_numbers_become_real():
    for Frame in (pd.DataFrame, pl.DataFrame):
        stacked = stack_rows([Frame({"a": [1]}), Frame({"a": [0.5]})])
        assert list(stacked["a"]) == [1.0, 0.5]


def test_parts_of_different_kinds_become_an_array():
    stacked = stack_rows([MAKE["pandas"](ROWS), MAKE["polars"](ROWS), ROWS, np.array(ROWS)])
    assert type(stacked) is np.ndarray
    assert stacked.tolist() == ROWS * 4


@pytest.mark.parametrize("kind", ["array", "list", "pandas", "tensor"])
def test_a_sparse_part_keeps_the_others_sparse(kind):
    for parts in (
        [MAKE[kind](ROWS), MAKE["csr_matrix"](ROWS)],
        [MAKE["coo_matrix"](ROWS), MAKE[kind](ROWS)],
    ):
        stacked = stack_rows(parts)
        assert stacked.format == "csr"
        assert values(stacked) == ROWS * 2


def test_stored_zeros_and_the_order_of_columns_do_not_tell_sparse_rows_apart():
    X = sparse.csr_matrix(([2.0, 1.0, 1.0, 2.0, 0.0], [1, 0, 0, 1, 2], [0, 2, 5]), shape=(2, 3))
    assert drop_duplicate_rows(X).shape == (1, 3)
    assert X.nnz == 5  # left as it was


def test_images_in_lists_and_arrays_of_any_number_of_axes():
    images = np.random.RandomState(0).randint(0, 256, (4, 1, 3, 3), dtype=np.uint8)
    images[2] = images[0]
    assert drop_duplicate_rows(images).shape == (3, 1, 3, 3)
    assert len(drop_duplicate_rows(list(images))) == 3
    assert len(drop_duplicate_rows(torch.from_numpy(images))) == 3


def test_datasets_stay_datasets():
    dataset = Items(np.array(ROWS))
    part = take_rows(dataset, [3, 1])
    assert isinstance(part, Subset)
    assert part[0][0].tolist() == ROWS[3]
    stacked = stack_rows([dataset, part])
    assert isinstance(stacked, ConcatDataset)
    assert count_rows(stacked) == 6
    with pytest.raises(TypeError, match="put together with samples of type ndarray"):
        stack_rows([dataset, np.array(ROWS)])
    with pytest.raises(TypeError, match="samples of a Items cannot be compared"):
        drop_duplicate_rows(dataset)


def test_array_likes_are_read_by_row_with_nan_in_them():
    X = np.array(ROWS)
    X[3, 0] = np.nan
    stored = Stored(X)
    np.testing.assert_array_equal(take_rows(stored, [3, 0]), X[[3, 0]])
    assert stored.reads == [(0, 1), (3, 4)]


def test_dask_arrays_stay_so_when_rows_are_taken():
    da = pytest.importorskip("dask.array")
    X = da.from_array(np.array(ROWS), chunks=(2, 2))
    assert count_rows(X) == 4
    assert take_rows(X, [3, 0]).compute().tolist() == [ROWS[3], ROWS[0]]
    assert stack_rows([X, np.array(ROWS)]).tolist() == ROWS * 2
