import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skvaal.benchmark.strategies import get_strategies

pytest.importorskip("modAL")

from modAL.batch import uncertainty_batch_sampling
from modAL.models import ActiveLearner
from modAL.uncertainty import classifier_uncertainty

COMMITTEES = ["vote_entropy", "consensus_entropy", "max_disagreement"]


def make(name, random_state=0):
    return get_strategies([name])[name](random_state)


def test_ranked_batch_is_modals_on_rows(learner, pool):
    expected = uncertainty_batch_sampling(learner, pool, n_instances=7)

    chosen = make("ranked_batch")(learner, pool, n_instances=7)

    np.testing.assert_array_equal(chosen, expected)


def test_ranked_batch_sees_the_distance_between_images():
    # All are equally uncertain, so that distance alone ranks: the brightest image comes first,
    # and in second place the one in the middle.
    X = np.zeros((2, 1, 2, 2), dtype=np.uint8)
    pool = np.array([10, 120, 250, 240], dtype=np.uint8)[:, None, None, None] * np.ones_like(X[:1])

    class Undecided:
        def fit(self, X, y):
            return self

        def predict_proba(self, X):
            return np.full((len(X), 2), 0.5)

    learner = ActiveLearner(Undecided(), X_training=X, y_training=np.array([0, 1]))

    indices, _ = make("ranked_batch")(learner, pool, n_instances=2)

    assert indices.tolist() == [2, 1]


def test_information_density_is_uncertainty_times_mean_similarity(learner, pool):
    distances = np.linalg.norm(pool[:, None] - pool, axis=2)
    utility = classifier_uncertainty(learner, pool) * np.mean(1 / (1 + distances), axis=1)

    indices, scores = make("information_density")(learner, pool, n_instances=3)

    np.testing.assert_allclose(np.sort(scores), np.sort(utility)[-3:])
    np.testing.assert_allclose(scores, utility[indices])


@pytest.mark.parametrize("name", COMMITTEES)
def test_committee_asks_where_classes_meet(name):
    # Two clusters, and one sample half way between them.
    X = np.repeat([0.0, 1.0], 20)[:, None] + np.tile(np.linspace(-0.3, 0.3, 20), 2)[:, None]
    learner = ActiveLearner(
        LogisticRegression(), X_training=X[::2], y_training=np.repeat([0, 1], 10)
    )
    pool = np.concatenate([X[1::2], [[0.5]]])

    indices, _ = make(name)(learner, pool, n_instances=1)

    assert indices.tolist() == [20]


@pytest.mark.parametrize("name", COMMITTEES)
def test_committee_with_a_class_of_one_sample(name, samples, pool):
    X, y = samples
    one_of_the_last = np.r_[0:94:3, 94]
    learner = ActiveLearner(
        LogisticRegression(), X_training=X[one_of_the_last], y_training=y[one_of_the_last]
    )

    indices, scores = make(name)(learner, pool, n_instances=7)

    assert len(set(indices)) == 7
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", COMMITTEES)
def test_each_round_has_a_committee_of_its_own(name, learner, pool):
    strategy = make(name)

    scores = [strategy(learner, pool, n_instances=7)[1] for _ in range(2)]

    assert not np.array_equal(*scores)
