"""What VAALQuery asks of modAL's learners, and what it does where they cannot answer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvaal import ActiveLearningClassifier, VAALQuery, VAALQueryStrategy
from skvaal import _learner as learner_module
from skvaal._uncertainty import disagreement, entropy, margin
from skvaal.benchmark import get_estimator

from .conftest import QUICK, UNSELECTED

pytest.importorskip("modAL")
from modAL.models import ActiveLearner, Committee, DeepActiveLearner

N_LABELED = 60
FOREST = {"n_estimators": 5, "random_state": 0}
FIT_MODES = [{"condition": "pseudo_label"}, {"condition": "task_loss"}, {"relabel_states": True}]
EXPLICIT = [{"uncertainty": "entropy", "selection": "greedy"}, *FIT_MODES]


@pytest.fixture(scope="module")
def pools():
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32) / 16
    return X[:N_LABELED], y[:N_LABELED], X[N_LABELED:240]


def told():
    """A selection, and the list of what it is told."""
    seen = []

    def select(scores, Z, Z_labeled, n, random_state, *, uncertainty=None):
        seen.append(uncertainty)
        return np.arange(n)

    return select, seen


def active(pools, query, estimator=None, **params):
    X, y, _ = pools
    # A forest that is not fitted has no length, and so no truth value.
    estimator = GaussianNB() if estimator is None else estimator
    return ActiveLearner(estimator, query, X, y, **params)


# Uncertainty


@pytest.mark.parametrize(
    ("uncertainty", "expected"), [("auto", margin), ("entropy", entropy), (None, None)]
)
def test_the_pools_uncertainty_reaches_the_selection(pools, uncertainty, expected):
    select, seen = told()
    learner = active(pools, VAALQuery(**UNSELECTED, selection=select, uncertainty=uncertainty))
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
        ({}, []),  # the smallest scores make no use of it
        ({"selection": "greedy"}, [180]),
        ({"selection": "greedy", "uncertainty": None}, []),
        ({"relabel_states": True}, [180]),
        ({"condition": "pseudo_label"}, [180, 60]),
        ({"condition": "task_loss", "selection": "greedy", "relabel_states": True}, [180, 60]),
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
        select, seen = told()
        query = VAALQuery(**UNSELECTED, selection=select, uncertainty=uncertainty)
        Committee(members, query_strategy=query).query(X_pool, n_instances=2)
        votes = np.stack([member.predict_proba(X_pool) for member in members])
        np.testing.assert_allclose(seen[0], expected(votes), atol=1e-12)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_members_of_a_forest_disagree(pools, in_pipeline):
    select, seen = told()
    forest = RandomForestClassifier(**FOREST)
    estimator = make_pipeline(StandardScaler(), forest) if in_pipeline else forest
    query = VAALQuery(**UNSELECTED, selection=select, uncertainty="disagreement")
    learner = active(pools, query, estimator)
    learner.query(pools[2], n_instances=2)
    X = learner.estimator[:-1].transform(pools[2]) if in_pipeline else pools[2]
    fitted = learner.estimator[-1] if in_pipeline else learner.estimator
    votes = np.stack([tree.predict_proba(X) for tree in fitted.estimators_])
    np.testing.assert_allclose(votes.mean(axis=0), learner.predict_proba(pools[2]))  # class order
    np.testing.assert_allclose(seen[0], disagreement(votes), atol=1e-12)
    assert seen[0].max() > 0.1


def test_members_of_a_bagging_ensemble_see_their_features(pools):
    select, seen = told()
    query = VAALQuery(**UNSELECTED, selection=select, uncertainty="disagreement")
    bagging = BaggingClassifier(GaussianNB(), 4, max_features=0.5, bootstrap=False, random_state=0)
    active(pools, query, bagging).query(pools[2], n_instances=2)
    assert seen[0].max() > 0.1


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LogisticRegression(), "LogisticRegression has none; use a Committee"),
        (GradientBoostingClassifier(n_estimators=2), "GradientBoostingClassifier has none"),
        (
            # Each member tells one class from the rest.
            OneVsRestClassifier(GaussianNB()),
            "not all members of OneVsRestClassifier know its 10",
        ),
    ],
)
def test_no_members_that_could_disagree(pools, trainings, estimator, message):
    query = VAALQuery(**UNSELECTED, selection="greedy", uncertainty="disagreement")
    with pytest.raises(ValueError, match=message):
        active(pools, query, estimator).query(pools[2])
    assert not trainings


# Condition and relabelled states


@pytest.mark.parametrize("params", FIT_MODES)
def test_a_query_is_that_of_the_strategy_with_the_learners_probabilities(pools, params):
    X, y, X_pool = pools
    learner = active(pools, VAALQuery(**{**QUICK, **params}))
    indices, _ = learner.query(X_pool, n_instances=5)
    proba = learner.predict_proba(X), learner.predict_proba(X_pool)
    strategy = VAALQueryStrategy(**{**QUICK, **params}).fit_pools(
        X, X_pool, proba_labeled=proba[0], proba_unlabeled=proba[1]
    )
    np.testing.assert_array_equal(indices, strategy.query(X_pool, 5, proba=proba[1]))
    plain = VAALQueryStrategy(**QUICK).fit_pools(X, X_pool)
    assert not np.array_equal(
        strategy.score_samples(X_pool, proba=proba[1]), plain.score_samples(X_pool)
    )


@pytest.mark.parametrize("params", FIT_MODES)
@pytest.mark.parametrize("memory", [False, True])
def test_a_pipeline_as_strategy(pools, trainings, tmp_path, params, memory):
    X, _, X_pool = pools
    steps = StandardScaler(), VAALQueryStrategy(**{**QUICK, **params})
    pipeline = make_pipeline(*steps, memory=str(tmp_path) if memory else None)
    query = VAALQuery(strategy=pipeline)
    learner = active(pools, query)
    indices, _ = learner.query(X_pool, n_instances=5)
    scaler = StandardScaler().fit(np.concatenate([X, X_pool]))
    scaled = scaler.transform(X), scaler.transform(X_pool)
    proba = learner.predict_proba(X), learner.predict_proba(X_pool)  # of X as the learner sees it
    expected = VAALQueryStrategy(**{**QUICK, **params}).fit_pools(
        *scaled, proba_labeled=proba[0], proba_unlabeled=proba[1]
    )
    np.testing.assert_array_equal(indices, expected.query(scaled[1], 5, proba=proba[1]))
    np.testing.assert_allclose(query.strategy_[:-1].transform(X_pool), scaled[1])
    assert not hasattr(pipeline[-1], "net_")


def test_a_pipeline_of_one_step(pools):
    strategy = VAALQueryStrategy(**QUICK, condition="pseudo_label")
    learner = active(pools, VAALQuery(strategy=make_pipeline(strategy)))
    assert len(set(learner.query(pools[2], n_instances=4)[0])) == 4


def test_on_transformed_the_learner_is_asked_of_what_it_was_given(pools, trainings):
    estimator = make_pipeline(StandardScaler(), GaussianNB())
    query = VAALQuery(**QUICK, condition="pseudo_label")
    learner = active(pools, query, estimator, on_transformed=True)
    learner.query(pools[2], n_instances=2)
    expected = learner.predict_proba(pools[2]).argmax(axis=1)
    np.testing.assert_array_equal(trainings[0].unlabeled.condition.argmax(axis=1), expected)
    np.testing.assert_allclose(
        trainings[0].unlabeled.X, learner.estimator[:-1].transform(pools[2]), atol=1e-6
    )


def test_warm_start(pools):
    learner = active(pools, VAALQuery(**QUICK, condition="task_loss", warm_start=True))
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


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_a_head_on_the_learners_features_predicts_the_task_loss(pools, monkeypatch, in_pipeline):
    X, y, X_pool = pools
    seen = []

    class Head:
        def __init__(self, seed):
            pass

        def fit(self, features, loss):
            seen.append((features, loss))
            return self

        def predict(self, features):
            return np.asarray(features)[:, 3]

    monkeypatch.setattr(learner_module, "TaskLossHead", Head)
    estimator = WithFeatures()
    if in_pipeline:
        estimator = make_pipeline(StandardScaler(), estimator)
    query = VAALQuery(**QUICK, condition="task_loss")
    learner = active(pools, query, estimator)
    learner.query(X_pool, n_instances=3)
    shown = learner.estimator[:-1].transform(X) if in_pipeline else X
    np.testing.assert_allclose(seen[0][0], shown[:, 20:40])
    proba = learner.predict_proba(X)
    np.testing.assert_allclose(seen[0][1], -np.log(proba[np.arange(len(y)), y]))
    strategy = query.strategy_
    assert strategy.condition_.of_loss
    assert len(strategy.condition_.values) == 240
    with pytest.raises(ValueError, match="head on the learner's features"):
        strategy.query(X_pool, proba=learner.predict_proba(X_pool))


def test_the_head_is_repeatable_and_changes_the_choice_of_a_condition(pools, trainings):
    for _ in range(2):
        active(pools, VAALQuery(**QUICK, condition="task_loss"), WithFeatures()).query(pools[2])
    conditions = [pair.unlabeled.condition for pair in trainings]
    np.testing.assert_array_equal(*conditions)
    assert len(np.unique(conditions[0])) > 100
    WithFeatures.embed, kept = None, WithFeatures.embed
    try:
        active(pools, VAALQuery(**QUICK, condition="task_loss"), WithFeatures()).query(pools[2])
    finally:
        WithFeatures.embed = kept
    assert not np.array_equal(trainings[2].unlabeled.condition, conditions[0])


def test_the_features_of_a_net(pools, trainings):
    X, y, X_pool = pools
    query = VAALQuery(**QUICK, condition="task_loss")
    net = get_estimator("mlp")(0)  # a Pipeline that ends in a TorchClassifier
    ActiveLearner(net, query, X, y).query(X_pool, n_instances=3)
    assert query.strategy_.condition_.of_loss
    assert len(np.unique(trainings[0].unlabeled.condition)) > 100


# Learners that cannot answer


def without_probabilities(pools):
    X, y, _ = pools
    return {
        "SVC": ActiveLearner(SVC(), VAALQuery(), X, y),
        "LinearRegression": ActiveLearner(LinearRegression(), VAALQuery(), X, y),
        "SimpleNamespace": SimpleNamespace(X_training=X),
        "Pipeline": ActiveLearner(make_pipeline(StandardScaler(), SVC()), VAALQuery(), X, y),
    }


@pytest.mark.parametrize("name", ["SVC", "LinearRegression", "SimpleNamespace", "Pipeline"])
def test_auto_leaves_them_out(pools, name):
    select, seen = told()
    query = VAALQuery(**UNSELECTED, selection=select)
    query(without_probabilities(pools)[name], pools[2])
    assert seen == [None]


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


class WithRegressor(LinearRegression):
    """A regressor with something of that name."""

    def predict_proba(self, X):
        pytest.fail("asked a regressor")


def test_a_regressor_is_not_asked(pools, trainings):
    active(pools, VAALQuery(**UNSELECTED, selection="greedy"), WithRegressor()).query(pools[2])
    assert len(trainings) == 1


@pytest.mark.parametrize("params", [{"selection": "greedy"}, *EXPLICIT])
@pytest.mark.parametrize(
    "estimator",
    [GaussianNB(), RandomForestClassifier(), make_pipeline(StandardScaler(), GaussianNB())],
)
def test_a_learner_that_is_not_fitted(pools, trainings, params, estimator):
    X, _, X_pool = pools
    learner = ActiveLearner(estimator, VAALQuery(**{**QUICK, **params}))
    message = f"{type(estimator).__name__} is not fitted.*fit the learner or teach it first"
    with pytest.raises(NotFittedError, match=message):
        learner.query(X_pool)
    with pytest.raises(NotFittedError, match=message):
        learner.query(X_pool, X_labeled=X)
    assert not trainings


def test_members_and_committees_that_are_not_fitted(pools, trainings):
    query = VAALQuery(**UNSELECTED, selection="greedy", uncertainty="disagreement")
    with pytest.raises(NotFittedError, match="RandomForestClassifier is not fitted"):
        ActiveLearner(RandomForestClassifier(), query).query(pools[2])
    committee = Committee([ActiveLearner(GaussianNB()), ActiveLearner(GaussianNB())], query)
    with pytest.raises(NotFittedError, match="GaussianNB is not fitted"):
        committee.query(pools[2])
    assert not trainings


def test_deep_active_learner(pools, trainings):
    class Deep(GaussianNB):
        def initialize(self):
            return self

    X, y, X_pool = pools
    learner = DeepActiveLearner(Deep(), query_strategy=VAALQuery(**QUICK, condition="task_loss"))
    with pytest.raises(NotFittedError, match="Deep is not fitted"):
        learner.query(X_pool, X_labeled=X)
    learner.fit(X, y)
    assert len(learner.query(X_pool, n_instances=3, X_labeled=X)[0]) == 3


class Wrong(GaussianNB):
    """Logits instead of probabilities, or too few of them."""

    def predict_proba(self, X):
        return self.answer(super().predict_proba(X))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p: p * 3, r"predict_proba of Wrong\[0\] is no distribution"),
        (lambda p: p * np.nan, r"predict_proba of Wrong\[0\] holds NaN"),
        (lambda p: p[:-1], "has 179 samples, but there are 180"),
        (lambda p: p[None], r"predict_proba of Wrong has the shape \(1, 180, 10\)"),
    ],
)
@pytest.mark.parametrize("params", [{"selection": "greedy"}, *EXPLICIT])
def test_probabilities_that_are_none(pools, trainings, monkeypatch, answer, message, params):
    monkeypatch.setattr(Wrong, "answer", staticmethod(answer), raising=False)
    with pytest.raises(ValueError, match=message):
        active(pools, VAALQuery(**{**QUICK, **params}), Wrong()).query(pools[2])
    assert not trainings


def test_several_outputs(pools, trainings):
    X, y, X_pool = pools
    estimator = MultiOutputClassifier(GaussianNB()).fit(X, np.column_stack([y, y]))
    learner = SimpleNamespace(
        X_training=X, estimator=estimator, predict_proba=estimator.predict_proba
    )
    with pytest.raises(ValueError, match=r"gives 2 arrays, one for each output.*uncertainty=None"):
        VAALQuery(**UNSELECTED, selection="greedy")(learner, X_pool)
    assert not trainings


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"uncertainty": "margin"}, "selection='topk' makes no use of it"),
        ({"uncertainty": "margn", "selection": "greedy"}, "'uncertainty' parameter"),
        ({"condition": "task_loss", "ablation": "no_discriminator"}, "set condition=None"),
        (
            {"uncertainty": lambda p: p, "selection": "greedy"},
            "must return one finite number a sample",
        ),
        (
            {"uncertainty": lambda p: p, "condition": "task_loss"},
            "must return one finite number a sample",
        ),
    ],
)
def test_bad_parameters_fail_before_any_training(pools, trainings, params, message):
    with pytest.raises(ValueError, match=message):
        active(pools, VAALQuery(**{**QUICK, **params})).query(pools[2])
    assert not trainings


# Elsewhere


@pytest.mark.parametrize("params", [{"selection": "greedy"}, *EXPLICIT])
def test_in_the_meta_estimator(pools, params):
    X, y, _ = pools
    classifier = ActiveLearningClassifier(
        GaussianNB(), VAALQuery(**{**QUICK, **params}), initial_size=15, batch_size=5, n_rounds=1
    )
    assert classifier.fit(X, y).learning_curve_["n_labeled"].tolist() == [15, 20]
    assert VAALQuery.from_preset("ta-vaal").get_params()["condition"] == "task_loss"
