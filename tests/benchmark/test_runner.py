import errno
import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQuery
from skvaal.benchmark import EveryRunFailedError, FailedStrategyWarning, journal
from skvaal.benchmark.datasets import Dataset, load_dataset
from skvaal.benchmark.description import OtherSettingsError
from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.exhibits import Exhibit
from skvaal.benchmark.folder import ResultsFolder
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol, get_protocols
from skvaal.benchmark.results import COLUMNS
from skvaal.benchmark.runner import WorkerKilledError, run
from skvaal.benchmark.strategies import get_strategies

pytest.importorskip("modAL")
pytestmark = pytest.mark.usefixtures("short_maps")

PLAN = Plan(n_seeds=2, rounds=3, batch=4, initial=5, pool_size=40)


def make_tree(random_state):
    tree = DecisionTreeClassifier(random_state=random_state)
    return make_pipeline(FunctionTransformer(as_rows), tree)


class Recording:
    """A strategy that takes the first samples and keeps what it saw."""

    def __init__(self, random_state, log):
        self.random_state = random_state
        self.log = log

    def __call__(self, learner, X_pool, n_instances=1):
        self.log.append(
            {
                "random_state": self.random_state,
                "model_state": learner.estimator[-1].random_state,
                "X_training": learner.X_training.copy(),
                "y_training": learner.y_training.copy(),
                "X_pool": X_pool.copy(),
            }
        )
        return np.arange(n_instances), np.zeros(n_instances)


def run_recording(dataset, plan=PLAN, names=("one", "two"), **kwargs):
    logs = {name: [] for name in names}
    strategies = {
        name: (lambda random_state, log=log: Recording(random_state, log))
        for name, log in logs.items()
    }
    return run(dataset, strategies, estimator=make_tree, plan=plan, **kwargs).records, logs


def same(one, two):
    """Whether two tables of records agree in all but what depends on the machine."""
    measured = [name for name in COLUMNS if name.endswith(("seconds", "mib"))]
    pd.testing.assert_frame_equal(one.drop(columns=measured), two.drop(columns=measured))
    return True


def test_one_tidy_row_for_each_strategy_seed_and_round(rows):
    records, _ = run_recording(rows)

    assert tuple(records.columns) == COLUMNS
    assert len(records) == 2 * PLAN.n_seeds * (PLAN.rounds + 1)
    assert not records.duplicated(["strategy", "seed", "round"]).any()
    assert (records["data"] == "rows").all()
    assert (records["n_labeled"] == PLAN.initial + PLAN.batch * records["round"]).all()
    assert records["accuracy"].between(0, 1).all()
    assert (records["train_seconds"] > 0).all()
    assert records["query_seconds"].isna().equals(records["round"] == 0)
    assert (records["query_seconds"].dropna() > 0).all()


def test_seeds_are_paired(rows):
    _, logs = run_recording(rows)

    for one, two in zip(logs["one"], logs["two"], strict=True):
        for key in one:
            np.testing.assert_array_equal(one[key], two[key])


def test_seeds_differ(rows):
    _, logs = run_recording(rows)

    first, second = logs["one"][0], logs["one"][PLAN.rounds]
    for key in ("X_training", "X_pool", "random_state", "model_state"):
        assert not np.array_equal(first[key], second[key])


def test_same_start_gives_the_same_accuracy_before_the_first_query(rows):
    records, _ = run_recording(rows)

    starts = records[records["round"] == 0].groupby("seed")["accuracy"]
    assert (starts.nunique() == 1).all()


def test_every_class_is_labelled_at_the_start(rows):
    plan = Plan(n_seeds=10, rounds=1, batch=1, initial=3)

    _, logs = run_recording(rows, plan, names=("one",))

    for seen in logs["one"]:
        assert set(seen["y_training"]) == {0, 1, 2}


def test_chosen_samples_move_from_the_pool_to_the_labelled(rows):
    _, logs = run_recording(rows, names=("one",))

    before, after = logs["one"][:2]
    np.testing.assert_array_equal(after["X_training"][-PLAN.batch :], before["X_pool"][:4])
    np.testing.assert_array_equal(after["X_pool"], before["X_pool"][4:])
    # each row of the data is drawn with its own class: X is the class plus a little noise
    np.testing.assert_array_equal(after["X_training"].mean(axis=1).round(), after["y_training"])


def test_pool_size_bounds_labelled_and_unlabelled_together(rows):
    _, logs = run_recording(rows, names=("one",))

    for seen in logs["one"]:
        assert len(seen["X_training"]) + len(seen["X_pool"]) == PLAN.pool_size


def test_whole_pool_can_be_labelled(rows):
    plan = Plan(n_seeds=1, rounds=2, batch=30, initial=10)

    records, _ = run_recording(rows, plan)

    assert records["n_labeled"].max() == plan.n_available(rows) == 70


def test_official_test_split_is_held_out(rows):
    dataset = Dataset(
        name="own", X=rows.X, y=rows.y, kind="rows", classes=rows.classes,
        X_test=rows.X[:10] + 100, y_test=np.full(10, 2),
    )  # fmt: skip

    records, logs = run_recording(dataset, Plan(n_seeds=1, rounds=1, batch=1, initial=3))

    assert (records["accuracy"] == 1).all()  # far beyond the third class
    assert len(logs["one"][0]["X_pool"]) == len(rows.X) - 3


def test_images_reach_the_strategy_as_images(fashion_folder):
    fashion = load_dataset("fashion_mnist")

    records, logs = run_recording(
        fashion, Plan(n_seeds=1, rounds=2, batch=10, initial=10, pool_size=60)
    )

    assert len(records) == 6
    for seen in logs["one"]:
        assert seen["X_pool"].shape[1:] == seen["X_training"].shape[1:] == (1, 28, 28)
        assert seen["X_pool"].dtype == seen["X_training"].dtype == np.uint8


def test_repeated_run_gives_the_same_records(rows):
    strategies = get_strategies(["margin", "entropy", "uncertainty", "random"])

    one, two = (run(rows, strategies, estimator=make_tree, plan=PLAN).records for _ in range(2))

    assert same(one, two)


@pytest.mark.slow
def test_processes_change_nothing_but_seconds(rows):
    strategies = get_strategies(["margin", "random"])
    reported = []

    one = run(rows, strategies, estimator=make_tree, plan=PLAN).records
    two = run(
        rows,
        strategies,
        estimator=make_tree,
        plan=PLAN,
        n_jobs=2,
        on_record=lambda record, n_done, n_rounds: reported.append((n_done, n_rounds)),
    ).records

    assert same(one, two)
    assert reported == [(i + 1, len(two)) for i in range(len(two))]


def test_each_record_is_reported_as_it_comes(rows):
    reported = []

    records, _ = run_recording(rows, on_record=lambda *args: reported.append(args))

    assert [n_done for _, n_done, _ in reported] == list(range(1, 17))
    assert {n_rounds for *_, n_rounds in reported} == {16}
    pd.testing.assert_frame_equal(pd.DataFrame([record for record, *_ in reported]), records)


def test_every_data_set_and_protocol_is_played(rows):
    other = replace(rows, name="other", X=rows.X + 1)
    protocols = get_protocols(["standard", "noisy_oracle", "budget_sweep"])

    records = run(
        [rows, other],
        get_strategies(["random"]),
        estimator=make_tree,
        plan=Plan(n_seeds=1, rounds=2, batch=4, initial=5),
        protocols=protocols,
    ).records

    n_rows = records.groupby(["data", "protocol"]).size().to_dict()
    rounds = {"standard": 3, "noisy_oracle": 3, "batch_x0.5": 5, "batch_x2": 2}
    assert n_rows == {(data, name): n for data in ("rows", "other") for name, n in rounds.items()}
    assert set(records.groupby(["data", "protocol"])["n_labeled"].max()) == {13}


def test_biased_start_hides_classes_from_the_first_model(rows):
    protocol = Protocol(name="biased", missing_classes=0.3)

    _, logs = run_recording(rows, protocols=[protocol], names=("one",))

    assert len(set(logs["one"][0]["y_training"])) == 2


def test_oracle_of_a_protocol_is_wrong_in_the_labels_alone(rows):
    noisy = Protocol(name="noisy", label_noise=0.5)

    _, logs = run_recording(rows, protocols=[noisy], names=("one",))

    seen = logs["one"][-1]
    true = seen["X_training"].mean(axis=1).round()
    assert 0.2 < (seen["y_training"] != true).mean() < 0.8


def test_picked_samples_are_rows_of_the_data(rows):
    records, logs = run_recording(rows, names=("one",))

    first, then = records.iloc[1]["picked"], logs["one"][1]["X_training"]
    np.testing.assert_array_equal(rows.X[first], then[-PLAN.batch :])


def test_balanced_accuracy_is_the_mean_recall():
    y = np.repeat([0, 1], [90, 10])
    data = Dataset(
        name="d", X=y[:, None] * 1.0, y=y, kind="rows", classes=("a", "b"),
        X_test=np.array([[0.0]] * 8 + [[1.0], [0.0]]), y_test=np.repeat([0, 1], [8, 2]),
    )  # fmt: skip

    (_, record) = run(
        data, get_strategies(["random"]), estimator=make_tree, plan=Plan(n_seeds=1, rounds=1)
    ).records.to_dict("records")

    assert record["accuracy"] == pytest.approx(0.9)  # the last sample looks like the other class
    assert record["balanced_accuracy"] == pytest.approx((1 + 0.5) / 2)


def test_parts_of_a_query_are_recorded_where_the_strategy_tells_them(rows):
    class Telling:
        seconds_ = {"fit": 3.0, "select": 1.0}

        def __call__(self, learner, X_pool, n_instances):
            return np.arange(n_instances), np.zeros(n_instances)

    records = run(
        rows, {"own": lambda random_state: Telling()}, estimator=make_tree, plan=PLAN
    ).records

    later = records[records["round"] > 0]
    assert (later["query_fit_seconds"] == 3).all()
    assert later["query_score_seconds"].isna().all()
    assert (later["query_select_seconds"] == 1).all()
    assert records[records["round"] == 0]["query_fit_seconds"].isna().all()
    assert (records["peak_memory_mib"] > 10).all()


def test_vaal_tells_how_long_it_trained(rows):
    params = {"max_epochs": 1, "batch_size": 32}

    records = run(
        rows, get_strategies(["vaal"], vaal_params=params), estimator=make_tree, plan=PLAN
    ).records

    later = records[records["round"] > 0]
    assert (later["query_fit_seconds"] > 0).all()
    assert (later["query_fit_seconds"] <= later["query_seconds"]).all()
    assert later["query_select_seconds"].isna().all()  # scoring is a part of its choice


def test_bad_plan_fails_before_any_strategy_is_made(rows):
    def untouched(random_state):
        raise AssertionError

    with pytest.raises(ValueError, match="rounds=0"):
        run(rows, {"own": untouched}, estimator=untouched, plan=Plan(rounds=0))


class FailsAt:
    """A strategy that fails in one round of one run, as long as `switch` is on."""

    def __init__(self, random_state, switch, at):
        self.rng = np.random.default_rng(random_state)
        self.switch, self.left = switch, at

    def __call__(self, learner, X_pool, n_instances):
        self.left -= 1
        if self.left == 0 and self.switch.exists():
            raise LookupError("own trouble")
        return self.rng.permutation(len(X_pool))[:n_instances], np.zeros(n_instances)


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_failing_strategy_is_recorded_and_the_others_go_on(rows, tmp_path, n_jobs):
    switch = tmp_path / "on"
    switch.touch()
    strategies = {"own": lambda state: FailsAt(state, switch, at=2)} | get_strategies(["random"])
    reported = []
    message = r"2 of 2 runs of strategy 'own' failed; the first \(rows, standard, seed 0, round 2\)"

    with pytest.warns(FailedStrategyWarning, match=f"{message} with LookupError: own trouble"):
        results = run(
            rows,
            strategies,
            estimator=make_tree,
            plan=PLAN,
            n_jobs=n_jobs,
            on_record=lambda record, n_done, n_rounds: reported.append((n_done, n_rounds)),
        )

    counts = results.records.groupby(["strategy", "seed"]).size().to_dict()
    assert counts == {("own", 0): 2, ("own", 1): 2, ("random", 0): 4, ("random", 1): 4}
    assert [(one["strategy"], one["seed"], one["round"]) for one in results.failures] == [
        ("own", 0, 2),
        ("own", 1, 2),
    ]
    assert results.failures[0]["error"] == "LookupError: own trouble"
    assert "self.left == 0 and self.switch.exists()" not in results.failures[0]["error"]
    assert "in __call__" in results.failures[0]["traceback"]
    assert max(reported)[0] == 16  # rounds that will never come count as done


def test_failed_runs_are_tried_again_with_the_code_as_it_is_then(rows, tmp_path):
    switch, rounds = tmp_path / "on", []

    def strategies(at):
        return {"own": lambda state: FailsAt(state, switch, at)}

    unbroken = run(rows, strategies(2), estimator=make_tree, plan=PLAN).records
    switch.touch()
    with pytest.raises(EveryRunFailedError):
        run(rows, strategies(2), estimator=make_tree, plan=PLAN, out=tmp_path / "out")
    switch.unlink()

    results = run(
        rows,
        strategies(2),
        estimator=make_tree,
        plan=PLAN,
        out=tmp_path / "out",
        on_record=lambda record, n_done, n_rounds: rounds.append(record["round"]),
    )

    assert same(results.records, unbroken)
    assert rounds == [0, 1, 2, 3] * 2
    assert results.failures == []
    assert not (tmp_path / "out" / "failures.json").exists()
    assert not (tmp_path / "out" / "rounds").exists()


def test_error_in_the_task_model_is_recorded(rows):
    def broken(random_state):
        return DecisionTreeClassifier(max_depth="deep")

    strategies = get_strategies(["random", "margin"])
    message = r"every run failed, 4 in all; the first \(random, rows, standard, seed 0, round 0\)"
    with pytest.raises(EveryRunFailedError, match=f"{message} with .*max_depth") as caught:
        run(rows, strategies, estimator=broken, plan=PLAN)

    results = caught.value.results
    assert len(results.records) == 0
    assert [one["round"] for one in results.failures] == [0, 0, 0, 0]
    assert "max_depth" in results.failures[0]["error"]


def test_folder_holds_what_is_returned(rows, tmp_path):
    results = run(
        rows, get_strategies(["random"]), estimator=make_tree, plan=PLAN, out=tmp_path / "out"
    )

    read = ResultsFolder(tmp_path / "out").read()
    pd.testing.assert_frame_equal(read.records, results.records)
    assert read.config == results.config
    assert read.config["settings"]["estimator"] == "make_tree"
    assert read.config["settings"]["samples"]["rows"]["shape"] == [100, 3]
    assert ResultsFolder(tmp_path / "out").exhibit("rows", "standard").exists()


def test_finished_comparison_plays_nothing_again(rows, tmp_path):
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    once = run(rows, get_strategies(["random"]), **arguments)

    def untouched(*args):
        raise AssertionError

    again = run(rows, get_strategies(["random"]), on_record=untouched, **arguments)

    pd.testing.assert_frame_equal(once.records, again.records)


def test_folder_of_other_settings_is_refused_before_any_run(rows, tmp_path):
    arguments = {"estimator": make_tree, "out": tmp_path / "out"}
    run(rows, get_strategies(["random"]), plan=PLAN, **arguments)

    def untouched(random_state):
        raise AssertionError

    with pytest.raises(ValueError, match="plan.batch is 4 there and 5 here"):
        run(rows, {"random": untouched}, plan=replace(PLAN, batch=5), **arguments)
    for other in (replace(rows, y=rows.y[::-1].copy()), replace(rows, X=rows.X * 2)):
        with pytest.raises(ValueError, match=r"samples.rows.checksum is \d+ there"):
            run(other, get_strategies(["random"]), plan=PLAN, **arguments)


def test_more_seeds_are_played_beside_those_that_are_there(rows, tmp_path):
    strategies = get_strategies(["random", "margin"])
    seeds = []

    run(rows, strategies, estimator=make_tree, plan=PLAN, out=tmp_path / "out")
    results = run(
        rows,
        strategies,
        estimator=make_tree,
        plan=replace(PLAN, n_seeds=4),
        out=tmp_path / "out",
        on_record=lambda record, n_done, n_rounds: seeds.append(record["seed"]),
    )

    assert set(seeds) == {2, 3}
    at_once = run(rows, strategies, estimator=make_tree, plan=replace(PLAN, n_seeds=4)).records
    assert same(results.records, at_once)


def test_error_in_the_first_query_of_every_run_leaves_a_folder_that_can_be_read(rows, tmp_path):
    switch = tmp_path / "on"
    switch.touch()
    own = {"own": lambda state: FailsAt(state, switch, at=1)}

    with pytest.raises(EveryRunFailedError, match="LookupError: own trouble") as caught:
        run(rows, own, estimator=make_tree, plan=PLAN, out=tmp_path / "out")

    results = caught.value.results
    assert len(results.failures) == 2
    read = ResultsFolder(tmp_path / "out").read()
    assert read.failures == results.failures
    pd.testing.assert_frame_equal(read.records, results.records)


def test_a_strategy_that_fails_now_and_then_is_named_with_the_number_of_its_runs(rows, tmp_path):
    switch = tmp_path / "on"
    switch.touch()

    def make(random_state):
        made.append(random_state)
        return FailsAt(
            random_state, switch, at=len(made) % 2
        )  # in each second run, never in others

    made = []
    with pytest.warns(
        FailedStrategyWarning, match="1 of 2 runs of strategy 'own' failed"
    ) as caught:
        run(rows, {"own": make}, estimator=make_tree, plan=PLAN)

    assert [warning.filename for warning in caught] == [__file__]


@pytest.fixture
def played():
    """Strategies, and which (strategy, seed) made a record, in the order of the records."""

    def report(record, n_done, n_rounds):
        keys.append((record["strategy"], record["seed"]))
        counts.append((n_done, n_rounds))

    keys, counts = [], []
    report.keys, report.counts = keys, counts
    return report


def test_more_strategies_join_and_complete_runs_stay(rows, tmp_path, played):
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    names = ["random", "margin", "herding"]
    run(rows, get_strategies(names[:1]), command="one", **arguments)

    results = run(rows, get_strategies(names), on_record=played, command="all", **arguments)

    assert set(played.keys) == {(name, seed) for name in names[1:] for seed in (0, 1)}
    assert played.counts[-1] == (24, 24)
    at_once = run(rows, get_strategies(names), estimator=make_tree, plan=PLAN)
    assert same(results.records, at_once.records)
    assert results.config["settings"] == at_once.config["settings"]
    assert results.config["command"] == "all"
    picks = Exhibit.load(ResultsFolder(tmp_path / "out").exhibit("rows", "standard")).picks
    assert list(picks) == names


def test_strategies_that_are_not_named_stay_in_the_folder(rows, tmp_path, played):
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    names = ["random", "margin", "herding"]
    run(rows, get_strategies(names[:2]), **arguments)

    results = run(rows, get_strategies(names[2:]), on_record=played, **arguments)

    assert set(played.keys) == {("herding", 0), ("herding", 1)}
    assert played.counts[-1] == (8, 8)
    at_once = run(rows, get_strategies(names), estimator=make_tree, plan=PLAN)
    assert same(results.records, at_once.records)
    assert same(ResultsFolder(tmp_path / "out").read().records, at_once.records)
    assert results.config["settings"] == at_once.config["settings"]


def test_failures_of_strategies_that_are_not_named_stay_too(rows, tmp_path):
    switch = tmp_path / "on"
    switch.touch()
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    own = {"own": lambda state: FailsAt(state, switch, at=2)}
    with pytest.raises(EveryRunFailedError):
        run(rows, own, **arguments)

    with pytest.warns(FailedStrategyWarning, match="2 of 2 runs of strategy 'own' failed"):
        results = run(rows, get_strategies("random"), **arguments)

    counts = results.records.groupby("strategy").size().to_dict()
    assert counts == {"own": 4, "random": 8}
    assert [one["strategy"] for one in results.failures] == ["own", "own"]
    switch.unlink()
    results = run(rows, own, **arguments)
    assert results.failures == []
    assert results.records.groupby("strategy").size().to_dict() == {"own": 8, "random": 8}


def test_a_stopped_run_of_a_strategy_that_is_not_named_is_played_when_it_is(rows, tmp_path):
    def stop(record, n_done, n_rounds):
        if n_done == 6:
            raise KeyboardInterrupt

    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    random = get_strategies("random")
    with pytest.raises(KeyboardInterrupt):
        run(rows, random, on_record=stop, **arguments)

    run(rows, get_strategies("margin"), **arguments)
    results = run(rows, random, **arguments)

    at_once = run(rows, get_strategies(["random", "margin"]), estimator=make_tree, plan=PLAN)
    assert same(results.records, at_once.records)


def test_a_strategy_of_the_same_name_with_other_parameters_is_refused(rows, tmp_path):
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    run(rows, {"mine": HerdingQuery(bandwidth=2)}, **arguments)
    before = (tmp_path / "out" / "config.json").read_bytes()

    for bandwidth in ("bandwidth is 2 there and 3 here", "bandwidth is 2 there and not set here"):
        other = HerdingQuery(bandwidth=3) if "3" in bandwidth else HerdingQuery()
        with pytest.raises(ValueError, match=f"own_strategies.mine.{bandwidth}"):
            run(rows, {"mine": other} | get_strategies("random"), **arguments)

    assert (tmp_path / "out" / "config.json").read_bytes() == before


def test_more_seeds_with_fewer_strategies_are_refused(rows, tmp_path):
    arguments = {"estimator": make_tree, "out": tmp_path / "out"}
    run(rows, get_strategies(["random", "margin"]), plan=PLAN, **arguments)

    with pytest.raises(ValueError, match="with margin; name these strategies, too"):
        run(rows, get_strategies("random"), plan=replace(PLAN, n_seeds=3), **arguments)


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_queries_strategies_and_functions_are_played(rows, n_jobs):
    uncertainty = pytest.importorskip("modAL.uncertainty")
    named = get_strategies(["margin", "entropy", "herding"])
    given = {
        "margin": uncertainty.margin_sampling,
        "entropy": uncertainty.entropy_sampling,
        "herding": HerdingQuery(),
    }

    expected = run(rows, named, estimator=make_tree, plan=PLAN).records
    records = run(rows, given, estimator=make_tree, plan=PLAN, n_jobs=n_jobs).records

    assert same(records, expected)
    wrapped = {"herding": HerdingQueryStrategy()}
    records = run(rows, wrapped, estimator=make_tree, plan=PLAN, n_jobs=n_jobs).records
    assert same(records, expected[expected["strategy"] == "herding"].reset_index(drop=True))


def test_vaal_query_is_played_as_vaal_herding(rows):
    params = {"max_epochs": 1, "batch_size": 32}
    plan = replace(PLAN, n_seeds=1)
    named = get_strategies(["vaal_herding"], vaal_params=params)

    given = run(rows, {"vaal_herding": VAALQuery(**params)}, estimator=make_tree, plan=plan)

    assert same(given.records, run(rows, named, estimator=make_tree, plan=plan).records)
    assert given.config["settings"]["own_strategies"] == {
        "vaal_herding": {"kind": "VAALQuery", **params}
    }


def test_another_kind_of_strategy_is_named_before_any_training(rows):
    def untouched(random_state):
        raise AssertionError

    with pytest.raises(TypeError, match=r"strategies\['mine'\] is the class VAALQuery"):
        run(rows, {"own": untouched, "mine": VAALQuery}, estimator=untouched, plan=PLAN)


def test_exhibit_is_made_again_when_a_strategy_joins(rows, tmp_path):
    switch = tmp_path / "on"
    switch.touch()
    strategies = {"own": lambda state: FailsAt(state, switch, at=1)} | get_strategies("random")
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path / "out"}
    path = ResultsFolder(tmp_path / "out").exhibit("rows", "standard")

    with pytest.warns(FailedStrategyWarning):
        run(rows, strategies, **arguments)
    before = list(Exhibit.load(path).picks)
    switch.unlink()
    run(rows, strategies, **arguments)

    assert before == ["random"]
    assert list(Exhibit.load(path).picks) == ["own", "random"]


def test_classifier_itself_is_a_task_model(rows):
    strategies = get_strategies(["random", "margin"])

    itself = run(rows, strategies, estimator=DecisionTreeClassifier(), plan=PLAN)
    factory = run(
        rows, strategies, estimator=lambda s: DecisionTreeClassifier(random_state=s), plan=PLAN
    )

    assert same(
        itself.records.drop(columns="estimator").assign(estimator=""),
        factory.records.drop(columns="estimator").assign(estimator=""),
    )
    assert set(itself.records["estimator"]) == {"DecisionTreeClassifier"}


def test_a_task_model_with_other_parameters_is_refused(rows, tmp_path):
    arguments = {"plan": replace(PLAN, n_seeds=1, rounds=1), "out": tmp_path / "out"}
    strategies = get_strategies(["random"])
    first = run(rows, strategies, estimator=LogisticRegression(C=1), **arguments)

    with pytest.raises(OtherSettingsError, match=r"own_estimator\.C is .* there and 1e-05 here"):
        run(rows, strategies, estimator=LogisticRegression(C=1e-5), **arguments)
    again = run(rows, strategies, estimator=LogisticRegression(C=1), **arguments)

    assert first.config["settings"]["estimator"] == "LogisticRegression"
    pd.testing.assert_frame_equal(again.records, first.records)


def test_another_function_of_the_same_name_is_refused(rows, tmp_path):
    arguments = {
        "estimator": make_tree,
        "plan": replace(PLAN, n_seeds=1, rounds=1),
        "out": tmp_path / "out",
    }

    def strategy_from(start):
        def own(learner, X_pool, n_instances=1):
            return np.arange(start, start + n_instances)

        return {"mine": own}

    run(rows, strategy_from(0), **arguments)
    run(rows, strategy_from(0), **arguments)
    with pytest.raises(OtherSettingsError, match=r"own_strategies\.mine is .*\.own \(code"):
        run(rows, strategy_from(1), **arguments)


def test_indices_that_are_no_integers_name_the_strategy(rows):
    def own(learner, X_pool, n_instances=1):
        return np.arange(n_instances, dtype=float)

    with pytest.raises(EveryRunFailedError, match="strategy 'own' returned indices of type float"):
        run(rows, {"own": own}, estimator=make_tree, plan=PLAN)


@pytest.mark.slow
def test_killed_worker_is_explained(rows):
    def killed(random_state):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerKilledError, match="memory ran out; take fewer processes"):
        run(rows, {"own": killed}, estimator=make_tree, plan=PLAN, n_jobs=2)


def test_full_disk_is_no_failure_of_the_strategy(rows, tmp_path, monkeypatch):
    strategies, out = get_strategies(["random"]), tmp_path / "out"
    replace_file, written = journal.replace_file, []

    def full_at_the_sixth(path, content):
        written.append(path)
        if len(written) >= 6:  # the second round of the second run
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        replace_file(path, content)

    monkeypatch.setattr(journal, "replace_file", full_at_the_sixth)
    with pytest.raises(OSError, match="No space left on device: .*rounds"):
        run(rows, strategies, estimator=make_tree, plan=PLAN, out=out)

    so_far = ResultsFolder(out).read()
    assert so_far.failures == []
    assert so_far.records.groupby("seed").size().to_dict() == {0: 4, 1: 1}


def test_error_of_a_callback_is_no_failure_of_the_strategy(rows):
    def impatient(record, n_done, n_rounds):
        raise LookupError("own trouble")

    with pytest.raises(LookupError, match="own trouble"):
        run(rows, get_strategies(["random"]), estimator=make_tree, plan=PLAN, on_record=impatient)


def test_no_more_processes_are_started_than_there_are_runs(rows, monkeypatch):
    asked = []

    def parallel(**arguments):
        asked.append(arguments["n_jobs"])
        return lambda calls: [function(*args) for function, args, _ in calls]

    monkeypatch.setattr("skvaal.benchmark.runner.Parallel", parallel)

    run(rows, get_strategies(["random"]), estimator=make_tree, plan=PLAN, n_jobs=9_000)

    assert asked == [PLAN.n_seeds]


def test_headings_tell_the_pool_of_the_protocol(rows):
    results = run(
        rows,
        get_strategies("random"),
        estimator="svm",
        plan=Plan(n_seeds=1, rounds=1, batch=1, initial=3),
        protocols=[Protocol(), Protocol(name="im_balanced", imbalance=2)],
    )

    assert results.config["headings"]["rows"] == {
        "standard": "rows: pool of 70, 30 for testing; svm; 1 seed",
        "im_balanced": "rows: pool of 9, 30 for testing; im balanced; svm; 1 seed",
    }


def test_the_name_of_a_case_is_kept_and_no_other_goes_on_there(rows, tmp_path):
    arguments = {"estimator": make_tree, "plan": PLAN, "out": tmp_path}

    results = run(rows, get_strategies(["random"]), case="mine", **arguments)

    assert results.config["settings"]["case"] == "mine"
    with pytest.raises(ValueError, match='case is "mine" there and "yours" here'):
        run(rows, get_strategies(["random"]), case="yours", **arguments)


@pytest.mark.parametrize(
    ("case", "protocols", "error"),
    [
        ("mine", [Protocol(), Protocol(name="other")], ValueError),
        (" ", Protocol(), ValueError),
        (7, Protocol(), TypeError),
    ],
)
def test_a_case_is_a_name_of_one_data_set_under_one_protocol(rows, case, protocols, error):
    with pytest.raises(error, match=f"case={case!r} must "):
        run(rows, get_strategies(["random"]), plan=PLAN, protocols=protocols, case=case)
