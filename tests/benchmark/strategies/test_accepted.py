import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQuery, VAALQueryStrategy
from skvaal.benchmark.strategies import CalledOnce, as_factories, get_strategies, given_of

uncertainty = pytest.importorskip("modAL.uncertainty")
batch = pytest.importorskip("modAL.batch")

BATCH = 5


def factory(strategy):
    return as_factories({"mine": strategy})["mine"]


class Own:
    """A strategy of the user's own, made from a random state."""

    def __init__(self, random_state):
        self.random_state = random_state

    def __call__(self, learner, X_pool, n_instances=1):
        return np.arange(n_instances), np.zeros(n_instances)


def at_random(learner, X_pool, n_instances=1):
    return np.random.permutation(len(X_pool))[:n_instances]  # noqa: NPY002 (as modAL does)


@pytest.mark.parametrize(
    "given",
    [
        Own,
        lambda state: Own(state),
        lambda *args: Own(*args),
        lambda *args, **params: Own(*args, **params),
        partial(Own),
        lambda random_state, n_instances=3: Own(random_state),
        *get_strategies(["vaal", "margin", "herding", "vaal_herding_decoded"]).values(),
    ],
)
def test_a_factory_stays_as_it_is(given):
    assert factory(given) is given
    assert given_of(factory(given)) is None


@pytest.mark.parametrize("given", [VAALQuery(beta=2, random_state=7), HerdingQuery(bandwidth=2)])
def test_a_query_is_cloned_and_seeded(given):
    before = given.get_params()

    one, two = factory(given)(3), factory(given)(4)

    assert type(one) is type(given)
    assert one.get_params() == before | {"random_state": 3}
    assert two.get_params()["random_state"] == 4
    assert given.get_params() == before
    assert given_of(factory(given)) is given


@pytest.mark.parametrize(
    ("given", "query"),
    [(VAALQueryStrategy(beta=2), VAALQuery), (HerdingQueryStrategy(bandwidth=2), HerdingQuery)],
)
def test_a_strategy_is_wrapped_in_its_query(given, query):
    pipeline = make_pipeline(PCA(2), given)

    itself, at_the_end = factory(given)(3), factory(pipeline)(4)

    assert type(itself) is type(at_the_end) is query
    assert itself.strategy.get_params() == given.get_params() | {"random_state": 3}
    found = [step.get_params()["random_state"] for step in at_the_end.strategy]
    assert found == [4, 4]


def test_queries_choose_as_the_names_do(learner, pool):
    given = as_factories({"herding": HerdingQuery(), "wrapped": HerdingQueryStrategy()})
    expected = get_strategies(["herding"])["herding"](3)(learner, pool, n_instances=BATCH)

    for make in given.values():
        np.testing.assert_array_equal(make(3)(learner, pool, n_instances=BATCH), expected)


@pytest.mark.parametrize(
    "given",
    [
        uncertainty.margin_sampling,
        uncertainty.entropy_sampling,
        uncertainty.uncertainty_sampling,
        batch.uncertainty_batch_sampling,
        partial(uncertainty.margin_sampling, random_tie_break=True),
    ],
)
def test_functions_of_modal_are_strategies(given, learner, pool):
    expected = given(learner, pool, n_instances=BATCH)

    indices, scores = factory(given)(0)(learner, pool, n_instances=BATCH)

    np.testing.assert_array_equal(np.sort(indices), np.sort(expected[0]))
    np.testing.assert_allclose(np.sort(scores), np.sort(expected[1]))
    assert given_of(factory(given)) is given
    assert given_of(pickle.loads(pickle.dumps(factory(given)))).__class__ is given.__class__


@pytest.mark.parametrize("n_instances", [1, 2, 3])
@pytest.mark.parametrize("kind", [np.array, list, tuple])
def test_bare_indices_are_asked_for_once(kind, n_instances, learner, pool):
    calls = []

    def bare(learner, X_pool, n_instances=1):
        calls.append(n_instances)
        return kind(range(n_instances))

    learner.query_strategy = CalledOnce("mine", factory(bare)(0))
    indices, X_chosen = learner.query(pool, n_instances=n_instances)

    assert calls == [n_instances]
    assert indices.tolist() == list(range(n_instances))
    assert X_chosen.shape == (n_instances, 3)


def test_a_function_draws_from_its_seed_and_leaves_numpys_generator_alone(pool):
    before = np.random.get_state()  # noqa: NPY002
    one, again, other = (factory(at_random)(seed) for seed in (0, 0, 1))

    rounds = [[strategy(None, pool, 9)[0].tolist() for _ in range(2)] for strategy in (one, again)]

    assert rounds[0] == rounds[1]
    assert rounds[0][0] != rounds[0][1]  # it goes on
    assert other(None, pool, 9)[0].tolist() != rounds[0][0]
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_function_that_fails_leaves_numpys_generator_alone(pool):
    def failing(learner, X_pool, n_instances=1):
        np.random.seed(0)  # noqa: NPY002
        raise LookupError("own trouble")

    before = np.random.get_state()  # noqa: NPY002
    with pytest.raises(LookupError):
        factory(failing)(0)(None, pool)

    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("margin", "'margin'"),
        (None, "None"),
        (3, "3"),
        (SVC(), "SVC()"),
        (make_pipeline(PCA(2), SVC()), "Pipeline"),
        (VAALQuery, "the class VAALQuery, and not an object of it"),
        (partial(VAALQuery, beta=2), "the class VAALQuery, and not an object of it"),
        (HerdingQueryStrategy, "the class HerdingQueryStrategy"),
        (Own(0), "an object of Own, whose state the runs would share; pass a function that makes"),
        (lambda: None, "<function"),
        (lambda learner, X_pool: None, "<function"),
    ],
)
def test_another_kind_is_named_with_what_is_accepted(given, found):
    with pytest.raises(TypeError) as caught:
        as_factories({"random": Own, "mine": given})

    message = str(caught.value)
    assert message.startswith("strategies['mine'] is ")
    assert found in message
    for accepted in ("a factory", "VAALQuery()", "HerdingQueryStrategy", "margin_sampling"):
        assert accepted in message
