"""Sparse matrices in both strategies: as dense ones where narrow, never made dense where wide."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQuery, VAALQueryStrategy

from .conftest import SMALL

N_LABELED = 30
Y = np.repeat([0, -1], [N_LABELED, 120])


def make_sparse(n_features, kind=sparse.csr_matrix):
    rng = np.random.RandomState(0)
    # Of few factors, so that components of wide samples mean something.
    X = np.maximum(rng.randn(150, 4) @ rng.randn(4, n_features) - 1, 0).astype(np.float32)
    return kind(X)


def make_strategy(name, **params):
    if name == "herding":
        return HerdingQueryStrategy(random_state=0, **params)
    return VAALQueryStrategy(**SMALL, **params)


@pytest.fixture(params=["vaal", "herding"])
def strategy(request):
    return make_strategy(request.param)


@pytest.mark.parametrize("n_features", [3, 50, 128])
@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array]
)
@pytest.mark.slow
def test_narrow_ones_are_as_dense_ones(strategy, n_features, kind):
    X = make_sparse(n_features, kind)
    dense = X.toarray()
    expected = type(strategy)(**strategy.get_params()).fit(dense, Y)
    strategy.fit(X, Y)
    assert strategy.n_features_in_ == n_features
    for samples in (X, dense):
        np.testing.assert_array_equal(strategy.transform(samples), expected.transform(dense))
        np.testing.assert_array_equal(
            strategy.query(samples, 7, return_scores=True),
            expected.query(dense, 7, return_scores=True),
        )
    if isinstance(strategy, VAALQueryStrategy):
        assert not hasattr(strategy, "sparse_reduction_")
        assert strategy.score(X) == expected.score(dense)
        np.testing.assert_array_equal(strategy.score_samples(X), expected.score_samples(dense))
        Z = strategy.transform(X)
        np.testing.assert_array_equal(strategy.inverse_transform(Z), expected.inverse_transform(Z))


@pytest.mark.parametrize("n_features", [3, 50, pytest.param(1000, marks=pytest.mark.slow)])
def test_pools_are_fitted_as_one_array(strategy, n_features):
    X = make_sparse(n_features)
    labeled, pool = X[:N_LABELED], X[N_LABELED:]
    expected = strategy.fit(X, Y).query(pool, 7)
    np.testing.assert_array_equal(strategy.fit_pools(labeled, pool).query(pool, 7), expected)
    np.testing.assert_array_equal(strategy.fit_query(labeled, pool, 7), expected)
    query = VAALQuery if isinstance(strategy, VAALQueryStrategy) else HerdingQuery
    found, values = query(strategy)(SimpleNamespace(X_training=labeled), pool, 7)
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(values).all()


def test_wide_ones_are_never_made_dense(strategy, monkeypatch):
    X = make_sparse(1000)

    def fail(self, *args, **kwargs):
        raise AssertionError("made dense")

    monkeypatch.setattr(sparse.csr_matrix, "toarray", fail)
    monkeypatch.setattr(sparse.csr_matrix, "todense", fail)
    strategy.fit(X, Y)
    assert len(set(strategy.query(X[N_LABELED:], 7).tolist())) == 7
    assert strategy.transform(X).shape == (
        150,
        3 if isinstance(strategy, VAALQueryStrategy) else 32,
    )
    assert strategy.n_features_in_ == 1000
    assert strategy.input_shape_ == (1000,)


def test_the_vae_reads_a_reduction_of_wide_ones():
    X = make_sparse(1000)
    strategy = make_strategy("vaal").fit(X, Y)
    reduction = strategy.sparse_reduction_
    assert reduction.components.shape == (128, 1000)
    reduced = X.toarray() @ reduction.components.T
    by_hand = make_strategy("vaal").fit(reduced, Y)
    # Equal but for rounding, which training amplifies.
    np.testing.assert_allclose(strategy.transform(X), by_hand.transform(reduced), atol=0.01)
    for score in ("score_samples", "score"):
        found, expected = getattr(strategy, score)(X), getattr(by_hand, score)(reduced)
        np.testing.assert_allclose(found, expected, rtol=0.01, atol=0.01)
    Z = strategy.transform(X)
    restored = strategy.inverse_transform(Z)
    assert restored.shape == (150, 1000)
    expected = strategy.net_.reconstruct(Z) @ reduction.components
    np.testing.assert_allclose(restored, expected, atol=1e-5)
    # Dense rows of as many features are reduced in the same way.
    np.testing.assert_allclose(strategy.transform(X.toarray()), Z, atol=1e-4)


@pytest.mark.parametrize("n_features", [3, 50, pytest.param(1000, marks=pytest.mark.slow)])
def test_saved_and_loaded(strategy, n_features, tmp_path):
    pytest.importorskip("safetensors")
    X = make_sparse(n_features)
    strategy.fit(X, Y).save(tmp_path / "file")
    loaded = type(strategy).load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.query(X, 7), strategy.query(X, 7))
    Z = strategy.transform(X)
    np.testing.assert_array_equal(loaded.transform(X), Z)
    if isinstance(strategy, VAALQueryStrategy):
        np.testing.assert_array_equal(loaded.inverse_transform(Z), strategy.inverse_transform(Z))
        assert loaded.score(X) == strategy.score(X)


@pytest.mark.parametrize("rule", ["herding", "k_center"])
def test_components_of_a_wide_matrix(rule):
    X = make_sparse(1000)
    strategy = make_strategy("vaal", rule=rule, rule__space="components").fit(X, Y)
    assert len(set(strategy.query(X[N_LABELED:], 7).tolist())) == 7


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
@pytest.mark.parametrize("n_features", [3, pytest.param(1000, marks=pytest.mark.slow)])
def test_without_labelled_samples(strategy, n_features):
    X = make_sparse(n_features)
    for labeled in (None, X[:0]):
        assert len(set(strategy.fit_pools(labeled, X).query(X, 7).tolist())) == 7
    assert len(set(strategy.fit(X).query(X, 7).tolist())) == 7


@pytest.mark.parametrize("n_features", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_dense_and_a_sparse_pool(strategy, n_features):
    X = make_sparse(n_features)
    pools = [X[:N_LABELED].toarray(), X[N_LABELED:]]
    assert len(set(strategy.fit_pools(*pools).query(pools[1], 7).tolist())) == 7
    pools = [X[:N_LABELED], X[N_LABELED:].toarray()]
    assert len(set(strategy.fit_pools(*pools).query(pools[1], 7).tolist())) == 7


@pytest.mark.parametrize("n_features", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_errors_name_the_argument_and_the_place(strategy, n_features):
    X = make_sparse(n_features)
    bad = X.copy().tolil()
    bad[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"contains NaN, first at X\[3, 2\]"):
        strategy.fit(bad.tocsr(), Y)
    strategy.fit(X, Y)
    with pytest.raises(ValueError, match=rf"expecting {n_features} features"):
        strategy.query(X[:, :-1])
    bad[3] = 1e30
    with pytest.raises(ValueError, match=r"X_unlabeled\[3\] (is too large|has the score)"):
        strategy.query(bad.tocsr())
