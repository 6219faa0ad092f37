"""HerdingQueryStrategy and HerdingQuery: they cover what is uncertain, and train no network."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from contextlib import nullcontext
from decimal import Decimal
from fractions import Fraction
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
    ArbitraryChoiceWarning,
    EmptyPoolWarning,
    Herding,
    HerdingQuery,
    HerdingQueryStrategy,
    MissingProbabilitiesWarning,
    UnusedParameterWarning,
)
from skvaal._rules.rule import Candidates

N = 6


class Learner(SimpleNamespace):
    """As much of modAL's learner as HerdingQuery asks for: samples, and a fitted estimator."""

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


# Without torch


def test_neither_herding_nor_its_files_import_torch(tmp_path):
    pytest.importorskip("safetensors")
    program = """
        import sys
        from types import SimpleNamespace
        import numpy as np
        from skvaal import Herding, HerdingQuery, HerdingQueryStrategy

        X = np.random.RandomState(0).rand(60, 5)
        y = np.repeat([0, -1], [10, 50])
        strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
        proba = np.full((50, 2), 0.5)
        chosen = strategy.query(X[10:], 3, proba=proba)
        assert len(strategy.transform(X)) == 60
        strategy.save(sys.argv[1])
        loaded = HerdingQueryStrategy.load(sys.argv[1])
        assert (loaded.query(X[10:], 3, proba=proba) == chosen).all()
        learner = SimpleNamespace(X_training=X[:10], predict_proba=lambda X: proba)
        assert len(HerdingQuery(random_state=0)(learner, X[10:], 3)[0]) == 3
        print(sorted(name for name in ("torch", "skorch") if name in sys.modules))
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "file")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[]\n"


# The strategy


def test_it_is_the_rule_among_principal_components(digits):
    X, y = digits
    proba = np.random.RandomState(0).dirichlet(np.ones(3), 200)
    strategy = HerdingQueryStrategy(n_components=8, bandwidth=0.5, random_state=0).fit(X, y)
    Z = strategy.transform(X)
    assert Z.shape == (240, 8)
    assert strategy.components_.shape == (8, 64)
    np.testing.assert_allclose(strategy.mean_, X.mean(axis=0), atol=1e-5)
    np.testing.assert_array_equal(strategy.labeled_coordinates_, strategy.transform(X[:40]))
    margin = 1 - np.abs(np.diff(np.sort(proba)[:, -2:]))[:, 0]
    candidates = Candidates(
        200,
        coordinates=strategy.transform(X[40:]),
        labeled_coordinates=strategy.labeled_coordinates_,
        uncertainty=margin,
    )
    rule = Herding(score_power=0, uncertainty_power="n_labeled", bandwidth=0.5)
    expected = rule.choose(candidates, N, np.random.RandomState(strategy._seed))
    indices, gains = strategy.query(X[40:], N, proba=proba, return_scores=True)
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_allclose(gains, expected.values)


@pytest.mark.parametrize("params", [{"n_components": 2}, {"bandwidth": 0.05}])
def test_every_parameter_matters(digits, params):
    X, y = digits
    default = HerdingQueryStrategy(random_state=0).fit(X, y)
    assert default.transform(X).shape == (240, 32)
    other = HerdingQueryStrategy(**params, random_state=0).fit(X, y)
    assert default.query(X[40:], 9).tolist() != other.query(X[40:], 9).tolist()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"class_balance": -0.1}, "class_balance"),
        ({"uncertainty_power": -0.1}, "uncertainty_power"),
        ({"uncertainty_power": np.nan}, "uncertainty_power"),
        ({"uncertainty_power": "missing_share"}, "uncertainty_power"),  # it has no discriminator
        ({"class_balance": 1.1}, "class_balance"),
        ({"n_components": 0}, "n_components"),
        ({"uncertainty": "margn"}, "uncertainty"),
        ({"data_format": "nchw"}, "data_format"),
        ({"random_state": "a"}, "random_state"),
    ],
)
def test_parameters_out_of_range(pools, learner, params, message):
    with pytest.raises(ValueError, match=message):
        HerdingQueryStrategy(**params).fit_pools(pools[0], pools[2])
    with pytest.raises(ValueError, match=message):
        HerdingQuery(**params)(learner, pools[2], N)


@pytest.mark.parametrize("cls", [HerdingQueryStrategy, HerdingQuery])
def test_unknown_parameters(cls):
    with pytest.raises(TypeError, match="betta"):
        cls(betta=1)
    with pytest.raises(ValueError, match="Invalid parameter 'betta'"):
        cls().set_params(betta=1)


def test_one_array_or_two_pools(digits):
    X, y = digits
    in_one = HerdingQueryStrategy(random_state=0).fit(X, y)
    in_two = HerdingQueryStrategy(random_state=0).fit_pools(X[:40], X[40:])
    np.testing.assert_array_equal(in_one.components_, in_two.components_)
    np.testing.assert_array_equal(in_one.query(X[40:], N), in_two.query(X[40:], N))
    assert (in_one.n_labeled_, in_one.n_unlabeled_) == (40, 200)
    assert set(in_one.seconds_) == {"fit", "choose"}


def test_without_labelled_samples_the_pool_is_covered(digits):
    X, _ = digits
    strategy = HerdingQueryStrategy(random_state=0).fit(X)
    assert strategy.labeled_coordinates_.shape == (0, 32)
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool"):
        assert len(set(strategy.query(X, N).tolist())) == N


def test_what_is_asked_for_is_covered_neither_by_labels_nor_by_itself():
    rng = np.random.RandomState(0)
    centres = np.repeat(np.eye(5) * 20, 30, axis=0)
    X = (centres + rng.randn(150, 5)).astype(np.float32)
    labeled = np.arange(150) < 60  # of the first two clusters
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[labeled], X[~labeled])
    assert sorted(strategy.query(X[~labeled], 3) // 30) == [0, 1, 2]
    # Of what is certain nothing is asked, however far from the labels.
    proba = np.tile([1.0, 0.0], (90, 1))
    proba[60:] = 0.5
    assert set(strategy.query(X[~labeled], 3, proba=proba) // 30) == {2}


def test_a_fit_that_fails_leaves_the_strategy_as_it_was(digits):
    X, y = digits
    strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
    before = strategy.query(X, N)
    with pytest.raises(ValueError, match="NaN"):
        strategy.fit(np.full_like(X, np.nan), y)
    np.testing.assert_array_equal(strategy.query(X, N), before)
    with pytest.raises(NotFittedError):
        HerdingQueryStrategy().transform(X)


def test_a_fitted_strategy_pickles(digits):
    X, y = digits
    strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_array_equal(copy.query(X, N), strategy.query(X, N))


def test_pipeline_fitted_as_any_other(digits):
    X, y = digits
    pipeline = make_pipeline(StandardScaler(), HerdingQueryStrategy(n_components=3)).fit(X, y)
    assert pipeline.transform(X).shape == (len(X), 3)
    assert len(set(pipeline[-1].query(pipeline[:-1].transform(X), N).tolist())) == N


def test_verbose_shows_bars_and_is_silent_by_default(digits, capsys):
    X, y = digits
    HerdingQueryStrategy().fit(X, y).query(X, N)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
    strategy = HerdingQueryStrategy(verbose=1).fit(X, y)
    assert "checking X" in capsys.readouterr().err
    strategy.query(X, N)
    error = capsys.readouterr().err
    assert "projecting" in error
    assert "choosing" in error


# The query


def test_the_strategy_of_a_query_can_be_asked_again(pools, learner):
    X, _, X_pool = pools
    query = HerdingQuery(random_state=0)
    indices, gains = query(learner, X_pool, N)
    assert len(set(indices.tolist())) == N
    assert gains.shape == (N,)
    assert gains.dtype == np.float64
    assert (gains > 0).all()
    assert query.seconds_.keys() == {"fit", "choose"}
    proba = learner.predict_proba(X_pool)
    again = query.strategy_.query(X_pool, N, proba=proba)
    np.testing.assert_array_equal(again, indices)
    by_hand = HerdingQueryStrategy(random_state=0).fit_pools(X, X_pool)
    np.testing.assert_array_equal(by_hand.query(X_pool, N, proba=proba), indices)


def test_uncertainty_matters(pools, learner):
    chosen = {
        name: tuple(HerdingQuery(uncertainty=name, random_state=0)(learner, pools[2], N)[0])
        for name in ("auto", "margin", "entropy", None)
    }
    assert chosen["auto"] == chosen["margin"]
    assert len({frozenset(rows) for rows in chosen.values()}) == 3
    certain = SimpleNamespace(
        X_training=pools[0], predict_proba=lambda X: np.eye(3)[np.zeros(len(X), dtype=int)]
    )
    # Where it is sure of everything, any will do.
    assert len(set(HerdingQuery(random_state=0)(certain, pools[2], N)[0].tolist())) == N


@pytest.mark.parametrize("estimator", [RidgeClassifier(), None])
def test_a_learner_without_probabilities_is_task_agnostic(pools, learner, estimator):
    X, y, X_pool = pools
    mute = SimpleNamespace(X_training=X) if estimator is None else Learner.of(estimator, X, y)
    has_model = estimator is not None
    with pytest.warns(MissingProbabilitiesWarning) if has_model else nullcontext():
        indices, _ = HerdingQuery(random_state=0)(mute, X_pool, N)
    expected, _ = HerdingQuery(random_state=0, uncertainty=None)(learner, X_pool, N)
    np.testing.assert_array_equal(indices, expected)
    with pytest.raises(ValueError, match="uncertainty='margin' needs class probabilities"):
        HerdingQuery(uncertainty="margin")(mute, X_pool, N)


def test_a_learner_that_is_not_fitted_is_an_error(pools):
    estimator = LogisticRegression()
    unfitted = SimpleNamespace(
        X_training=pools[0], estimator=estimator, predict_proba=estimator.predict_proba
    )
    with pytest.raises(NotFittedError, match="LogisticRegression is not fitted.*uncertainty=None"):
        HerdingQuery()(unfitted, pools[2], N)


def test_pipeline_as_the_strategy_of_a_query(pools, learner):
    X, _, X_pool = pools
    pipeline = make_pipeline(StandardScaler(), HerdingQueryStrategy(random_state=0))
    indices, gains = HerdingQuery(pipeline)(learner, X_pool, N)
    assert np.isfinite(gains).all()
    scaler = StandardScaler().fit(np.concatenate([X, X_pool]))
    by_hand = SimpleNamespace(
        X_training=scaler.transform(X), predict_proba=lambda Z: learner.predict_proba(X_pool)
    )
    expected, _ = HerdingQuery(random_state=0)(by_hand, scaler.transform(X_pool), N)
    np.testing.assert_array_equal(indices, expected)
    assert not hasattr(pipeline[-1], "components_")


def test_uint8_images(images):
    X, _ = images
    y = np.arange(40) % 10
    estimator = make_pipeline(
        FunctionTransformer(lambda X: X.reshape(len(X), -1) / 255), LogisticRegression()
    )
    learner = Learner.of(estimator, X[:40], y)
    indices, _ = HerdingQuery(random_state=0)(learner, X[40:], N)
    in_unit = (X / 255).astype(np.float32)
    as_floats = SimpleNamespace(
        X_training=in_unit[:40], predict_proba=lambda _: learner.predict_proba(X[40:])
    )
    expected, _ = HerdingQuery(random_state=0)(as_floats, in_unit[40:], N)
    assert set(indices.tolist()) == set(expected.tolist())
    with pytest.raises(ValueError, match="uint8"):
        HerdingQuery()(learner, in_unit[40:], N)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_layouts_of_images(images, data_format):
    X, y = images
    X = np.repeat(X, 3, axis=1)
    expected = HerdingQueryStrategy(random_state=0).fit(X, y).query(X, N)
    if data_format == "channels_last":
        X = np.moveaxis(X, 1, -1)
    strategy = HerdingQueryStrategy(random_state=0, data_format=data_format).fit(X, y)
    assert strategy.input_shape_ == (3, 8, 8)
    np.testing.assert_array_equal(strategy.query(X, N), expected)


def test_samples_too_large_for_distances_are_an_error(pools):
    X, _, X_pool = pools
    strategy = HerdingQueryStrategy().fit_pools(X, X_pool)
    X_pool = X_pool.copy()
    X_pool[4] = 3e38
    with pytest.raises(ValueError, match=r"X_unlabeled\[4\] is too large for distances"):
        strategy.query(X_pool)


def test_same_random_state_same_choice(pools, learner):
    chosen = [HerdingQuery(random_state=3)(learner, pools[2], N)[0].tolist() for _ in range(2)]
    assert chosen[0] == chosen[1]
    same = np.repeat(pools[2][:1], 50, axis=0)  # nothing but chance to choose by
    with pytest.warns(ArbitraryChoiceWarning):
        ties = [tuple(HerdingQuery(random_state=seed)(learner, same, N)[0]) for seed in (0, 0, 1)]
    assert ties[0] == ties[1] != ties[2]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_order_of_the_pool_does_not_matter(pools, learner, seed):
    X_pool = pools[2]
    order = np.random.RandomState(seed).permutation(len(X_pool))
    expected, _ = HerdingQuery(random_state=0)(learner, X_pool, N)
    indices, _ = HerdingQuery(random_state=seed)(learner, X_pool[order], N)
    assert set(order[indices].tolist()) == set(expected.tolist())


def test_global_generator_and_input_are_left_alone(pools, learner):
    X_pool = pools[2].copy()
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    HerdingQuery(random_state=0)(learner, X_pool, N), HerdingQuery()(learner, X_pool, N)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(X_pool, pools[2])


def test_pickle_and_clone_between_queries(pools, learner):
    query = HerdingQuery(random_state=0)
    first, _ = query(learner, pools[2], N)
    for copy in (pickle.loads(pickle.dumps(query)), clone(query)):
        np.testing.assert_array_equal(copy(learner, pools[2], N)[0], first)
    strategy = pickle.loads(pickle.dumps(query)).strategy_
    proba = learner.predict_proba(pools[2])
    np.testing.assert_array_equal(strategy.query(pools[2], N, proba=proba), first)


def test_a_query_that_fails_keeps_the_strategy_of_the_last(pools, learner):
    query = HerdingQuery(random_state=0)
    query(learner, pools[2], N)
    kept = query.strategy_
    with pytest.raises(ValueError, match="n_instances"):
        query(learner, pools[2], 1000)
    assert query.strategy_ is kept


# In other libraries, and in rounds


def test_modal(pools):
    models = pytest.importorskip("modAL.models")
    X, y, X_pool = pools
    estimator = LogisticRegression(max_iter=200)
    active = models.ActiveLearner(estimator, HerdingQuery(random_state=0), X, y)
    indices, samples, gains = active.query(X_pool, n_instances=N, return_metrics=True)
    np.testing.assert_array_equal(samples, X_pool[indices])
    assert np.isfinite(gains).all()
    expected, _ = HerdingQuery(random_state=0)(Learner.of(clone(estimator), X, y), X_pool, N)
    np.testing.assert_array_equal(indices, expected)


@pytest.mark.parametrize(
    ("estimator", "uncertainty"),
    [(LogisticRegression(max_iter=200), "auto"), (RidgeClassifier(), None)],
)
def test_active_learning_classifier(digits, estimator, uncertainty):
    X, _ = digits
    y = np.arange(len(X)) % 3
    made = [
        ActiveLearningClassifier(
            clone(estimator), HerdingQuery(uncertainty=uncertainty), initial_size=10,
            batch_size=5, n_rounds=2, random_state=0,
        ).fit(X, y)
        for _ in range(2)
    ]  # fmt: skip
    for one, other in zip(*(each.queried_indices_ for each in made), strict=True):
        assert len(set(one.tolist())) == 5
        np.testing.assert_array_equal(one, other)
    assert made[0].learning_curve_["n_labeled"].tolist() == [10, 15, 20]


# Nothing left to gain


def one_of_each(X):
    return X[:20], np.vstack([X[:20], X[20:23], X[20:23]])


WITHOUT_GAIN = {
    "swapped": (6, lambda X: (X, X[:20])),
    "constant": (6, lambda X: (np.ones((20, 3)), np.ones((30, 3)))),
    "nothing labelled": (5, lambda X: (None, np.ones((30, 3)))),
    "copies": (3, one_of_each),
}


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")  # of nothing labelled
@pytest.mark.parametrize("name", WITHOUT_GAIN)
def test_a_choice_that_gains_nothing_warns_once(digits, name):
    n_without, make = WITHOUT_GAIN[name]
    X_labeled, X_pool = make(digits[0])
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X_labeled, X_pool)
    message = f"{n_without} of the 6 chosen samples add nothing .*X_labeled and X_unlabeled"
    with pytest.warns(ArbitraryChoiceWarning, match=message) as warned:
        indices = strategy.query(X_pool if name != "swapped" else digits[0], 6)
    assert sum(each.category is ArbitraryChoiceWarning for each in warned) == 1
    strategy.explain(X_pool if name != "swapped" else digits[0], indices)  # without a warning


def test_a_whole_pool_leaves_nothing_to_choose(digits):
    X, _ = digits
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:20], X[:20])
    assert sorted(strategy.query(X[:20], 20)) == list(range(20))


@pytest.mark.parametrize("unsure", [0.0, 1e-12])
def test_a_model_that_is_sure_leaves_coverage_to_gain(pools, unsure):
    X, _, X_pool = pools
    proba = np.tile([1 - unsure, unsure], (len(X_pool), 1))
    assert len(HerdingQueryStrategy(random_state=0).fit_query(X, X_pool, 6, proba=proba)) == 6


class Trusting(HerdingQueryStrategy):
    """Sets what it does not take."""

    def __init__(self, *, uncertainty_power=2.0, random_state=None):
        super().__init__(
            bandwidth=0.5, uncertainty_power=uncertainty_power, random_state=random_state
        )


def test_a_subclass_has_the_parameters_that_it_takes(pools):
    X, _, X_pool = pools
    strategy = clone(Trusting(uncertainty_power=3.0, random_state=0))
    assert strategy.get_params() == {"uncertainty_power": 3.0, "random_state": 0}
    assert strategy.bandwidth == 0.5
    expected = HerdingQueryStrategy(bandwidth=0.5, uncertainty_power=3.0, random_state=0)
    chosen = [each.fit_pools(X, X_pool).query(X_pool, N) for each in (strategy, expected)]
    assert chosen[0].tolist() == chosen[1].tolist()
    with pytest.raises(ValueError, match="Invalid parameter 'bandwidth'"):
        strategy.set_params(bandwidth=1.0)
    assert HerdingQuery(strategy=strategy).get_params()["strategy__uncertainty_power"] == 3.0


@pytest.mark.parametrize("value", [Fraction(2), Decimal(2), -1, np.nan, np.inf, True, "labels"])
def test_what_is_no_exponent_is_named(value, pools):
    with pytest.raises(ValueError, match="'uncertainty_power' parameter of HerdingQueryStrategy"):
        HerdingQueryStrategy(uncertainty_power=value).fit_pools(pools[0], pools[2])


def test_the_exponent_of_the_uncertainty(pools):
    X, _, X_pool = pools
    strategy = HerdingQueryStrategy(random_state=0)
    with pytest.raises(NotFittedError):
        strategy.uncertainty_exponent_  # noqa: B018
    n = len(strategy.fit_pools(X, X_pool).labeled_coordinates_)
    assert strategy.uncertainty_exponent_ == pytest.approx(max(1, 4 - 90 / n))
    assert strategy.set_params(uncertainty_power=2).uncertainty_exponent_ == 2
    assert strategy.set_params(uncertainty=None).uncertainty_exponent_ is None


def test_an_exponent_of_what_is_left_out_is_unused(pools):
    X, _, X_pool = pools
    strategy = HerdingQueryStrategy(uncertainty=None, uncertainty_power=3.0).fit_pools(X, X_pool)
    with pytest.warns(UnusedParameterWarning, match="uncertainty_power has no effect"):
        strategy.query(X_pool, N)
