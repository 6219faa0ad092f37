"""Samples that are read when they are asked for: right rows, few at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, IterableDataset, Subset

import skvaal
from skvaal._pool.arrays import SparseSource
from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples
from skvaal._pool.source import Source
from skvaal._pool.validation import check_samples, check_unit_interval

from .stores import KINDS, Batches, Items, of_all_kinds


@of_all_kinds
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int16])
def test_any_rows_in_any_order(kind, dtype, tmp_path):
    X = np.random.RandomState(0).randint(0, 99, (40, 2, 3)).astype(dtype)
    lazy = open_samples(KINDS[kind](X, tmp_path), "X")
    assert isinstance(lazy, Source)
    assert open_samples(lazy, "X") is lazy
    assert (lazy.shape, lazy.dtype, lazy.ndim, len(lazy)) == (X.shape, X.dtype, 3, 40)
    for rows in (
        slice(0, 3), slice(3, 12), slice(30, 99), slice(50, 60), np.array([], np.intp),
        np.array([39]), np.array([5, 4, 30, 5, 6, 0]), np.random.RandomState(1).permutation(40),
    ):  # fmt: skip
        read = lazy[rows]
        assert read.dtype == dtype
        np.testing.assert_array_equal(read, X[rows])
        read[...] = 1  # in memory of its own
    np.testing.assert_array_equal(lazy[np.arange(40)], X)


@of_all_kinds
def test_images_with_channels_last(kind, tmp_path):
    X = np.random.RandomState(0).randint(0, 256, (12, 8, 9, 3), dtype=np.uint8)
    lazy = KINDS[kind](X, tmp_path)
    lazy = check_samples(lazy, data_format="channels_last", estimator_name="E")
    assert lazy.shape == (12, 3, 8, 9)
    batch = Pool(lazy, np.array([7, 2])).take(np.array([1, 0]))
    np.testing.assert_array_equal(batch, np.moveaxis(X[[2, 7]], -1, 1))
    assert batch.flags.c_contiguous


def test_datasets_of_datasets():
    X = np.arange(40.0).reshape(20, 2)
    whole = ConcatDataset([Items(X[:8]), Batches(X[8:])])
    part = open_samples(Subset(whole, range(5, 20)), "X")
    np.testing.assert_array_equal(part[slice(0, 15)], X[5:])


def test_what_is_in_memory_is_left_alone():
    import pandas as pd
    import polars as pl

    X = np.eye(3)
    for each in (X, X.tolist(), torch.eye(3), pd.DataFrame(X), pd.Series(X[0]), np.float64(3),
                 pl.DataFrame(X), np.ma.masked_array(X), memoryview(X)):  # fmt: skip
        assert open_samples(each, "X") is each


def test_sparse_matrices_are_sources():
    from scipy.sparse import csr_array, csr_matrix

    for kind in (csr_array, csr_matrix):
        assert isinstance(open_samples(kind(np.eye(3)), "X"), SparseSource)


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (Endless(), "X is an IterableDataset .Endless.*map-style"),
        (DataLoader(Items(np.eye(3))), "pass its dataset: X.dataset"),
    ],
)
def test_what_has_no_samples_that_could_be_counted(X, message):
    with pytest.raises(TypeError, match=message):
        open_samples(X, "X")


@pytest.mark.parametrize("kind", ["array-like", "Dataset"])
@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "NaN"), (-np.inf, "infinity"), (1e300, "infinity or a value")]
)
def test_nan_and_infinity_are_found_as_they_are_read(kind, value, what, tmp_path):
    X = np.zeros((90, 6))
    X[77, 5] = value
    lazy = check_samples(KINDS[kind](X, tmp_path), name="X_unlabeled", estimator_name="E")
    pool = Pool(lazy, np.array([3, 77]))
    pool.take(slice(0, 1))
    with pytest.raises(ValueError, match=rf"X_unlabeled contains {what}.*X_unlabeled\[77, 5\]"):
        pool.take(slice(0, 2))
    with pytest.raises(ValueError, match=r"X_unlabeled\[77, 5\]"):
        lazy[70:80]


def test_where_nan_is_counts_in_the_users_own_layout():
    X = np.zeros((9, 8, 10, 3), np.float32)
    X[4, 7, 9, 2] = np.nan
    lazy = check_samples(Items(X), data_format="channels_last", estimator_name="E")
    with pytest.raises(ValueError, match=r"X\[4, 7, 9, 2\]"):
        Pool(lazy, np.array([8, 4])).take(slice(0, 2))


@pytest.mark.parametrize("kind", ["array-like", "Dataset", "h5py", "zarr"])
def test_the_unit_interval_is_checked_as_samples_are_read(kind, tmp_path):
    X = np.random.RandomState(0).rand(60, 4)
    X[0, 0] = 0
    X[50, 3] = 1.5
    lazy = check_samples(KINDS[kind](X, tmp_path), estimator_name="E")
    check_unit_interval(lazy, "X")
    lazy[0:50]
    with pytest.raises(ValueError, match=r"needs X in \[0, 1\], got values from .*1.5.*X\[50\]"):
        lazy[np.arange(60)]


def test_no_module_but_that_of_datasets_imports_torch():
    folder = Path(skvaal.__file__).with_name("_pool")
    modules = sorted({path.stem for path in folder.glob("*.py")} - {"__init__", "dataset"})
    assert len(modules) > 10
    program = f"""
import sys
for module in {modules}:
    __import__(f"skvaal._pool.{{module}}")
    if "torch" in sys.modules:
        sys.exit(module)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
