"""VAALSampling with the real scikit-activeml."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import EmptyPoolWarning, VAALNet, VAALQueryStrategy

from .conftest import QUICK

pytest.importorskip("skactiveml")
from skactiveml.pool import SubSamplingWrapper
from skactiveml.utils import MISSING_LABEL

from skvaal.skactiveml import VAALSampling


@pytest.fixture
def pool(digits):
    X, y = digits
    return X, np.where(y == -1, np.nan, y)


@pytest.fixture
def sampling():
    return VAALSampling(VAALQueryStrategy(**QUICK), random_state=0)


def expected(X, y):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(X[:40], X[40:])
    return -strategy.score_samples(X)


def test_candidates_none_are_the_unlabelled_rows(sampling, pool):
    X, y = pool
    indices, utilities = sampling.query(X, y, batch_size=4, return_utilities=True)
    assert utilities.shape == (4, 240)
    assert np.isnan(utilities[:, :40]).all()
    np.testing.assert_allclose(utilities[0, 40:], expected(X, y)[40:], rtol=1e-6)
    np.testing.assert_array_equal(indices, 40 + np.argsort(-utilities[0, 40:])[:4])
    # Chosen samples are no candidates of the next row.
    for row in range(4):
        assert np.isnan(utilities[row, indices[:row]]).all()


def test_candidates_as_rows(sampling, pool):
    X, y = pool
    candidates = np.array([50, 60, 70, 200])
    indices, utilities = sampling.query(X, y, candidates, batch_size=2, return_utilities=True)
    assert set(indices) <= set(candidates)
    assert np.flatnonzero(~np.isnan(utilities[0])).tolist() == candidates.tolist()


def test_candidates_as_samples(sampling, pool):
    X, y = pool
    indices, utilities = sampling.query(X, y, X[100:110], batch_size=3, return_utilities=True)
    assert utilities.shape == (3, 10)
    assert indices.max() < 10
    np.testing.assert_allclose(utilities[0], expected(X, y)[100:110], rtol=1e-6)


def test_candidates_as_samples_where_all_of_X_is_labelled(sampling, pool):
    X, y = pool
    indices = sampling.query(X[:40], y[:40], X[100:150], batch_size=3)
    assert len(set(indices.tolist())) == 3
    assert sampling.strategy_.n_unlabeled_ == 50


@pytest.mark.parametrize(
    ("missing_label", "labels"),
    [(MISSING_LABEL, float), (-1, int), (None, object), ("?", "<U5")],
)
def test_any_missing_label(pool, missing_label, labels):
    X, y = pool
    marked = np.array([missing_label if np.isnan(v) else labels_of(v, labels) for v in y], labels)
    sampling = VAALSampling(VAALQueryStrategy(**QUICK), missing_label, random_state=0)
    assert sampling.query(X, marked).shape == (1,)
    assert sampling.strategy_.n_labeled_ == 40


def labels_of(value, dtype):
    return int(value) if dtype in (int, float) else f"c{int(value)}"


def test_no_labelled_row_is_a_random_choice_with_a_warning(sampling, pool, monkeypatch):
    X, y = pool
    monkeypatch.setattr(VAALNet, "partial_fit", None)  # nothing is trained
    with pytest.warns(EmptyPoolWarning, match="the choice is random"):
        indices = sampling.query(X, np.full(len(y), np.nan), batch_size=5)
    assert len(set(indices.tolist())) == 5


def test_images(images):
    X, y = images
    sampling = VAALSampling(VAALQueryStrategy(**QUICK, vae__width=2), missing_label=-1)
    assert sampling.query(X, y, batch_size=2).min() >= 40


def test_pipeline(pool):
    X, y = pool
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK))
    sampling = VAALSampling(pipeline)
    _, utilities = sampling.query(X, y, return_utilities=True)
    np.testing.assert_allclose(
        utilities[0, 40:], -sampling.strategy_.score_samples(X[40:]), rtol=1e-5
    )
    assert not hasattr(pipeline[-1], "net_")


def test_in_scikit_activemls_wrapper(pool):
    X, y = pool
    wrapped = SubSamplingWrapper(
        VAALSampling(VAALQueryStrategy(**QUICK)), max_candidates=30, random_state=0
    )
    indices, utilities = wrapped.query(X, y, batch_size=3, return_utilities=True)
    assert np.isfinite(utilities[0]).sum() == 30
    assert indices.min() >= 40


def test_same_seed_same_choice(pool):
    X, y = pool
    params = {k: v for k, v in QUICK.items() if k != "random_state"}

    def choose(seed):
        sampling = VAALSampling(VAALQueryStrategy(**params), random_state=seed)
        return sampling.query(X, y, batch_size=10).tolist()

    assert choose(0) == choose(0)
    assert choose(0) != choose(1)


def test_parameters():
    sampling = VAALSampling(VAALQueryStrategy(beta=3))
    assert sampling.get_params()["strategy__beta"] == 3
    assert (
        clone(sampling)
        .set_params(strategy__vae__latent_dim=4)
        .strategy.get_params()["vae__latent_dim"]
        == 4
    )
    with pytest.raises(TypeError, match="Pipeline that ends in one"):
        VAALSampling(StandardScaler()).query(np.eye(3), [0, np.nan, np.nan])


@pytest.mark.parametrize("selection", ["k_center", "greedy"])
@pytest.mark.parametrize("as_samples", [True, False])
def test_selection_of_the_strategy_makes_the_batch(digits, quick, selection, as_samples):
    X, labels = digits
    y = np.where(labels == -1, np.nan, labels)
    candidates = X[100:] if as_samples else np.arange(100, len(X))
    sampling = VAALSampling(VAALQueryStrategy(**{**quick, "selection": selection}), random_state=0)
    indices, utilities = sampling.query(X, y, candidates, batch_size=4, return_utilities=True)
    rows = indices if as_samples else indices - 100
    np.testing.assert_array_equal(rows, sampling.strategy_.query(X[100:], 4))
    np.testing.assert_array_equal(indices, sampling.query(X, y, candidates, batch_size=4))
    for step, (row, now) in enumerate(zip(indices, utilities, strict=True)):
        assert np.isfinite(now[row])
        assert np.isnan(now[indices[:step]]).all()


@pytest.mark.parametrize(
    "params",
    [
        {"uncertainty": "margin", "selection": "greedy"},
        {"condition": "pseudo_label"},
        {"relabel_states": True},
    ],
)
def test_there_is_no_classifier_to_ask(digits, quick, monkeypatch, params):
    X, labels = digits
    monkeypatch.setattr(VAALQueryStrategy, "fit_pools", lambda *a, **k: pytest.fail("trained"))
    sampling = VAALSampling(VAALQueryStrategy(**{**quick, **params}))
    with pytest.raises(ValueError, match="VAALSampling has no classifier; set uncertainty=None"):
        sampling.query(X, np.where(labels == -1, np.nan, labels))
