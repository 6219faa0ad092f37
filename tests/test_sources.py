"""Samples that are read when they are asked for: right rows, few at a time, clear errors."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset

from skvaal import VAALNet, VAALQuery, VAALQueryStrategy
from skvaal._data import Pool
from skvaal._selection import SELECTIONS
from skvaal._sources import Source, as_samples, mapped
from skvaal._sources import _array_like as array_like
from skvaal._sources import _mapped as of_memmaps
from skvaal._validation import check_samples

from .conftest import QUICK, UNSELECTED

IMAGES = {**QUICK, "vae__width": 2}


class Stored:
    """Shape, dtype and slices, no other way in; no slice of more than some rows."""

    def __init__(self, X, most_rows=10**9, chunks=None):
        self.X, self.most_rows = X, most_rows
        self.shape, self.dtype, self.chunks = X.shape, X.dtype, chunks
        self.reads = []

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.reads.append((rows.start, rows.stop))
        assert rows.stop - rows.start <= self.most_rows, f"{rows} read at once"
        return self.X[rows]

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("read as a whole")


class Items(Dataset):
    """Samples with a label, as a Dataset of images has them; `others` replaces items."""

    def __init__(self, X, others=None):
        self.X, self.others = X, others or {}
        self.n_read = 0

    def __len__(self):
        return len(self.X)

    def __getitem__(self, row):
        self.n_read += 1
        return self.others[row] if row in self.others else (torch.from_numpy(self.X[row]), 7)


class Batches(Items):
    """The same, and many at once."""

    def __getitems__(self, rows):
        return [self[row] for row in rows]


def of_memmap(X, folder):
    X.tofile(folder / "X.dat")
    return np.memmap(folder / "X.dat", dtype=X.dtype, mode="r", shape=X.shape)


def of_h5py(X, folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "X.h5", "w") as file:
        file.create_dataset("X", data=X, chunks=(7, *X.shape[1:]), compression="gzip")
    return h5py.File(folder / "X.h5", "r")["X"]


def of_zarr(X, folder):
    zarr = pytest.importorskip("zarr", minversion="3")
    stored = zarr.create_array(
        folder / "X.zarr", shape=X.shape, chunks=(7, *X.shape[1:]), dtype=X.dtype
    )
    stored[:] = X
    return stored


KINDS = {
    "memmap": of_memmap,
    "h5py": of_h5py,
    "zarr": of_zarr,
    "array-like": lambda X, folder: Stored(X),
    "Dataset": lambda X, folder: Items(X),
    "Dataset of batches": lambda X, folder: Batches(X),
}
of_all_kinds = pytest.mark.parametrize("kind", KINDS)


def source(X, name="X"):
    X = as_samples(X, name)
    return X if isinstance(X, Source) else mapped(X, name)


@of_all_kinds
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int16])
def test_any_rows_in_any_order(kind, dtype, tmp_path):
    X = np.random.RandomState(0).randint(0, 99, (40, 2, 3)).astype(dtype)
    lazy = source(KINDS[kind](X, tmp_path))
    assert isinstance(lazy, Source)
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
    strategy = VAALQueryStrategy()
    lazy = KINDS[kind](X, tmp_path)
    lazy = check_samples(strategy, lazy, reset=True, data_format="channels_last")
    assert lazy.shape == (12, 3, 8, 9)
    assert strategy.input_shape_ == (3, 8, 9)
    assert strategy.n_features_in_ == 216
    batch = Pool(lazy, np.array([7, 2])).take(np.array([1, 0]))
    np.testing.assert_array_equal(batch, np.moveaxis(X[[2, 7]], -1, 1))
    assert batch.flags.c_contiguous


@of_all_kinds
def test_same_fit_and_same_query_as_of_an_array(kind, images, tmp_path):
    X, y = images
    lazy = KINDS[kind](X, tmp_path)
    expected = VAALQueryStrategy(**IMAGES).fit(X, y)
    strategy = VAALQueryStrategy(**IMAGES).fit(lazy, y)
    np.testing.assert_array_equal(strategy.score_samples(lazy), expected.score_samples(X))
    np.testing.assert_array_equal(strategy.query(lazy, 9), expected.query(X, 9))
    np.testing.assert_array_equal(strategy.transform(lazy), expected.transform(X))
    assert strategy.score(lazy) == expected.score(X)
    assert strategy.n_features_in_ == 64


@of_all_kinds
def test_same_choice_in_two_pools_with_the_default_of_a_query(kind, digits, tmp_path):
    X, y = digits
    (tmp_path / "labeled").mkdir()
    labeled = KINDS[kind](X[y != -1], tmp_path / "labeled")
    pool = KINDS[kind](X[y == -1], tmp_path)
    query = VAALQuery(random_state=0)
    indices, _ = query(None, pool, 8, X_labeled=labeled)
    expected, _ = VAALQuery(random_state=0)(None, X[y == -1], 8, X_labeled=X[y != -1])
    np.testing.assert_array_equal(indices, expected)
    assert query.strategy_.n_features_in_ == 64


def test_datasets_of_datasets(images):
    X, y = images
    dataset = ConcatDataset([Items(X[:100]), Batches(X[100:])])
    expected = VAALQueryStrategy(**IMAGES).fit_pools(X[:40], X[40:])
    pools = Subset(dataset, range(40)), Subset(dataset, range(40, 240))
    strategy = VAALQueryStrategy(**IMAGES).fit_pools(*pools)
    np.testing.assert_array_equal(strategy.query(pools[1], 9), expected.query(X[40:], 9))


@pytest.mark.parametrize("selection", ["topk", "herding", "greedy", "k_center"])
@pytest.mark.parametrize("space", ["input", "latent"])
def test_never_read_as_a_whole(images, selection, space, monkeypatch):
    monkeypatch.setattr("skvaal._space._MAX_NUMBERS", 64 * 8 * 1_000)
    X, _ = images
    params = {**IMAGES, "selection": selection, "selection_space": space}
    stored = Stored(np.tile(X, (40, 1, 1, 1)), most_rows=2_000)
    VAALQueryStrategy(**{**params, "max_epochs": 1}).fit_pools(Stored(X), X[40:]).query(stored, 5)
    assert len(stored.reads) > 2


def test_a_large_pool_is_projected_in_pieces(images, monkeypatch):
    monkeypatch.setattr("skvaal._space._MAX_NUMBERS", 64 * 160)
    X = np.tile(images[0], (10, 1, 1, 1))
    stored = Stored(X, most_rows=20)
    query = VAALQuery(random_state=0)
    expected = VAALQuery(random_state=0)
    indices, _ = query(None, stored, 5, X_labeled=X[:40])
    np.testing.assert_array_equal(indices, expected(None, X, 5, X_labeled=X[:40])[0])


def test_fit_reads_what_it_trains_on_and_no_more(images):
    X, y = images
    dataset = Items(np.tile(X, (100, 1, 1, 1)))
    labels = np.full(len(dataset), -1)
    labels[:40] = 0

    class StopAfterOne(Callback):
        def on_batch_end(self, net, **kwargs):
            raise ZeroDivisionError

    strategy = VAALQueryStrategy(**IMAGES, callbacks=[StopAfterOne()])
    with pytest.raises(ZeroDivisionError):
        strategy.fit(dataset, labels)
    assert dataset.n_read == 1 + 2 * 16  # item 0 for its shape


def test_chunks_are_read_once_in_a_stream():
    X = np.arange(100.0).reshape(50, 2)
    stored = Stored(X, chunks=(16, 2))
    np.testing.assert_array_equal(torch.cat(list(Pool(source(stored)).batches(5))), X)
    assert stored.reads == [(0, 16), (16, 32), (32, 48), (48, 50)]


def test_chunks_side_by_side_are_read_together_but_not_too_many(monkeypatch):
    X = np.arange(100.0).reshape(50, 2)
    stored = Stored(X, chunks=(4, 1))
    source(stored)[np.array([49, 3, 0, 4, 20])]
    assert stored.reads == [(0, 8), (20, 24), (48, 50)]
    monkeypatch.setattr(array_like, "_MAX_READ", 2 * 4 * 16)
    stored = Stored(X, chunks=(4, 2))
    np.testing.assert_array_equal(source(stored)[np.arange(0, 50, 3)], X[::3])
    assert stored.reads == [(start, min(50, start + 8)) for start in range(0, 50, 8)]


def test_a_chunk_too_large_to_be_kept_is_read_by_rows(monkeypatch):
    monkeypatch.setattr(array_like, "_MAX_CHUNK", 100)
    stored = Stored(np.arange(100.0).reshape(50, 2), most_rows=5, chunks=(50, 2))
    assert len(list(Pool(source(stored)).batches(5))) == 10


@pytest.mark.parametrize("chunks", [None, (), "auto", ((4, 4), (2,))])
def test_chunks_of_another_form_are_none(chunks):
    X = np.arange(16.0).reshape(8, 2)
    np.testing.assert_array_equal(source(Stored(X, chunks=chunks))[np.array([5, 1])], X[[5, 1]])


def test_what_is_in_memory_is_left_alone():
    import pandas as pd
    from scipy.sparse import csr_array, csr_matrix

    X = np.eye(3)
    for each in (X, X.tolist(), torch.eye(3), pd.DataFrame(X), pd.Series(X[0]), np.float64(3),
                 csr_array(X), csr_matrix(X), np.ma.masked_array(X), memoryview(X)):  # fmt: skip
        assert as_samples(each, "X") is each


# Memmaps -----------------------------------------------------------------------------------------


@pytest.fixture
def releases(monkeypatch):
    """Count of the times that pages were given back."""
    calls = []
    release = of_memmaps.release_pages
    monkeypatch.setattr(of_memmaps, "release_pages", lambda X: calls.append(len(X)) or release(X))
    monkeypatch.setattr(of_memmaps, "_RELEASE_AFTER", 1_000)
    monkeypatch.setattr(of_memmaps, "_AROUND", 100)
    return calls


def test_pages_are_released_after_so_many_bytes(releases, tmp_path):
    X = of_memmap(np.arange(4_000, dtype=np.uint8).reshape(400, 10), tmp_path)
    batches = list(Pool(source(X)).batches(20))  # 200 bytes each and 100 around, 20 times
    np.testing.assert_array_equal(torch.cat(batches).numpy(), X)
    assert len(releases) == 5
    # Random rows bring more with them.
    lazy = source(X)
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
    lazy = source(view(X))
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
        of_memmaps.release_pages(X[2:])
        assert len(advised) == n


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be cut there")
@pytest.mark.parametrize("view", [lambda X: X, lambda X: X[:5], np.asarray], ids=range(3))
def test_a_memmap_of_a_file_that_was_cut(view, tmp_path, no_training):
    path = tmp_path / "X.dat"
    path.write_bytes(bytes(100 + 400 * 64))
    X = np.memmap(path, np.uint8, "r", offset=100, shape=(400, 64))
    os.truncate(path, 20_000)
    message = rf"X is a memmap of {path}, which has 20000 bytes.* need {100 + 400 * 64}"
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy().fit(view(X), np.repeat([0, -1], len(view(X)) // 2 + 1)[: len(view(X))])


def test_a_memmap_with_nan_fails_before_training(tmp_path, no_training):
    X = np.zeros((50, 4), np.float32)
    X[33, 2] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN, first at X\[33, 2\]"):
        VAALQueryStrategy().fit(of_memmap(X, tmp_path), np.repeat([0, -1], 25))


# Bad input ---------------------------------------------------------------------------------------


@pytest.fixture
def no_training(monkeypatch):
    """Fail if anything is trained."""

    def fit(*args, **kwargs):
        raise AssertionError("trained before the input was validated")

    monkeypatch.setattr(VAALNet, "partial_fit", fit)


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


class NoLength(Dataset):
    def __getitem__(self, row):
        return torch.zeros(4)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (Endless(), TypeError, "X_unlabeled is an IterableDataset .Endless.*map-style"),
        (NoLength(), TypeError, "X_unlabeled is a NoLength without a length"),
        (DataLoader(Items(np.eye(3))), TypeError, "pass its dataset: X_unlabeled.dataset"),
        (Items(np.eye(3)[:0]), ValueError, "X_unlabeled is empty"),
        (Items(np.zeros((3, 8, 8))), ValueError, r"samples should have the shape \(1, 8, 8\)"),
        (Items(np.zeros((3, 1, 4, 4))), ValueError, "4x4 pixels"),
        (Items(np.zeros((3, 9, 9, 3))), ValueError, "data_format='channels_last'"),
        (Items(np.zeros((3, 0))), ValueError, r"samples of shape \(0,\)"),
        (Items(np.zeros(3), {0: torch.zeros(())}), ValueError, "1 axes"),
        (Items(np.eye(3), {0: {"x": 1}}), TypeError, r"X_unlabeled\[0\] is a dict; an item"),
        (Items(np.eye(3), {0: ("a.png", 1)}), TypeError, "is a tuple that begins with a str;"),
        (Stored(np.zeros((3, 2), complex)), ValueError, "dtype complex128; it must hold"),
        (Stored(np.full((3, 2), "a")), ValueError, "dtype <U1; it must hold"),
        (Stored(np.zeros((0, 2))), ValueError, "X_unlabeled is empty"),
        (Stored(np.zeros(3)), ValueError, "1 axes"),
    ],
)  # fmt: skip
def test_bad_pools(X, error, message, no_training):
    with pytest.raises(error, match=message):
        VAALQueryStrategy().fit_pools(np.zeros((3, 3)), X)
    if error is TypeError:
        message = message.replace("X_unlabeled", r"X_\w+")
        with pytest.raises(error, match=message):
            VAALQuery()(None, X, 1, X_labeled=np.zeros((3, 3)))


def test_a_dtype_that_numpy_does_not_know():
    stored = Stored(np.eye(3))
    stored.dtype = object()
    with pytest.raises(TypeError, match=r"X is of dtype .*which numpy does not know"):
        as_samples(stored, "X")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (torch.zeros(1, 9, 8), r"X_unlabeled\[7\] has shape \(1, 9, 8\), but X_unlabeled\[0\] has "
         r"shape \(1, 8, 8\).*resizes"),
        ((torch.zeros(1, 8, 8), 0), r"X_unlabeled\[7\] is of dtype float32, but X_unlabeled\[0\] "
         "of uint8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Items, Batches])
def test_items_that_change(item, message, kind, images):
    X, _ = images
    strategy = VAALQueryStrategy(**IMAGES).fit_pools(X[:40], X[40:])
    with pytest.raises(ValueError, match=message):
        strategy.query(kind(X, {7: item}), 3)
    with pytest.raises(ValueError, match=message):
        VAALQuery()(None, kind(X, {7: item}), 3, X_labeled=X[:40])


def test_a_dataset_that_returns_fewer_items_than_asked_for():
    class Short(Items):
        def __getitems__(self, rows):
            return [self[row] for row in rows[1:]]

    with pytest.raises(ValueError, match="X.__getitems__ returned 2 items for 3 indices"):
        source(Short(np.eye(9)))[slice(0, 3)]


def test_an_array_like_that_is_shorter_than_it_says():
    stored = Stored(np.eye(3))
    stored.shape = (9, 3)
    with pytest.raises(ValueError, match=r"X\[0:9\] has shape \(3, 3\), but X.shape is \(9, 3\)"):
        source(stored)[slice(0, 9)]


@pytest.mark.parametrize("kind", ["array-like", "Dataset"])
@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "NaN"), (-np.inf, "infinity"), (1e300, "infinity or a value")]
)
def test_nan_and_infinity_are_found_as_they_are_read(kind, value, what, digits, tmp_path):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK).fit(X, y)
    X = X.astype(np.float64)
    X[77, 5] = value
    lazy = KINDS[kind](X, tmp_path)
    with pytest.raises(ValueError, match=rf"X_unlabeled contains {what}.*X_unlabeled\[77, 5\]"):
        strategy.query(lazy, 3)
    with pytest.raises(ValueError, match=r"first at X\[77, 5\]"):
        VAALQueryStrategy(**QUICK).fit(lazy, y)


def test_where_nan_is_counts_in_the_users_own_layout():
    X = np.zeros((9, 8, 10, 3), np.float32)
    X[4, 7, 9, 2] = np.nan
    lazy = check_samples(
        VAALQueryStrategy(), Items(X), reset=True, data_format="channels_last"
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"X\[4, 7, 9, 2\]"):
        Pool(lazy, np.array([8, 4])).take(slice(0, 2))


@of_all_kinds
def test_the_unit_interval_is_checked_as_samples_are_read(kind, digits, tmp_path):
    X, y = digits
    params = {**QUICK, "likelihood": "bernoulli"}
    (tmp_path / "good").mkdir()
    VAALQueryStrategy(**params).fit(KINDS[kind](X, tmp_path / "good"), y)
    X = X.copy()
    X[50, 3] = 1.5
    with pytest.raises(ValueError, match=r"needs X in \[0, 1\], got values from 0 to 1.5.*X\[50\]"):
        VAALQueryStrategy(**params).fit(KINDS[kind](X, tmp_path), y)


def test_bfloat16_items_are_read_as_float32():
    assert source(Items(np.eye(3), {0: torch.zeros(3).bfloat16()})).dtype == np.float32


def test_another_pool_than_fitted(images):
    X, y = images
    strategy = VAALQueryStrategy(**IMAGES).fit(Items(X), y)
    with pytest.raises(ValueError, match=r"samples of shape \(1, 8, 9\), but"):
        strategy.query(Items(np.zeros((5, 1, 8, 9), np.uint8)))
    with pytest.raises(ValueError, match="X holds images of real numbers"):
        strategy.score_samples(Stored(X.astype(float)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        VAALQueryStrategy(**IMAGES).fit(Items(X), y[:-1])
    with pytest.raises(ValueError, match="n_instances=300"):
        VAALQuery()(None, Items(X), 300, X_labeled=X[:5])


def test_a_pipeline_says_that_it_cannot_read_a_dataset(images):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    X, _ = images
    query = VAALQuery(strategy=make_pipeline(FunctionTransformer(), VAALQueryStrategy(**IMAGES)))
    with pytest.raises(TypeError, match="X_unlabeled is a Dataset.*Pipeline"):
        query(None, Items(X), 3, X_labeled=X[:5])


# Candidates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("selection", ["k_center", "cluster"])
@pytest.mark.parametrize("space", ["input", "latent"])
@pytest.mark.parametrize("n", [3, 30])
def test_coordinates_of_the_candidates_alone_give_the_same_batch(selection, space, n, images):
    X, y = images
    params = {**UNSELECTED, "vae__width": 2, "selection": selection, "selection_space": space}
    strategy = VAALQueryStrategy(**params, selection__candidates_factor=4).fit(X, y)
    pool = X[40:]
    scores = strategy.score_samples(pool)
    Z, Z_labeled = strategy.transform(pool), strategy.transform(X[:40])
    if space == "input":
        Z, Z_labeled = strategy.input_space_.project(Pool(pool)), strategy.input_space_.labeled
    random_state = np.random.RandomState(strategy._seed)
    expected = SELECTIONS[selection](scores, Z, Z_labeled, n, random_state, candidates_factor=4)
    np.testing.assert_array_equal(strategy.query(pool, n), expected)


def test_coordinates_of_a_large_pool_are_those_of_the_candidates(images):
    X, y = images
    strategy = VAALQueryStrategy(**{**IMAGES, "selection": "k_center"}).fit(X, y)
    dataset = Items(np.tile(X, (10, 1, 1, 1)))
    strategy.query(dataset, 4)
    # Item 0 for its shape, all for the scores, 10 a sample for the coordinates.
    assert dataset.n_read == 1 + 2_400 + 40


def test_too_large_candidates_are_named_by_their_row(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**{**QUICK, "selection": "k_center", "selection_space": "input"})
    strategy.fit(X, y)
    with pytest.raises(ValueError, match=r"X_unlabeled\[11\] is too large"):
        strategy.input_space_.project(
            Pool(np.where(np.arange(20)[:, None] == 11, 1e25, X[:20])).part(np.array([4, 11])),
            "X_unlabeled",
        )
