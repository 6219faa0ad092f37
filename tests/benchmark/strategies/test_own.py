import numpy as np
import pytest

from skvaal import VAALQuery
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


NETS = {
    "vaal_no_vae": "no_vae",
    "vaal_frozen_vae": "frozen_vae",
    "vaal_no_discriminator": "no_discriminator",
    "ta_vaal": "task_loss",
    "sraal": "relabeled",
}


def test_vaal_is_the_papers_unless_told_otherwise():
    plain = get_strategies(["vaal"])["vaal"](3).get_params()
    params = {"rule": "greedy", "beta": 2, "net": "no_vae"}
    changed = get_strategies(["vaal"], vaal_params=params)["vaal"](3).get_params()

    expected = {**VAALQuery().get_params(), "random_state": 3, "rule": "topk", "uncertainty": None}
    assert plain == expected
    assert changed == {**expected, **params}


@pytest.mark.parametrize(("name", "net"), NETS.items())
def test_a_variant_is_vaal_with_the_net_that_its_name_says(name, net):
    params = {"beta": 2, "net": "vaal"}
    vaal, variant = (
        get_strategies([one], vaal_params=params)[one](3).get_params() for one in ("vaal", name)
    )

    assert variant == {**vaal, "net": net}


@pytest.mark.parametrize("params", [{"rule": "topk"}, {"uncertainty": None}])
def test_vaal_herding_keeps_what_it_stands_for(params):
    made = get_strategies(["vaal_herding"], vaal_params={**params, "beta": 2})["vaal_herding"](0)

    found = made.get_params()
    assert (found["rule"], found["uncertainty"], found["beta"]) == ("herding", "auto", 2)


def test_vaal_herding_is_the_default_of_the_library(learner, pool):
    made = get_strategies(["vaal_herding"], vaal_params={"max_epochs": 1})["vaal_herding"](0)

    chosen = made(learner, pool, n_instances=BATCH)

    expected = VAALQuery(max_epochs=1, random_state=0)(learner, pool, n_instances=BATCH)
    np.testing.assert_array_equal(chosen, expected)


@pytest.mark.parametrize(
    ("name", "trains"),
    [("herding", False), ("herding_no_learner", False), ("vaal", True), ("vaal_herding", True)],
)
def test_what_is_called_vaal_trains_a_net_and_nothing_else_does(name, trains, learner, pool):
    strategy = get_strategies([name], vaal_params={"max_epochs": 1})[name](0)

    strategy(learner, pool, n_instances=BATCH)

    assert hasattr(strategy.strategy_, "net_") == trains


def test_herding_without_the_learner_does_not_ask_it(learner, pool, monkeypatch):
    chosen = {}
    for name in ("herding", "herding_no_learner"):
        strategy = get_strategies([name])[name](0)
        chosen[name] = set(strategy(learner, pool, n_instances=BATCH)[0].tolist())
    assert chosen["herding"] != chosen["herding_no_learner"]

    monkeypatch.setattr(type(learner), "predict_proba", None)
    again = get_strategies(["herding_no_learner"])["herding_no_learner"](0)
    assert set(again(learner, pool, n_instances=BATCH)[0].tolist()) == chosen["herding_no_learner"]


def test_parameters_are_told_of_vaal_only():
    made = get_strategies(["vaal", "vaal_no_vae", "herding", "random"], vaal_params={"beta": 2})

    assert vaal_params_of(made["vaal"]) == {"beta": 2}
    assert vaal_params_of(made["vaal_no_vae"]) == {"beta": 2, "net": "no_vae"}
    assert vaal_params_of(STRATEGIES["vaal"]) == {}
    assert vaal_params_of(made["herding"]) is None
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
