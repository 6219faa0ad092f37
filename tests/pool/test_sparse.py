"""Sparse matrices: read row by row, reduced, and never made dense as a whole."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from skvaal._pool import components as module
from skvaal._pool.arrays import SparseSource
from skvaal._pool.components import SparseReduction, needs_reduction
from skvaal._pool.pool import Pool
from skvaal._pool.validation import check_samples, check_unit_interval


def draw(n, n_features, density=0.05, seed=0, dtype=np.float64):
    return sparse.random(n, n_features, density, format="csr", random_state=seed, dtype=dtype)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "bsr", "dok", "dia"])
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array])
def test_rows_are_read_as_dense_ones(kind, make):
    X = draw(40, 6, 0.3)
    source = SparseSource(make(X).asformat(kind), "X")
    assert (source.shape, source.dtype, source.ndim, len(source)) == ((40, 6), X.dtype, 2, 40)
    for rows in (slice(0, 3), slice(30, 99), np.array([], np.intp), np.array([5, 4, 39, 5])):
        read = source[rows]
        assert type(read) is np.ndarray
        np.testing.assert_array_equal(read, X.toarray()[rows])


def test_entries_of_one_position_are_summed_before_they_are_checked():
    twice = sparse.csr_matrix(([3e39, -3e39, 1, 2], [0, 0, 1, 1], [0, 2, 4]), shape=(2, 2))
    source = SparseSource(twice, "X")
    np.testing.assert_array_equal(source[0:2], [[0, 0], [0, 3]])
    assert twice.nnz == 4  # the user's
    twice.data[:2] = 2e38
    with pytest.raises(ValueError, match=r"too large.*X\[0, 0\]"):
        SparseSource(twice, "X")


def test_a_pool_reads_float32():
    X = draw(40, 6, 0.3).astype(np.int64)
    pool = Pool(check_samples(X, estimator_name="E"), np.array([7, 2]))
    assert pool.take(slice(None)).dtype == np.float32
    np.testing.assert_array_equal(pool.take(slice(None)), X.toarray()[[7, 2]])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_are_found_before_they_are_read(value):
    X = draw(40, 1_000, 0.01).tolil()
    X[33, 501] = value
    with pytest.raises(ValueError, match=r"Input X_pool contains .*X_pool\[33, 501\]"):
        check_samples(X, name="X_pool", estimator_name="E")


def test_the_unit_interval_is_checked_among_the_stored_numbers():
    X = draw(40, 10_000, 0.001)
    X.data[:] = 0.5
    check_unit_interval(check_samples(X, estimator_name="E"), "X")
    X = X.tolil()
    X[31, 5_000] = 1.5
    with pytest.raises(ValueError, match=r"got values from 0.5 to 1.5.*X\[31\]"):
        check_unit_interval(check_samples(X.tocsr(), estimator_name="E"), "X")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (sparse.csr_matrix((3, 4), dtype=complex), "dtype complex128; it must hold"),
        (sparse.csr_matrix((0, 4)), r"X is empty: found 0 sample\(s\) \(shape=\(0, 4\)\)"),
        (sparse.csr_matrix((3, 0)), r"samples of shape \(0,\)"),
    ],
)
def test_what_cannot_be_learned_from(X, message):
    with pytest.raises(ValueError, match=message):
        check_samples(X, estimator_name="E")


def test_an_array_of_another_number_of_axes():
    with pytest.raises(ValueError, match=r"X is a sparse array with 1 axes \(shape \(3,\)\)"):
        check_samples(sparse.coo_array(np.arange(3)), estimator_name="E")


def test_only_wide_sparse_matrices_are_reduced():
    assert needs_reduction(sparse.csr_matrix((5, 129)))
    assert needs_reduction(SparseSource(sparse.csr_matrix((5, 129)), "X"))
    assert not needs_reduction(sparse.csr_matrix((5, 128)))
    assert not needs_reduction(np.zeros((5, 129)))


# Reduction ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("open_first", [False, True])
def test_the_reduction_is_scikit_learns(open_first):
    labeled, unlabeled = draw(20, 300), draw(60, 300, seed=1)
    X = sparse.vstack([labeled, unlabeled])
    expected = TruncatedSVD(10, random_state=3).fit(X)
    if open_first:
        labeled, unlabeled = SparseSource(labeled, "a"), SparseSource(unlabeled, "b")
    reduction = SparseReduction.fitted_on([labeled, unlabeled], seed=3, n_components=10)
    np.testing.assert_array_equal(reduction.components, expected.components_.astype(np.float32))
    Z = reduction.reduce(unlabeled)
    assert Z.dtype == np.float32
    np.testing.assert_allclose(Z, expected.transform(X[20:]), atol=1e-6)
    np.testing.assert_allclose(
        reduction.restore(Z), expected.inverse_transform(Z), rtol=1e-4, atol=1e-6
    )


def test_all_containers_are_reduced_alike(monkeypatch):
    X = draw(50, 200)
    reduction = SparseReduction.fitted_on([X[:0], X], seed=0)
    expected = reduction.reduce(X)
    assert expected.shape == (50, 50)  # no more components than samples
    # Which are all that there is, so that nothing is lost.
    np.testing.assert_allclose(reduction.restore(expected), X.toarray(), atol=1e-5)
    monkeypatch.setattr(module, "_SPARSE_CHUNK", 7)
    for same in (X, X.tocoo(), SparseSource(X, "X"), X.toarray(), sparse.csr_array(X)):
        np.testing.assert_allclose(reduction.reduce(same), expected, atol=1e-6)
    assert reduction.reduce(X[:0]).shape == (0, 50)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_any_dtype_is_reduced(dtype):
    X = (draw(50, 200) * 10).astype(dtype)
    reduction = SparseReduction.fitted_on([X[:10], X[10:]], seed=0, n_components=5)
    assert reduction.reduce(X).shape == (50, 5)


def test_of_large_pools_a_draw_is_fitted(monkeypatch):
    monkeypatch.setattr(module, "_MAX_FITTED_SPARSE", 50)
    fitted = []
    fit = TruncatedSVD.fit
    monkeypatch.setattr(TruncatedSVD, "fit", lambda self, X: fitted.append(X.shape) or fit(self, X))
    X = draw(500, 200)
    parts = [
        SparseReduction.fitted_on([X[:100], X[100:]], seed, 5).components for seed in (0, 0, 1)
    ]
    assert fitted == [(50, 200)] * 3
    np.testing.assert_array_equal(parts[0], parts[1])
    assert not np.array_equal(parts[0], parts[2])


def test_equal_samples_give_no_warning():
    X = sparse.csr_matrix(np.ones((20, 150)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reduction = SparseReduction.fitted_on([X[:3], X[3:]], seed=0, n_components=4)
        assert np.isfinite(reduction.reduce(X)).all()
        zeros = sparse.csr_matrix((20, 150))
        assert np.isfinite(SparseReduction.fitted_on([zeros, zeros], seed=0).reduce(zeros)).all()


def test_a_sample_too_large_to_be_computed_with_is_named():
    X = draw(20, 150)
    reduction = SparseReduction.fitted_on([X[:10], X[10:]], seed=0)
    large = sparse.csr_matrix(np.where(np.arange(20)[:, None] == 7, 3e38, X.toarray()))
    with pytest.raises(ValueError, match=r"X_pool\[7\] is too large"):
        reduction.reduce(large, "X_pool")
