"""Principal components, in which distances between samples are measured."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

from skvaal._pool import components as module
from skvaal._pool.components import PrincipalComponents, SparseReduction
from skvaal._pool.pool import Pool
from skvaal._pool.samples import open_samples
from skvaal._pool.validation import check_samples

from .stores import Stored


def rows(n, n_dims, seed=0):
    return np.random.RandomState(seed).randn(n, n_dims).astype(np.float32)


@pytest.fixture(autouse=True)
def silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("n_dims", [1, 5, 32])
def test_distances_are_the_samples_own_where_all_components_are_kept(n_dims):
    X = rows(80, n_dims) * np.arange(1, n_dims + 1, dtype=np.float32)
    fitted = PrincipalComponents.fitted_on(Pool(X[:20]), Pool(X[20:]), seed=0)
    assert fitted.components.shape == (n_dims, n_dims)
    np.testing.assert_allclose(
        pairwise_distances(fitted.project(Pool(X))), pairwise_distances(X), atol=1e-3
    )


def test_distances_are_the_samples_own_where_there_are_few_samples():
    X = rows(12, 500)
    fitted = PrincipalComponents.fitted_on(Pool(X[:2]), Pool(X[2:]), seed=0)
    np.testing.assert_allclose(
        pairwise_distances(fitted.project(Pool(X))), pairwise_distances(X), atol=1e-3
    )


@pytest.mark.parametrize("n_dims", [33, 64, 200])
def test_at_most_32_components(n_dims):
    X = rows(100, n_dims)
    fitted = PrincipalComponents.fitted_on(Pool(X[:30]), Pool(X[30:]), seed=0)
    Z = fitted.project(Pool(X))
    assert Z.shape == (100, 32)
    assert Z.dtype == np.float32
    assert (pairwise_distances(Z) <= pairwise_distances(X) + 1e-3).all()
    np.testing.assert_allclose(fitted.components @ fitted.components.T, np.eye(32), atol=1e-5)


def test_components_are_those_of_most_variance():
    scales = np.where(np.arange(50) < 3, 10, 0.01).astype(np.float32)
    X = rows(300, 50) * scales
    fitted = PrincipalComponents.fitted_on(Pool(X[:100]), Pool(X[100:]), seed=0)
    expected = PCA(3, svd_solver="full").fit(X)
    np.testing.assert_allclose(fitted.mean, X.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(
        np.abs(fitted.components[:3]), np.abs(expected.components_), atol=1e-2
    )


def test_uint8_images_are_scaled_as_the_vae_sees_them():
    X = np.random.RandomState(0).randint(0, 256, (50, 3, 8, 8)).astype(np.uint8)
    in_unit = (X / 255).astype(np.float32)
    of_bytes = PrincipalComponents.fitted_on(Pool(X[:10]), Pool(X[10:]), seed=0)
    of_floats = PrincipalComponents.fitted_on(Pool(in_unit[:10]), Pool(in_unit[10:]), seed=0)
    np.testing.assert_allclose(of_bytes.mean, in_unit.reshape(50, -1).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(
        pairwise_distances(of_bytes.project(Pool(X))),
        pairwise_distances(of_floats.project(Pool(in_unit))),
        atol=1e-3,
    )
    # Rows of numbers, unlike images, are taken as they are.
    flat = X.reshape(50, -1)[:, :20]
    fitted = PrincipalComponents.fitted_on(Pool(flat[:10]), Pool(flat[10:]), seed=0)
    np.testing.assert_allclose(
        pairwise_distances(fitted.project(Pool(flat))),
        pairwise_distances(flat.astype(float)),
        rtol=1e-3,
        atol=1e-1,
    )


@pytest.mark.parametrize("value", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("n_dims", [3, 100])
def test_equal_samples_are_one_point_without_a_warning(value, n_dims):
    X = np.full((90, n_dims), value, dtype=np.float32)
    fitted = PrincipalComponents.fitted_on(Pool(X[:5]), Pool(X[5:]), seed=0)
    Z = fitted.project(Pool(X))
    assert np.isfinite(fitted.components).all()
    np.testing.assert_array_equal(Z, np.broadcast_to(Z[0], Z.shape))


@pytest.mark.parametrize(("n_labeled", "n_unlabeled"), [(0, 30), (30, 0), (1, 1), (0, 1), (1, 0)])
def test_a_pool_may_be_empty_or_a_single_sample(n_labeled, n_unlabeled):
    X = rows(n_labeled + n_unlabeled, 6)
    fitted = PrincipalComponents.fitted_on(Pool(X[:n_labeled]), Pool(X[n_labeled:]), seed=0)
    assert fitted.project(Pool(X[:n_labeled])).shape == (n_labeled, len(fitted.components))
    np.testing.assert_allclose(
        pairwise_distances(fitted.project(Pool(X))), pairwise_distances(X), atol=1e-4
    )


@pytest.fixture
def fitted_rows(monkeypatch):
    """Arrays that components are fitted on, as they come."""
    seen = []
    fit = PCA.fit
    monkeypatch.setattr(PCA, "fit", lambda self, X: seen.append(X) or fit(self, X))
    return seen


def test_of_large_pools_a_draw_of_both_is_fitted(monkeypatch, fitted_rows):
    monkeypatch.setattr(module, "_MAX_FITTED", 50)
    monkeypatch.setattr(module, "_MIN_FITTED", 10)
    X = rows(500, 4)
    X[:, 0] = np.arange(500)  # tells who is drawn
    fits = [PrincipalComponents.fitted_on(Pool(X[:100]), Pool(X[100:]), seed) for seed in (0, 0, 1)]
    drawn = [np.rint(seen[:, 0]).astype(int) for seen in fitted_rows]
    for who in drawn:
        assert len(set(who)) == len(who) == 50
        assert (who < 100).sum() == 10  # each pool has its share
    np.testing.assert_array_equal(fits[0].components, fits[1].components)
    assert set(drawn[0]) == set(drawn[1]) != set(drawn[2])
    assert fits[0].project(Pool(X)).shape == (500, 4)


@pytest.mark.parametrize(("max_numbers", "n_fitted"), [(1000, 100), (1, 20), (2**25, 200)])
def test_of_large_samples_fewer_are_fitted_and_all_are_projected(
    monkeypatch, fitted_rows, max_numbers, n_fitted
):
    X = rows(200, 10)
    expected = PrincipalComponents.fitted_on(Pool(X[:40]), Pool(X[40:]), seed=0)
    monkeypatch.setattr(module, "_MIN_FITTED", 20)
    monkeypatch.setattr(module, "_MAX_NUMBERS", max_numbers)
    fitted = PrincipalComponents.fitted_on(Pool(X[:40]), Pool(X[40:]), seed=0)
    assert len(fitted_rows[-1]) == n_fitted
    # In blocks of any size.
    Z = expected.project(Pool(X))
    np.testing.assert_allclose(Z, (X - expected.mean) @ expected.components.T, atol=1e-5)
    assert fitted.project(Pool(X)).shape == Z.shape


def test_memmap_is_the_same_as_an_array(tmp_path):
    X = np.random.RandomState(0).randint(0, 256, (40, 1, 8, 8)).astype(np.uint8)
    mapped = np.memmap(tmp_path / "X", dtype=X.dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    read_only = np.memmap(tmp_path / "X", dtype=X.dtype, mode="r", shape=X.shape)
    labeled, unlabeled = np.arange(10), np.arange(10, 40)
    of_file = PrincipalComponents.fitted_on(
        Pool(read_only, labeled), Pool(read_only, unlabeled), seed=0
    )
    in_memory = PrincipalComponents.fitted_on(Pool(X, labeled), Pool(X, unlabeled), seed=0)
    Z = of_file.project(Pool(read_only))
    assert type(Z) is np.ndarray
    np.testing.assert_array_equal(Z, in_memory.project(Pool(X)))
    np.testing.assert_array_equal(np.asarray(read_only), X)


@pytest.mark.parametrize("scale", [1e19, 1e30, 1e38])
def test_samples_too_large_for_distances_are_an_error(scale):
    X = rows(60, 5).clip(-1, 1)
    message = "too large for distances.*StandardScaler"
    with pytest.raises(ValueError, match=message):
        PrincipalComponents.fitted_on(Pool(X[:10]), Pool(X[10:] * np.float32(scale)), seed=0)
    fitted = PrincipalComponents.fitted_on(Pool(X[:10]), Pool(X[10:]), seed=0)
    X[7] = scale
    with pytest.raises(ValueError, match=rf"pool\[7\] is {message}"):
        fitted.project(Pool(X), "pool")


def test_samples_of_any_common_size_are_not():
    X = rows(60, 5)
    for scale in np.float32([1e-3, 1e6, 1e15]):
        fitted = PrincipalComponents.fitted_on(Pool(X[:10] * scale), Pool(X[10:] * scale), seed=0)
        np.testing.assert_allclose(
            pairwise_distances(fitted.project(Pool(X * scale)).astype(float)) / scale,
            pairwise_distances(X),
            rtol=1e-3,
            atol=1e-3,
        )


def test_components_are_as_many_as_asked_for():
    X = rows(100, 40)
    fitted = PrincipalComponents.fitted_on(Pool(X[:30]), Pool(X[30:]), seed=0, n_components=7)
    expected = PCA(7, svd_solver="randomized", random_state=0).fit(X)
    np.testing.assert_array_equal(fitted.components, expected.components_)
    assert fitted.project(Pool(X)).shape == (100, 7)


def test_a_large_pool_is_projected_in_pieces(monkeypatch):
    monkeypatch.setattr(module, "_MAX_NUMBERS", 64 * 160)
    X = rows(2_000, 64)
    stored = Stored(X, most_rows=20)
    fitted = PrincipalComponents.fitted_on(Pool(X[:40]), Pool(X[40:400]), seed=0)
    np.testing.assert_array_equal(
        fitted.project(Pool(open_samples(stored, "X"))), fitted.project(Pool(X))
    )
    assert len(stored.reads) == 100


def test_a_too_large_sample_of_some_rows_is_named_by_its_row_in_the_whole():
    X = rows(40, 5).clip(-1, 1)
    fitted = PrincipalComponents.fitted_on(Pool(X[:20]), Pool(X[20:]), seed=0)
    X[11] = 1e25
    with pytest.raises(ValueError, match=r"X_unlabeled\[11\] is too large"):
        fitted.project(Pool(X).part(np.array([4, 11])), "X_unlabeled")


def test_blocks_of_a_dask_array_are_projected_where_they_lie():
    da = pytest.importorskip("dask.array")
    X = rows(90, 6).clip(-1, 1)
    fitted = PrincipalComponents.fitted_on(Pool(X[:30]), Pool(X[30:]), seed=0)
    pool = Pool(open_samples(da.from_array(X, chunks=(40, 6)), "X"))
    np.testing.assert_allclose(fitted.project(pool), fitted.project(Pool(X)), atol=1e-6)
    X[70] = 1e30
    pool = Pool(open_samples(da.from_array(X, chunks=(40, 6)), "X"))
    with pytest.raises(ValueError, match=r"pool\[70\] is too large"):
        fitted.project(pool, "pool")


# Sparse samples ----------------------------------------------------------------------------------


def sparse_pool(X, rows=None):
    return Pool(check_samples(X, estimator_name="E", allow_empty=True), rows)


def test_components_of_wide_sparse_samples_are_singular_vectors():
    X = sparse.random(90, 400, 0.05, format="csr", random_state=0)
    labeled, unlabeled = np.arange(0, 90, 3), np.setdiff1d(range(90), range(0, 90, 3))
    fitted = PrincipalComponents.fitted_on(
        sparse_pool(X, labeled), sparse_pool(X, unlabeled), seed=0, n_components=6
    )
    expected = SparseReduction.fitted_on([X[labeled], X[unlabeled]], 0, 6)
    np.testing.assert_array_equal(fitted.components, expected.components)
    assert not fitted.mean.any()
    np.testing.assert_allclose(fitted.project(sparse_pool(X)), expected.reduce(X), atol=1e-6)
    np.testing.assert_array_equal(
        fitted.project(sparse_pool(X, unlabeled)), fitted.project(sparse_pool(X))[unlabeled]
    )


def test_wide_sparse_samples_are_never_made_dense(monkeypatch):
    def take(self, positions):
        raise AssertionError("read as a dense array")

    monkeypatch.setattr(Pool, "take", take)
    monkeypatch.setattr(module, "_SPARSE_CHUNK", 7)
    X = sparse.random(90, 100_000, 1e-4, format="csr", random_state=0)
    fitted = PrincipalComponents.fitted_on(sparse_pool(X[:0]), sparse_pool(X), seed=0)
    assert fitted.project(sparse_pool(X)).shape == (90, 32)


def test_narrow_sparse_samples_are_as_dense_ones():
    X = sparse.random(90, 40, 0.3, format="csr", random_state=0)
    of_sparse = PrincipalComponents.fitted_on(sparse_pool(X[:9]), sparse_pool(X[9:]), seed=0)
    dense = X.toarray()
    of_dense = PrincipalComponents.fitted_on(Pool(dense[:9]), Pool(dense[9:]), seed=0)
    np.testing.assert_array_equal(of_sparse.components, of_dense.components)
    np.testing.assert_array_equal(of_sparse.project(sparse_pool(X)), of_dense.project(Pool(dense)))


def test_components_of_dense_samples_project_sparse_ones():
    X = sparse.random(90, 200, 0.3, format="csr", random_state=0)
    dense = X.toarray()
    fitted = PrincipalComponents.fitted_on(sparse_pool(X[:9]), Pool(dense[9:]), seed=0)
    assert fitted.mean.any()
    np.testing.assert_allclose(
        fitted.project(sparse_pool(X)), fitted.project(Pool(dense)), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_too_large_sparse_samples_are_an_error(dtype):
    X = sparse.random(60, 200, 0.3, format="csr", random_state=0, dtype=dtype)
    fitted = PrincipalComponents.fitted_on(sparse_pool(X[:9]), sparse_pool(X[9:]), seed=0)
    X = sparse.diags(np.where(np.arange(60) == 7, 1e25, 1)).astype(dtype) @ X
    with pytest.raises(ValueError, match="X has samples too large for distances"):
        PrincipalComponents.fitted_on(sparse_pool(X[:9]), sparse_pool(X[9:]), seed=0)
    with pytest.raises(ValueError, match=r"pool\[7\] is too large for distances"):
        fitted.project(sparse_pool(X), "pool")
