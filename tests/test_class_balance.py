"""Classes that are rare in the pool count for more, whoever asks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression

from skvaal import (
    HerdingQuery,
    HerdingQueryStrategy,
    UnusedParameterWarning,
    VAALQuery,
    VAALQueryStrategy,
)

N = 40
SMALL = {
    "max_epochs": 2,
    "batch_size": 64,
    "vae__hidden": (8,),
    "discriminator__hidden": (8,),
    "device": "cpu",
}
QUERIES = {
    "herding": (HerdingQuery, {}, "class_balance"),
    "herding by rarity alone": (
        HerdingQuery,
        {"uncertainty": lambda proba: np.ones(len(proba))},
        "class_balance",
    ),
    "vaal": (VAALQuery, SMALL, "rule__class_balance"),
}


@pytest.fixture(scope="module")
def data():
    """Three overlapping classes, of 20 labels each; of the pool, the last has a twentieth."""
    rng = np.random.RandomState(0)
    sizes, y = [400, 360, 40], np.repeat([0, 1, 2], [420, 380, 60])
    X = (rng.randn(len(y), 4) + 2.5 * np.eye(4)[y]).astype(np.float32)
    is_labeled = np.concatenate([np.arange(20 + size) < 20 for size in sizes])
    return X[is_labeled], y[is_labeled], X[~is_labeled], y[~is_labeled]


def count_rare(query, data):
    X, y, X_pool, y_pool = data
    model = LogisticRegression().fit(X, y)
    learner = SimpleNamespace(
        estimator=model, predict_proba=model.predict_proba, X_training=X, y_training=y
    )
    indices, _ = query(learner, X_pool, N)
    assert len(set(indices.tolist())) == N
    return int((y_pool[indices] == 2).sum())


@pytest.mark.parametrize("name", QUERIES)
def test_more_of_a_rare_class_is_chosen(name, data):
    kind, params, parameter = QUERIES[name]
    counts = [
        count_rare(kind(**params, **{parameter: each}, random_state=0), data)
        for each in (0.0, 0.5, 1.0)
    ]
    assert counts[0] < counts[1] < counts[2]


def choose_with_and_without(strategy, parameter, X_pool, proba, match):
    expected = strategy.query(X_pool, N, proba=proba).tolist()
    strategy.set_params(**{parameter: 1.0})
    with pytest.warns(UnusedParameterWarning, match=f"class_balance has no effect: .*{match}"):
        assert strategy.query(X_pool, N, proba=proba).tolist() == expected


@pytest.mark.parametrize("kind", [HerdingQueryStrategy, VAALQueryStrategy])
@pytest.mark.parametrize(
    ("uncertainty", "match"), [("auto", "pass proba="), (None, "uncertainty=None")]
)
def test_without_probabilities_it_has_no_effect(kind, uncertainty, match, data):
    X, y, X_pool, _ = data
    proba = LogisticRegression().fit(X, y).predict_proba(X_pool) if uncertainty is None else None
    vaal = kind is VAALQueryStrategy
    strategy = kind(uncertainty=uncertainty, random_state=0, **(SMALL if vaal else {}))
    strategy.fit_pools(X, X_pool)
    parameter = "rule__class_balance" if vaal else "class_balance"
    choose_with_and_without(strategy, parameter, X_pool, proba, match)
    assert not strategy.prediction_needs().pool or uncertainty is not None


def test_several_labels_have_no_single_class(data):
    X, _, X_pool, _ = data
    proba = np.random.RandomState(0).rand(len(X_pool), 3)
    strategy = HerdingQueryStrategy(multilabel="mean", random_state=0).fit_pools(X, X_pool)
    choose_with_and_without(strategy, "class_balance", X_pool, proba, "several labels")


def test_a_regressor_has_no_classes(data):
    X, y, X_pool, _ = data
    model = RandomForestRegressor(10, random_state=0).fit(X, y)
    learner = SimpleNamespace(estimator=model, X_training=X, y_training=y)
    query = HerdingQuery(uncertainty="disagreement", random_state=0)
    expected, _ = query(learner, X_pool, N)
    with pytest.warns(UnusedParameterWarning, match="class_balance has no effect: .*of numbers"):
        chosen, _ = query.set_params(class_balance=1.0)(learner, X_pool, N)
    assert chosen.tolist() == expected.tolist()


def test_where_it_balances_nothing_is_said(data, recwarn):
    X, y, X_pool, _ = data
    proba = LogisticRegression().fit(X, y).predict_proba(X_pool)
    strategy = HerdingQueryStrategy(class_balance=0.5, random_state=0).fit_pools(X, X_pool)
    strategy.query(X_pool, N, proba=proba)
    assert not recwarn.list
