"""Labelling rounds with several labels and with regressors: bare, in modAL, in scikit-activeml."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import ARDRegression, BayesianRidge, LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import (
    AmbiguousInputWarning,
    HerdingQuery,
    HerdingQueryStrategy,
    MissingProbabilitiesWarning,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._predictions.learner import ask_learner
from skvaal._predictions.predictions import PredictionNeeds

FOREST = {"n_estimators": 5, "random_state": 0}
VAAL = {"max_epochs": 1, "vae__hidden": (8,), "vae__latent_dim": 2, "device": "cpu"}
N = 40
ANY = PredictionNeeds(pool=True, answer="any")
MEMBERS = PredictionNeeds(pool=True, members=True, required_by="uncertainty='disagreement'")


@pytest.fixture(scope="module")
def data():
    X, Y = make_multilabel_classification(160, 8, n_classes=3, random_state=0)
    return X / X.max(), Y


def learner_of(model, X, y):
    """A fitted learner in modAL's form."""
    fitted = copy.deepcopy(model).fit(X[:N], y[:N])
    proba = getattr(fitted, "predict_proba", None)
    return SimpleNamespace(
        estimator=fitted, X_training=X[:N], y_training=y[:N], predict_proba=proba
    )


def ask(learner, X, needs=ANY):
    return ask_learner(learner, X[:N], X[N:], needs, seed_source=0)[1]


# Several labels -----------------------------------------------------------------------------------

LISTS = {
    "forest": RandomForestClassifier(**FOREST),
    "neighbours": KNeighborsClassifier(5),
    "pipeline": make_pipeline(StandardScaler(), RandomForestClassifier(**FOREST)),
    "one model for each": MultiOutputClassifier(GaussianNB()),
}
ARRAYS = {
    "one against the rest": OneVsRestClassifier(LogisticRegression()),
    "chain": ClassifierChain(GaussianNB()),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("multilabel", ["auto", "mean"])
def test_a_list_from_a_learner_is_of_outputs(data, name, multilabel):
    learner = learner_of(LISTS[name], *data)
    needs = PredictionNeeds(pool=True, answer="any", multilabel=multilabel)
    outputs = ask(learner, data[0], needs).outputs
    expected = learner.estimator.predict_proba(data[0][N:])
    np.testing.assert_array_equal([each.proba for each in outputs], expected)


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_from_a_learner_is_of_labels_if_so_told(data, name):
    learner = learner_of(ARRAYS[name], *data)
    found = ask(learner, data[0], PredictionNeeds(pool=True, multilabel="max"))
    expected = learner.estimator.predict_proba(data[0][N:])
    np.testing.assert_allclose([each.proba[:, 1] for each in found.outputs], expected.T)
    with pytest.raises(ValueError, match=r"predict_proba of .*\[0\] is no dist.*multilabel='mean'"):
        ask(learner, data[0])


def test_outputs_of_several_classes(data):
    X, Y = data
    y = np.column_stack([Y[:, 0], Y.sum(axis=1)])
    found = ask(learner_of(RandomForestClassifier(**FOREST), X, y), X)
    assert [each.proba.shape[1] for each in found.outputs] == [2, len(np.unique(y[:N, 1]))]


@pytest.mark.parametrize(
    "model", [LISTS["forest"], LISTS["pipeline"], MultiOutputClassifier(LISTS["forest"])]
)
def test_members_of_each_output(data, model):
    learner = learner_of(model, *data)
    found = ask(learner, data[0], MEMBERS)
    expected = learner.estimator.predict_proba(data[0][N:])
    for output, proba in zip(found.outputs, expected, strict=True):
        assert output.members.shape == (5, 120, 2)
        np.testing.assert_allclose(output.members.mean(axis=0), proba)


@pytest.mark.parametrize("name", ["neighbours", "one model for each"])
def test_no_members_of_each_output(data, name):
    with pytest.raises(ValueError, match="uncertainty='disagreement' compares members.*has none"):
        ask(learner_of(LISTS[name], *data), data[0], MEMBERS)


def test_arrays_that_differ_in_length(data):
    learner = learner_of(LISTS["forest"], *data)
    answer = learner.predict_proba
    learner.predict_proba = lambda X: [each[k:] for k, each in enumerate(answer(X))]
    message = r"predict_proba of RandomForestClassifier\[1\] of shape \(119, 2\) has 119 samples"
    with pytest.raises(ValueError, match=message):
        ask(learner, data[0])


def test_a_net_that_learns_from_classes_refuses_labels(data):
    X, Y = data
    query = VAALQuery(**VAAL, net="pseudo_label", random_state=0)
    message = "net='pseudo_label' needs class probabilities.*proba_labeled has several labels"
    with pytest.raises(ValueError, match=message):
        query(learner_of(LISTS["forest"], X, Y), X[N:])


@pytest.mark.parametrize("query", [HerdingQuery, VAALQuery])
def test_rounds_in_modal(data, query):
    models = pytest.importorskip("modAL.models")
    X, Y = data
    pool, answers = X[N:], Y[N:]
    query = query(multilabel="max", random_state=0, **(VAAL if query is VAALQuery else {}))
    learner = models.ActiveLearner(RandomForestClassifier(**FOREST), query, X[:N], Y[:N])
    for _ in range(2):
        chosen, samples = learner.query(pool, n_instances=3)
        explained = query.explain(learner, pool, chosen)
        of_labels = [1 - np.ptp(each[chosen], axis=1) for each in learner.predict_proba(pool)]
        np.testing.assert_allclose(explained["uncertainty"], np.max(of_labels, axis=0))
        learner.teach(samples, answers[chosen])
        pool, answers = np.delete(pool, chosen, axis=0), np.delete(answers, chosen, axis=0)
    assert learner.y_training.shape == (N + 6, 3)


@pytest.mark.parametrize("strategy", [HerdingQueryStrategy, VAALQueryStrategy])
def test_rounds_without_a_library(data, strategy):
    X, Y = data
    known = np.full_like(Y, -1)
    known[:N] = Y[:N]
    params = VAAL if strategy is VAALQueryStrategy else {}
    strategy = strategy(multilabel="mean", random_state=0, **params)
    for _ in range(2):
        labeled = known[:, 0] >= 0
        pool = np.flatnonzero(~labeled)
        forest = RandomForestClassifier(**FOREST).fit(X[labeled], known[labeled])
        strategy.fit(X, known)
        chosen = pool[strategy.query(X[pool], 3, proba=forest.predict_proba(X[pool]))]
        known[chosen] = Y[chosen]
    assert (known[:, 0] >= 0).sum() == N + 6


@pytest.mark.parametrize("multilabel", ["auto", "mean"])
def test_committee(data, multilabel):
    models = pytest.importorskip("modAL.models")
    X, Y = data
    members = [
        models.ActiveLearner(model, X_training=X[:N], y_training=Y[:N])
        for model in (LISTS["forest"], LISTS["neighbours"])
    ]
    query = HerdingQuery(uncertainty="disagreement", multilabel=multilabel, random_state=0)
    committee = models.Committee(members, query_strategy=query)
    found = ask(committee, X, replace(MEMBERS, multilabel=multilabel))
    votes = [member.predict_proba(X[N:]) for member in members]
    for k, output in enumerate(found.outputs):
        np.testing.assert_array_equal(output.members, [vote[k] for vote in votes])
    assert len(committee.query(X[N:], n_instances=3)[0]) == 3


def test_committee_whose_members_know_other_classes(data):
    X, Y = data
    without = Y.copy()
    without[:, 1] = 0
    learners = [learner_of(LISTS["forest"], X, each) for each in (Y, without)]
    committee = SimpleNamespace(learner_list=learners, predict_proba=print, vote_proba=print)
    message = r"know different numbers of classes of their labels, \[\[2, 2, 2\], \[2, 1, 2\]\]"
    with pytest.raises(ValueError, match=message):
        ask(committee, X)


def test_scikit_activeml_with_a_fitted_classifier(data):
    sampling = pytest.importorskip("skvaal.skactiveml").HerdingSampling(random_state=0)
    X, Y = data
    forest = RandomForestClassifier(**FOREST).fit(X[:N], Y[:N])
    y = np.where(np.arange(len(X)) < N, 0.0, np.nan)
    asked = sampling.query(X, y, batch_size=4, clf=forest, fit_clf=False)
    without = sampling.query(X, y, batch_size=4)
    assert asked.tolist() != without.tolist()
    with pytest.raises(ValueError, match="y should be a 1d array"):
        sampling.query(X, np.where(np.arange(len(X))[:, None] < N, Y, np.nan), clf=forest)


# Regressors ---------------------------------------------------------------------------------------

REGRESSORS = {
    "process": GaussianProcessRegressor(RBF(0.5), optimizer=None, alpha=1e-3),
    "ridge": BayesianRidge(),
    "ard": ARDRegression(),
    "pipeline": make_pipeline(StandardScaler(), BayesianRidge()),
}


@pytest.fixture(scope="module")
def targets(data):
    X, _ = data
    return X, X[:, 0] + np.sin(5 * X[:, 1])


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("in_learner", [False, True])
def test_the_standard_deviation_of_a_regressor(targets, name, in_learner):
    learner = learner_of(REGRESSORS[name], *targets)
    found = ask(learner if in_learner else learner.estimator, targets[0])
    expected = learner.estimator.predict(targets[0][N:], return_std=True)[1]
    np.testing.assert_allclose(found.deviation, expected)


def test_several_targets(targets):
    X, y = targets
    model = GaussianProcessRegressor(RBF(0.5), optimizer=None, normalize_y=True)
    found = ask(learner_of(model, X, np.column_stack([y, 9 * y])), X)
    stds = [each.deviation for each in found.outputs]
    np.testing.assert_allclose(stds[1], 9 * stds[0])


@pytest.mark.parametrize("uncertainty", ["auto", "std", lambda std: std**2])
@pytest.mark.parametrize("name", ["process", "pipeline"])
def test_rounds_of_regression_in_modal(targets, name, uncertainty):
    models = pytest.importorskip("modAL.models")
    X, y = targets
    query = HerdingQuery(uncertainty=uncertainty, random_state=0)
    learner = models.ActiveLearner(copy.deepcopy(REGRESSORS[name]), query, X[:N], y[:N])
    for _ in range(2):
        chosen, samples = learner.query(X[N:], n_instances=3)
        std = learner.predict(samples, return_std=True)[1]
        unsure = query.explain(learner, X[N:], chosen)["uncertainty"]
        np.testing.assert_allclose(unsure, std**2 if callable(uncertainty) else std)
        learner.teach(samples, y[N:][chosen])


def test_vaal_reads_it_too(targets):
    X, y = targets
    query = VAALQuery(**VAAL, random_state=0)
    learner = learner_of(REGRESSORS["process"], X, y)
    chosen, _ = query(learner, X[N:], 3)
    std = learner.estimator.predict(X[N:][chosen], return_std=True)[1]
    np.testing.assert_allclose(query.explain(learner, X[N:], chosen)["uncertainty"], std)


def test_committee_of_regressors(targets):
    models = pytest.importorskip("modAL.models")
    X, y = targets
    members = [
        models.ActiveLearner(BayesianRidge(), X_training=X[some], y_training=y[some])
        for some in (slice(0, N // 2), slice(N // 2, N))
    ]
    committee = models.CommitteeRegressor(members, query_strategy=HerdingQuery(random_state=0))
    found = ask(committee, X)
    votes = [member.predict(X[N:]) for member in members]
    np.testing.assert_allclose(found.deviation, np.std(votes, axis=0))
    np.testing.assert_array_equal(ask(committee, X, MEMBERS).deviation, found.deviation)
    assert len(committee.query(X[N:], n_instances=3)[0]) == 3


def test_scikit_activeml_with_a_regressor(targets):
    sampling = pytest.importorskip("skvaal.skactiveml").HerdingSampling(random_state=0)
    X, y = targets
    known = np.where(np.arange(len(X)) < N, y, np.nan)
    asked = sampling.query(X, known, batch_size=4, clf=REGRESSORS["process"])
    assert asked.tolist() != sampling.query(X, known, batch_size=4).tolist()


@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(**FOREST),
        make_pipeline(StandardScaler(), ExtraTreesRegressor(**FOREST)),
        BaggingRegressor(BayesianRidge(), max_features=0.5, **FOREST),
        VotingRegressor([("ridge", BayesianRidge()), ("ard", ARDRegression())]),
    ],
    ids=["forest", "pipeline", "bagging of features", "voting"],
)
def test_members_that_predict_a_number_disagree(targets, model):
    X, y = targets
    learner = learner_of(model, X, y)
    fitted = learner.estimator
    X_pool = X[N:]
    if isinstance(fitted, Pipeline):
        fitted, X_pool = fitted[-1], fitted[:-1].transform(X_pool)
    features = getattr(fitted, "estimators_features_", [slice(None)] * len(fitted.estimators_))
    votes = [
        each.predict(X_pool[:, some])
        for each, some in zip(fitted.estimators_, features, strict=True)
    ]
    np.testing.assert_allclose(np.mean(votes, axis=0), learner.estimator.predict(X[N:]))
    found = ask(learner, X, MEMBERS)
    np.testing.assert_allclose(found.deviation, np.std(votes, axis=0))
    query = HerdingQuery(uncertainty="disagreement", random_state=0)
    chosen, _ = query(learner, X[N:], 3)
    unsure = query.explain(learner, X[N:], chosen)["uncertainty"]
    np.testing.assert_allclose(unsure, found.deviation[chosen])


@pytest.mark.parametrize(
    "model", [GradientBoostingRegressor(n_estimators=3), LinearRegression(), BayesianRidge()]
)
def test_no_members_that_predict_a_number(targets, model):
    with pytest.raises(ValueError, match="'disagreement' needs class probabilities, and"):
        ask(learner_of(model, *targets), targets[0], MEMBERS)


def test_a_forest_of_regressors_that_is_not_fitted(targets):
    learner = SimpleNamespace(estimator=RandomForestRegressor(), X_training=targets[0][:N])
    with pytest.raises(NotFittedError, match="RandomForestRegressor is not fitted.*teach it"):
        ask(learner, targets[0], MEMBERS)


def test_a_kernel_that_collapsed(targets):
    X, y = targets
    model = GaussianProcessRegressor(RBF(1e-5), optimizer=None)
    message = r"predict\(return_std=True\) of GaussianProcessRegressor is 1 for every sample"
    with pytest.warns(MissingProbabilitiesWarning, match=message):
        chosen, _ = HerdingQuery(random_state=0)(learner_of(model, X, y), X[N:], 3)
    without = HerdingQuery(uncertainty=None, random_state=0)(learner_of(model, X, y), X[N:], 3)
    np.testing.assert_array_equal(chosen, without[0])


class Answering(BayesianRidge):
    """A regressor with an answer of its own."""

    answer = None

    def predict(self, X, return_std=False):
        return self.answer(*super().predict(X, return_std=True)) if return_std else None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda mean, std: mean, "must return two arrays, predictions and standard deviations"),
        (lambda mean, std: (mean, std * np.nan), r"of Answering\[0\] is nan"),
        (lambda mean, std: (mean, -std), r"of Answering\[0\] is -0.*at least 0"),
        (lambda mean, std: (mean, std[1:]), "has 119 samples, but there are 120"),
        (lambda mean, std: (mean, None), "Answering returns None"),
        (lambda mean, std: (mean, "std"), r"got \(\)|real numbers"),
    ],
)
def test_standard_deviations_that_are_none(targets, monkeypatch, answer, message):
    monkeypatch.setattr(Answering, "answer", staticmethod(answer))
    with pytest.raises(ValueError, match=message):
        ask(learner_of(Answering(), *targets), targets[0])


def test_a_regressor_that_is_not_fitted(targets):
    learner = SimpleNamespace(estimator=BayesianRidge(), X_training=targets[0][:N])
    with pytest.raises(NotFittedError, match="BayesianRidge is not fitted.*teach it first"):
        ask(learner, targets[0])


@pytest.mark.parametrize("query", [HerdingQuery(random_state=0), HerdingQuery(uncertainty="std")])
def test_a_regressor_without_it(targets, query):
    learner = learner_of(RandomForestRegressor(**FOREST), *targets)
    if query.get_params()["uncertainty"] == "std":
        message = "uncertainty='std' needs a regressor.*RandomForestRegressor is none"
        with pytest.raises(ValueError, match=message):
            query(learner, targets[0][N:])
    else:
        with pytest.warns(
            MissingProbabilitiesWarning, match="RandomForestRegressor is a reg.*_std"
        ):
            query(learner, targets[0][N:])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"uncertainty": "margin"}, "needs class probabilities.*uncertainty='std', which a regr"),
        ({"net": "pseudo_label"}, "net='pseudo_label' needs class probabilities, and BayesianR"),
    ],
)
def test_class_probabilities_of_a_regressor(targets, params, message):
    with pytest.raises(ValueError, match=message):
        VAALQuery(**VAAL, **params)(learner_of(BayesianRidge(), *targets), targets[0][N:])


@pytest.mark.parametrize("net", ["task_loss", "pseudo_label"])
def test_a_net_that_learns_from_classes_refuses_standard_deviations(targets, data, net):
    X, y = targets
    strategy = VAALQueryStrategy(**VAAL, net=net, uncertainty="std", random_state=0)
    message = f"net='{net}' needs class probabilities.*proba_unlabeled has standard deviations"
    with pytest.raises(ValueError, match=message):
        strategy.fit_pools(X[:N], X[N:], proba_unlabeled=y[N:] - y.min())
    query = VAALQuery(strategy=strategy)
    with pytest.raises(ValueError, match="'std' is a regressor's.*there are class probabilities"):
        query(learner_of(GaussianNB(), X, data[1][:, 0]), X[N:])


def test_probabilities_in_the_place_of_standard_deviations(data):
    X, _ = data
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X) - N)
    strategy = HerdingQueryStrategy(uncertainty="std", random_state=0).fit_pools(X[:N], X[N:])
    with pytest.warns(AmbiguousInputWarning, match="every row of proba sums to 1, like class"):
        strategy.query(X[N:], 3, proba=proba)


def test_standard_deviations_of_a_classifier(data):
    X, Y = data
    with pytest.raises(ValueError, match="uncertainty='std' needs a regressor.*GaussianNB is none"):
        HerdingQuery(uncertainty="std")(learner_of(GaussianNB(), X, Y[:, 0]), X[N:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HerdingQuery(random_state=0)(learner_of(GaussianNB(), X, Y[:, 0]), X[N:])
