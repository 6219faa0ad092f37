"""The estimators inside scikit-learn: its own checks, pipelines, grid searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvaal import (
    ActiveLearningClassifier,
    Herding,
    HerdingQuery,
    HerdingQueryStrategy,
    StabilizedPredictions,
    TopK,
    UnusedParameterWarning,
    VAALQuery,
    VAALQueryStrategy,
)

from .conftest import QUICK, SMALL


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")  # the checks' y has no -1
@pytest.mark.filterwarnings("ignore::skvaal.PoolExhaustedWarning")  # or few rows
@parametrize_with_checks(
    [
        VAALQueryStrategy(max_epochs=2, batch_size=16, random_state=0),
        HerdingQueryStrategy(),
        # Labels all samples of the smaller checks: one of them says that to weigh is to repeat,
        # which holds only where repetitions do not change what is drawn.
        ActiveLearningClassifier(
            LogisticRegression(tol=1e-9),
            VAALQuery(**QUICK),
            initial_size=10,
            batch_size=50,
            n_rounds=2,
        ),
        ActiveLearningClassifier(
            LogisticRegression(tol=1e-9),
            HerdingQuery(),
            initial_size=10,
            batch_size=50,
            n_rounds=2,
            stopping=StabilizedPredictions(),
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_pipeline_forwards_all_but_query(digits):
    X, y = digits
    pipe = make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK)).fit(X, y)
    assert pipe.transform(X).shape == (240, 3)
    assert pipe.score_samples(X).shape == (240,)
    assert np.isfinite(pipe.score(X))
    indices, scores = pipe[-1].query(pipe[:-1].transform(X), 3, return_scores=True)
    np.testing.assert_array_equal(pipe.score_samples(X)[indices], scores)


def test_transformer_in_front_of_a_classifier(digits):
    X, _ = digits
    y = np.arange(len(X)) % 2
    strategy = VAALQueryStrategy(**QUICK, missing_label="none")
    with pytest.warns(match="no unlabelled samples"):
        pipe = make_pipeline(strategy, LogisticRegression()).fit(X, y)
    assert pipe.predict(X).shape == (240,)
    assert pipe[-1].n_features_in_ == 3


def test_grid_search_by_the_evidence_lower_bound(digits):
    X, y = digits
    search = GridSearchCV(
        VAALQueryStrategy(**QUICK),
        {"vae__latent_dim": [1, 4], "beta": [0.5, 2.0]},
        cv=2,
        error_score="raise",
    )
    search.fit(X)
    assert len(search.cv_results_["params"]) == 4
    best = search.best_estimator_
    assert best.transform(X).shape[1] == best.get_params()["vae__latent_dim"]
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])


@pytest.mark.slow
def test_grid_search_in_a_pipeline_in_two_processes(digits):
    X, y = digits
    pipe = make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK))
    search = GridSearchCV(
        pipe, {"vaalquerystrategy__vae__latent_dim": [1, 4]}, cv=2, n_jobs=2, error_score="raise"
    ).fit(X)
    assert np.isfinite(search.best_score_)


def test_clone_keeps_nested_parameters():
    strategy = VAALQueryStrategy(vae__latent_dim=7, callbacks=[])
    assert clone(strategy).get_params()["vae__latent_dim"] == 7


def test_feature_names_and_pandas_output(digits):
    X, y = digits
    frame = pd.DataFrame(X).add_prefix("pixel")
    strategy = VAALQueryStrategy(**QUICK).set_output(transform="pandas").fit(frame, y)
    Z = strategy.transform(frame)
    assert list(Z.columns) == [f"vaalquerystrategy{i}" for i in range(3)]
    assert list(strategy.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        strategy.query(frame.iloc[:, ::-1])


def test_html_and_text_of_the_estimators():
    strategy = VAALQueryStrategy(beta=2, vae__latent_dim=3)
    assert "beta=2" in repr(strategy)
    assert "vae__latent_dim=3" in repr(strategy)
    assert "VAALQueryStrategy" in strategy._repr_html_()
    assert "beta=2" in repr(VAALQuery(beta=2))


# Rules as parameters


def test_rules_are_objects_with_parameters_of_their_own():
    rule = Herding(bandwidth=2)
    strategy = VAALQueryStrategy(rule=rule)
    assert strategy.get_params()["rule"] is rule
    assert strategy.get_params()["rule__bandwidth"] == 2
    assert "rule__bandwidth" not in strategy.get_params(deep=False)
    assert "rule=Herding(bandwidth=2)" in repr(strategy)
    copy = clone(strategy)
    assert copy.rule is not rule
    assert copy.rule.bandwidth == 2
    strategy.set_params(rule=TopK())
    assert "rule=TopK()" in repr(strategy)
    assert "rule__bandwidth" not in strategy.get_params()


def test_a_nested_parameter_goes_before_that_of_the_object(digits):
    X, y = digits
    rule = Herding(bandwidth=2)
    strategy = VAALQueryStrategy(**SMALL, rule=rule).set_params(rule__bandwidth=0.5)
    assert rule.bandwidth == 2
    assert strategy.get_params()["rule__bandwidth"] == 0.5
    expected = VAALQueryStrategy(**SMALL, rule__bandwidth=0.5).fit(X, y).query(X, 8)
    np.testing.assert_array_equal(strategy.fit(X, y).query(X, 8), expected)
    np.testing.assert_array_equal(clone(strategy).fit(X, y).query(X, 8), expected)


def test_grid_search_over_rules_by_what_they_choose(digits):
    X, _ = digits
    seen = []

    def spread_of_the_batch(strategy, X, y=None):
        chosen = X[strategy.query(X, 5)]
        seen.append(strategy.get_params())
        return chosen.std(axis=0).sum()

    search = GridSearchCV(
        VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, missing_label=1),
        {"rule": [TopK(), Herding()], "rule__bandwidth": [0.5, 1.0]},
        scoring=spread_of_the_batch,
        cv=2,
        refit=False,
        error_score="raise",
    )
    message = r"rule__bandwidth has no effect with rule=TopK\(\)"
    with pytest.warns(UnusedParameterWarning, match=message) as warned:
        search.fit(X, np.arange(len(X)) % 2)
    assert not any("Herding" in str(each.message) for each in warned)
    assert [type(each["rule"]).__name__ for each in seen[::2]] == ["TopK"] * 2 + ["Herding"] * 2
    assert [each["rule__bandwidth"] for each in seen[::2]] == [0.5, 1.0] * 2
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] == scores[1]  # TopK reads no bandwidth
    assert np.isfinite(scores).all()


@pytest.mark.slow
def test_grid_search_over_rules_in_rounds_of_labelling(digits):
    X, _ = digits
    y = np.arange(len(X)) % 3
    classifier = ActiveLearningClassifier(
        LogisticRegression(),
        VAALQuery(**{**SMALL, "max_epochs": 1}),
        initial_size=10,
        batch_size=5,
        n_rounds=1,
        random_state=0,
    )
    grid = {
        "query_strategy__rule": [TopK(), Herding()],
        "query_strategy__rule__bandwidth": [0.5, 1.0],
    }
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise")
    with pytest.warns(UnusedParameterWarning, match="has no effect with rule=TopK"):
        search.fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_herding_in_pipelines_and_with_pandas(digits):
    X, y = digits
    pipe = make_pipeline(StandardScaler(), HerdingQueryStrategy(n_components=4)).fit(X, y)
    assert pipe.transform(X).shape == (240, 4)
    frame = pd.DataFrame(X).add_prefix("pixel")
    strategy = HerdingQueryStrategy(n_components=4).set_output(transform="pandas").fit(frame, y)
    names = [f"herdingquerystrategy{i}" for i in range(4)]
    assert list(strategy.transform(frame).columns) == names
    assert list(strategy.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        strategy.query(frame.iloc[:, ::-1])


def test_texts_and_parameters_of_herding():
    strategy = HerdingQueryStrategy(n_components=8)
    assert repr(clone(strategy)) == "HerdingQueryStrategy(n_components=8)"
    assert repr(HerdingQuery(bandwidth=2)).startswith("HerdingQuery(")
    assert HerdingQuery(bandwidth=2).get_params()["bandwidth"] == 2
    with pytest.raises(ValueError, match="Invalid parameter 'rule'"):
        strategy.set_params(rule="topk")
