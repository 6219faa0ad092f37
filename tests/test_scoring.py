"""Scores to batches: the parameter `selection` of the strategy."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skvaal import VAALQuery, VAALQueryStrategy
from skvaal._selection import SELECTIONS

from .conftest import QUICK, UNSELECTED


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    names = sorted(SELECTIONS)
    return {name: VAALQueryStrategy(**UNSELECTED, selection=name).fit(X, y) for name in names}


@pytest.mark.parametrize("name", SELECTIONS)
def test_query_selects_by_scores_and_latent_means(fitted, digits, name):
    X, y = digits
    pool = X[y == -1]
    strategy = fitted[name]
    indices, scores = strategy.query(pool, 8, return_scores=True)
    every, Z = strategy.score_samples(pool), strategy.transform(pool)
    Z_labeled = strategy.transform(X[y != -1])
    expected = SELECTIONS[name](every, Z, Z_labeled, 8, np.random.RandomState(strategy._seed))
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(scores, every[indices])


def test_all_of_them_choose_differently(fitted, digits):
    X, _ = digits
    assert len({tuple(sorted(s.query(X, 8))) for s in fitted.values()}) == len(SELECTIONS)


def test_a_callable_gets_what_it_needs_and_its_options(digits):
    X, y = digits
    seen = {}

    def last_rows(scores, Z, Z_labeled, n, random_state, *, step=1):
        seen.update(scores=scores, Z=Z, Z_labeled=Z_labeled, draw=random_state.rand())
        return np.arange(len(scores))[::-step][:n]

    strategy = VAALQueryStrategy(**UNSELECTED, selection=last_rows, selection__step=2).fit(X, y)
    assert strategy.query(X[40:], 3).tolist() == [199, 197, 195]
    np.testing.assert_array_equal(seen["scores"], strategy.score_samples(X[40:]))
    np.testing.assert_array_equal(seen["Z"], strategy.transform(X[40:]))
    np.testing.assert_array_equal(seen["Z_labeled"], strategy.transform(X[:40]))
    with pytest.raises(ValueError, match="unknown parameter 'selection__stepp'"):
        clone(strategy).set_params(selection__stepp=2).fit(X, y)


def test_a_callable_that_answers_wrongly(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**UNSELECTED, selection=lambda *args: [0, 0]).fit(X, y)
    with pytest.raises(ValueError, match="different rows of the pool"):
        strategy.query(X, 2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"selection": "k_centre"}, "The 'selection' parameter"),
        ({"selection__temperature": 0.0}, "The 'selection__temperature' parameter"),
        ({"selection__candidates_factor": 0.5}, "The 'selection__candidates_factor' parameter"),
        (
            {"selection": "k_center", "selection__candidate_factor": 3},
            "did you mean 'selection__candidates_factor'",
        ),
        ({"selection": "greedy", "selection__temperature": 2}, "greedy takes no 'temperature'"),
    ],
)
def test_bad_values_fail_before_any_training(digits, monkeypatch, params, message):
    monkeypatch.setattr("skvaal._net.VAALNet.train_step", None)
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy(**{**QUICK, **params}).fit(*digits)


def test_selection_may_change_after_fit_where_nothing_is_missing(fitted, digits):
    X, _ = digits
    strategy = fitted["topk"]
    expected = SELECTIONS["stochastic"](
        strategy.score_samples(X), None, None, 4, np.random.RandomState(strategy._seed)
    )
    try:
        strategy.set_params(selection="stochastic")
        np.testing.assert_array_equal(strategy.query(X, 4), expected)
        strategy.set_params(selection="k_center")
        with pytest.raises(ValueError, match="selection='k_center' reads .*fit again"):
            strategy.query(X, 4)
    finally:
        strategy.set_params(selection="topk")


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
@pytest.mark.parametrize("name", SELECTIONS)
def test_no_labelled_sample(digits, name):
    X, _ = digits
    strategy = VAALQueryStrategy(**UNSELECTED, selection=name).fit(X)
    assert len(set(strategy.query(X, 5))) == 5


def test_selection_is_saved_with_what_it_needs(fitted, digits, tmp_path):
    pytest.importorskip("safetensors")
    X, _ = digits
    for name, strategy in fitted.items():
        strategy.save(tmp_path / name)
        loaded = VAALQueryStrategy.load(tmp_path / name)
        np.testing.assert_array_equal(loaded.query(X, 6), strategy.query(X, 6))
        assert hasattr(loaded, "labeled_means_") == (name in ("k_center", "herding"))


def test_modal_queries_use_it(digits):
    X, _ = digits
    learner = type("Learner", (), {"X_training": X[:40]})()
    query = VAALQuery(**UNSELECTED, selection="k_center", selection__candidates_factor=5)
    indices, _ = query(learner, X[40:], n_instances=6)
    np.testing.assert_array_equal(indices, query.strategy_.query(X[40:], 6))
    assert clone(query).get_params()["selection__candidates_factor"] == 5
