import numpy as np

from skvaal.benchmark.strategies import get_strategies

BATCH = 5


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
