import numpy as np
import pytest

from skvaal.benchmark.strategies import STRATEGIES, get_strategies, vaal_params_of

BATCH = 5


def test_vaal_takes_its_parameters(learner, pool):
    make = get_strategies(["vaal"], vaal_params={"max_epochs": 1, "batch_size": 16})["vaal"]

    strategy = make(3)
    indices, scores = strategy(learner, pool, n_instances=BATCH)

    assert strategy.get_params()["max_epochs"] == 1
    assert strategy.get_params()["random_state"] == 3
    assert len(set(indices)) == BATCH
    assert scores.shape == (BATCH,)


@pytest.mark.parametrize(
    ("name", "ablation"),
    [
        ("vaal", None),
        ("vaal_no_vae", "no_vae"),
        ("vaal_frozen_vae", "frozen_vae"),
        ("vaal_no_discriminator", "no_discriminator"),
    ],
)
def test_vaal_and_its_ablations_are_those_of_the_paper_unless_told_otherwise(name, ablation):
    plain = get_strategies([name])[name](0).get_params()
    params = {"selection": "greedy", "beta": 2, "ablation": ablation}
    changed = get_strategies([name], vaal_params=params)[name](0).get_params()

    assert (plain["selection"], plain["ablation"], plain["beta"]) == ("topk", ablation, 1)
    assert (changed["selection"], changed["ablation"], changed["beta"]) == ("greedy", ablation, 2)


def test_ablations_keep_the_one_that_their_name_says():
    params = {"ablation": "no_discriminator"}
    made = get_strategies(["vaal", "vaal_no_vae"], vaal_params=params)

    found = {name: factory(0).get_params()["ablation"] for name, factory in made.items()}

    assert found == {"vaal": "no_discriminator", "vaal_no_vae": "no_vae"}


def test_parameters_are_told_of_vaal_only():
    made = get_strategies(["vaal", "vaal_no_vae", "random"], vaal_params={"beta": 2})

    assert vaal_params_of(made["vaal"]) == {"beta": 2}
    assert vaal_params_of(made["vaal_no_vae"]) == {"beta": 2, "ablation": "no_vae"}
    assert vaal_params_of(STRATEGIES["vaal"]) == {}
    assert vaal_params_of(made["random"]) is None
    assert vaal_params_of(None) is None


def test_random_repeats_itself_for_a_seed_only(pool):
    make = get_strategies(["random"])["random"]

    first, again, other = (make(seed)(None, pool, n_instances=BATCH)[0] for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_random_draws_anew_in_each_round(pool):
    strategy = get_strategies(["random"])["random"](0)

    rounds = [strategy(None, pool, n_instances=BATCH)[0].tolist() for _ in range(2)]

    assert rounds[0] != rounds[1]
