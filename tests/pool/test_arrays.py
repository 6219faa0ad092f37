"""Array-likes, read by chunks, and memmaps, whose pages are given back."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from skvaal._pool import arrays
from skvaal._pool.containers import count_rows, take_rows
from skvaal._pool.labels import labeled_mask
from skvaal._pool.samples import open_samples
from skvaal._pool.validation import check_samples
from skvaal._predictions.predictions import check_proba

from .stores import Stored, of_memmap


def in_order(source, batch_size):
    return [source[start : start + batch_size] for start in range(0, len(source), batch_size)]


def test_chunks_are_read_once_in_a_stream():
    X = np.arange(100.0).reshape(50, 2)
    stored = Stored(X, chunks=(16, 2))
    np.testing.assert_array_equal(np.concatenate(in_order(open_samples(stored, "X"), 5)), X)
    assert stored.reads == [(0, 16), (16, 32), (32, 48), (48, 50)]


def test_chunks_side_by_side_are_read_together_but_not_too_many(monkeypatch):
    X = np.arange(100.0).reshape(50, 2)
    stored = Stored(X, chunks=(4, 1))
    open_samples(stored, "X")[np.array([49, 3, 0, 4, 20])]
    assert stored.reads == [(0, 8), (20, 24), (48, 50)]
    monkeypatch.setattr(arrays, "_MAX_READ", 2 * 4 * 16)
    stored = Stored(X, chunks=(4, 2))
    np.testing.assert_array_equal(open_samples(stored, "X")[np.arange(0, 50, 3)], X[::3])
    assert stored.reads == [(start, min(50, start + 8)) for start in range(0, 50, 8)]


def test_a_chunk_too_large_to_be_kept_is_read_by_rows(monkeypatch):
    monkeypatch.setattr(arrays, "_MAX_CHUNK", 100)
    stored = Stored(np.arange(100.0).reshape(50, 2), most_rows=5, chunks=(50, 2))
    assert len(in_order(open_samples(stored, "X"), 5)) == len(stored.reads) == 10


@pytest.mark.parametrize("chunks", [None, (), "auto", ((4, 4), (2,))])
def test_chunks_of_another_form_are_none(chunks):
    X = np.arange(16.0).reshape(8, 2)
    stored = open_samples(Stored(X, chunks=chunks), "X")
    np.testing.assert_array_equal(stored[np.array([5, 1])], X[[5, 1]])


def test_a_dtype_that_numpy_does_not_know():
    stored = Stored(np.eye(3))
    stored.dtype = object()
    with pytest.raises(TypeError, match=r"X is of dtype .*which numpy does not know"):
        open_samples(stored, "X")


def test_an_array_like_that_is_shorter_than_it_says():
    stored = Stored(np.eye(3))
    stored.shape = (9, 3)
    with pytest.raises(ValueError, match=r"X\[0:9\] has shape \(3, 3\), but X.shape is \(9, 3\)"):
        open_samples(stored, "X")[slice(0, 9)]


# Memmaps -----------------------------------------------------------------------------------------


@pytest.fixture
def releases(monkeypatch):
    """Count of the times that pages were given back."""
    calls = []
    release = arrays.release_pages
    monkeypatch.setattr(arrays, "release_pages", lambda X: calls.append(len(X)) or release(X))
    monkeypatch.setattr(arrays, "_RELEASE_AFTER", 1_000)
    monkeypatch.setattr(arrays, "_AROUND", 100)
    return calls


def test_pages_are_released_after_so_many_bytes(releases, tmp_path):
    X = of_memmap(np.arange(4_000, dtype=np.uint8).reshape(400, 10), tmp_path)
    lazy = open_samples(X, "X")
    # 200 bytes each and 100 around, 20 times.
    batches = [lazy[start : start + 20] for start in range(0, 400, 20)]
    np.testing.assert_array_equal(np.concatenate(batches), X)
    assert len(releases) == 5
    # Random rows bring more with them.
    lazy = open_samples(X, "X")
    lazy[np.array([1, 300, 5])]
    assert len(releases) == 5
    lazy[np.arange(10)]
    assert len(releases) == 6


@pytest.mark.parametrize("mode", ["r", "r+", "c", "w+"])
@pytest.mark.parametrize("view", [lambda X: X, np.asarray, lambda X: np.moveaxis(X, 1, 2)[3:]])
def test_released_pages_keep_their_numbers(mode, view, releases, tmp_path):
    expected = np.arange(4_000, dtype=np.uint8).reshape(400, 2, 5)
    of_memmap(expected, tmp_path)
    X = np.memmap(tmp_path / "X.dat", np.uint8, mode, shape=(400, 2, 5))
    if mode != "r":
        X[:] = expected = expected + 1
    lazy = open_samples(view(X), "X")
    for start in range(0, len(lazy), 10):
        lazy[start : start + 10]
    assert len(releases) > 3
    np.testing.assert_array_equal(lazy[np.arange(len(lazy))], view(expected))
    np.testing.assert_array_equal(X, expected)


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="no such system call")
def test_a_copy_on_write_is_never_released(tmp_path, monkeypatch):
    advised = []

    class Mapping(mmap.mmap):
        def madvise(self, *args):
            advised.append(args)

    of_memmap(np.zeros((9, 4), np.uint8), tmp_path)
    monkeypatch.setattr(mmap, "mmap", Mapping)
    for mode, n in (("c", 0), ("r", 1), ("r+", 2)):
        X = np.memmap(tmp_path / "X.dat", np.uint8, mode, shape=(9, 4))
        arrays.release_pages(X[2:])
        assert len(advised) == n


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be cut there")
@pytest.mark.parametrize("view", [lambda X: X, lambda X: X[:5], np.asarray], ids=range(3))
def test_a_memmap_of_a_file_that_was_cut(view, tmp_path):
    path = tmp_path / "X.dat"
    path.write_bytes(bytes(100 + 400 * 64))
    X = np.memmap(path, np.uint8, "r", offset=100, shape=(400, 64))
    os.truncate(path, 20_000)
    message = rf"X is a memmap of {path}, which has 20000 bytes.* need {100 + 400 * 64}"
    with pytest.raises(ValueError, match=message):
        check_samples(view(X), estimator_name="E")


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be cut there")
def test_whatever_is_read_from_a_file_that_was_cut(tmp_path):
    numbers = np.ones((400, 64))
    numbers.tofile(tmp_path / "X.dat")
    X = np.memmap(tmp_path / "X.dat", mode="r", shape=(400, 64))
    os.truncate(tmp_path / "X.dat", 200)
    sparse = csr_matrix(numbers)
    sparse.data = X.ravel()
    for name, read in {
        "X": lambda: count_rows(X),
        "y": lambda: labeled_mask(X[:, 0], -1),
        "proba": lambda: check_proba(X, 400),
        r"X\[0\]": lambda: check_samples(list(X), estimator_name="E"),
        r"X\.data": lambda: check_samples(sparse, estimator_name="E"),
    }.items():
        with pytest.raises(ValueError, match=rf"^{name} is a memmap of .* was cut"):
            read()
    with pytest.raises(ValueError, match="was cut"):
        take_rows(X, [3])


def test_slices_of_another_type_than_the_array_says():
    class Scaled(Stored):
        def __getitem__(self, rows):
            return super().__getitem__(rows) * 0.01

    stored = Scaled(np.arange(40, dtype=np.int16).reshape(20, 2))
    with pytest.raises(ValueError, match=r"X\[3:5\] is of dtype float64, but X.dtype is int16"):
        open_samples(stored, "X")[3:5]
    stored.dtype = np.dtype(">f8")  # the same numbers
    assert open_samples(stored, "X")[3:5].tolist() == [[0.06, 0.07], [0.08, 0.09]]


def test_a_shape_that_is_not_known():
    stored = Stored(np.ones((9, 5)))
    stored.shape = (None, 5)
    with pytest.raises(ValueError, match=r"X has the shape \(None, 5\), of which a part is unk"):
        open_samples(stored, "X")


def test_nan_in_a_memmap_is_found_before_it_is_read(tmp_path):
    X = np.zeros((50, 4), np.float32)
    X[33, 2] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN, first at X\[33, 2\]"):
        check_samples(of_memmap(X, tmp_path), estimator_name="E")
