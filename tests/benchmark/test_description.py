import json
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from skvaal import HerdingQuery, HerdingQueryStrategy, TopK, VAALQuery
from skvaal.benchmark.description import (
    OtherSettingsError,
    heading_of,
    join_settings,
    settings_of,
)
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.strategies import as_factories, get_strategies

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
        join_settings(settings(rows), settings(rows, **change), folder="x")


def test_parameters_of_the_ablations_are_among_the_settings(rows):
    one, other = (
        settings(rows, strategies=get_strategies(["vaal_no_vae"], vaal_params={"lr": lr}))
        for lr in (0.1, 0.2)
    )

    assert one["vaal_variants"] == {"vaal_no_vae": {"lr": 0.1, "net": "no_vae"}}
    with pytest.raises(OtherSettingsError, match="vaal_variants.vaal_no_vae.lr is 0.1 there"):
        join_settings(one, other, folder="x")


def test_parameters_that_a_name_stands_for_are_among_the_settings(rows):
    names = ["vaal", "vaal_herding", "ta_vaal", "herding", "herding_no_learner", "random"]

    found = json.loads(json.dumps(settings(rows, strategies=get_strategies(names))))

    assert found["vaal"] == {}
    assert found["vaal_variants"] == {
        "vaal_herding": {"rule": "herding", "uncertainty": "auto"},
        "ta_vaal": {"net": "task_loss"},
    }


def choose(scores, Z, Z_labeled, n, random_state):
    """A rule of the user's own."""


def own(strategy, rows):
    return settings(rows, strategies=as_factories({"mine": strategy}))["own_strategies"]["mine"]


def test_queries_are_among_the_settings_by_what_is_set(rows):
    query = VAALQuery(beta=2, rule=TopK(), vae__hidden=(8, 4), random_state=7)
    pipeline = make_pipeline(PCA(3, random_state=0), HerdingQueryStrategy(bandwidth=2))

    assert own(query, rows) == {
        "kind": "VAALQuery",
        "beta": 2,
        "rule": "TopK()",
        "vae__hidden": [8, 4],
    }
    assert own(HerdingQuery(), rows) == {"kind": "HerdingQuery"}
    strategy = own(pipeline, rows)["strategy"]
    assert "PCA(n_components=3)" in strategy
    assert "HerdingQueryStrategy(bandwidth=2)" in strategy


def test_functions_are_among_the_settings_by_name(rows):
    uncertainty = pytest.importorskip("modAL.uncertainty")

    assert own(uncertainty.margin_sampling, rows) == "modAL.uncertainty.margin_sampling"
    in_any_order = partial(uncertainty.margin_sampling, random_tie_break=True)
    expected = "partial(modAL.uncertainty.margin_sampling, random_tie_break=True)"
    assert own(in_any_order, rows) == expected


@pytest.mark.parametrize("strategy", [VAALQuery(rule=choose), VAALQuery(rule=partial(choose, n=3))])
def test_no_description_holds_an_address(strategy, rows):
    description = json.dumps(own(strategy, rows))

    assert f"{__name__}.choose" in description
    assert "0x" not in description


def test_another_process_gives_the_same_description():
    program = """
import json
from skvaal import VAALQuery
from skvaal.benchmark import Plan, Protocol, load_dataset
from skvaal.benchmark.description import settings_of
from skvaal.benchmark.strategies import as_factories, get_strategies

class Own:
    pass

given = as_factories({"mine": VAALQuery(callbacks=[Own()], vae__hidden=(8, 4))})
named = get_strategies(["vaal_herding_shuffled_d"], vaal_params={"callbacks": [Own()]})
found = settings_of([load_dataset("wine")], given | named, "svm", Plan(), [Protocol()])
print(json.dumps(found))
"""
    one, other = (
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
        ).stdout
        for _ in range(2)
    )

    assert one == other
    assert json.loads(one)["own_strategies"]["mine"]["callbacks"] == ["<__main__.Own object>"]


def test_factories_of_the_users_own_are_known_by_name_only(rows):
    found = settings(rows, strategies=as_factories({"mine": lambda random_state: None}))

    assert found["strategies"] == ["mine"]
    assert "own_strategies" not in found


VAAL = {"strategies": ["vaal"], "vaal": {"beta": 2}}
RANDOM = {"strategies": ["random"], "vaal": {}}
HERDING = {
    "strategies": ["vaal_herding"],
    "vaal": {},
    "vaal_variants": {"vaal_herding": {"rule": "herding"}},
}
MINE = {"strategies": ["mine"], "vaal": {}, "own_strategies": {"mine": {"kind": "VAALQuery"}}}


def test_strategies_join_with_their_parameters():
    joined = VAAL
    for one in (RANDOM, HERDING, MINE):
        joined = join_settings(joined, one, folder="x")

    assert joined == {
        "strategies": ["vaal", "random", "vaal_herding", "mine"],
        "vaal": {"beta": 2},
        "vaal_variants": HERDING["vaal_variants"],
        "own_strategies": MINE["own_strategies"],
    }
    assert join_settings(joined, VAAL, folder="x") == joined  # fewer: the others stay
    assert join_settings(RANDOM, VAAL, folder="x")["vaal"] == {"beta": 2}


@pytest.mark.parametrize(
    ("before", "now", "complaint"),
    [
        (VAAL, VAAL | {"vaal": {"beta": 3}}, "vaal.beta is 2 there and 3 here"),
        (
            HERDING,
            HERDING | {"vaal_variants": {"vaal_herding": {"rule": "topk"}}},
            'vaal_variants.vaal_herding.rule is "herding" there and "topk" here',
        ),
        (
            MINE,
            MINE | {"own_strategies": {"mine": {"kind": "HerdingQuery"}}},
            'own_strategies.mine.kind is "VAALQuery" there and "HerdingQuery" here',
        ),
        (
            RANDOM,
            RANDOM | {"own_strategies": {"random": "my.random"}},
            'own_strategies.random is not set there and "my.random" here',
        ),
    ],
)
def test_a_strategy_that_stays_keeps_its_parameters(before, now, complaint):
    both = now | {"strategies": [*now["strategies"], "margin"]}

    with pytest.raises(OtherSettingsError, match=complaint):
        join_settings(before, both, folder="x")


def test_more_seeds_are_for_all_strategies_or_for_none():
    few, many = {"plan": {"n_seeds": 2}}, {"plan": {"n_seeds": 4}}
    there = few | {"strategies": ["vaal", "random", "margin"]}

    with pytest.raises(OtherSettingsError, match="fewer seeds, and with vaal, margin; name these"):
        join_settings(there, many | {"strategies": ["random", "herding"]}, folder="x")
    more = many | {"strategies": ["herding", "margin", "random", "vaal"]}
    assert join_settings(there, more, folder="x") == many | {
        "strategies": ["vaal", "random", "margin", "herding"]
    }


@pytest.mark.parametrize("part", ["X", "y"])
def test_samples_are_among_the_settings(rows, part):
    other = replace(rows, **{part: getattr(rows, part)[::-1].copy()})

    with pytest.raises(OtherSettingsError, match="samples.rows.checksum"):
        join_settings(settings(rows), settings(other), folder="x")


def test_many_differences_are_counted():
    with pytest.raises(OtherSettingsError, match="e is 1 there and 2 here; and 2 more; name"):
        join_settings(dict.fromkeys("abcdefg", 1), dict.fromkeys("abcdefg", 2), folder="x")


def test_heading_tells_the_pool_of_the_protocol(rows):
    protocol = Protocol(name="im_balanced", imbalance=2)

    heading = heading_of(rows, Plan(n_seeds=1, rounds=1, batch=1, initial=3), protocol, "my_tree")

    assert heading == "rows: pool of 9, 30 for testing; im balanced; my tree; 1 seed"
