"""Columns and pools on scales of their own."""

from __future__ import annotations

import dask.array
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import HerdingQueryStrategy, UnequalScalesWarning, VAALQueryStrategy
from skvaal._pool.arrays import ArrayLikeSource, SparseSource
from skvaal._pool.pool import Pool
from skvaal._pool.scales import Scale, measure_scale
from tests.pool.stores import Items, Stored

X = load_digits().data[:300] / 16
STANDARD = np.random.default_rng(0).normal(size=(60, 4))


def herding():
    return HerdingQueryStrategy(random_state=0)


# Pools


@pytest.mark.parametrize("factor", [10.5, 256, 1e-2])
def test_pools_of_other_scales(factor):
    large, small = ("X_unlabeled", "X_labeled") if factor > 1 else ("X_labeled", "X_unlabeled")
    message = f"{large} is about .* times as large as {small}: .* same transformer"
    with pytest.warns(UnequalScalesWarning, match=message) as warned:
        herding().fit_pools(X[:50], factor * X[50:])
    assert len(warned) == 1


def test_parts_of_one_array():
    y = np.where(np.arange(300) < 50, 0, -1)
    with pytest.warns(UnequalScalesWarning, match="unlabelled part of X is about 16 times"):
        herding().fit(np.vstack([X[:50], 16 * X[50:]]), y)


@pytest.mark.parametrize("factor", [16, 1 / 16])
def test_a_query_on_another_scale_than_the_fit(factor):
    strategy = herding().fit_pools(X[:50], X[50:200])
    names = ("X_unlabeled", "the samples in fit")[:: 1 if factor > 1 else -1]
    with pytest.warns(UnequalScalesWarning, match=f"{names[0]} .*16 times as large as {names[1]}"):
        strategy.query(factor * X[200:], 3)


@pytest.mark.parametrize(
    "pools",
    [
        (X[:50], 9 * X[50:]),
        (X[:9], 100 * X[50:]),  # too few to tell
        (X[:50], np.vstack([X[50:], 1e4 * X[:5]])),  # outliers
        (X[:50] + 1000, X[50:] + 1000),
        (np.full((20, 64), 0.5), X[50:]),  # all equal
        (0.5 + 0.01 * X[:50], X[50:]),  # a corner of the pool
        (X[:50].astype(np.float32), 0 * X[50:].astype(np.float32)),
    ],
    ids=["9 times", "few", "outliers", "far", "equal", "corner", "zeros"],
)
def test_pools_that_may_differ(pools):
    herding().fit_pools(*pools)


@pytest.mark.parametrize("kind", [HerdingQueryStrategy, VAALQueryStrategy])
def test_a_query_after_loading(kind, tmp_path):
    params = {"max_epochs": 1} if kind is VAALQueryStrategy else {}
    kind(random_state=0, **params).fit_pools(X[:50], X[50:200]).save(tmp_path / "model")
    loaded = kind.load(tmp_path / "model")
    loaded.query(X[200:], 3)
    with pytest.warns(UnequalScalesWarning, match="16 times as large as the samples in fit"):
        loaded.query(16 * X[200:], 3)
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


@pytest.mark.parametrize("values", [[1.0], [1.0, 0.0], [-1.0, 2.0], [1.0, np.nan], [1, 1]])
def test_a_scale_in_a_file_that_is_none(values):
    with pytest.raises(ValueError, match="its array scale"):
        Scale.taken_from({"scale": np.array(values)})


# Columns


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame])
def test_a_column_that_outweighs_all_others(make):
    frame = pd.DataFrame(STANDARD, columns=list("abcd")).assign(id=np.arange(60) * 10)
    shown = "'id'" if make is pd.DataFrame else "4"
    message = f"the column {shown} of X holds 100.0% of the variance of all 5 columns.*StandardScal"
    with pytest.warns(UnequalScalesWarning, match=message) as warned:
        herding().fit_pools(make(frame[:20]), make(frame[20:]))
    assert len(warned) == 1


def test_wine_before_and_after_a_scaler():
    data = load_wine(as_frame=True).data
    with pytest.warns(UnequalScalesWarning, match="the column 'proline' .* 99.8%"):
        herding().fit(data)
    make_pipeline(StandardScaler(), herding()).fit(data)


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes, load_digits, load_iris])
def test_ordinary_tables(load):
    data = load().data
    strategy = herding().fit_pools(data[:40], data[40:])
    strategy.query(data[40:], 10)


@pytest.mark.parametrize(
    "data",
    [
        STANDARD[:, :1],
        np.hstack([STANDARD[:, :1], np.ones((60, 5))]),  # the others are constant
        csr_matrix(STANDARD * [1, 1, 1, 1000]),
        (np.random.default_rng(0).random((12, 1, 8, 8)) * np.eye(8) ** 9),
        STANDARD[:9] * [1, 1, 1, 1000],
    ],
    ids=["one", "constant", "sparse", "images", "few rows"],
)
def test_what_no_column_can_outweigh(data):
    herding().fit(data)


# What is read when it is asked for


def wide(X):
    return csr_matrix(np.tile(X, 3))


KINDS = {"sparse": csr_matrix, "wide": wide, "stored": Stored}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_is_no_array_in_memory(kind):
    strategy = herding()
    with pytest.warns(UnequalScalesWarning, match="X_unlabeled is about 16 times") as warned:
        strategy.fit_pools(kind(X[:50]), kind(16 * X[50:]))
    assert len(warned) == 1
    strategy.fit_pools(kind(X[:50]), kind(X[50:]))
    with pytest.warns(UnequalScalesWarning, match="X_unlabeled is about 16 times .* in fit"):
        strategy.query(kind(16 * X[50:]), 3)


def test_a_sparse_pool_beside_an_array():
    matrix = wide(X)
    herding().fit_pools(matrix[:50].toarray(), matrix[50:])
    herding().fit_pools(matrix[:50], matrix[50:].toarray())


def test_a_few_runs_of_a_stored_array():
    class Counted(Stored):
        n_rows = 0

        def __getitem__(self, rows):
            Counted.n_rows += rows.stop - rows.start
            return super().__getitem__(rows)

    # All are equal, but what is read is read.
    pool = Pool(ArrayLikeSource(Counted(np.ones((5000, 2)), chunks=(64, 2)), "X"))
    assert measure_scale(pool) is None
    assert Counted.n_rows <= 8 * 2 * 64


def test_equal_rows_of_a_wide_matrix():
    equal = csr_matrix(np.tile(np.random.default_rng(0).random(200), (30, 1)))
    assert measure_scale(Pool(SparseSource(equal, "X"))) is None


def test_a_wide_matrix_is_measured_as_an_array():
    matrix = wide(X)
    of_array = measure_scale(Pool(matrix.toarray()))
    assert measure_scale(Pool(SparseSource(matrix, "X"))).times(of_array) == pytest.approx(1)


@pytest.mark.parametrize("make", [Items, dask.array.from_array])
def test_what_is_not_read_for_its_scale(make):
    herding().fit_pools(make(X[:50].astype(np.float32)), make(16 * X[50:].astype(np.float32)))
