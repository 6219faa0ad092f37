"""What the queries for modAL make of what a learner says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    MissingProbabilitiesWarning,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._predictions.predictions import disagreement, entropy, margin
from skvaal.benchmark import get_estimator

from .conftest import QUICK, SMALL

pytest.importorskip("modAL")
from modAL.models import ActiveLearner, Committee, DeepActiveLearner

N_LABELED = 60
FOREST = {"n_estimators": 5, "random_state": 0}
NETS = ("pseudo_label", "task_loss", "relabeled")
EXPLICIT = [{"uncertainty": "entropy", "rule": "greedy"}, *[{"net": net} for net in NETS]]


@pytest.fixture(scope="module")
def pools():
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32) / 16
    return X[:N_LABELED], y[:N_LABELED], X[N_LABELED:240]


def told():
    """A rule, and the list of what it is told."""
    seen = []

    def choose(scores, Z, Z_labeled, n, random_state, *, uncertainty=None):
        seen.append(uncertainty)
        return np.arange(n)

    return choose, seen


def active(pools, query, estimator=None, **params):
    X, y, _ = pools
    # A forest that is not fitted has no length, and so no truth value.
    estimator = GaussianNB() if estimator is None else estimator
    return ActiveLearner(estimator, query, X, y, **params)


# Uncertainty


@pytest.mark.parametrize(
    ("uncertainty", "expected"), [("auto", margin), ("entropy", entropy), (None, None)]
)
def test_the_pools_uncertainty_reaches_the_rule(pools, uncertainty, expected):
    rule, seen = told()
    learner = active(pools, VAALQuery(**SMALL, rule=rule, uncertainty=uncertainty))
    learner.query(pools[2], n_instances=3)
    if expected is None:
        assert seen == [None]
    else:
        np.testing.assert_allclose(seen[0], expected(learner.predict_proba(pools[2])))


class Counting(GaussianNB):
    """Counts the calls of predict_proba, and remembers how many rows each was of."""

    calls: list[int] = []

    def predict_proba(self, X):
        self.calls.append(len(X))
        return super().predict_proba(X)


@pytest.mark.parametrize(
    ("params", "calls"),
    [
        ({}, []),  # TopK does not read it
        ({"rule": "greedy", "uncertainty": "auto"}, [180]),
        ({"rule": "greedy"}, []),
        ({"net": "relabeled"}, [180]),
        ({"net": "pseudo_label"}, [180, 60]),
        ({"net": "task_loss", "rule": "greedy", "uncertainty": "auto"}, [180, 60]),
    ],
)
def test_a_query_asks_once_for_each_pool(pools, trainings, monkeypatch, params, calls):
    monkeypatch.setattr(Counting, "calls", [])
    learner = active(pools, VAALQuery(**{**QUICK, **params}), Counting())
    learner.query(pools[2], n_instances=2)
    assert Counting.calls == calls
    assert len(trainings) == 1


def test_committee(pools):
    X, y, X_pool = pools
    members = [ActiveLearner(GaussianNB(), X_training=X[:50], y_training=y[:50]),
               ActiveLearner(KNeighborsClassifier(3), X_training=X, y_training=y)]  # fmt: skip
    for uncertainty, expected in [
        ("disagreement", lambda votes: disagreement(votes)),
        ("auto", lambda votes: margin(votes.mean(axis=0))),
    ]:
        rule, seen = told()
        query = VAALQuery(**SMALL, rule=rule, uncertainty=uncertainty)
        Committee(members, query_strategy=query).query(X_pool, n_instances=2)
        votes = np.stack([member.predict_proba(X_pool) for member in members])
        np.testing.assert_allclose(seen[0], expected(votes), atol=1e-12)


@pytest.mark.parametrize("in_pipeline", [False, True])
@pytest.mark.parametrize(
    "ensemble",
    [
        RandomForestClassifier(**FOREST),
        BaggingClassifier(GaussianNB(), max_features=0.5, bootstrap=False, **FOREST),
        AdaBoostClassifier(RandomForestClassifier(**FOREST), **FOREST),
    ],
)
def test_ensembles(pools, in_pipeline, ensemble):
    estimator = make_pipeline(StandardScaler(), ensemble) if in_pipeline else ensemble
    rule, seen = told()
    for uncertainty in ("disagreement", "auto"):
        query = VAALQuery(**SMALL, rule=rule, uncertainty=uncertainty)
        learner = active(pools, query, estimator)
        learner.query(pools[2], n_instances=2)
    assert seen[0].shape == (180,)
    np.testing.assert_allclose(seen[1], margin(learner.predict_proba(pools[2])))


@pytest.mark.parametrize(
    "model",
    [
        BaggingClassifier(**FOREST),
        AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), **FOREST),
    ],
)
def test_a_fitted_ensemble_as_the_learner(pools, model):
    X, y, X_pool = pools
    model.fit(X, y)
    rule, seen = told()
    VAALQuery(**SMALL, rule=rule)(model, X_pool, X_labeled=X)
    np.testing.assert_allclose(seen[0], margin(model.predict_proba(X_pool)))
    indices, _ = HerdingQuery(random_state=0)(model, X_pool, 20, X_labeled=X)
    without, _ = HerdingQuery(random_state=0, uncertainty=None)(model, X_pool, 20, X_labeled=X)
    assert indices.tolist() != without.tolist()


# Nets that need predictions


@pytest.mark.parametrize("net", NETS)
def test_a_query_is_that_of_the_strategy_with_the_learners_probabilities(pools, net):
    X, y, X_pool = pools
    learner = active(pools, VAALQuery(**QUICK, net=net))
    indices, _ = learner.query(X_pool, n_instances=5)
    proba = learner.predict_proba(X), learner.predict_proba(X_pool)
    strategy = VAALQueryStrategy(**QUICK, net=net).fit_pools(
        X, X_pool, proba_labeled=proba[0], proba_unlabeled=proba[1]
    )
    np.testing.assert_array_equal(indices, strategy.query(X_pool, 5, proba=proba[1]))
    plain = VAALQueryStrategy(**QUICK).fit_pools(X, X_pool)
    assert not np.array_equal(
        strategy.score_samples(X_pool, proba=proba[1]), plain.score_samples(X_pool)
    )


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("memory", [False, True])
def test_a_pipeline_as_strategy(pools, trainings, tmp_path, net, memory):
    X, _, X_pool = pools
    steps = StandardScaler(), VAALQueryStrategy(**QUICK, net=net)
    pipeline = make_pipeline(*steps, memory=str(tmp_path) if memory else None)
    query = VAALQuery(strategy=pipeline)
    learner = active(pools, query)
    indices, _ = learner.query(X_pool, n_instances=5)
    scaler = StandardScaler().fit(np.concatenate([X, X_pool]))
    scaled = scaler.transform(X), scaler.transform(X_pool)
    proba = learner.predict_proba(X), learner.predict_proba(X_pool)  # of X as the learner sees it
    expected = VAALQueryStrategy(**QUICK, net=net).fit_pools(
        *scaled, proba_labeled=proba[0], proba_unlabeled=proba[1]
    )
    np.testing.assert_array_equal(indices, expected.query(scaled[1], 5, proba=proba[1]))
    np.testing.assert_allclose(query.strategy_[:-1].transform(X_pool), scaled[1])
    assert not hasattr(pipeline[-1], "net_")


def test_a_pipeline_of_one_step(pools):
    strategy = VAALQueryStrategy(**QUICK, net="pseudo_label")
    learner = active(pools, VAALQuery(strategy=make_pipeline(strategy)))
    assert len(set(learner.query(pools[2], n_instances=4)[0])) == 4


def test_on_transformed_the_learner_is_asked_of_what_it_was_given(pools, trainings):
    estimator = make_pipeline(StandardScaler(), GaussianNB())
    query = VAALQuery(**QUICK, net="pseudo_label")
    learner = active(pools, query, estimator, on_transformed=True)
    learner.query(pools[2], n_instances=2)
    expected = learner.predict_proba(pools[2]).argmax(axis=1)
    np.testing.assert_array_equal(trainings[0].unlabeled.extra.argmax(axis=1), expected)
    np.testing.assert_allclose(
        trainings[0].unlabeled.X, learner.estimator[:-1].transform(pools[2]), atol=1e-6
    )


def test_warm_start(pools):
    learner = active(pools, VAALQuery(**QUICK, net="task_loss", warm_start=True))
    learner.query(pools[2]), learner.query(pools[2])
    assert learner.query_strategy.strategy_.n_iter_ == 4


class WithFeatures(ClassifierMixin, BaseEstimator):
    """A classifier with features of its own, of which one is its confidence."""

    def fit(self, X, y):
        self.inner_ = GaussianNB().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        # Tempered, so that losses on the labelled samples differ.
        p = self.inner_.predict_proba(X) ** 0.01
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def embed(self, X):
        return np.asarray(X)[:, 20:40].reshape(-1, 4, 5)


def test_predicted_losses_are_ranked(pools):
    query = VAALQuery(**QUICK, net="task_loss")
    learner = active(pools, query, WithFeatures())
    learner.query(pools[2], n_instances=3)
    strategy = query.strategy_
    assert strategy.net_.extra.of_loss
    assert len(strategy.net_.extra.ranked) == 240
    with pytest.raises(ValueError, match="head on the learner's features"):
        strategy.query(pools[2], proba=learner.predict_proba(pools[2]))


def test_the_head_is_repeatable_and_changes_the_condition(pools, trainings, monkeypatch):
    for _ in range(2):
        active(pools, VAALQuery(**QUICK, net="task_loss"), WithFeatures()).query(pools[2])
    ranks = [pair.unlabeled.extra for pair in trainings]
    np.testing.assert_array_equal(*ranks)
    assert len(np.unique(ranks[0])) > 100
    monkeypatch.setattr(WithFeatures, "embed", None)
    active(pools, VAALQuery(**QUICK, net="task_loss"), WithFeatures()).query(pools[2])
    assert not np.array_equal(trainings[2].unlabeled.extra, ranks[0])


def test_the_features_of_a_net(pools, trainings):
    X, y, X_pool = pools
    query = VAALQuery(**QUICK, net="task_loss")
    net = get_estimator("mlp")(0)  # a Pipeline that ends in a TorchClassifier
    ActiveLearner(net, query, X, y).query(X_pool, n_instances=3)
    assert query.strategy_.net_.extra.of_loss
    assert len(np.unique(trainings[0].unlabeled.extra)) > 100


# Learners that cannot answer


def without_probabilities(pools):
    X, y, _ = pools
    return {
        "SVC": ActiveLearner(SVC(), VAALQuery(), X, y),
        "LinearRegression": ActiveLearner(LinearRegression(), VAALQuery(), X, y),
        "SimpleNamespace": SimpleNamespace(X_training=X),
        "Pipeline": ActiveLearner(make_pipeline(StandardScaler(), SVC()), VAALQuery(), X, y),
    }


@pytest.mark.parametrize("name", ["SVC", "LinearRegression", "Pipeline"])
def test_auto_leaves_them_out_with_a_warning(pools, name):
    rule, seen = told()
    query = VAALQuery(**SMALL, rule=rule)
    what = "is a regressor" if name == "LinearRegression" else "has no predict_proba"
    with pytest.warns(MissingProbabilitiesWarning, match=f"{name} {what}, .*uncertainty=None") as w:
        query(without_probabilities(pools)[name], pools[2])
    assert seen == [None]
    assert len(w) == 1


def test_auto_of_a_learner_that_has_no_model(pools):
    rule, seen = told()
    VAALQuery(**SMALL, rule=rule)(SimpleNamespace(X_training=pools[0]), pools[2])
    assert seen == [None]


def test_a_committee_with_a_member_without_probabilities(pools):
    X, y, X_pool = pools
    members = [ActiveLearner(each, X_training=X, y_training=y) for each in (GaussianNB(), SVC())]
    query = HerdingQuery(random_state=0)
    committee = Committee(members, query_strategy=query)
    with pytest.warns(MissingProbabilitiesWarning, match=r"CalibratedClassifierCV\(SVC\(\)\)") as w:
        indices, _ = committee.query(X_pool, n_instances=3)
    assert len(w) == 1
    # Without a warning: an explanation, and a choice that is to do without the model.
    assert "uncertainty" not in query.explain(committee, X_pool, indices)
    committee.query_strategy = HerdingQuery(random_state=0, uncertainty=None)
    np.testing.assert_array_equal(committee.query(X_pool, n_instances=3)[0], indices)


def test_an_error_names_the_member_without_probabilities(pools):
    X, y, X_pool = pools
    members = [ActiveLearner(each, X_training=X, y_training=y) for each in (GaussianNB(), SVC())]
    with pytest.raises(ValueError, match="needs class probabilities, and SVC has no predict_proba"):
        HerdingQuery(uncertainty="entropy")(Committee(members), X_pool)


@pytest.mark.parametrize("name", ["SVC", "LinearRegression", "SimpleNamespace", "Pipeline"])
@pytest.mark.parametrize("params", EXPLICIT)
def test_what_is_asked_for_by_name_must_be_there(pools, trainings, name, params):
    query = VAALQuery(**{**QUICK, **params})
    asked, value = next(iter(params.items()))
    message = f"{asked}={value!r} needs class probabilities, and {name} has no predict_proba.*"
    with pytest.raises(ValueError, match=message + "uncertainty=None"):
        query(without_probabilities(pools)[name], pools[2])
    assert not trainings


@pytest.mark.parametrize("params", EXPLICIT)
def test_no_learner(pools, trainings, params):
    X, _, X_pool = pools
    with pytest.raises(ValueError, match=r"None has no predict_proba.*uncertainty=None"):
        VAALQuery(**{**QUICK, **params})(None, X_pool, X_labeled=X)
    assert not trainings


@pytest.mark.parametrize("params", [{"rule": "greedy", "uncertainty": "auto"}, *EXPLICIT])
@pytest.mark.parametrize(
    "estimator",
    [GaussianNB(), RandomForestClassifier(), make_pipeline(StandardScaler(), GaussianNB())],
)
def test_labels_that_the_learner_was_not_fitted_on(pools, trainings, params, estimator):
    X, _, X_pool = pools
    learner = ActiveLearner(estimator, VAALQuery(**{**QUICK, **params}))
    message = f"{type(estimator).__name__} is not fitted.*fit the learner or teach it first"
    with pytest.raises(NotFittedError, match=message):
        learner.query(X_pool, X_labeled=X)
    assert not trainings


def test_deep_active_learner(pools, trainings):
    class Deep(GaussianNB):
        def initialize(self):
            return self

    X, y, X_pool = pools
    learner = DeepActiveLearner(Deep(), query_strategy=VAALQuery(**QUICK, net="task_loss"))
    with pytest.raises(NotFittedError, match="Deep is not fitted"):
        learner.query(X_pool, X_labeled=X)
    learner.fit(X, y)
    assert len(learner.query(X_pool, n_instances=3, X_labeled=X)[0]) == 3


class Wrong(GaussianNB):
    """Logits instead of probabilities."""

    def predict_proba(self, X):
        return super().predict_proba(X) * 3


@pytest.mark.parametrize("params", [{"rule": "greedy", "uncertainty": "auto"}, *EXPLICIT])
def test_probabilities_that_are_none(pools, trainings, params):
    with pytest.raises(ValueError, match=r"predict_proba of Wrong\[0\] is no distribution"):
        active(pools, VAALQuery(**{**QUICK, **params}), Wrong()).query(pools[2])
    assert not trainings


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"uncertainty": "margin"}, r"rule=TopK\(\) does not read it"),
        ({"uncertainty": "margn", "rule": "greedy"}, "'uncertainty' parameter"),
        ({"uncertainty": lambda p: p, "rule": "greedy"}, "must return one finite number a sample"),
        (
            {"uncertainty": lambda p: p, "net": "task_loss"},
            "must return one finite number a sample",
        ),
        ({"uncertainty": "disagreement", "rule": "greedy"}, "GaussianNB has none; use a Committee"),
    ],
)
def test_bad_parameters_fail_before_any_training(pools, trainings, params, message):
    with pytest.raises(ValueError, match=message):
        active(pools, VAALQuery(**{**QUICK, **params})).query(pools[2])
    assert not trainings


# Elsewhere


@pytest.mark.parametrize("params", [{"rule": "greedy", "uncertainty": "auto"}, *EXPLICIT])
def test_in_the_meta_estimator(pools, params):
    X, y, _ = pools
    classifier = ActiveLearningClassifier(
        GaussianNB(), VAALQuery(**{**QUICK, **params}), initial_size=15, batch_size=5, n_rounds=1
    )
    assert classifier.fit(X, y).learning_curve_["n_labeled"].tolist() == [15, 20]
    assert VAALQuery.from_preset("ta-vaal").get_params()["net"] == "ta_vaal"
