"""The default, recommended setting: it covers what is uncertain, and needs no trained net."""

from __future__ import annotations

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skvaal import (
    ActiveLearningClassifier,
    TrainingDivergedError,
    VAALNet,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._presets import preset_params

N = 6
# Of the net alone, where one is trained.
SMALL = {
    "max_epochs": 1,
    "vae__latent_dim": 3,
    "discriminator__hidden": (8,),
    "random_state": 0,
    "device": "cpu",
}


class Learner(SimpleNamespace):
    """As much of modAL's learner as VAALQuery asks for: samples, and a fitted estimator."""

    @classmethod
    def of(cls, estimator, X, y):
        estimator.fit(X, y)
        found = cls(estimator=estimator, X_training=X, y_training=y)
        if hasattr(estimator, "predict_proba"):
            found.predict_proba = estimator.predict_proba
        return found


@pytest.fixture
def pools(digits):
    X, _ = digits
    return X[:40], np.arange(40) % 10, X[40:]


@pytest.fixture
def learner(pools):
    return Learner.of(LogisticRegression(max_iter=200), *pools[:2])


@pytest.fixture
def no_training(monkeypatch):
    def fail(self, *args):
        raise AssertionError("trained")

    monkeypatch.setattr(VAALNet, "partial_fit", fail)


# The defaults


@pytest.mark.parametrize("cls", [VAALQueryStrategy, VAALQuery])
def test_the_defaults_are_the_preset(cls):
    params = cls().get_params()
    recommended = preset_params("recommended")
    assert recommended == {
        "selection": "herding",
        "selection_space": "input",
        "uncertainty": "auto",
    }
    assert {name: params[name] for name in recommended} == recommended
    assert cls.from_preset("recommended").get_params() == params


# VAALQuery


@pytest.mark.usefixtures("no_training")
def test_nothing_is_trained_and_scores_are_nan(pools, learner):
    query = VAALQuery(random_state=0)
    indices, scores = query(learner, pools[2], N)
    assert len(set(indices.tolist())) == N
    assert scores.shape == (N,)
    assert scores.dtype == np.float32
    assert np.isnan(scores).all()
    assert set(query.seconds_) == {"fit", "score", "select"}


@pytest.mark.usefixtures("no_training")
def test_the_strategy_of_a_query_can_query_and_nothing_else(pools, learner, tmp_path):
    X, _, X_pool = pools
    query = VAALQuery(random_state=0)
    indices, _ = query(learner, X_pool, N)
    strategy = query.strategy_
    again = strategy.query(X_pool, N, proba=learner.predict_proba(X_pool))
    np.testing.assert_array_equal(again, indices)
    for ask in (
        strategy.score_samples,
        strategy.transform,
        strategy.score,
        lambda X: strategy.diagnose(pools[0], X),
        lambda X: strategy.save(tmp_path / "strategy"),
        lambda X: strategy.set_params(selection="topk").query(X),
    ):
        with pytest.raises(NotFittedError):
            ask(X_pool)
    # But it is fitted by its fit, like any other.
    strategy.set_params(**SMALL, selection="herding")
    with pytest.raises(AssertionError, match="trained"):
        strategy.fit_pools(X, X_pool)


def test_the_choice_is_that_of_a_trained_strategy(pools, learner):
    X, _, X_pool = pools
    indices, _ = VAALQuery(random_state=0)(learner, X_pool, N)
    trained = VAALQueryStrategy(max_epochs=1, random_state=0).fit_pools(X, X_pool)
    proba = learner.predict_proba(X_pool)
    expected, scores = trained.query(X_pool, N, proba=proba, return_scores=True)
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_allclose(scores, trained.score_samples(X_pool)[expected], atol=1e-4)


@pytest.mark.parametrize(
    ("params", "n_trainings"),
    [
        ({}, 0),
        ({"selection__bandwidth": 0.5}, 0),
        ({"selection__score_power": 0}, 0),
        ({"selection__score_power": 0.5}, 1),
        ({"selection_space": "latent"}, 1),
        ({"selection": "topk", "uncertainty": None}, 1),
        ({"selection": "greedy"}, 1),
        ({"selection": "k_center", "uncertainty": None}, 1),
        ({"selection": lambda scores, Z, Z_labeled, n, random_state: np.arange(n)}, 1),
    ],
)
def test_what_reads_the_net_trains_it(pools, learner, trainings, params, n_trainings):
    query = VAALQuery(**SMALL, **params)
    indices, scores = query(learner, pools[2], N)
    assert len(set(indices.tolist())) == N
    assert len(trainings) == n_trainings
    assert np.isfinite(scores).all() == bool(n_trainings)
    assert hasattr(query.strategy_, "net_") == bool(n_trainings)


@pytest.mark.usefixtures("no_training")
def test_uncertainty_matters(pools, learner):
    chosen = {
        name: tuple(VAALQuery(uncertainty=name, random_state=0)(learner, pools[2], N)[0])
        for name in ("auto", "margin", "entropy", None)
    }
    assert chosen["auto"] == chosen["margin"]
    assert len({frozenset(rows) for rows in chosen.values()}) == 3
    certain = SimpleNamespace(
        X_training=pools[0], predict_proba=lambda X: np.eye(3)[np.zeros(len(X), dtype=int)]
    )
    # Where it is sure of everything, any will do.
    assert len(set(VAALQuery(random_state=0)(certain, pools[2], N)[0].tolist())) == N


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("estimator", [RidgeClassifier(), None])
def test_a_learner_without_probabilities_is_task_agnostic(pools, learner, estimator):
    X, y, X_pool = pools
    mute = SimpleNamespace(X_training=X) if estimator is None else Learner.of(estimator, X, y)
    indices, _ = VAALQuery(random_state=0)(mute, X_pool, N)
    expected, _ = VAALQuery(random_state=0, uncertainty=None)(learner, X_pool, N)
    np.testing.assert_array_equal(indices, expected)
    with pytest.raises(ValueError, match="uncertainty='margin' needs class probabilities"):
        VAALQuery(uncertainty="margin")(mute, X_pool, N)


@pytest.mark.usefixtures("no_training")
def test_a_learner_that_is_not_fitted_is_an_error(pools):
    estimator = LogisticRegression()
    unfitted = SimpleNamespace(
        X_training=pools[0], estimator=estimator, predict_proba=estimator.predict_proba
    )
    with pytest.raises(NotFittedError, match="LogisticRegression is not fitted.*uncertainty=None"):
        VAALQuery()(unfitted, pools[2], N)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"betta": 1}, "did you mean 'beta'"),
        ({"vae__latent_dims": 3}, "did you mean 'vae__latent_dim'"),
        ({"selection__bandwith": 1.0}, "did you mean 'selection__bandwidth'"),
        ({"callbacks__timer__x": 1}, "there is no callback 'timer'"),
        ({"selection__bandwidth": 0.0}, "selection__bandwidth"),
        ({"selection_space": "inputs"}, "selection_space"),
        ({"max_epochs": 0}, "max_epochs"),
        ({"ablation": "no_vae"}, "ablation='no_vae' is for the discriminator"),
        ({"condition": "pseudo_label"}, "condition='pseudo_label' is for the discriminator"),
        ({"relabel_states": True}, "relabel_states=True is for the discriminator"),
    ],
)
def test_wrong_parameters_are_errors_though_nothing_is_trained(pools, learner, params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        VAALQuery(**params)(learner, pools[2], N)


@pytest.mark.usefixtures("no_training")
def test_pipeline(pools, learner):
    X, _, X_pool = pools
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy(random_state=0))
    query = VAALQuery(pipeline)
    indices, scores = query(learner, X_pool, N)
    assert np.isnan(scores).all()
    scaler = StandardScaler().fit(np.concatenate([X, X_pool]))
    by_hand = SimpleNamespace(
        X_training=scaler.transform(X), predict_proba=lambda Z: learner.predict_proba(X_pool)
    )
    expected, _ = VAALQuery(random_state=0)(by_hand, scaler.transform(X_pool), N)
    np.testing.assert_array_equal(indices, expected)
    assert not hasattr(pipeline[-1], "input_space_")
    with pytest.raises(NotFittedError):
        query.strategy_.score_samples(X_pool)
    # A fit by the user trains, though the parameter was queried with before.
    with pytest.raises(AssertionError, match="trained"):
        clone(pipeline).fit(X_pool)


@pytest.mark.usefixtures("no_training")
def test_uint8_images(images):
    X, _ = images
    y = np.arange(40) % 10
    estimator = make_pipeline(
        FunctionTransformer(lambda X: X.reshape(len(X), -1) / 255), LogisticRegression()
    )
    learner = Learner.of(estimator, X[:40], y)
    indices, _ = VAALQuery(random_state=0)(learner, X[40:], N)
    in_unit = (X / 255).astype(np.float32)
    as_floats = SimpleNamespace(
        X_training=in_unit[:40], predict_proba=lambda _: learner.predict_proba(X[40:])
    )
    expected, _ = VAALQuery(random_state=0)(as_floats, in_unit[40:], N)
    assert set(indices.tolist()) == set(expected.tolist())
    with pytest.raises(ValueError, match="uint8"):
        VAALQuery()(learner, in_unit[40:], N)


@pytest.mark.usefixtures("no_training")
def test_samples_too_large_for_distances_are_an_error(pools):
    X, _, X_pool = pools
    with pytest.raises(ValueError, match="too large for distances.*StandardScaler"):
        VAALQuery()(SimpleNamespace(X_training=X), X_pool * 1e30, N)


@pytest.mark.usefixtures("no_training")
def test_same_random_state_same_choice(pools, learner):
    chosen = [VAALQuery(random_state=seed)(learner, pools[2], N)[0].tolist() for seed in (3, 3)]
    assert chosen[0] == chosen[1]
    same = np.repeat(pools[2][:1], 50, axis=0)  # nothing but chance to choose by
    ties = [tuple(VAALQuery(random_state=seed)(learner, same, N)[0]) for seed in (0, 0, 1)]
    assert ties[0] == ties[1] != ties[2]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_order_of_the_pool_does_not_matter(pools, learner, seed):
    X_pool = pools[2]
    order = np.random.RandomState(seed).permutation(len(X_pool))
    expected, _ = VAALQuery(random_state=0)(learner, X_pool, N)
    indices, _ = VAALQuery(random_state=seed)(learner, X_pool[order], N)
    assert set(order[indices].tolist()) == set(expected.tolist())


@pytest.mark.usefixtures("no_training")
def test_global_generator_and_input_are_left_alone(pools, learner):
    X_pool = pools[2].copy()
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    VAALQuery(random_state=0)(learner, X_pool, N), VAALQuery()(learner, X_pool, N)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(X_pool, pools[2])


@pytest.mark.usefixtures("no_training")
def test_pickle_and_clone_between_queries(pools, learner):
    query = VAALQuery(random_state=0)
    first, _ = query(learner, pools[2], N)
    for copy in (pickle.loads(pickle.dumps(query)), clone(query)):
        np.testing.assert_array_equal(copy(learner, pools[2], N)[0], first)
    strategy = pickle.loads(pickle.dumps(query)).strategy_
    proba = learner.predict_proba(pools[2])
    np.testing.assert_array_equal(strategy.query(pools[2], N, proba=proba), first)


@pytest.mark.usefixtures("no_training")
def test_a_query_that_fails_keeps_the_strategy_of_the_last(pools, learner):
    query = VAALQuery(random_state=0)
    query(learner, pools[2], N)
    kept = query.strategy_
    with pytest.raises(ValueError, match="n_instances"):
        query(learner, pools[2], 1000)
    assert query.strategy_ is kept


def test_warm_start_between_settings_that_train_and_that_do_not(pools, learner, trainings):
    query = VAALQuery(**SMALL, warm_start=True)
    for params, n_trainings in [
        ({}, 0),
        ({"selection": "topk", "uncertainty": None}, 1),
        ({}, 2),
        ({"selection": "herding", "uncertainty": "auto"}, 2),
        ({"selection": "topk", "uncertainty": None}, 3),
    ]:
        query.set_params(**params)
        assert len(query(learner, pools[2], N)[0]) == N
        assert len(trainings) == n_trainings
        trains = query.get_params()["selection"] == "topk"
        for name in ("net_", "history_", "n_iter_"):
            assert hasattr(query.strategy_, name) == trains


# The strategy


def test_without_labelled_samples_the_pool_is_covered(digits):
    X, _ = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strategy = VAALQueryStrategy(**SMALL).fit(X)
        assert strategy.input_space_.labeled.shape == (0, 32)
        assert len(set(strategy.query(X, N).tolist())) == N


def test_what_is_asked_for_is_covered_neither_by_labels_nor_by_itself():
    rng = np.random.RandomState(0)
    centres = np.repeat(np.eye(5) * 20, 30, axis=0)
    X = (centres + rng.randn(150, 5)).astype(np.float32)
    labeled = np.arange(150) < 60  # of the first two clusters
    strategy = VAALQueryStrategy(**SMALL).fit_pools(X[labeled], X[~labeled])
    assert sorted(strategy.query(X[~labeled], 3) // 30) == [0, 1, 2]
    # Of what is certain nothing is asked, however far from the labels.
    proba = np.tile([1.0, 0.0], (90, 1))
    proba[60:] = 0.5
    assert set(strategy.query(X[~labeled], 3, proba=proba) // 30) == {2}


def test_a_fit_that_fails_leaves_the_strategy_unfitted_for_query_too(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL).fit(X, y)
    strategy.query(X, N)
    with pytest.raises(ValueError, match="NaN"):
        strategy.fit(np.full_like(X, np.nan), y)
    with pytest.raises(NotFittedError):
        strategy.query(X, N)
    strategy.fit(X, y)
    with pytest.raises(TrainingDivergedError):
        strategy.set_params(lr=1e30).fit(X, y)
    with pytest.raises(NotFittedError):
        strategy.query(X, N)
    with pytest.raises(NotFittedError):
        VAALQueryStrategy().query(X, N)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"selection_space": "latent"}, {"selection_space": "input"}),
        ({"selection_space": "input"}, {"selection_space": "latent"}),
        ({"selection": "topk"}, {"selection": "herding"}),
        ({"selection": "topk", "selection_space": "latent"}, {"selection": "k_center"}),
    ],
)
def test_what_was_not_kept_in_fit_is_named_in_query(digits, before, after):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, **before).fit(X, y)
    strategy.query(X, N)
    strategy.set_params(**after)
    space = strategy.selection_space
    message = f"selection_space='{space}', which were not kept: set both before fit, or fit again"
    with pytest.raises(ValueError, match=message):
        strategy.query(X, N)
    assert len(strategy.fit(X, y).query(X, N)) == N


def test_selections_that_read_what_was_kept_may_be_set_after_fit(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL).fit(X, y)
    for params in (
        {"selection": "k_center"},
        {"selection": "cluster"},
        {"selection": "greedy"},
        {"selection": "stochastic"},
        {"selection": "topk"},
        {"selection": "topk", "selection_space": "latent"},
        {"selection": "herding", "selection_space": "input", "selection__score_power": 1.0},
    ):
        chosen = strategy.set_params(**params).query(X, N)
        assert len(set(chosen.tolist())) == N


def test_what_the_choice_would_ignore_is_an_error(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, ablation="no_vae").fit(X, y)
    with pytest.raises(ValueError, match="ablation='no_vae' is for the discriminator"):
        strategy.query(X, N)
    assert len(clone(strategy).set_params(selection="topk").fit(X, y).query(X, N)) == N
    assert len(strategy.set_params(selection__score_power=0.5).query(X, N)) == N


@pytest.mark.parametrize("data", ["digits", "images"])
def test_a_saved_strategy_queries_as_it_did(data, request, tmp_path):
    pytest.importorskip("safetensors")
    X, y = request.getfixturevalue(data)
    params = {"vae__width": 2} if data == "images" else {}
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    strategy = VAALQueryStrategy(**SMALL, **params).fit(X, y)
    strategy.save(tmp_path / "strategy")
    loaded = VAALQueryStrategy.load(tmp_path / "strategy")
    for name in ("mean", "components", "labeled"):
        kept = getattr(strategy.input_space_, name)
        np.testing.assert_array_equal(getattr(loaded.input_space_, name), kept)
    for given in (None, proba):
        np.testing.assert_array_equal(
            loaded.query(X, N, proba=given), strategy.query(X, N, proba=given)
        )
    loaded.save(tmp_path / "again")
    again = VAALQueryStrategy.load(tmp_path / "again", selection="k_center")
    strategy.set_params(selection="k_center")
    np.testing.assert_array_equal(again.query(X, N), strategy.query(X, N))


def test_a_file_without_coordinates_has_none(digits, tmp_path):
    pytest.importorskip("safetensors")
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, selection="topk").fit(X, y)
    strategy.save(tmp_path / "strategy")
    loaded = VAALQueryStrategy.load(tmp_path / "strategy", selection="herding")
    with pytest.raises(ValueError, match="which were not kept"):
        loaded.query(X, N)


def test_a_fitted_strategy_pickles(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL).fit(X, y)
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_array_equal(copy.query(X, N), strategy.query(X, N))


def test_pipeline_fitted_as_any_other(digits):
    X, y = digits
    pipeline = make_pipeline(StandardScaler(), VAALQueryStrategy(**SMALL)).fit(X, y)
    assert pipeline.transform(X).shape == (len(X), 3)
    assert len(set(pipeline[-1].query(pipeline[:-1].transform(X), N).tolist())) == N


# In other libraries, and in rounds


def test_scikit_activeml(digits, monkeypatch):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import VAALSampling

    monkeypatch.setattr("skvaal._fitting.AUTO_ITERATIONS", 5)
    X, y = digits
    y = np.where(y == -1, np.nan, y)
    sampling = VAALSampling(random_state=0)
    indices, utilities = sampling.query(X, y, batch_size=N, return_utilities=True)
    assert np.isnan(y[indices]).all()
    assert len(set(indices.tolist())) == N
    # It is trained: utilities are scores, whatever chooses.
    assert utilities.shape == (N, len(X))
    np.testing.assert_allclose(
        utilities[0, 40:], -sampling.strategy_.score_samples(X[40:]), atol=1e-4
    )
    np.testing.assert_array_equal(indices, 40 + sampling.strategy_.query(X[40:], N))


@pytest.mark.usefixtures("no_training")
def test_modal(pools):
    models = pytest.importorskip("modAL.models")
    X, y, X_pool = pools
    estimator = LogisticRegression(max_iter=200)
    active = models.ActiveLearner(estimator, VAALQuery(random_state=0), X, y)
    indices, samples, scores = active.query(X_pool, n_instances=N, return_metrics=True)
    np.testing.assert_array_equal(samples, X_pool[indices])
    assert np.isnan(scores).all()
    expected, _ = VAALQuery(random_state=0)(Learner.of(clone(estimator), X, y), X_pool, N)
    np.testing.assert_array_equal(indices, expected)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("estimator", [LogisticRegression(max_iter=200), RidgeClassifier()])
def test_active_learning_classifier(digits, estimator):
    X, _ = digits
    y = np.arange(len(X)) % 3
    made = [
        ActiveLearningClassifier(
            clone(estimator), initial_size=10, batch_size=5, n_rounds=2, random_state=0
        ).fit(X, y)
        for _ in range(2)
    ]
    for one, other in zip(*(each.queried_indices_ for each in made), strict=True):
        assert len(set(one.tolist())) == 5
        np.testing.assert_array_equal(one, other)
    assert made[0].learning_curve_["n_labeled"].tolist() == [10, 15, 20]
