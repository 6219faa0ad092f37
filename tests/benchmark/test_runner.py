import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skvaal.benchmark.datasets import Dataset, load_dataset
from skvaal.benchmark.estimators import as_rows
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.runner import COLUMNS, run
from skvaal.benchmark.strategies import get_strategies

pytest.importorskip("modAL")

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
    return run(dataset, strategies, make_estimator=make_tree, plan=plan, **kwargs), logs


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

    one, two = (run(rows, strategies, make_estimator=make_tree, plan=PLAN) for _ in range(2))

    seconds = ["train_seconds", "query_seconds"]
    pd.testing.assert_frame_equal(one.drop(columns=seconds), two.drop(columns=seconds))


def test_processes_change_nothing_but_seconds(rows):
    strategies = get_strategies(["margin", "random"])
    kwargs = {"make_estimator": make_tree, "plan": PLAN}
    reported = []

    one = run(rows, strategies, **kwargs)
    two = run(rows, strategies, n_jobs=2, on_record=reported.append, **kwargs)

    seconds = ["train_seconds", "query_seconds"]
    pd.testing.assert_frame_equal(one.drop(columns=seconds), two.drop(columns=seconds))
    assert len(reported) == len(two)


def test_each_record_is_reported_as_it_comes(rows):
    reported = []

    records, _ = run_recording(rows, on_record=reported.append)

    pd.testing.assert_frame_equal(pd.DataFrame(reported), records)


def test_bad_plan_fails_before_any_strategy_is_made(rows):
    def untouched(random_state):
        raise AssertionError

    with pytest.raises(ValueError, match="rounds=0"):
        run(rows, {"own": untouched}, make_estimator=untouched, plan=Plan(rounds=0))


def test_no_strategy_is_an_error(rows):
    with pytest.raises(ValueError, match="strategies is empty"):
        run(rows, {}, make_estimator=make_tree)


def test_no_job_is_an_error(rows):
    strategies = get_strategies(["random"])

    with pytest.raises(ValueError, match="n_jobs=0"):
        run(rows, strategies, make_estimator=make_tree, plan=PLAN, n_jobs=0)


def test_error_of_a_strategy_comes_through(rows):
    def failing(learner, X_pool, n_instances):
        raise LookupError("own trouble")

    with pytest.raises(LookupError, match="own trouble"):
        run(
            rows,
            {"own": lambda random_state: failing},
            make_estimator=make_tree,
            plan=PLAN,
        )
