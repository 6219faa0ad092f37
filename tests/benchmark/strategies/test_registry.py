import sys

import numpy as np
import pytest

from skvaal.benchmark.estimators import ESTIMATORS, TORCH_ESTIMATORS, TorchClassifier, get_estimator
from skvaal.benchmark.strategies import (
    DEFAULT_STRATEGIES,
    LIBRARIES,
    ONLY_BY_NAME,
    STRATEGIES,
    get_strategies,
)

NEED_TORCH = {"mc_dropout", "dbal", "core_set_features"}
HERDING = {"herding", "herding_no_learner", "vaal_herding"}


@pytest.fixture(params=list(STRATEGIES))
def name(request):
    """Each strategy, where its library is installed."""
    (library,) = (one for one in LIBRARIES.values() if request.param in one.strategies)
    pytest.importorskip(library.package)
    return request.param


@pytest.fixture
def learner(name, learner, network_learner):
    """One that the strategy can use."""
    return network_learner if name in NEED_TORCH else learner


def make(name, random_state=0):
    factories = get_strategies([name], vaal_params={"max_epochs": 1, "batch_size": 32})
    return factories[name](random_state)


@pytest.mark.parametrize("n_instances", [1, 7])
def test_strategy_returns_different_rows_of_the_pool_with_scores(name, n_instances, learner, pool):
    indices, scores = make(name)(learner, pool, n_instances=n_instances)

    assert indices.shape == scores.shape == (n_instances,)
    assert len(set(indices)) == n_instances
    assert set(indices) <= set(range(len(pool)))
    assert np.isfinite(scores).all()


@pytest.mark.slow
def test_modal_calls_the_strategy_once(name, learner, pool):
    strategy, calls = make(name), []

    def counting(*args, **kwargs):
        calls.append(kwargs)
        return strategy(*args, **kwargs)

    learner.query_strategy = counting

    _, X_chosen = learner.query(pool, n_instances=2)

    assert calls == [{"n_instances": 2}]
    assert X_chosen.shape == (2, 3)


@pytest.mark.slow
def test_strategy_repeats_itself_in_every_round(name, learner, pool):
    first, again = make(name, 3), make(name, 3)

    for _ in range(2):
        chosen = [strategy(learner, pool, n_instances=7)[0] for strategy in (first, again)]
        np.testing.assert_array_equal(*chosen)


@pytest.mark.slow
def test_strategy_leaves_the_learner_and_numpys_generator_alone(name, learner, pool):
    X, y, estimator = learner.X_training.copy(), learner.y_training.copy(), learner.estimator
    expected = estimator.predict_proba(pool)
    before = np.random.get_state()  # noqa: NPY002 (it is what must stay as it is)

    make(name)(learner, pool, n_instances=7)

    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]
    assert learner.estimator is estimator
    np.testing.assert_array_equal(learner.X_training, X)
    np.testing.assert_array_equal(learner.y_training, y)
    np.testing.assert_array_equal(estimator.predict_proba(pool), expected)


@pytest.mark.slow
def test_strategies_take_images(name, images):
    models = pytest.importorskip("modAL.models")
    X, y = images
    estimator = get_estimator("logistic_regression")(0)
    if name in NEED_TORCH:
        estimator = TorchClassifier("small_cnn", n_iter=4, device="cpu", random_state=0)
    learner = models.ActiveLearner(estimator, X_training=X[:20], y_training=y[:20])

    indices, _ = make(name)(learner, X[20:], n_instances=7)

    assert len(set(indices)) == 7
    assert set(indices) <= set(range(40))


def test_strategies_keep_their_order():
    pytest.importorskip("modAL")
    names = ["random", "margin", "vaal"]

    assert list(get_strategies(names, vaal_params={"max_epochs": 1})) == names


def test_names_belong_to_one_library_each():
    assert len(STRATEGIES) == sum(len(library.strategies) for library in LIBRARIES.values())
    assert set(DEFAULT_STRATEGIES) <= set(STRATEGIES)
    assert len(STRATEGIES) == 42  # as README.md and CHANGES.md say


def test_all_is_every_strategy_of_the_installed_libraries(monkeypatch):
    pytest.importorskip("modAL")
    monkeypatch.setitem(sys.modules, "skactiveml", None)

    factories = get_strategies(["all"], vaal_params={"max_epochs": 1})

    expected = set(STRATEGIES) - set(LIBRARIES["scikit-activeml"].strategies) - NEED_TORCH
    assert set(factories) == expected - ONLY_BY_NAME
    assert factories["vaal"](0).get_params()["max_epochs"] == 1


def test_variants_of_vaal_are_compared_by_name_only():
    parts = ("shuffled_d", "no_adversary", "latent", "no_linear_path", "fixed_power")
    parts = (*parts, "decoded", "decoded_n_labeled", "power_1")
    ablations = {"vaal_no_vae", "vaal_frozen_vae", "vaal_no_discriminator"}
    variants = ablations | {"ta_vaal", "sraal"} | {f"vaal_herding_{part}" for part in parts}

    assert variants == ONLY_BY_NAME
    assert not variants & set(get_strategies(["all"]))
    assert variants <= set(get_strategies(["all", *variants]))


def test_herding_is_among_all():
    assert set(get_strategies(["all"])) >= HERDING


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_all_is_every_strategy_that_the_task_model_can_serve(estimator):
    left_out = set(STRATEGIES) - set(get_strategies(["all"], estimator=estimator))

    expected = set(ONLY_BY_NAME) if estimator in TORCH_ESTIMATORS else ONLY_BY_NAME | NEED_TORCH
    if estimator in ("logistic_regression", "svm", "gradient_boosting"):  # no seed changes them
        expected = expected | {"variation_ratios"}
    installed = {
        name for one in LIBRARIES.values() if one.is_installed() for name in one.strategies
    }
    assert left_out & installed == expected & installed


def test_strategy_that_the_task_model_cannot_serve_names_those_that_can():
    with pytest.raises(
        ValueError, match="strategy 'dbal' cannot use estimator='svm'; use one of 'mlp'"
    ):
        get_strategies(["random", "dbal"], estimator="svm")


def test_unknown_task_model_offers_the_nearest():
    with pytest.raises(ValueError, match=r"estimator='forest'.*did you mean 'random_forest'"):
        get_strategies(["random"], estimator="forest")


def test_missing_library_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "skactiveml", None)

    with pytest.raises(ImportError, match=r"'core_set' .*pip install skvaal\[skactiveml\]"):
        get_strategies(["random", "core_set"])


def test_unknown_strategy_offers_the_nearest():
    with pytest.raises(ValueError, match=r"strategy='margins'.*did you mean 'margin'"):
        get_strategies(["random", "margins"])
