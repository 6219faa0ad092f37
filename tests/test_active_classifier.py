"""ActiveLearningClassifier: labelling rounds inside scikit-learn."""

from __future__ import annotations

import copy
import os
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import BaseEstimator, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skvaal import (
    ActiveLearningClassifier,
    ExpectedGain,
    HerdingQuery,
    HerdingQueryStrategy,
    PoolExhaustedWarning,
    StabilizedPredictions,
    TargetAccuracy,
    UnusedParameterWarning,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
)

from .conftest import QUICK

X, Y = load_iris(return_X_y=True)
Y = np.array(["setosa", "versicolor", "virginica"])[Y]


def first_rows(learner, X_pool, n_instances):
    return np.arange(n_instances)


def active(query=first_rows, estimator=None, **params):
    defaults = {"initial_size": 6, "batch_size": 5, "n_rounds": 3, "random_state": 0}
    estimator = LogisticRegression(max_iter=1000) if estimator is None else estimator
    return ActiveLearningClassifier(estimator, query, **{**defaults, **params})


class FitAndQuery(BaseEstimator):
    """A strategy with fit and query and nothing else; takes the last rows of the pool."""

    def fit(self, X, y):
        assert set(np.unique(y)) == {-1, 0, 1, 2}
        self.n_labeled_ = (y != -1).sum()
        assert (y[: self.n_labeled_] != -1).all()
        return self

    def query(self, X_pool, n):
        assert self.n_labeled_ + len(X_pool) == len(X)
        return np.arange(len(X_pool))[-n:]


class QueryOnly:
    """A strategy that only chooses."""

    def query(self, X_pool, n):
        return np.arange(n)


def test_a_strategy_may_copy_its_learner():
    def query(learner, X_pool, n_instances):
        assert copy.deepcopy(learner).predict(X_pool).shape == (len(X_pool),)
        return np.arange(n_instances)

    active(query).fit(X, Y)


@pytest.mark.parametrize(
    "query",
    [
        None,
        VAALQuery(**QUICK),
        VAALQueryStrategy(**QUICK),
        make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK)),
        HerdingQuery(),
        HerdingQueryStrategy(),
        make_pipeline(StandardScaler(), HerdingQueryStrategy()),
        first_rows,
        lambda learner, X_pool, n_instances: (np.arange(n_instances), np.zeros(n_instances)),
        FitAndQuery(),
        QueryOnly(),
    ],
    ids=[
        "default",
        "VAALQuery",
        "strategy",
        "pipeline",
        "HerdingQuery",
        "herding strategy",
        "herding pipeline",
        "indices",
        "pair",
        "fit and query",
        "query",
    ],
)
@pytest.mark.slow
def test_rounds_with_every_kind_of_strategy(query, monkeypatch):
    monkeypatch.setattr("skvaal._vaal.fitting.AUTO_ITERATIONS", 5)
    classifier = active(query).fit(X, Y)
    assert classifier.learning_curve_["n_labeled"].tolist() == [6, 11, 16, 21]
    assert [len(rows) for rows in classifier.queried_indices_] == [5, 5, 5]
    labeled = np.concatenate([classifier.initial_indices_, *classifier.queried_indices_])
    assert len(set(labeled.tolist())) == 21
    # What comes out is the classifier that these labels give.
    expected = LogisticRegression(max_iter=1000).fit(X[labeled], Y[labeled])
    np.testing.assert_array_equal(classifier.predict(X), expected.predict(X))
    np.testing.assert_array_equal(classifier.classes_, expected.classes_)
    np.testing.assert_allclose(classifier.predict_proba(X), expected.predict_proba(X))
    assert classifier.learning_curve_["accuracy"][-1] == pytest.approx(expected.score(X, Y))


def test_modals_strategies():
    pytest.importorskip("modAL")
    from modAL.batch import uncertainty_batch_sampling
    from modAL.uncertainty import entropy_sampling, margin_sampling, uncertainty_sampling

    for query in (
        uncertainty_sampling,
        margin_sampling,
        entropy_sampling,
        uncertainty_batch_sampling,
    ):
        classifier = active(query).fit(X, Y)
        assert classifier.learning_curve_["n_labeled"][-1] == 21
    # Margin sampling asks about the classes that overlap, and not about the third.
    rows = np.concatenate(active(margin_sampling).fit(X, Y).queried_indices_)
    assert (Y[rows] == "setosa").mean() < 0.2


def test_first_rows_are_the_first_unlabelled_rows():
    classifier = active(n_rounds=1).fit(X, Y)
    pool = np.setdiff1d(np.arange(len(X)), classifier.initial_indices_)
    np.testing.assert_array_equal(classifier.queried_indices_[0], pool[:5])


def test_initial_pool_has_every_class():
    for seed in range(8):
        rows = active(initial_size=3, n_rounds=1, random_state=seed).fit(X, Y).initial_indices_
        assert set(Y[rows]) == set(Y)
    with pytest.raises(ValueError, match="initial_size=2 is less than the 3 classes"):
        active(initial_size=2).fit(X, Y)


def test_random_state_decides_everything():
    forest = RandomForestClassifier(5)

    def run(seed, query_seed):
        query = VAALQuery(**{**QUICK, "random_state": query_seed})
        classifier = active(query, forest, random_state=seed).fit(X, Y)
        return np.concatenate(classifier.queried_indices_).tolist(), classifier.predict(X).tolist()

    assert run(0, 1) == run(0, 2)
    assert run(0, 1)[0] != run(1, 1)[0]


def test_parameters_are_not_changed(monkeypatch):
    query = VAALQuery(**QUICK)
    active(query).fit(X, Y)
    assert query.get_params()["random_state"] == 0
    assert not hasattr(query, "strategy_")


def test_learning_curve_on_validation_data():
    X_train, X_val, y_train, y_val = train_test_split(X, Y, random_state=0, stratify=Y)
    classifier = active().fit(X_train, y_train, X_val, y_val)
    assert classifier.learning_curve_["accuracy"][-1] == classifier.score(X_val, y_val)
    with pytest.raises(ValueError, match="come together"):
        active().fit(X_train, y_train, X_val)


def test_a_validation_set_of_other_classes():
    X_train, X_val, y_train, y_val = train_test_split(X, Y, random_state=0, stratify=Y)
    with pytest.raises(ValueError, match="y_val has .* and y has .*: no class is in both"):
        active().fit(X_train, y_train, X_val, np.unique(y_val, return_inverse=True)[1])


def test_pool_runs_out():
    with pytest.warns(PoolExhaustedWarning, match="ask for 306 labels, but X has 150 samples"):
        classifier = active(batch_size=100).fit(X, Y)
    assert classifier.learning_curve_["n_labeled"].tolist() == [6, 106, 150]


@pytest.mark.parametrize(
    "answer",
    [[0, 0, 1, 2, 3], [0, 1], [-1, 0, 1, 2, 3], [1, 2, 3, 4, 10_000], [0.0, 1.0, 2.0, 3.0, 4.0]],
)
def test_strategies_that_answer_nonsense(answer):
    with pytest.raises(ValueError, match="must return 5 distinct rows of a pool of 144"):
        active(lambda learner, X_pool, n_instances: np.array(answer)).fit(X, Y)


def test_a_strategy_that_fails_leaves_the_classifier_unfitted():
    classifier = active(lambda learner, X_pool, n_instances: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        classifier.fit(X, Y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_what_is_no_strategy():
    with pytest.raises(TypeError, match="neither a callable as in modAL nor"):
        active("margin").fit(X, Y)
    with pytest.raises(NotFittedError):
        active().predict(X)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"estimator": "logistic"}, "estimator"),
        ({"initial_size": 0}, "initial_size"),
        ({"initial_size": 6.0}, "initial_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"n_rounds": 0}, "n_rounds"),
        ({"random_state": "zero"}, "random_state"),
    ],
    ids=str,
)
def test_a_wrong_value_names_the_parameter(params, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of ActiveLearningClassifier"):
        active(**params).fit(X, Y)


def test_labels_in_a_column_warn_and_count():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        classifier = active().fit(X, Y[:, None])
    np.testing.assert_array_equal(classifier.predict(X), active().fit(X, Y).predict(X))


def test_the_number_of_features_is_kept_and_asked_for():
    classifier = active(n_rounds=1).fit(X, Y)
    assert classifier.n_features_in_ == 4
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 4"):
        classifier.predict(X[:, :3])
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 4"):
        active(n_rounds=1).fit(X, Y, X[:, :3], Y)
    named = active(n_rounds=1).fit(pd.DataFrame(X, columns=list("abcd")), Y)
    assert list(named.feature_names_in_) == list("abcd")


def test_the_smallest_sizes():
    classifier = active(initial_size=1, batch_size=1, n_rounds=1)
    same = active(FitAndQuery(), initial_size=3, batch_size=1, n_rounds=1).fit(X, Y)
    assert same.learning_curve_["n_labeled"].tolist() == [3, 4]
    with pytest.raises(ValueError, match="initial_size=1 is less than the 3 classes"):
        classifier.fit(X, Y)


def test_decision_function_and_missing_methods():
    assert active(estimator=LinearSVC()).fit(X, Y).decision_function(X).shape == (150, 3)
    assert not hasattr(active(estimator=RidgeClassifier()), "predict_proba")
    assert hasattr(active(), "predict_proba")


def test_columns_of_a_frame_reach_the_estimator():
    frame = pd.DataFrame(X, columns=list("abcd"))
    estimator = make_pipeline(
        make_column_transformer((StandardScaler(), ["b", "d"])), LogisticRegression()
    )
    classifier = active(VAALQuery(**QUICK), estimator).fit(frame, pd.Series(Y))
    assert classifier.predict(frame).shape == (150,)
    assert list(classifier.feature_names_in_) == list("abcd")


@pytest.mark.parametrize("make", [csr_matrix, csr_array])
def test_a_sparse_matrix_reaches_the_estimator_as_it_is(make):
    sparse = active(n_rounds=1).fit(make(X), Y)
    dense = active(n_rounds=1).fit(X, Y)
    assert sparse.n_features_in_ == 4
    np.testing.assert_array_equal(sparse.initial_indices_, dense.initial_indices_)
    np.testing.assert_allclose(sparse.predict_proba(make(X)), dense.predict_proba(X), atol=1e-3)


def test_texts_reach_the_estimator_as_they_are():
    texts = np.array([f"a {name} flower" for name in Y])
    estimator = make_pipeline(CountVectorizer(), KNeighborsClassifier(1))
    for given in (texts, texts.tolist(), pd.Series(texts)):
        classifier = active(estimator=estimator, n_rounds=1).fit(given, Y)
        assert classifier.predict(given).tolist() == Y.tolist()
        assert not hasattr(classifier, "n_features_in_")


def test_images_with_a_pipeline_that_flattens(images, digits):
    from sklearn.preprocessing import FunctionTransformer

    pictures, _ = images
    y = np.arange(len(pictures)) % 3
    flatten = FunctionTransformer(flatten_rows)
    estimator = make_pipeline(flatten, LogisticRegression(max_iter=2000))
    classifier = active(VAALQuery(**QUICK, vae__width=2), estimator).fit(pictures, y)
    assert classifier.predict(pictures).shape == (240,)


def flatten_rows(X):
    return X.reshape(len(X), -1)


@pytest.mark.slow
def test_grid_search_over_the_strategy_in_two_processes():
    search = GridSearchCV(
        active(VAALQuery(**QUICK), n_rounds=1),
        {"query_strategy__beta": [0.1, 10.0], "batch_size": [5]},
        cv=2,
        n_jobs=2,
    ).fit(X, Y)
    assert len(search.cv_results_["params"]) == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_.query_strategy.get_params()["beta"]
    assert best == search.best_params_["query_strategy__beta"]


@pytest.mark.slow
def test_grid_search_over_a_strategy_inside_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK))
    search = GridSearchCV(
        active(VAALQuery(strategy=pipeline), n_rounds=1),
        {"query_strategy__strategy__vaalquerystrategy__beta": [0.1, 10.0]},
        cv=2,
        error_score="raise",
    ).fit(X, Y)
    assert search.best_score_ > 0.5


def test_each_round_trains_once(monkeypatch):
    calls = []
    fit = VAALNet.partial_fit
    monkeypatch.setattr(VAALNet, "partial_fit", lambda self, *a: calls.append(1) or fit(self, *a))
    active(VAALQuery(**QUICK)).fit(X, Y)
    assert len(calls) == 3


# Weights of samples


class Weighted(GaussianNB):
    """Remembers what it was fitted on."""

    fits: list[tuple] = []

    def fit(self, X, y, sample_weight=None):
        self.fits.append((X, sample_weight))
        return super().fit(X, y, sample_weight)


@pytest.fixture
def fits(monkeypatch):
    monkeypatch.setattr(Weighted, "fits", [])
    return Weighted.fits


WEIGHTS = 1 + np.arange(len(X), dtype=float)


def rows_of(samples):
    # Some flowers are there twice.
    return [np.flatnonzero((sample == X).all(axis=1)) for sample in samples]


def test_weights_of_the_labelled_samples_reach_the_estimator(fits):
    classifier = active(estimator=Weighted()).fit(X, Y, sample_weight=WEIGHTS)
    labeled = np.concatenate([classifier.initial_indices_, *classifier.queried_indices_])
    assert [len(weights) for _, weights in fits] == [6, 11, 16, 21]
    np.testing.assert_array_equal(fits[-1][1], WEIGHTS[labeled])
    np.testing.assert_array_equal(fits[-1][0], X[labeled])
    expected = GaussianNB().fit(X[labeled], Y[labeled], WEIGHTS[labeled])
    np.testing.assert_array_equal(classifier.predict_proba(X), expected.predict_proba(X))
    assert classifier.learning_curve_["accuracy"][-1] == expected.score(X, Y, WEIGHTS)
    fits.clear()
    active(estimator=Weighted()).fit(X, Y)
    assert [weights for _, weights in fits] == [None] * 4


def test_weights_reach_the_estimator_in_a_grid_search(fits):
    GridSearchCV(
        active(HerdingQuery(), Weighted(), n_rounds=1),
        {"query_strategy__bandwidth": [0.5, 1.0]},
        cv=2,
        error_score="raise",
    ).fit(X, Y, sample_weight=WEIGHTS)
    assert len(fits) == 10
    for samples, weights in fits:
        for rows, weight in zip(rows_of(samples), weights, strict=True):
            assert weight in WEIGHTS[rows]


def test_a_mask_is_not_looked_under():
    for data in ((np.ma.masked_array(X, X > 7), Y), (X, np.ma.masked_array(Y, X[:, 0] > 7))):
        with pytest.raises(ValueError, match=r"\b[Xy]\[.*\] is masked"):
            active().fit(*data)
        with pytest.raises(ValueError, match=r"\b[Xy]_val\[.*\] is masked"):
            active().fit(X, Y, *data)
    with pytest.raises(ValueError, match=r"X\[.*\] is masked"):
        active().fit(X, Y).predict(np.ma.masked_array(X, X > 7))
    with pytest.raises(ValueError, match=r"sample_weight\[.*\] is masked"):
        active().fit(X, Y, sample_weight=np.ma.masked_array(WEIGHTS, WEIGHTS > 7))


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be cut there")
def test_a_memmap_of_a_file_that_was_cut(tmp_path):
    X.tofile(tmp_path / "X.dat")
    mapped = np.memmap(tmp_path / "X.dat", X.dtype, "r", shape=X.shape)
    os.truncate(tmp_path / "X.dat", 100)
    with pytest.raises(ValueError, match="X is a memmap of .*the file was cut"):
        active().fit(mapped, Y)
    with pytest.raises(ValueError, match="y is a memmap of .*the file was cut"):
        active().fit(X, mapped[:, 0])


def test_validation_data_has_the_columns_of_X():
    frame = pd.DataFrame(X)
    with pytest.raises(ValueError, match="X and X_val must have the same columns"):
        active().fit(frame, Y, frame[[3, 2, 1, 0]], Y)


def test_bad_weights():
    with pytest.raises(ValueError, match=r"sample_weight\[3\] is -1; weights must be 0 or more"):
        active().fit(X, Y, sample_weight=np.where(np.arange(len(X)) == 3, -1.0, 1.0))
    with pytest.raises(ValueError, match="KNeighborsClassifier.fit takes none"):
        active(estimator=KNeighborsClassifier()).fit(X, Y, sample_weight=WEIGHTS)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        active().fit(X, Y, sample_weight=WEIGHTS[1:])
    with pytest.raises(ValueError, match="sample_weight .* must be 1-D"):
        active().fit(X, Y, sample_weight=WEIGHTS[:, None])
    with pytest.raises(ValueError, match="sample_weight contains NaN"):
        active().fit(X, Y, sample_weight=np.where(WEIGHTS > 5, WEIGHTS, np.nan))


# Parameters without effect


@pytest.mark.parametrize(
    ("query", "grid"),
    [
        (VAALQuery(**QUICK), {"query_strategy__rule__bandwidth": [0.5, 2.0]}),
        (
            VAALQuery(**QUICK, net="no_discriminator").set_params(discriminator__hidden=(16,)),
            {"query_strategy__lambda2": [0.5, 2.0]},
        ),
        (VAALQueryStrategy(**QUICK), {"query_strategy__rule__space": ["latent", "components"]}),
        (
            make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK)),
            {"query_strategy__vaalquerystrategy__rule__score_power": [0.5, 2.0]},
        ),
    ],
    ids=["VAALQuery", "net", "strategy", "Pipeline"],
)
@pytest.mark.slow
def test_a_grid_over_a_parameter_that_cannot_change_the_choice_warns(query, grid):
    search = GridSearchCV(active(query, n_rounds=1), grid, cv=2, error_score="raise")
    with pytest.warns(UnusedParameterWarning, match="has no effect with") as warned:
        search.fit(X, Y)
    name = next(iter(grid)).removeprefix("query_strategy__").removeprefix("vaalquerystrategy__")
    assert any(str(each.message).startswith(name) for each in warned)


def test_herding_has_no_parameter_of_a_network():
    with pytest.raises(ValueError, match="Invalid parameter 'beta'"):
        active(HerdingQuery()).set_params(query_strategy__beta=1.0)
    search = GridSearchCV(
        active(HerdingQuery(), n_rounds=1), {"query_strategy__vae__latent_dim": [1, 2]}, cv=2
    )
    with pytest.raises(ValueError, match="Invalid parameter 'vae'"):
        search.fit(X, Y)


# Stopping


class StopsAt(BaseEstimator):
    """Stops in a given round; keeps what it saw."""

    def __init__(self, number=1):
        self.number = number

    def update(self, learner, X, **given):
        self.seen_ = [*getattr(self, "seen_", []), (len(learner.X_training), len(X), given)]
        return len(self.seen_) > self.number


def test_a_rule_ends_the_rounds():
    rule = StopsAt(2)
    with_rule, without = active(stopping=rule, n_rounds=4).fit(X, Y), active(n_rounds=4).fit(X, Y)
    assert with_rule.n_rounds_ == len(with_rule.queried_indices_) == 2
    assert with_rule.learning_curve_["n_labeled"].tolist() == [6, 11, 16]
    assert with_rule.n_labels_saved_ == 10
    assert with_rule.stopped_because_ == "StopsAt said so."
    assert [(n, n_pool) for n, n_pool, _ in with_rule.stopping_.seen_] == [
        (6, 150),
        (11, 150),
        (16, 150),
    ]
    assert not hasattr(rule, "seen_")
    # The rounds until then, and the classifier, are those without a rule.
    for own, other in zip(with_rule.queried_indices_, without.queried_indices_, strict=False):
        np.testing.assert_array_equal(own, other)
    labeled = np.concatenate([with_rule.initial_indices_, *with_rule.queried_indices_])
    expected = LogisticRegression(max_iter=1000).fit(X[labeled], Y[labeled])
    np.testing.assert_array_equal(with_rule.predict(X), expected.predict(X))


def test_without_a_rule_the_budget_or_the_pool_ends_the_rounds():
    classifier = active().fit(X, Y)
    assert classifier.n_rounds_ == 3
    assert classifier.stopped_because_ == "The budget of 21 labels is spent."
    assert classifier.n_labels_saved_ == 0
    assert classifier.stopping_ is None
    with pytest.warns(PoolExhaustedWarning):
        classifier = active(batch_size=100).fit(X, Y)
    assert classifier.stopped_because_ == "All samples are labelled."
    assert classifier.n_labels_saved_ == 0
    assert active(stopping=StopsAt(9)).fit(X, Y).stopped_because_.startswith("The budget")


def test_a_rule_sees_validation_data_and_weights():
    fitted = active(stopping=StopsAt(), estimator=GaussianNB()).fit(
        X, Y, X[::2], Y[::2], sample_weight=WEIGHTS
    )
    (_, _, given), *_ = fitted.stopping_.seen_
    assert sorted(given) == ["X_val", "sample_weight", "y_val"]
    np.testing.assert_array_equal(given["X_val"], X[::2])
    np.testing.assert_array_equal(given["sample_weight"], WEIGHTS[fitted.initial_indices_])
    assert active(stopping=StopsAt()).fit(X, Y).stopping_.seen_[0][2] == {}


@pytest.mark.parametrize(
    "rule",
    [StabilizedPredictions(0.9, stop_size=100), ExpectedGain(0.02), TargetAccuracy(0.8, cv=3)],
    ids=lambda rule: type(rule).__name__,
)
def test_rules_stop_before_the_budget_with_the_same_seed_alike(rule):
    forest = RandomForestClassifier(5)
    classifier = active(stopping=rule, estimator=forest, n_rounds=20).fit(X, Y)
    assert classifier.n_rounds_ < 20
    assert classifier.stopping_.should_stop_
    assert classifier.stopped_because_ == classifier.stopping_.reason_
    again = clone(classifier).fit(X, Y)
    assert again.stopped_because_ == classifier.stopped_because_
    restored = pickle.loads(pickle.dumps(classifier))
    assert restored.stopped_because_ == classifier.stopped_because_
    assert vars(rule) == rule.get_params()


def test_a_rule_reads_the_validation_set_in_place_of_folds():
    classifier = active(stopping=TargetAccuracy(0.99)).fit(X, Y, X[1::2], Y[1::2])
    measured = [point.accuracy for point in classifier.stopping_.curve_]
    assert measured == classifier.learning_curve_["accuracy"].tolist()


@pytest.mark.slow
def test_a_rule_of_texts_and_frames():
    frame = pd.DataFrame(X).add_prefix("x")
    texts = [f"{y} flower" for y in Y]
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    for samples, estimator in ((frame, None), (texts, model), (csr_matrix(X), None)):
        for rule in (StabilizedPredictions(0.5, n_rounds=1), TargetAccuracy(0.1)):
            classifier = active(estimator=estimator, stopping=rule).fit(samples, Y)
            assert classifier.n_rounds_ < 3


@pytest.mark.slow
def test_parameters_of_a_rule_are_nested():
    classifier = active(stopping=StabilizedPredictions())
    assert classifier.get_params()["stopping__threshold"] == 0.99
    classifier.set_params(stopping__threshold=0.5)
    assert classifier.stopping.threshold == 0.5
    search = GridSearchCV(
        active(stopping=StabilizedPredictions(n_rounds=1), n_rounds=4),
        {"stopping__threshold": [0.01, 1.0]},
        cv=2,
        error_score="raise",
    ).fit(X, Y)
    assert search.best_params_["stopping__threshold"] in (0.01, 1.0)


@pytest.mark.parametrize(
    ("stopping", "message"),
    [
        (StabilizedPredictions, r"stopping is a class; pass an object: StabilizedPredictions\(\)"),
        ("stable", "'stopping' parameter of ActiveLearningClassifier"),
        ({}, "'stopping' parameter of ActiveLearningClassifier"),
        (StabilizedPredictions(2), "'threshold' parameter of StabilizedPredictions"),
        (ExpectedGain(0), "'min_gain' parameter of ExpectedGain"),
        (TargetAccuracy(90), "'target' parameter of TargetAccuracy"),
    ],
    ids=["class", "text", "dict", "threshold", "gain", "target"],
)
def test_what_is_no_rule_is_refused_before_any_training(stopping, message):
    class Untrainable(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("trained")

    with pytest.raises((TypeError, ValueError), match=message):
        active(estimator=Untrainable(), stopping=stopping).fit(X, Y)


def test_a_rule_needs_two_classes():
    with pytest.raises(ValueError, match="y holds one class only, .*stopping needs two"):
        active(stopping=StabilizedPredictions()).fit(X, np.repeat("setosa", 150))
    with pytest.raises(ValueError, match="y_val holds one class only"):
        active(stopping=TargetAccuracy()).fit(X, Y, X[:50], Y[:50])
