"""The steps in front of a strategy: fitted on two pools, and asked what they need."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from torch.utils.data import TensorDataset, default_convert

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal._pipelines import (
    clone_strategy,
    fit_front,
    last_step,
    transform_front,
)

RNG = np.random.RandomState(0)
LABELED, UNLABELED = RNG.randn(6, 3), RNG.randn(9, 3) + 2
BOTH = np.concatenate([LABELED, UNLABELED])
Y = np.arange(6) % 2
STRATEGY = HerdingQueryStrategy()


def pipeline(*steps):
    return make_pipeline(*steps, STRATEGY)


def test_the_last_step_is_the_strategy():
    assert last_step(STRATEGY) is STRATEGY
    assert last_step(pipeline(PCA())) is STRATEGY
    assert last_step(pipeline(), HerdingQueryStrategy) is STRATEGY
    with pytest.raises(TypeError, match="a VAALQueryStrategy or a Pipeline .* got PCA"):
        last_step(make_pipeline(PCA()))
    with pytest.raises(TypeError, match="a HerdingQueryStrategy or .* got VAALQueryStrategy"):
        clone_strategy(VAALQueryStrategy(), HerdingQueryStrategy)


def test_a_copy_is_cloned():
    copy = clone_strategy(given := pipeline(PCA(2)), HerdingQueryStrategy)
    assert copy is not given
    assert copy[-1] is not STRATEGY
    assert copy[0].n_components == 2


@pytest.mark.parametrize("strategy", [STRATEGY, pipeline()], ids=["strategy", "one step"])
def test_without_a_front_the_pools_stay_as_they_are(strategy):
    assert fit_front(strategy, LABELED, UNLABELED)[0] is LABELED
    assert fit_front(strategy, None, UNLABELED) == (None, UNLABELED)
    assert transform_front(strategy, UNLABELED) is UNLABELED


@pytest.mark.parametrize("memory", [None, "cache"])
def test_steps_are_fitted_on_both_pools(tmp_path, memory):
    memory = memory and str(tmp_path)
    fitted = Pipeline([("scale", StandardScaler()), ("last", STRATEGY)], memory=memory)
    Z = StandardScaler().fit_transform(BOTH)
    for _ in range(2):  # the second time, steps come from the cache
        pools = fit_front(fitted, LABELED, UNLABELED, Y)
        np.testing.assert_allclose(pools[0], Z[:6])
        np.testing.assert_allclose(pools[1], Z[6:])
    np.testing.assert_allclose(transform_front(fitted, UNLABELED), Z[6:])


@pytest.mark.parametrize("nothing", [None, LABELED[:0]], ids=["None", "no row"])
def test_where_nothing_is_labelled_the_pool_alone_is_read(nothing):
    fitted = pipeline(StandardScaler())
    Z_labeled, Z = fit_front(fitted, nothing, UNLABELED)
    assert len(Z_labeled) == 0
    np.testing.assert_allclose(Z, StandardScaler().fit_transform(UNLABELED))
    with pytest.raises(ValueError, match="step 'selectkbest' learns from labels"):
        fit_front(pipeline(SelectKBest(k=1)), nothing, UNLABELED, Y)


@pytest.mark.parametrize("skipped", ["passthrough", None])
def test_a_step_that_needs_labels_gets_them_and_the_others_both_pools(skipped):
    steps = [("skip", skipped), ("scale", StandardScaler()), ("select", SelectKBest(k=1))]
    fitted = Pipeline([*steps, ("last", STRATEGY)])
    Z_labeled, Z = fit_front(fitted, LABELED, UNLABELED, Y)
    scaled = StandardScaler().fit_transform(BOTH)
    select = SelectKBest(k=1).fit(scaled[:6], Y)
    np.testing.assert_allclose(Z_labeled, select.transform(scaled[:6]))
    np.testing.assert_allclose(Z, select.transform(scaled[6:]))
    with pytest.raises(ValueError, match="step 'select' learns from labels"):
        fit_front(fitted, LABELED, UNLABELED)


class NeedsY(TransformerMixin, BaseEstimator):
    """No tag says that it needs labels; whether it does is in the signature of fit."""

    def fit(self, X, y):
        self.mean_ = X[y == 1].mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


class MayTakeY(NeedsY):
    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self


def test_the_signature_of_fit_tells_whether_labels_are_needed():
    np.testing.assert_allclose(
        fit_front(pipeline(NeedsY()), LABELED, UNLABELED, Y)[1],
        UNLABELED - LABELED[Y == 1].mean(axis=0),
    )
    np.testing.assert_allclose(
        fit_front(pipeline(MayTakeY()), LABELED, UNLABELED, Y)[1], UNLABELED - BOTH.mean(axis=0)
    )


@pytest.mark.parametrize(
    ("keep", "front", "what"),
    [
        (7, [], "7 samples of 15"),
        (4, [SelectKBest(k=1)], "4 samples of 6"),
        (8, [SelectKBest(k=1)], "8 samples of 9"),
    ],
)
def test_steps_must_keep_the_rows(keep, front, what):
    drop = FunctionTransformer(lambda X: X[:keep])
    with pytest.raises(ValueError, match=f"made {what}"):
        fit_front(pipeline(drop, *front), LABELED, UNLABELED, Y)


def test_rows_that_a_fitted_step_drops_are_told():
    fitted = pipeline(FunctionTransformer(lambda X: X[:10] if len(X) < 15 else X))
    fit_front(fitted, LABELED, UNLABELED)
    with pytest.raises(ValueError, match="made 10 samples of 12"):
        transform_front(fitted, BOTH[:12])


@pytest.mark.parametrize("name", ["X_labeled", "X_unlabeled"])
def test_a_dataset_is_refused_by_name(name):
    pools = {"X_labeled": LABELED, "X_unlabeled": UNLABELED}
    pools[name] = TensorDataset(default_convert(LABELED))
    with pytest.raises(TypeError, match=f"^{name} is a Dataset"):
        fit_front(pipeline(StandardScaler()), **pools)


def test_pools_must_agree():
    fitted = pipeline(StandardScaler())
    frame, other = pd.DataFrame(LABELED).add_prefix("a"), pd.DataFrame(UNLABELED).add_prefix("b")
    with pytest.raises(ValueError, match="same columns"):
        fit_front(fitted, frame, other)
    with pytest.raises(ValueError, match="dtype uint8"):
        fit_front(fitted, LABELED.astype(np.uint8), UNLABELED)
