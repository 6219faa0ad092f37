import numpy as np
import pytest

from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.strategies import STRATEGIES, CalledOnce, get_strategies

N_POOL, BATCH = 40, 5


@pytest.fixture
def pool():
    return np.random.default_rng(0).random((N_POOL, 3))


@pytest.fixture
def learner(rows):
    models = pytest.importorskip("modAL.models")
    return models.ActiveLearner(
        estimator=get_estimator("random_forest")(0),
        X_training=rows.X[::2],
        y_training=rows.y[::2],
    )


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "vaal"])
def test_strategy_returns_different_indices_with_scores(name, learner, pool):
    strategy = get_strategies([name])[name](0)

    indices, scores = strategy(learner, pool, n_instances=BATCH)

    assert len(set(indices)) == BATCH
    assert set(indices) <= set(range(N_POOL))
    assert scores.shape == (BATCH,)


def test_vaal_takes_its_parameters(learner, pool):
    make = get_strategies(["vaal"], vaal_params={"max_epochs": 1, "batch_size": 16})["vaal"]

    strategy = make(3)
    indices, scores = strategy(learner, pool, n_instances=BATCH)

    assert strategy.get_params()["max_epochs"] == 1
    assert strategy.get_params()["random_state"] == 3
    assert len(set(indices)) == BATCH
    assert scores.shape == (BATCH,)


def test_random_repeats_itself_for_a_seed_only(pool):
    make = get_strategies(["random"])["random"]

    first, again, other = (make(seed)(None, pool, n_instances=BATCH)[0] for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_random_draws_anew_in_each_round(pool):
    strategy = get_strategies(["random"])["random"](0)

    rounds = [strategy(None, pool, n_instances=BATCH)[0].tolist() for _ in range(2)]

    assert rounds[0] != rounds[1]


def test_strategies_keep_their_order():
    names = ["random", "margin", "vaal"]

    assert list(get_strategies(names, vaal_params={"max_epochs": 1})) == names


def test_unknown_strategy_offers_the_nearest():
    with pytest.raises(ValueError, match=r"strategy='margins'.*did you mean 'margin'"):
        get_strategies(["random", "margins"])


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_failing_strategy_is_called_once_by_modal(error, rows):
    models = pytest.importorskip("modAL.models")
    calls = []

    def failing(learner, X_pool, n_instances):
        calls.append(n_instances)
        raise error

    learner = models.ActiveLearner(
        estimator=get_estimator("random_forest")(0), query_strategy=CalledOnce("own", failing)
    )

    with pytest.raises(type(error)):
        learner.query(rows.X, n_instances=2)
    assert calls == [2]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.array([0, 1]), "returned ndarray; it must return a pair"),
        (([0, 1, 2], [0, 0, 0]), r"shape \(3,\)"),
        (([0, 0], [0, 0]), "1 of them different"),
        (([0, N_POOL], [0, 0]), "1 of them different and in the pool of 40"),
        (([0, -1], [0, 0]), "1 of them different"),
    ],
)
def test_wrong_answer_names_the_strategy(answer, complaint, pool):
    strategy = CalledOnce("own", lambda learner, X_pool, n_instances: answer)

    with pytest.raises(ValueError, match=f"strategy 'own' .*{complaint}"):
        strategy(None, pool, n_instances=2)
