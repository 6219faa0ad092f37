import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.strategies import _skactiveml, get_strategies
from skvaal.benchmark.strategies._committee import bagged_copies
from skvaal.benchmark.strategies._skactiveml import PoolSampling, _fitted

models = pytest.importorskip("modAL.models")
uncertainty = pytest.importorskip("modAL.uncertainty")
skactiveml = pytest.importorskip("skactiveml.pool")

STRATEGIES = list(_skactiveml.STRATEGIES)


def make(name, random_state=0):
    return get_strategies([name])[name](random_state)


@pytest.mark.parametrize("estimator", ["logistic_regression", "random_forest"])
def test_margin_is_modals(estimator):
    X, y = load_digits(return_X_y=True)
    learner = models.ActiveLearner(
        get_estimator(estimator)(0), X_training=X[:101] / 16, y_training=y[:101]
    )
    sampling = PoolSampling(
        lambda seed: skactiveml.UncertaintySampling("margin_sampling", random_state=seed),
        0,
        _fitted("clf"),
    )

    for start in (101, 301, 501):
        pool = X[start : start + 200] / 16
        (index,), (utility,) = sampling(learner, pool, n_instances=1)
        (expected,), (margin,) = uncertainty.margin_sampling(learner, pool, n_instances=1)
        assert index == expected
        assert utility == pytest.approx(1 - margin)


def test_core_set_agrees_in_form_with_random(learner, pool):
    ours, theirs = (make(name)(learner, pool, n_instances=7) for name in ("random", "core_set"))

    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype


def test_core_set_takes_the_farthest_then_the_farthest_from_both():
    learner = models.ActiveLearner(
        LogisticRegression(), X_training=np.array([[0.0], [1.0]]), y_training=np.array([0, 1])
    )
    pool = np.array([[2.0], [9.0], [5.5], [8.0]])

    indices, scores = make("core_set")(learner, pool, n_instances=2)

    assert indices.tolist() == [1, 2]
    np.testing.assert_allclose(scores, [8, 3.5])


def test_bald_is_the_mutual_information_of_the_committee(learner, pool, monkeypatch):
    members = bagged_copies(learner, 1)
    monkeypatch.setattr(_skactiveml, "bagged_copies", lambda learner, seed: members)
    proba = np.stack([member.predict_proba(pool) for member in members])
    expected = entropy(proba.mean(axis=0), axis=1) - entropy(proba, axis=2).mean(axis=0)

    indices, scores = make("bald")(learner, pool, n_instances=7)

    np.testing.assert_array_equal(indices, np.argsort(-expected)[:7])
    np.testing.assert_allclose(scores, expected[indices], rtol=1e-4)


def test_bald_tells_how_long_its_members_took(learner, pool):
    strategy = make("bald")

    strategy(learner, pool, n_instances=2)

    assert list(strategy.seconds_) == ["fit"]
    assert strategy.seconds_["fit"] > 0


def test_prob_cover_sees_each_round_its_own_pool(learner, pool):
    # The strategy keeps the distances of its first query, of another size here.
    sampling = make("prob_cover")

    sizes = [len(sampling(learner, pool[:size], n_instances=2)[0]) for size in (50, 20, 40)]

    assert sizes == [2, 2, 2]


@pytest.mark.parametrize("name", ["badge", "bald", "clue", "discriminative_al", "drop_query"])
def test_task_model_of_images_is_given_images(name, images):
    class OnImages(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict_proba(self, X):
            assert X.shape[1:] == (1, 8, 8)
            assert X.max() <= 1
            return np.tile([0.5, 0.3, 0.2], (len(X), 1))[:, : len(self.classes_)]

        def predict(self, X):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]

    X, y = images
    learner = models.ActiveLearner(OnImages(), X_training=X[:20], y_training=y[:20])

    indices, _ = make(name)(learner, X[20:], n_instances=3)

    assert len(set(indices)) == 3


@pytest.mark.parametrize("name", ["badge", "typi_clust"])
# k-means looks for as many clusters as there are labels, and says that it found fewer.
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_no_sample_is_chosen_twice_where_samples_coincide(name):
    # The strategies themselves choose some twice, when no distance is left that is not 0.
    X, y = np.repeat(np.eye(3), 10, axis=0), np.repeat([0, 1, 2], 10)
    learner = models.ActiveLearner(
        get_estimator("random_forest")(0), X_training=X[::5], y_training=y[::5]
    )
    pool = np.concatenate([X, 2 * X])

    for random_state in range(5):
        indices, _ = make(name, random_state)(learner, pool, n_instances=9)
        assert len(set(indices)) == 9


@pytest.mark.parametrize("name", STRATEGIES)
def test_last_samples_of_the_pool_can_be_asked_for(name, learner, pool):
    indices, _ = make(name)(learner, pool[:4], n_instances=4)

    assert sorted(indices) == [0, 1, 2, 3]


def test_classes_are_scored_without_another_fit(learner, pool, monkeypatch):
    monkeypatch.setattr(
        type(learner.estimator), "fit", lambda *args, **kwargs: pytest.fail("fitted again")
    )

    for name in ("badge", "clue", "drop_query", "falcun"):
        make(name)(learner, pool, n_instances=2)
