from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQuery, VAALQueryStrategy
from skvaal.benchmark.checks import check
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.strategies import get_strategies

PLAN = Plan(n_seeds=20, rounds=1, batch=4, initial=5)


@pytest.fixture
def arguments(rows):
    return {
        "datasets": [rows],
        "strategies": get_strategies(["random"]),
        "estimator": "random_forest",
        "plan": PLAN,
        "protocols": [Protocol()],
    }


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"estimator": SVC()},
        {"estimator": lambda random_state: SVC()},
        {"strategies": {"vaal": lambda random_state: None}},  # a strategy of the user's own
        {"strategies": get_strategies("vaal", vaal_params={"max_epochs": 500, "beta": 2})},
        {"strategies": {"mine": VAALQuery(max_epochs=500), "herding": HerdingQuery()}},
        # Four samples are too few for its components; a Pipeline is not tried on them.
        {"strategies": {"mine": make_pipeline(PCA(10), VAALQueryStrategy())}},
    ],
)
def test_what_can_be_carried_out_passes(arguments, change):
    check(**(arguments | change))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"strategies": {}}, "strategies is empty"),
        ({"datasets": []}, "datasets is empty"),
        ({"protocols": []}, "protocols is empty"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"protocols": [Protocol(), Protocol(copies=2)]}, "protocols has several called standard"),
        ({"protocols": [Protocol(imbalance=1000)]}, "leaves a pool of 6 samples"),
        ({"estimator": "small_cnn"}, "'small_cnn' wants images, and rows has rows of numbers"),
        (
            {"protocols": [Protocol(name="r", start="random")], "plan": replace(PLAN, initial=2)},
            "'r' starts seed [0-9]+ with labels of one class alone; raise initial=2",
        ),
    ],
)
def test_what_cannot_is_named(arguments, change, complaint):
    with pytest.raises(ValueError, match=complaint):
        check(**(arguments | change))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"datasets": "wine"}, "datasets must be what load_dataset"),
        ({"datasets": [np.eye(3)]}, "datasets must be what load_dataset"),
        ({"protocols": "standard"}, "protocols must be what Protocol"),
        ({"strategies": ["vaal"]}, "strategies must map names to strategies"),
        ({"plan": {"rounds": 3}}, "plan must be a Plan"),
        ({"estimator": SVC}, "estimator must be a name, an unfitted classifier or a function"),
        ({"estimator": 3}, "estimator must be a name, an unfitted classifier or a function"),
    ],
)
def test_wrong_type_is_named(arguments, change, complaint):
    with pytest.raises(TypeError, match=complaint):
        check(**(arguments | change))


def test_two_data_sets_of_one_name_are_refused(arguments, rows):
    with pytest.raises(ValueError, match="datasets has several called rows; name each once"):
        check(**(arguments | {"datasets": [rows, rows]}))


VAAL = [
    "vaal",
    "vaal_herding",
    "vaal_herding_shuffled_d",
    "vaal_herding_no_adversary",
    "vaal_herding_latent",
    "vaal_herding_no_linear_path",
    "vaal_herding_fixed_power",
    "vaal_herding_decoded",
    "vaal_herding_decoded_n_labeled",
    "vaal_no_vae",
    "vaal_frozen_vae",
    "vaal_no_discriminator",
    "ta_vaal",
    "sraal",
]
OPEN = [name for name in VAAL if not name.startswith("vaal_herding")]  # its rule is in its name


@pytest.mark.parametrize("name", VAAL)
def test_vaal_and_its_variants_pass(arguments, name):
    strategies = get_strategies(name, vaal_params={"max_epochs": 500})

    check(**(arguments | {"strategies": strategies}))


@pytest.mark.parametrize("name", VAAL)
@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"max_epoch": 1}, "did you mean 'max_epochs'"),
        ({"max_epochs": -1}, "max_epochs"),
        ({"vae__latent": 3}, "vae__latent"),
        ({"device": "cuda:9"}, "cuda"),
        ({"strategy": VAALQueryStrategy()}, "takes a strategy or parameters for one, not both"),
        ({"random_state": 0}, "random_state"),
    ],
)
def test_parameters_that_vaal_cannot_take_fail_at_once(arguments, name, params, complaint):
    strategies = get_strategies(["random", name], vaal_params=params)

    with pytest.raises(ValueError, match=f"strategy '{name}': .*{complaint}"):
        check(**(arguments | {"strategies": strategies}))


@pytest.mark.parametrize("name", OPEN)
def test_a_rule_that_does_not_exist_fails_at_once(arguments, name):
    strategies = get_strategies(["random", name], vaal_params={"rule": "top"})

    with pytest.raises(ValueError, match=f"strategy '{name}': .*rule"):
        check(**(arguments | {"strategies": strategies}))


@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        (VAALQuery(max_epochs=-1), "max_epochs"),
        (VAALQuery(strategy=VAALQueryStrategy(vae__latent=3)), "vae__latent"),
        (VAALQueryStrategy(lr=-1), "lr"),
        (make_pipeline(PCA(2), VAALQueryStrategy(beta=-1)), "beta"),
        (HerdingQuery(bandwidth=-1), "bandwidth"),
        (HerdingQueryStrategy(bandwidth=-1), "bandwidth"),
    ],
)
def test_parameters_of_a_query_are_checked_as_those_of_a_name(arguments, strategy, complaint):
    with pytest.raises(ValueError, match=f"strategy 'mine': .*{complaint}"):
        check(**(arguments | {"strategies": {"mine": strategy}}))


@pytest.mark.parametrize("name", ["vaal", "vaal_herding"])
@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        (HerdingQuery(), "trains no VAE and no discriminator; give it another name"),
        (VAALQuery(net="no_vae", rule="topk"), "net='no_vae' does not train both"),
        (VAALQuery(net="no_discriminator", rule="topk"), "net='no_discriminator' does not"),
        (
            VAALQuery(rule__space="decoded", rule__score_power=0),
            "does not read the discriminator; give it another name",
        ),
    ],
)
def test_what_is_called_vaal_trains_and_reads_both_parts(arguments, name, strategy, complaint):
    with pytest.raises(ValueError, match=f"strategy '{name}': .*{complaint}"):
        check(**(arguments | {"strategies": {name: strategy}}))
    check(**(arguments | {"strategies": {"mine": strategy}}))


def test_parameters_cannot_make_vaal_something_else(arguments):
    strategies = get_strategies(["vaal"], vaal_params={"net": "no_vae"})

    with pytest.raises(ValueError, match=r"strategy 'vaal': net='no_vae'.*such as 'vaal_no_vae'"):
        check(**(arguments | {"strategies": strategies}))


def images(rows, side):
    X = np.zeros((len(rows.y), 1, side, side), dtype=np.uint8)
    return replace(rows, X=X, kind="images")


def test_images_too_small_for_a_network_fail_at_once(arguments, rows):
    small = arguments | {"datasets": [images(rows, 4)]}

    with pytest.raises(ValueError, match="'small_cnn' wants images of 8x8 or more.* are 4x4"):
        check(**(small | {"estimator": "small_cnn"}))
    with pytest.raises(ValueError, match="strategy 'vaal': .*8"):
        check(**(small | {"strategies": get_strategies("vaal")}))
