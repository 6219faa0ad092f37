"""VAALQuery and HerdingQuery inside modAL's own learners."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch import NeuralNetClassifier
from torch import nn

from skvaal import (
    EmptyPoolWarning,
    HerdingQuery,
    HerdingQueryStrategy,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
    modal,
)

from .conftest import QUICK, SMALL, interrupt

pytest.importorskip("modAL")
from modAL.models import ActiveLearner, Committee, DeepActiveLearner


@pytest.fixture
def pools(digits):
    X, _ = digits
    return X[:40], np.arange(40) % 10, X[40:]


def learner(pools, query=None, estimator=None, **params):
    X, y, _ = pools
    query = VAALQuery(**QUICK) if query is None else query
    return ActiveLearner(estimator or KNeighborsClassifier(3), query, X, y, **params)


@pytest.mark.parametrize("n", [1, 2, 3, 25, 200])
def test_one_training_and_the_right_samples_for_every_size(pools, trainings, n):
    X, _, X_pool = pools
    indices, samples = learner(pools).query(X_pool, n_instances=n)
    assert len(trainings) == 1
    np.testing.assert_array_equal(samples, X_pool[indices])
    expected = VAALQueryStrategy(**QUICK).fit_pools(X, X_pool).query(X_pool, n)
    np.testing.assert_array_equal(indices, expected)


def test_metrics_are_the_scores(pools):
    _, _, X_pool = pools
    query = VAALQuery(**QUICK)
    indices, _, scores = learner(pools, query).query(X_pool, n_instances=4, return_metrics=True)
    np.testing.assert_array_equal(scores, query.strategy_.score_samples(X_pool)[indices])
    assert (np.diff(scores) >= 0).all()


def test_a_learning_loop(pools, trainings):
    X, _, X_pool = pools
    active = learner(pools)
    for _ in range(3):
        indices, samples = active.query(X_pool, n_instances=5)
        active.teach(samples, np.arange(5))
        X_pool = np.delete(X_pool, indices, axis=0)
    assert len(trainings) == 3
    assert [len(p.labeled) for p in trainings] == [40, 45, 50]
    assert [len(p.unlabeled) for p in trainings] == [200, 195, 190]


def test_images(images):
    X, _ = images
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    estimator = make_pipeline(flatten, KNeighborsClassifier(3))
    active = ActiveLearner(estimator, VAALQuery(**QUICK, vae__width=2), X[:40], np.arange(40) % 10)
    indices, samples = active.query(X[40:], n_instances=3)
    np.testing.assert_array_equal(samples, X[40:][indices])


def test_on_transformed(pools, trainings):
    X, _, X_pool = pools
    estimator = make_pipeline(PCA(5, random_state=0), LogisticRegression())
    active = learner(pools, estimator=estimator, on_transformed=True)
    active.query(X_pool, n_instances=3)
    assert trainings[0].labeled.sample_shape == (5,)
    np.testing.assert_allclose(trainings[0].unlabeled.X, estimator[:-1].transform(X_pool))


def test_pipeline_ending_in_a_strategy(pools, trainings):
    X, _, X_pool = pools
    pipeline = make_pipeline(StandardScaler(), PCA(6), VAALQueryStrategy(**QUICK))
    query = VAALQuery(strategy=pipeline)
    indices, _ = learner(pools, query).query(X_pool, n_instances=4)
    assert len(trainings) == 1
    fitted = query.strategy_
    assert fitted[0].n_samples_seen_ == 240  # both pools
    np.testing.assert_array_equal(indices, fitted[-1].query(fitted[:-1].transform(X_pool), 4))
    assert (fitted[-1].n_labeled_, fitted[-1].n_unlabeled_) == (40, 200)
    assert not hasattr(pipeline[-1], "net_")  # the parameter stays as it was


def test_pipeline_of_one_step_and_of_named_columns(pools):
    X, _, X_pool = pools
    query = VAALQuery(make_pipeline(VAALQueryStrategy(**QUICK)))
    assert query(SimpleNamespace(X_training=X), X_pool)[0].shape == (1,)
    frame, frame_pool = (pd.DataFrame(part).add_prefix("p") for part in (X, X_pool))
    pipeline = make_pipeline(
        make_column_transformer((StandardScaler(), ["p1", "p2", "p3"])),
        VAALQueryStrategy(**QUICK),
    )
    query = VAALQuery(pipeline)
    assert query(SimpleNamespace(X_training=frame), frame_pool, 4)[0].shape == (4,)
    with pytest.raises(ValueError, match="X_labeled and X_pool .*same columns"):
        query(SimpleNamespace(X_training=frame), frame_pool.iloc[:, ::-1])


def test_pipeline_refuses_pools_of_other_kinds(images):
    X, _ = images
    query = VAALQuery(make_pipeline(VAALQueryStrategy(**QUICK)))
    with pytest.raises(ValueError, match="dtype uint8, X_pool of float64"):
        query(SimpleNamespace(X_training=X[:40]), X[40:] / 255)


def test_labelled_samples_that_are_passed_replace_the_learners(pools, trainings):
    X, _, X_pool = pools
    learner(pools).query(X_pool, X_labeled=X[:7])
    assert len(trainings[0].labeled) == 7


@pytest.mark.parametrize("missing_label", [-1, 0, float("nan"), None, "?"])
def test_pipeline_marks_rows_with_any_missing_label(pools, missing_label):
    strategy = VAALQueryStrategy(**QUICK, missing_label=missing_label)
    query = VAALQuery(strategy=make_pipeline(StandardScaler(), strategy))
    learner(pools, query).query(pools[2])
    assert query.strategy_[-1].n_labeled_ == 40


def test_committee(pools, trainings):
    X, y, X_pool = pools
    members = [ActiveLearner(KNeighborsClassifier(1), X_training=X, y_training=y) for _ in "ab"]
    committee = Committee(members, query_strategy=VAALQuery(**QUICK))
    indices, samples = committee.query(X_pool, n_instances=2)
    np.testing.assert_array_equal(samples, X_pool[indices])
    assert len(trainings[0].labeled) == 40


def test_committee_of_learners_with_other_samples_is_labelled_where_one_is(pools, trainings):
    X, y, X_pool = pools
    members = [
        ActiveLearner(KNeighborsClassifier(1), X_training=X[rows], y_training=y[rows])
        for rows in (slice(0, 25), slice(15, 40))
    ]
    Committee(members, query_strategy=VAALQuery(**QUICK)).query(X_pool)
    assert len(trainings[0].labeled) == 40


class Deep(KNeighborsClassifier):
    """What DeepActiveLearner asks of an estimator."""

    def initialize(self):
        return self


def test_deep_active_learner_is_told_the_labelled_samples(pools, trainings):
    X, y, X_pool = pools
    active = DeepActiveLearner(Deep(3), query_strategy=VAALQuery(**QUICK))
    active.fit(X, y)
    indices, samples = active.query(X_pool, n_instances=3, X_labeled=X)
    np.testing.assert_array_equal(samples, X_pool[indices])
    assert len(trainings) == 1
    with pytest.raises(ValueError, match="DeepActiveLearner keeps no labelled samples.*X_labeled="):
        active.query(X_pool, n_instances=3)
    assert len(trainings) == 1


@pytest.mark.parametrize("n", [0, -1, 201, 2.0, True])
def test_errors_come_before_any_training(pools, trainings, n):
    with pytest.raises((ValueError, TypeError), match="n_instances"):
        learner(pools).query(pools[2], n_instances=n)
    assert not trainings


def test_bad_pools_and_names_are_errors_before_any_training(pools, trainings):
    X, y, X_pool = pools
    active = learner(pools)
    with pytest.raises(ValueError, match="X_pool is empty"):
        active.query(X_pool[:0])
    with pytest.raises(ValueError, match="the pools must agree"):
        active.query(X_pool[:, :9])
    with pytest.raises(ValueError, match="NaN"):
        active.query(np.where(X_pool == X_pool.max(), np.nan, X_pool))
    with pytest.raises(ValueError, match="did you mean 'beta'"):
        learner(pools, VAALQuery(betta=1)).query(X_pool)
    with pytest.raises(TypeError, match="VAALQueryStrategy or a Pipeline.* got PCA"):
        learner(pools, VAALQuery(strategy=PCA())).query(X_pool)
    assert not trainings


def test_what_holds_no_samples_is_named(pools):
    X, _, X_pool = pools
    learner = SimpleNamespace(X_training=X)
    query = HerdingQuery(random_state=0)
    with pytest.raises(ValueError, match="^X_pool is a single number"):
        query(learner, np.float64(3))
    with pytest.raises(ValueError, match="^X_labeled is a single number"):
        query(learner, X_pool, X_labeled=np.float64(3))
    query(learner, X_pool)
    with pytest.raises(ValueError, match="^X_pool is a single number"):
        query.explain(learner, np.float64(3), [0])


def test_query_and_explain_ask_the_learner_with_the_same_seed(pools, monkeypatch):
    seeds, ask = [], modal.ask_learner

    def note(*args, seed_source, **params):
        seeds.append(seed_source)
        return ask(*args, seed_source=seed_source, **params)

    monkeypatch.setattr(modal, "ask_learner", note)
    query = HerdingQuery(random_state=7)
    active = learner(pools, query)
    indices, _ = query(active, pools[2], 2)
    query.explain(active, pools[2], indices)
    assert seeds == [7, 7]


def test_one_sample_is_chosen_by_default(pools):
    X, _, X_pool = pools
    query = HerdingQuery(random_state=0)
    indices, values = query(SimpleNamespace(X_training=X), X_pool)
    assert indices.shape == values.shape == (1,)
    assert set(query.seconds_) == {"fit", "choose"}


def test_a_failed_training_is_not_repeated_by_modal(pools, monkeypatch):
    calls = []

    def fail(self, *args):
        calls.append(1)
        raise RuntimeError("no luck")

    monkeypatch.setattr(VAALNet, "partial_fit", fail)
    active = learner(pools)
    with pytest.raises(RuntimeError, match="no luck"):
        active.query(pools[2])
    assert len(calls) == 1
    # But a caller may try again, even while it handles the error.
    try:
        active.query(pools[2])
    except RuntimeError:
        with pytest.raises(RuntimeError, match="no luck"):
            active.query(pools[2])
    assert len(calls) == 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for child processes")
@pytest.mark.usefixtures("listens_to_ctrl_c")  # and so does the child
def test_ctrl_c_ends_a_query_of_modal():
    program = """
        import numpy as np
        from modAL.models import ActiveLearner
        from sklearn.neighbors import KNeighborsClassifier
        from skorch.callbacks import Callback
        from skvaal import VAALQuery

        class Tell(Callback):
            def on_train_begin(self, net, **kwargs):
                print("training", flush=True)

        X = np.random.rand(200, 5)
        query = VAALQuery(rule="topk", max_epochs=100_000, callbacks=[Tell()])
        learner = ActiveLearner(KNeighborsClassifier(), query, X[:100], np.arange(100) % 2)
        try:
            learner.query(X[100:], n_instances=3)
        except KeyboardInterrupt:
            print("interrupted", hasattr(query, "strategy_"), flush=True)
    """
    # "training" did not come a second time.
    assert interrupt(program) == ["interrupted False"]


# Parameters


def test_parameters_are_the_strategys():
    query = VAALQuery(beta=3, vae__latent_dim=4)
    assert query.get_params()["beta"] == 3
    assert query.get_params()["vae__latent_dim"] == 4
    copy = clone(query).set_params(beta=5, discriminator__hidden=(8,))
    assert (copy.get_params()["beta"], query.get_params()["beta"]) == (5, 3)
    assert copy.get_params()["discriminator__hidden"] == (8,)


def test_parameters_of_a_strategy_have_its_prefix():
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy())
    query = VAALQuery(strategy=pipeline).set_params(strategy__vaalquerystrategy__beta=7)
    assert pipeline[-1].beta == 7
    assert clone(query).get_params()["strategy__vaalquerystrategy__beta"] == 7
    assert clone(query).strategy is not pipeline
    query.set_params(strategy=VAALQueryStrategy(beta=2))
    assert query.get_params()["strategy__beta"] == 2
    with pytest.raises(TypeError, match="not both"):
        VAALQuery(strategy=pipeline, beta=1)


def test_warm_start_goes_on_from_query_to_query(pools):
    X, _, X_pool = pools
    fake = SimpleNamespace(X_training=X)
    for query in (
        VAALQuery(**QUICK, warm_start=True),
        VAALQuery(make_pipeline(StandardScaler(), VAALQueryStrategy(**QUICK, warm_start=True))),
    ):
        query(fake, X_pool), query(fake, X_pool)
        last = query.strategy_ if hasattr(query.strategy_, "n_iter_") else query.strategy_[-1]
        assert last.n_iter_ == 4
    query = VAALQuery(**QUICK, warm_start=True)
    query(fake, X_pool)
    first = query.strategy_
    query.set_params(beta=7.0, max_epochs=5)(fake, X_pool)
    assert len(first.history_) == first.n_iter_ == 2  # what was fitted before stays as it was
    assert query.strategy_.net_.beta == 7.0
    assert query.strategy_.n_iter_ == 7
    cold = VAALQuery(**QUICK)
    cold(fake, X_pool), cold(fake, X_pool)
    assert cold.strategy_.n_iter_ == 2


def test_deep_active_learner_with_a_skorch_classifier(images, trainings):
    X, _ = images
    X = (X / 255).astype(np.float32)
    y = np.arange(40) % 3
    classifier = NeuralNetClassifier(
        nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Softmax(dim=1)),
        max_epochs=1,
        verbose=0,
        train_split=None,
    )
    active = DeepActiveLearner(classifier, query_strategy=VAALQuery(**QUICK, vae__width=2))
    active.teach(X[:40], y)
    indices, samples = active.query(X[40:], n_instances=2, X_labeled=X[:40])
    np.testing.assert_array_equal(samples, X[40:][indices])
    active.teach(samples, y[:2])
    assert len(trainings) == 1


# No label yet


GROUPS = np.repeat(np.eye(5), 20, axis=0) + np.random.RandomState(0).rand(100, 5) / 10
TRAINED = {**SMALL, "max_epochs": 20, "lr": 2e-3}


def check_first_batch(query, learner, **passed):
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool") as warned:
        indices, scores = query(learner, GROUPS, 5, **passed)
    assert len(warned) == 1
    assert {row // 20 for row in indices.tolist()} == set(range(5))
    assert np.isfinite(scores).all()
    assert query.strategy_.n_labeled_ == 0


@pytest.mark.parametrize(
    "query",
    [
        VAALQuery(**TRAINED),
        VAALQuery(**TRAINED, uncertainty=None),
        VAALQuery(**TRAINED, rule="topk"),
        VAALQuery(**TRAINED, rule="greedy", uncertainty="entropy"),
        VAALQuery(**TRAINED, net="pseudo_label"),
        VAALQuery(**TRAINED, net="task_loss", rule="topk", uncertainty="entropy"),
        VAALQuery(**TRAINED, net="sraal"),
        HerdingQuery(),
        HerdingQuery(uncertainty=None),
        HerdingQuery(uncertainty="margin"),
    ],
    ids=str,
)
def test_a_first_batch_covers_the_pool(query):
    check_first_batch(query, ActiveLearner(KNeighborsClassifier(), query))


def test_without_a_label_a_net_that_reads_predictions_is_the_plain_one():
    query = VAALQuery(**{**SMALL, "max_epochs": 1, "uncertainty": "margin"}, net="pseudo_label")
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool"):
        query(None, GROUPS[:20], 2, X_labeled=[])
    assert type(query.strategy_.net_) is VAALNet
    assert query.strategy_.uncertainty is None
    assert query.get_params()["net"] == "pseudo_label"
    assert query.get_params()["uncertainty"] == "margin"


def test_a_first_batch_of_a_committee_and_without_a_learner():
    query = HerdingQuery()
    members = [ActiveLearner(KNeighborsClassifier(), query) for _ in "ab"]
    check_first_batch(query, Committee(members, query))
    check_first_batch(query, None, X_labeled=GROUPS[:0])
    check_first_batch(query, None, X_labeled=[])


def test_a_net_that_reads_predictions_starts_anew_with_the_first_labels():
    query = VAALQuery(**TRAINED, net="pseudo_label", warm_start=True)
    learner = ActiveLearner(KNeighborsClassifier(1), query)
    check_first_batch(query, learner)
    learner.teach(GROUPS[::20], np.arange(5))
    for n_fits in (1, 2):
        query(learner, GROUPS, 5)
        assert query.strategy_.net_.extra.dim == 5
        assert query.strategy_.n_iter_ == n_fits * query.get_params()["max_epochs"]


def test_a_first_batch_behind_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), HerdingQueryStrategy(random_state=0))
    learner = ActiveLearner(KNeighborsClassifier(), HerdingQuery(strategy=pipeline))
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool"):
        indices, _ = learner.query(GROUPS, n_instances=5)
    assert {row // 20 for row in indices.tolist()} == set(range(5))
    learner.teach(GROUPS[indices], np.arange(5))
    learner.query(np.delete(GROUPS, indices, axis=0), n_instances=5)  # and now without a warning


# HerdingQuery


def test_each_takes_its_own_strategy(pools):
    X, _, X_pool = pools
    learner = SimpleNamespace(X_training=X)
    front = StandardScaler()
    for strategy in (HerdingQueryStrategy(), make_pipeline(front, HerdingQueryStrategy())):
        message = "must be a VAALQueryStrategy or a Pipeline .* got HerdingQueryStrategy"
        with pytest.raises(TypeError, match=message):
            VAALQuery(strategy=strategy)(learner, X_pool)
    for strategy in (VAALQueryStrategy(), make_pipeline(front, VAALQueryStrategy())):
        message = "must be a HerdingQueryStrategy or a Pipeline .* got VAALQueryStrategy"
        with pytest.raises(TypeError, match=message):
            HerdingQuery(strategy=strategy)(learner, X_pool)


def test_herding_query_trains_nothing_and_chooses_as_its_strategy(pools, trainings):
    X, y, X_pool = pools
    query = HerdingQuery(random_state=0)
    active = learner(pools, query)
    indices, samples, scores = active.query(X_pool, n_instances=6, return_metrics=True)
    assert not trainings
    np.testing.assert_array_equal(samples, X_pool[indices])
    proba = KNeighborsClassifier(3).fit(X, y).predict_proba(X_pool)
    expected = HerdingQueryStrategy(random_state=0).fit_query(
        X, X_pool, 6, proba=proba, return_scores=True
    )
    np.testing.assert_array_equal(indices, expected[0])
    np.testing.assert_array_equal(scores, expected[1])
    assert (scores > 0).all()
    assert set(query.seconds_) == {"fit", "choose"}
