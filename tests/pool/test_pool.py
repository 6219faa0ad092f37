"""Pool: a view of rows, its batches, and functions of it."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples


def test_a_pool_reads_its_rows_only():
    X = np.arange(20.0).reshape(10, 2)
    pool = Pool(X, np.array([7, 3]))
    assert len(pool) == 2
    assert pool.sample_shape == (2,)
    np.testing.assert_array_equal(pool.take(np.array([1, 0])), X[[3, 7]])
    assert pool.take(slice(0, 1)).dtype == np.float32


def test_what_is_taken_is_a_copy():
    X = np.ones((4, 2), np.float32)
    Pool(X).take(slice(0, 4))[...] = 0
    assert X.all()


def test_uint8_images_stay_and_uint8_features_do_not():
    images = np.full((2, 1, 8, 8), 255, np.uint8)
    assert Pool(images).is_uint8_image
    assert Pool(images).take(slice(None)).dtype == Pool(images).batch_dtype == np.uint8
    rows = Pool(images.reshape(2, -1))
    assert rows.take(slice(None)).dtype == rows.batch_dtype == np.float32
    assert rows.take(slice(None)).max() == 255


def test_a_memmap_is_read_without_being_loaded(tmp_path):
    X = np.memmap(tmp_path / "X", dtype=np.uint8, mode="w+", shape=(50, 1, 8, 8))
    X[:] = np.arange(50)[:, None, None, None]
    pool = Pool(X)
    assert pool.X is X
    assert pool.take(np.array([4, 9]))[:, 0, 0, 0].tolist() == [4, 9]


def test_a_view_with_channels_last_gives_contiguous_batches():
    X = np.moveaxis(np.random.RandomState(0).rand(4, 8, 9, 3), -1, 1)
    batch = Pool(X).take(slice(0, 2))
    assert batch.flags.c_contiguous
    np.testing.assert_allclose(batch, X[:2], rtol=1e-6)


@pytest.mark.parametrize("rows", [None, np.array([9, 2, 5, 0])])
def test_a_part_has_its_rows_and_what_belongs_to_them(rows):
    X = np.arange(10.0)[:, None]
    extra = np.arange(10 if rows is None else 4, dtype=np.float32)[:, None] * 10
    part = Pool(X, rows, extra=extra).part(np.array([3, 1]))
    expected = X[[3, 1]] if rows is None else X[rows[[3, 1]]]
    np.testing.assert_array_equal(part.take(slice(None)), expected)
    np.testing.assert_array_equal(part.extra, [[30], [10]])
    assert Pool(X, rows).part(np.array([3, 1])).extra is None


def test_a_function_is_applied_to_the_pool_itself():
    pool = Pool(np.eye(3))
    assert not pool.lies_in_blocks
    assert pool.apply(lambda each: each) is pool


def in_blocks(X, rows=4):
    da = pytest.importorskip("dask.array")
    return open_samples(da.from_array(X, chunks=(rows, X.shape[1])), "X")


def test_a_function_is_applied_to_blocks_which_know_their_rows():
    X = np.arange(20.0).reshape(10, 2)
    extra = np.arange(10, dtype=np.float32)[:, None] + 100
    pool = Pool(in_blocks(X), extra=extra)
    assert pool.lies_in_blocks
    rows, sums, extras = pool.apply(
        lambda block: (block.rows, block.take(slice(None)).sum(axis=1), block.extra)
    )
    np.testing.assert_array_equal(rows, np.arange(10))
    np.testing.assert_array_equal(sums, X.sum(axis=1))
    np.testing.assert_array_equal(extras, extra)
    np.testing.assert_array_equal(pool.apply(lambda block: np.full(1, len(block))), [4, 4, 2])


def test_rows_of_a_dask_array_are_read_here():
    X = np.arange(20.0).reshape(10, 2)
    pool = Pool(in_blocks(X), np.array([8, 1]))
    assert not pool.lies_in_blocks
    np.testing.assert_array_equal(pool.apply(lambda each: each.take(slice(None))), X[[8, 1]])


def test_an_empty_dask_array_is_an_empty_pool():
    pool = Pool(in_blocks(np.empty((0, 2))))
    assert pool.apply(lambda each: each.take(slice(None))).shape == (0, 2)
