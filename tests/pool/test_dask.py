"""Dask arrays: rows read here, functions sent to the blocks."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples
from skvaal._pool.validation import check_samples

da = pytest.importorskip("dask.array")


@pytest.fixture
def X():
    return np.random.RandomState(0).rand(200, 6).astype(np.float32)


def in_blocks(X, rows=60):
    # Cut along all axes.
    return da.from_array(X, chunks=(rows, *[max(1, size // 2) for size in X.shape[1:]]))


def test_rows_are_read_in_any_order(X):
    source = open_samples(in_blocks(X), "X")
    rows = np.array([150, 3, 3, 61])
    np.testing.assert_array_equal(source[rows], X[rows])
    np.testing.assert_array_equal(source[50:70], X[50:70])
    assert source[np.empty(0, dtype=np.intp)].shape == (0, 6)


def test_images_are_whole_in_each_block():
    X = np.random.RandomState(0).randint(0, 256, (20, 8, 9, 3), np.uint8)
    source = check_samples(in_blocks(X, 7), data_format="channels_last", estimator_name="E")
    pool = Pool(source)
    np.testing.assert_array_equal(
        pool.apply(lambda block: block.take(slice(None))), np.moveaxis(X, -1, 1)
    )


def test_a_function_sees_each_block_once_and_empty_ones_never(X):
    def compare(source, rows, doubled):
        np.testing.assert_array_equal(source[rows] * 2, doubled)
        return rows.start, rows.stop

    source = open_samples(da.from_array(X, chunks=((100, 0, 60, 40), (6,))), "X")
    assert source.map_blocks(compare, X * 2) == [(0, 100), (100, 160), (160, 200)]
    assert source.map_blocks(lambda block, rows, nothing: nothing, None) == [None] * 3


def test_unknown_chunk_sizes(X):
    blocks = in_blocks(X)
    unknown = blocks[blocks[:, 0] >= 0]
    with pytest.raises(ValueError, match=r"unknown chunk sizes .*X_pool.compute_chunk_sizes\(\)"):
        open_samples(unknown, "X_pool")
    known = open_samples(unknown.compute_chunk_sizes(), "X_pool")
    np.testing.assert_array_equal(known[:5], X[:5])


def test_a_block_of_another_shape_than_was_promised(X):
    blocks = da.from_array(X, chunks=(50, 6)).map_blocks(lambda b: b[:, :-1], dtype=np.float32)
    pool = Pool(open_samples(blocks, "X_unlabeled"))
    with pytest.raises(ValueError, match=r"part of X_unlabeled has shape \(50, 5\), .*\(50, 6\)"):
        pool.apply(len)


def test_a_broken_sample_is_named_by_its_row_in_the_whole(X):
    X[150, 3] = np.nan
    pool = Pool(check_samples(in_blocks(X), name="X_unlabeled", estimator_name="E"))
    with pytest.raises(ValueError, match=r"NaN, first at X_unlabeled\[150, 3\]"):
        pool.apply(lambda block: block.take(slice(None)))


def test_a_wrong_dtype(X):
    with pytest.raises(ValueError, match="of dtype <U"):
        check_samples(in_blocks(X.astype(str)), estimator_name="E")


def test_progress_bar_of_blocks(X, capsys):
    Pool(open_samples(in_blocks(X), "X")).apply(lambda block: block.rows, verbose=True)
    assert "computing" in capsys.readouterr().err


def test_a_later_computation_works_where_the_first_one_loads_distributed():
    program = """
        import dask.array as da, numpy as np
        from skvaal._pool.samples import open_samples
        from skvaal._pool.pool import Pool
        pool = Pool(open_samples(da.from_array(np.eye(6), chunks=(2, 6)), "X"))
        pool.apply(lambda block: block.rows)
        import distributed
        print(pool.apply(lambda block: block.rows).tolist())
    """
    program = "\n".join(line.strip() for line in program.splitlines())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[0, 1, 2, 3, 4, 5]", done.stderr


# On a cluster ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Two worker processes of two threads each."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
def test_a_cluster_gives_what_one_process_gives(X, client, capsys):
    pool = Pool(open_samples(in_blocks(X, rows=20), "X"))
    result = pool.apply(lambda block: block.take(slice(None)).sum(axis=1), verbose=True)
    np.testing.assert_allclose(result, X.sum(axis=1), rtol=1e-6)
    assert "/10 [" in capsys.readouterr().err


def test_blocks_of_another_length_than_promised_are_refused():
    X = da.from_array(np.zeros((8, 2)), chunks=(4, 2))
    shorter = X.map_blocks(lambda block: block[1:], chunks=X.chunks, dtype=X.dtype)
    pool = Pool(open_samples(shorter, "X"))
    with pytest.raises(ValueError, match="changes the shape"):
        pool.apply(lambda part: part.take(slice(None)))
