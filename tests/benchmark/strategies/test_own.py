from types import SimpleNamespace

import numpy as np
import pytest

from skvaal import ConvVAE, DenseVAE, VAALQuery
from skvaal._rules.herding import Herding
from skvaal._rules.rule import Candidates
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
    assert plain == {**expected, "vae__linear_path": False}
    assert changed == {**expected, **params}  # without a VAE, there is no path to leave out


@pytest.mark.parametrize(("name", "net"), NETS.items())
def test_a_variant_is_vaal_with_the_net_that_its_name_says(name, net):
    params = {"beta": 2, "net": "vaal"}
    vaal, variant = (
        get_strategies([one], vaal_params=params)[one](3).get_params() for one in ("vaal", name)
    )

    if net == "no_vae":
        del vaal["vae__linear_path"]
    assert variant == {**vaal, "net": net}


class OwnVAE(DenseVAE):
    def __init__(self, input_shape, *, latent_dim=3):
        super().__init__(input_shape, latent_dim=latent_dim, linear_path=False)


@pytest.mark.parametrize(
    ("params", "linear_path"),
    [
        ({}, False),
        ({"vae": DenseVAE}, False),
        ({"vae": ConvVAE}, False),
        ({"vae__linear_path": True}, True),
        ({"vae": OwnVAE}, None),
        ({"vae": DenseVAE((3,), linear_path=False)}, None),
    ],
)
def test_plain_vaal_has_a_plain_vae(params, linear_path):
    made = get_strategies(["vaal"], vaal_params=params)["vaal"](0)

    assert made.get_params().get("vae__linear_path") is linear_path


@pytest.mark.parametrize("vae", [OwnVAE, DenseVAE((3,), linear_path=False)])
@pytest.mark.parametrize("name", ["vaal", "vaal_frozen_vae"])
def test_a_vae_of_the_users_own_can_be_trained(name, vae, learner, pool):
    params = {"vae": vae, "max_epochs": 1}
    made = get_strategies([name], vaal_params=params)[name](0)

    indices, _ = made(learner, pool, n_instances=BATCH)

    assert len(set(indices)) == BATCH
    assert made.strategy_.net_.vae_.linear_path is None


@pytest.mark.parametrize("params", [{"rule": "topk"}, {"uncertainty": None}])
def test_vaal_herding_keeps_what_it_stands_for(params):
    made = get_strategies(["vaal_herding"], vaal_params={**params, "beta": 2})["vaal_herding"](0)

    found = made.get_params()
    assert (found["rule"], found["uncertainty"], found["beta"]) == ("herding", "auto", 2)


def test_vaal_herding_is_the_default_of_the_library(learner, pool):
    made = get_strategies(["vaal_herding"], vaal_params={"max_epochs": 1})["vaal_herding"](0)

    chosen = made(learner, pool, n_instances=BATCH)

    default = VAALQuery(max_epochs=1, random_state=0)
    assert made.get_params() == default.get_params()
    np.testing.assert_array_equal(chosen, default(learner, pool, n_instances=BATCH))


ABLATIONS = {
    "vaal_herding_no_adversary": {"lambda2": 0},
    "vaal_herding_latent": {"rule__space": "latent"},
    "vaal_herding_no_linear_path": {"vae__linear_path": False},
    "vaal_herding_fixed_power": {"rule__score_power": 0.5},
    "vaal_herding_decoded": {"rule__space": "decoded"},
    "vaal_herding_decoded_n_labeled": {
        "rule__space": "decoded",
        "rule__score_power": "n_labeled",
        "rule__uncertainty_power": 1.0,
    },
    "vaal_herding_power_1": {"rule__uncertainty_power": 1.0},
}


@pytest.mark.parametrize(("name", "change"), ABLATIONS.items())
def test_an_ablation_differs_from_vaal_herding_by_what_its_name_says(name, change):
    params = {"beta": 2, "rule__bandwidth": 3, "rule": "topk", **dict.fromkeys(change, 1)}
    ablation = get_strategies([name], vaal_params=params)[name](3)

    expected = VAALQuery(random_state=3, beta=2, rule__bandwidth=3, **change)
    assert ablation.get_params() == expected.get_params()


@pytest.mark.parametrize("name", ["vaal_herding_decoded", "vaal_herding_no_adversary"])
def test_an_ablation_is_trained_as_it_is_made(name, learner, pool):
    strategy = get_strategies([name], vaal_params={"max_epochs": 1})[name](0)

    strategy(learner, pool, n_instances=BATCH)

    fitted = strategy.strategy_
    assert (fitted.net_.lambda2 == 0) == (name == "vaal_herding_no_adversary")
    assert fitted.net_.vae_.linear_path is not None


def test_shuffled_scores_are_those_of_d_in_another_order(learner, pool):
    params = {"max_epochs": 1, "rule__bandwidth": 2.0, "rule__score_power": 0.5}
    name = "vaal_herding_shuffled_d"
    shuffled, again, other = (
        get_strategies([name], vaal_params=params)[name](seed) for seed in (0, 0, 1)
    )

    chosen = shuffled(learner, pool, n_instances=BATCH)
    np.testing.assert_array_equal(again(learner, pool, n_instances=BATCH), chosen)
    assert not np.array_equal(other(learner, pool, n_instances=BATCH), chosen)
    of_default = VAALQuery(random_state=0, **params)(learner, pool, n_instances=BATCH)
    assert not np.array_equal(of_default, chosen)


def test_shuffling_moves_scores_and_nothing_else(monkeypatch):
    rng = np.random.default_rng(0)
    known = SimpleNamespace(
        scores=rng.permutation(30).astype(np.float32),
        coordinates=rng.standard_normal((30, 2)).astype(np.float32),
        uncertainty=rng.random(30),
    )
    seen = []

    def choose(rule, candidates, n, random_state, utilities):
        seen.append(candidates)
        return np.arange(n), np.zeros(n)

    monkeypatch.setattr(Herding, "_choose", choose)
    candidates = Candidates(30, **vars(known))
    rule = get_strategies(["vaal_herding_shuffled_d"])["vaal_herding_shuffled_d"](0).get_params()
    rule["rule"].choose(candidates, 2, np.random.RandomState(0))

    (given,) = seen
    np.testing.assert_array_equal(np.sort(given.read_scores()), np.arange(30))
    assert not np.array_equal(given.read_scores(), known.scores)
    np.testing.assert_array_equal(given.read_coordinates(), known.coordinates)
    np.testing.assert_array_equal(given.uncertainty, known.uncertainty)
    np.testing.assert_array_equal(candidates.read_scores(), known.scores)  # left alone


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
    assert vaal_params_of(STRATEGIES["vaal_herding"]) == {"rule": "herding", "uncertainty": "auto"}
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
