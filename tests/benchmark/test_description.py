import json
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skvaal import HerdingQuery, HerdingQueryStrategy, TopK, VAALQuery
from skvaal.benchmark.datasets import load_dataset
from skvaal.benchmark.description import (
    OtherSettingsError,
    heading_of,
    join_settings,
    settings_of,
)
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.strategies import as_factories, get_strategies

RECOMMENDED = Path(__file__).parents[2] / "docs" / "recommended"
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


@pytest.mark.slow
def test_another_process_gives_the_same_description():
    program = """
import json
from skvaal import VAALQuery
from skvaal.benchmark import Plan, Protocol, load_dataset
from skvaal.benchmark.description import settings_of
from skvaal.benchmark.strategies import as_factories, get_strategies

class Own:
    pass

def holding(names):
    return lambda learner, X_pool, n_instances=1: "a" in names and 1 in {"b", "c", "d"}

given = as_factories({
    "mine": VAALQuery(callbacks=[Own()], vae__hidden=(8, 4)), "held": holding({"x", "y", "z"})
})
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


def test_factories_of_the_users_own_are_among_the_settings(rows):
    one, other = (own(lambda state, C=C: HerdingQuery(bandwidth=C), rows) for C in (1, 2))

    assert one.startswith(f"{__name__}.test_factories_of_the_users_own")
    assert one != other


def test_a_strategy_under_a_name_of_its_own_is_known_by_its_registered_one(rows):
    named = get_strategies(["random", "herding"])

    assert "own_strategies" not in settings(rows, strategies=named)
    assert own(named["herding"], rows) == "herding"


def with_estimator(rows, estimator):
    return json.loads(json.dumps(settings(rows, own_estimator=estimator)))


def test_a_task_model_is_among_the_settings_by_what_is_set(rows):
    pipeline = make_pipeline(PCA(3, random_state=0), BaggingClassifier(SVC(C=2)))

    found = with_estimator(rows, SVC(C=2, random_state=7))
    assert found["own_estimator"] == {"kind": "SVC", "C": 2}
    assert found["estimator"] == "svm"
    (_, pca), (_, bagging) = with_estimator(rows, pipeline)["own_estimator"]["steps"]
    assert (pca, bagging) == ("PCA(n_components=3)", "BaggingClassifier(estimator=SVC(C=2))")
    assert "own_estimator" not in settings(rows)


@pytest.mark.parametrize(
    ("one", "other", "complaint"),
    [
        (SVC(C=2), SVC(C=1e-5), "own_estimator.C is 2 there and 1e-05 here"),
        (SVC(), SVC(C=2), "own_estimator.C is not set there and 2 here"),
        (BaggingClassifier(SVC(C=2)), BaggingClassifier(SVC()), r"own_estimator.estimator is"),
        (make_pipeline(SVC(C=2)), make_pipeline(SVC()), "own_estimator.steps is"),
        (lambda state: SVC(C=2), lambda state: SVC(C=3), "own_estimator is .*<lambda> .code"),
        (partial(SVC, C=2), partial(SVC, C=3), r"own_estimator is .*C=2\)"),
        (None, SVC(), "own_estimator.kind is not set there"),
    ],
)
def test_another_task_model_is_refused_by_what_differs(rows, one, other, complaint):
    there, same = with_estimator(rows, one), with_estimator(rows, one)

    assert join_settings(there, same, folder="x") == there
    with pytest.raises(OtherSettingsError, match=complaint):
        join_settings(there, with_estimator(rows, other), folder="x")


@pytest.mark.parametrize("name", [path.name for path in RECOMMENDED.iterdir() if path.is_dir()])
def test_recommended_folders_still_open(name, tmp_path):
    for package in ("modAL", "skactiveml"):
        pytest.importorskip(package, reason=f"strategies of {package} are among them")
    folder = ResultsFolder(shutil.copytree(RECOMMENDED / name, tmp_path / name))
    before = folder.read_config()
    there = before["settings"]
    data = load_dataset("wine")
    now = settings_of(
        [data], get_strategies(there["strategies"]), there["estimator"], Plan(), [Protocol()]
    )
    kept = ("data", "samples", "plan", "protocols")

    with folder.locked():
        folder.open(
            now | {key: there[key] for key in kept}, headings=before["headings"], command=None
        )

    assert folder.read_config()["settings"] == there
    assert not folder.read().records.empty


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
