"""Centring and scaling in float64: only where float32 would lose, and the same for every source."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random

from skvaal import HerdingQueryStrategy, PrecisionWarning
from skvaal._pool.conditioning import Conditioning, learn_conditioning
from skvaal._pool.pool import Pool
from skvaal._pool.validation import check_samples

from .stores import KINDS, of_all_kinds

X = np.random.RandomState(0).randn(300, 4)


def learn(*pools):
    opened = [check_samples(X, estimator_name="E") for X in pools]
    return learn_conditioning({f"X{i}": each for i, each in enumerate(opened)}, 0)


@pytest.mark.parametrize(
    "samples",
    [
        X,
        X.astype(np.float32),
        X * 0.01,
        X * 1e9,
        X + 1000,
        X * [1, 10, 1e3, 1e5],
        np.random.RandomState(0).rand(50, 1, 8, 8),
        np.zeros((50, 1, 8, 8), np.uint8),
        (X > 0),
        np.full((30, 3), 1e6),
        np.zeros((30, 3)),
        random(300, 2_000, 0.01, "csr", random_state=0),
        np.where(np.arange(300)[:, None] == 7, 1e18, X),
    ],
    ids=[
        "normal", "float32", "0.01", "1e9", "+1000", "scales", "images", "bytes", "bool", "equal",
        "zeros", "sparse", "an outlier",
    ],
)  # fmt: skip
def test_ordinary_samples_are_left_alone(samples):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert learn(samples) is None


@pytest.mark.parametrize("scale", [1e-25, 1e-6, 1e-3, 1e15, 2.0**80])
@pytest.mark.parametrize("offset", [0, 1.7e9])
def test_numbers_come_near_1_and_back(scale, offset):
    moved = X * scale + offset * scale
    learned = learn(moved)
    computed = learned.apply(moved)
    assert computed.dtype == np.float32
    assert 0.5 < np.median(np.abs(computed - np.median(computed, axis=0))) < 2
    assert np.log2(learned.factor).is_integer()
    np.testing.assert_allclose(
        learned.undo(computed), moved, rtol=1e-14 if offset else 1e-5, atol=1e-6 * scale
    )


def test_an_offset_alone_leaves_the_scale():
    learned = learn(X + 1.7e9)
    assert learned.factor == 1
    np.testing.assert_allclose(learned.offset, 1.7e9, atol=1)
    np.testing.assert_allclose(learned.apply(X + 1.7e9), X - (learned.offset - 1.7e9), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float64, np.longdouble])
def test_time_stamps_of_any_type(dtype):
    seconds = np.random.RandomState(0).randint(0, 9, (300, 2)) + 1_700_000_000
    learned = learn(seconds.astype(dtype))
    computed = learned.apply(seconds.astype(dtype))
    np.testing.assert_array_equal(computed - computed[0], seconds - seconds[0])


def test_both_pools_count_by_their_size():
    few, many = X[:30] + 1e5, X[30:] + 1e6
    learned = learn(few, many)
    np.testing.assert_allclose(learned.offset, 1e6, atol=1)
    assert learn_conditioning({"a": few[:0], "b": many}, 0).offset.shape == (4,)


def test_a_draw_of_a_large_pool(monkeypatch):
    monkeypatch.setattr("skvaal._pool.conditioning._MAX_NUMBERS", 4 * 64)
    learned = learn(X + 1.7e9)
    np.testing.assert_allclose(learned.offset, 1.7e9, atol=1)


@of_all_kinds
def test_every_source_is_conditioned_as_it_is_read(kind, tmp_path):
    moved = (X * 1e-25).reshape(100, 12)
    source = check_samples(KINDS[kind](moved, tmp_path), estimator_name="E")
    learned = learn_conditioning({"X": source}, 0)
    expected = learned.apply(moved)
    np.testing.assert_array_equal(Pool(learned.on(source)).take(slice(None)), expected)
    rows = np.array([7, 3, 99])
    np.testing.assert_array_equal(Pool(learned.on(source), rows).take(slice(None)), expected[rows])
    np.testing.assert_array_equal(learned.on(moved), expected)


def test_blocks_of_dask():
    da = pytest.importorskip("dask.array")
    moved = X + 1.7e9
    source = check_samples(da.from_array(moved, chunks=(70, 4)), estimator_name="E")
    learned = learn_conditioning({"X": source}, 0)
    read = Pool(learned.on(source)).apply(lambda pool: pool.take(slice(None)))
    np.testing.assert_array_equal(read, learned.apply(moved))


def test_channels_last_and_large_arrays_in_pieces(monkeypatch):
    monkeypatch.setattr("skvaal._pool.conditioning._CHUNK", 700)
    images = np.random.RandomState(0).rand(30, 9, 8, 2) + np.array([1e8, 2e8])
    samples = check_samples(images, data_format="channels_last", estimator_name="E")
    learned = learn_conditioning({"X": samples}, 0)
    assert learned.offset.shape == (2, 9, 8)
    computed = learned.on(samples)
    assert computed.std() == pytest.approx(0.29, abs=0.01)
    np.testing.assert_allclose(
        np.moveaxis(learned.undo(computed), 1, -1), images, rtol=0, atol=1e-7
    )


@pytest.mark.parametrize("n_features", [20, 300])
def test_a_sparse_matrix_stays_sparse_where_it_has_no_offset(n_features):
    matrix = random(200, n_features, 0.2, "csr", random_state=0) * 1e-25
    source = check_samples(matrix, estimator_name="E")
    learned = learn_conditioning({"X": source}, 0)
    scaled = learned.on(source)
    assert abs(scaled.X - matrix * learned.factor).max() == 0
    assert source.X.data.max() < 1e-24  # the user's own is as it was
    squares = np.asarray(scaled.X.power(2).sum(axis=1)) / min(n_features, 128)
    assert 0.25 < np.sqrt(np.median(squares)) < 4


def test_a_narrow_sparse_matrix_with_an_offset():
    learned = learn(csr_matrix(X + 1e9))
    source = check_samples(csr_matrix(X + 1e9), estimator_name="E")
    np.testing.assert_array_equal(learned.on(source)[0:300], learned.apply(X + 1e9))


# Where float32 cannot help ------------------------------------------------------------------------


def test_rows_that_are_equal_as_computed_warn():
    times = np.where(X[:, :1] > 0, 1.7e9 + X, X)  # half of them are not known
    with pytest.warns(PrecisionWarning, match="different samples in a draw from X0, .*StandardSc"):
        learn(times)


def test_equal_rows_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn(np.repeat(X[:20], 10, axis=0))
        learn(np.vstack([X[:200], X[:10] * (1 + 1e-15)]))


# Files --------------------------------------------------------------------------------------------


def test_arrays_of_a_file():
    learned = Conditioning(np.array([1.7e9, 0]), 0.5)
    arrays = {**learned.to_arrays(), "other": np.zeros(1)}
    again = Conditioning.taken_from(arrays, (2,))
    np.testing.assert_array_equal(again.offset, learned.offset)
    assert again.factor == 0.5
    assert list(arrays) == ["other"]
    assert Conditioning.taken_from(arrays, (2,)) is None


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("offset", np.zeros(3), "shape"),
        ("offset", np.zeros(2, np.float32), "float64"),
        ("offset", None, "no array conditioning.offset"),
        ("factor", np.array([0.0]), "above 0"),
        ("factor", np.array([np.nan]), "not finite"),
    ],
)
def test_damaged_arrays_of_a_file(name, array, message):
    arrays = Conditioning(np.zeros(2), 2.0).to_arrays()
    arrays[f"conditioning.{name}"] = array
    arrays = {name: each for name, each in arrays.items() if each is not None}
    with pytest.raises(ValueError, match=message):
        Conditioning.taken_from(arrays, (2,))


@pytest.mark.parametrize(
    "make", [np.asarray, lambda X: csr_matrix(np.tile(X, 40) * 1e9)], ids=["dense", "sparse"]
)
def test_one_array_and_two_pools_are_conditioned_alike(make):
    rng = np.random.RandomState(0)
    samples = make(1.7e9 + rng.randn(900, 5) * 1000)
    rows = np.flatnonzero(rng.rand(900) < 0.1), np.arange(900)
    rows = rows[0], np.setdiff1d(rows[1], rows[0])
    opened = check_samples(samples, estimator_name="E")
    pools = [check_samples(samples[each], estimator_name="E") for each in rows]
    apart = learn_conditioning(dict(zip("ab", pools, strict=True)), 0)
    together = learn_conditioning({"X": opened}, 0, rows)
    np.testing.assert_array_equal(together.offset, apart.offset)
    assert together.factor == apart.factor


def test_a_strategy_chooses_the_same_from_one_array_and_from_two():
    moved = 1.7e9 + np.random.RandomState(0).randn(900, 5) * 1000
    y = np.where(np.arange(900) % 30 == 0, 1, -1)
    y[0] = 0
    chosen = HerdingQueryStrategy(random_state=0).fit(moved, y).query(moved[y == -1], 5)
    pools = moved[y >= 0], moved[y == -1]
    apart = HerdingQueryStrategy(random_state=0).fit_query(*pools, 5)
    np.testing.assert_array_equal(chosen, apart)


@pytest.mark.parametrize("make", [np.asarray, csr_matrix])
@pytest.mark.parametrize("scale", [1e-310, 2.0**-1060])
def test_denormal_numbers(make, scale):
    moved = (np.round(X, 1) * scale).astype(np.float64)
    learned = learn(make(moved))
    assert learned.factor == 2.0**1023
    np.testing.assert_allclose(learned.undo(learned.apply(moved)), moved, rtol=1e-6, atol=0)
    tiny = np.random.RandomState(0).randint(0, 9, (40, 5)) * 5e-324
    strategy = HerdingQueryStrategy(random_state=0).fit(make(tiny), [0] * 3 + [-1] * 37)
    indices = strategy.query(make(tiny[3:]), 4)
    in_other_units = HerdingQueryStrategy(random_state=0).fit_pools(
        make(tiny[:3] * 2.0**1000), make(tiny[3:] * 2.0**1000)
    )
    assert set(indices) == set(in_other_units.query(make(tiny[3:] * 2.0**1000), 4))
