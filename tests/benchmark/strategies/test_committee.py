from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skvaal.benchmark.strategies._committee import bagged_copies, seeded_copies


@pytest.fixture
def rare():
    """A learner with two classes of many samples and two of one."""
    y = np.repeat([0, 1, 2, 5], [10, 8, 1, 1])
    X = y[:, None] + 0.1 * np.random.default_rng(0).standard_normal((20, 2))
    estimator = make_pipeline(FunctionTransformer(), LogisticRegression(random_state=7))
    return SimpleNamespace(estimator=estimator.fit(X, y), X_training=X, y_training=y)


def test_no_member_lacks_a_class(rare):
    for random_state in range(3):
        for member in bagged_copies(rare, random_state):
            assert member.classes_.tolist() == [0, 1, 2, 5]


def test_members_are_copies_that_differ(rare):
    members = bagged_copies(rare, 0, n_members=4)

    coefficients = [member[-1].coef_ for member in members]
    assert len({one.tobytes() for one in coefficients}) == 4
    assert len({member[-1].random_state for member in members}) == 4
    assert rare.estimator[-1].random_state == 7
    assert all(member is not rare.estimator for member in members)


def test_random_state_gives_the_committee(rare):
    def coefficients(random_state):
        return np.stack([member[-1].coef_ for member in bagged_copies(rare, random_state)])

    np.testing.assert_array_equal(coefficients(0), coefficients(0))
    assert not np.array_equal(coefficients(0), coefficients(1))


def test_seeded_copies_are_fitted_on_all_labels(rare):
    rare.estimator = DummyClassifier(strategy="prior")

    for member in seeded_copies(rare, 0):
        np.testing.assert_array_equal(member.class_prior_, [0.5, 0.4, 0.05, 0.05])


def test_seeded_copies_differ_by_their_seeds(rare):
    rare.estimator = DecisionTreeClassifier(splitter="random", random_state=7)

    first, again, other = (seeded_copies(rare, random_state) for random_state in (0, 0, 1))

    seeds = [[member.random_state for member in members] for members in (first, again, other)]
    assert len(set(seeds[0])) == 5
    assert seeds[0] == seeds[1]
    assert not set(seeds[0]) & set(seeds[2])
    assert rare.estimator.random_state == 7


def test_bootstrap_keeps_the_share_of_each_class(rare):
    rare.estimator = DummyClassifier(strategy="prior")

    for member in bagged_copies(rare, 0):
        np.testing.assert_allclose(member.class_prior_, [0.5, 0.4, 0.05, 0.05])


def test_bootstrap_is_drawn_with_replacement():
    # A tree without a limit recalls each sample that it saw, when each is a class of its own side.
    X = np.arange(200.0)[:, None]
    y = np.arange(200) % 2
    learner = SimpleNamespace(estimator=DecisionTreeClassifier(), X_training=X, y_training=y)

    accuracy = [member.score(X, y) for member in bagged_copies(learner, 0)]

    # 1 - 1/e of the samples are in a bootstrap, the others are taken for a neighbour.
    assert 0.6 < np.mean(accuracy) < 0.95
