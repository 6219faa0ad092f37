import numpy as np
import pytest

from skvaal import VAALQuery
from skvaal._presets import preset_params
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


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("vaal_recommended", preset_params("recommended")),
        ("vaal_task_agnostic", {**preset_params("recommended"), "uncertainty": None}),
        ("ta_vaal", {"selection": "topk", "condition": "task_loss"}),
        ("sraal", {"selection": "topk", "relabel_states": True}),
    ],
)
def test_a_variant_is_what_its_name_says(name, own):
    params = get_strategies([name], vaal_params={"beta": 2})[name](3).get_params()

    expected = {**VAALQuery().get_params(), **own}
    expected |= {"beta": 2, "random_state": 3}
    if name in ("ta_vaal", "sraal"):
        expected |= {"selection_space": "latent", "uncertainty": None}
    assert params == expected


@pytest.mark.parametrize("params", [{"selection": "topk"}, {"selection_space": "latent"}])
def test_recommended_settings_keep_what_they_stand_for(params):
    names = ["vaal_recommended", "vaal_task_agnostic"]
    made = get_strategies(names, vaal_params={**params, "uncertainty": "entropy"})

    for name, uncertainty in zip(names, ("auto", None), strict=True):
        found = made[name](0).get_params()
        assert (found["selection"], found["selection_space"]) == ("herding", "input")
        assert found["uncertainty"] == uncertainty


@pytest.mark.parametrize(
    ("name", "trains"), [("vaal_recommended", False), ("vaal_task_agnostic", False), ("vaal", True)]
)
def test_only_what_reads_a_net_trains_one(name, trains, learner, pool):
    strategy = get_strategies([name], vaal_params={"max_epochs": 1})[name](0)

    strategy(learner, pool, n_instances=BATCH)

    assert hasattr(strategy.strategy_, "net_") == trains


def test_task_agnostic_means_that_the_learner_is_not_asked(learner, pool, monkeypatch):
    chosen = {}
    for name in ("vaal_recommended", "vaal_task_agnostic"):
        strategy = get_strategies([name])[name](0)
        chosen[name] = set(strategy(learner, pool, n_instances=BATCH)[0].tolist())
    assert chosen["vaal_recommended"] != chosen["vaal_task_agnostic"]

    monkeypatch.setattr(type(learner), "predict_proba", None)
    again = get_strategies(["vaal_task_agnostic"])["vaal_task_agnostic"](0)
    assert set(again(learner, pool, n_instances=BATCH)[0].tolist()) == chosen["vaal_task_agnostic"]


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
