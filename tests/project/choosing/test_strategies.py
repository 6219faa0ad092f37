import pytest

from skvaal import HerdingQueryStrategy, VAALQueryStrategy
from skvaal.project.choosing.strategies import STRATEGIES, find_strategy, make_strategy

HOW = {"preset": None, "device": "cpu", "seed": 3, "verbose": 0}


def test_a_wrong_name_is_answered_by_the_nearest():
    message = r"'vaal_herd' is not known here \('skvaal benchmark' has more\); did you mean 'vaal_h"
    with pytest.raises(ValueError, match=message):
        find_strategy("vaal_herd")


@pytest.mark.parametrize("name", [None, 3, ["vaal"]])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="is not known"):
        find_strategy(name)


def test_a_preset_goes_with_no_other_strategy():
    with pytest.raises(ValueError, match="leave out strategy='herding'"):
        find_strategy("herding", "paper-cifar")


def test_the_default_is_the_default_of_the_library():
    made = make_strategy(STRATEGIES["vaal_herding"], **HOW)
    expected = VAALQueryStrategy(device="cpu", random_state=3, verbose=0)

    assert {**made.get_params()} == {**expected.get_params()}


def test_plain_vaal_is_the_algorithm_of_the_paper():
    params = make_strategy(STRATEGIES["vaal"], **HOW).get_params()

    assert params["rule"] == "topk"
    assert params["uncertainty"] is None
    assert params["vae__linear_path"] is False


def test_a_preset_sets_the_parameters():
    made = make_strategy(STRATEGIES["vaal_herding"], **{**HOW, "preset": "paper-cifar"})

    assert made.get_params()["vae__latent_dim"] == 32
    assert made.device == "cpu"


@pytest.mark.parametrize("name", ["margin", "entropy", "uncertainty", "random"])
def test_what_has_no_estimator_is_placed_by_herding(name):
    made = make_strategy(STRATEGIES[name], **HOW)

    assert isinstance(made, HerdingQueryStrategy)
    assert made.uncertainty is None


def test_reading_a_model_is_told_by_the_table():
    readers = {name for name, each in STRATEGIES.items() if each.reads_model}
    assert readers == {"vaal_herding", "herding", "margin", "entropy", "uncertainty"}
