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

from skvaal import ActiveLearningClassifier, VAALQuery, VAALQueryStrategy

from .conftest import QUICK


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")  # the checks' y has no -1
@pytest.mark.filterwarnings("ignore::skvaal.PoolExhaustedWarning")  # or few rows
@parametrize_with_checks(
    [
        VAALQueryStrategy(max_epochs=2, batch_size=16, random_state=0),
        ActiveLearningClassifier(
            LogisticRegression(), VAALQuery(**QUICK), initial_size=10, batch_size=5, n_rounds=2
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
