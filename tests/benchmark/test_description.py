import json
from dataclasses import replace

import pytest

from skvaal.benchmark.description import (
    OtherSettingsError,
    check_same_settings,
    heading_of,
    settings_of,
)
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.strategies import get_strategies

PLAN = Plan(n_seeds=2, rounds=1, batch=4, initial=5)


def settings(dataset, **changes):
    arguments = {
        "datasets": [dataset],
        "strategies": get_strategies(["vaal"], vaal_params={"beta": 2}),
        "estimator": "svm",
        "plan": PLAN,
        "protocols": [Protocol()],
    }
    return settings_of(**(arguments | changes))


def test_settings_are_fit_for_json(rows):
    found = json.loads(json.dumps(settings(rows)))

    assert found["vaal"] == {"beta": 2}
    assert "vaal_variants" not in found  # as in folders from before there were any
    assert found["plan"]["batch"] == 4
    assert found["protocols"]["standard"]["label_noise"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"estimator": "mlp"},
        {"plan": replace(PLAN, batch=5)},
        {"protocols": [Protocol(label_noise=0.1)]},
        {"strategies": get_strategies(["vaal"], vaal_params={"beta": 3})},
    ],
)
def test_whatever_decides_the_records_is_among_the_settings(rows, change):
    with pytest.raises(OtherSettingsError, match="holds a comparison with other settings"):
        check_same_settings(settings(rows), settings(rows, **change), folder="x")


def test_parameters_of_the_ablations_are_among_the_settings(rows):
    one, other = (
        settings(rows, strategies=get_strategies(["vaal_no_vae"], vaal_params={"lr": lr}))
        for lr in (0.1, 0.2)
    )

    assert one["vaal_variants"] == {"vaal_no_vae": {"lr": 0.1, "net": "no_vae"}}
    with pytest.raises(OtherSettingsError, match="vaal_variants.vaal_no_vae.lr is 0.1 there"):
        check_same_settings(one, other, folder="x")


def test_parameters_that_a_name_stands_for_are_among_the_settings(rows):
    names = ["vaal", "vaal_herding", "ta_vaal", "herding", "herding_no_learner", "random"]

    found = json.loads(json.dumps(settings(rows, strategies=get_strategies(names))))

    assert found["vaal"] == {}
    assert found["vaal_variants"] == {
        "vaal_herding": {"rule": "herding", "uncertainty": "auto"},
        "ta_vaal": {"net": "task_loss"},
    }


@pytest.mark.parametrize("part", ["X", "y"])
def test_samples_are_among_the_settings(rows, part):
    other = replace(rows, **{part: getattr(rows, part)[::-1].copy()})

    with pytest.raises(OtherSettingsError, match="samples.rows.checksum"):
        check_same_settings(settings(rows), settings(other), folder="x")


def test_many_differences_are_counted():
    with pytest.raises(OtherSettingsError, match="e is 1 there and 2 here; and 2 more; name"):
        check_same_settings(dict.fromkeys("abcdefg", 1), dict.fromkeys("abcdefg", 2), folder="x")


def test_heading_tells_the_pool_of_the_protocol(rows):
    protocol = Protocol(name="im_balanced", imbalance=2)

    heading = heading_of(rows, Plan(n_seeds=1, rounds=1, batch=1, initial=3), protocol, "my_tree")

    assert heading == "rows: pool of 9, 30 for testing; im balanced; my tree; 1 seed"
