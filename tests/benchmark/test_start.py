import numpy as np
import pytest

from skvaal.benchmark.datasets import Dataset
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol
from skvaal.benchmark.start import draw_start

PLAN = Plan(n_seeds=1, rounds=2, batch=5, initial=20)


@pytest.fixture
def ten():
    """Ten classes of 60 samples in groups of two, with a test split of its own."""
    y = np.tile(np.arange(10), 60)
    X = np.arange(len(y), dtype=float)[:, None]
    return Dataset(
        name="ten", X=X, y=y, kind="rows", classes=tuple("abcdefghij"),
        X_test=X[:30], y_test=y[:30], superclasses=np.arange(10) // 2,
    )  # fmt: skip


def test_start_is_a_function_of_the_seed(ten):
    one, same, other = (draw_start(ten, PLAN, Protocol(), seed) for seed in (0, 0, 1))

    for field in ("pool", "labeled", "y", "model_state", "strategy_state"):
        np.testing.assert_array_equal(getattr(one, field), getattr(same, field))
    assert not np.array_equal(one.labeled, other.labeled)
    assert one.model_state != other.model_state != other.strategy_state


def test_split_parts_pool_and_test(rows):
    start = draw_start(rows, Plan(rounds=1), Protocol(), seed=3)

    assert sorted([*start.pool, *start.test]) == list(range(100))
    assert set(rows.y[start.test]) == {0, 1, 2}


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(name="biased", missing_classes=0.3),
        Protocol(name="noisy", label_noise=0.5),
        Protocol(name="stratified", start="stratified"),
    ],
)
def test_protocols_share_split_pool_and_random_states(rows, protocol):
    plan = Plan(rounds=1, pool_size=65)

    standard, other = (draw_start(rows, plan, p, seed=1) for p in (Protocol(), protocol))

    np.testing.assert_array_equal(standard.test, other.test)
    np.testing.assert_array_equal(standard.pool, other.pool)
    assert standard.model_state == other.model_state
    assert standard.strategy_state == other.strategy_state


def test_biased_start_lacks_classes_that_differ_by_seed(ten):
    protocol = Protocol(missing_classes=0.3)

    seen = [
        frozenset(ten.y[start.pool[start.labeled]])
        for start in (draw_start(ten, PLAN, protocol, seed) for seed in range(8))
    ]

    assert {len(classes) for classes in seen} == {7}
    assert len(set(seen)) > 4
    assert all(set(ten.y[draw_start(ten, PLAN, protocol, 0).pool]) == set(range(10)) for _ in seen)


def test_stratified_start_has_the_proportions_of_the_classes():
    y = np.repeat([0, 1, 2], [600, 300, 100])
    data = Dataset(
        name="d", X=y[:, None] * 1.0, y=y, kind="rows", classes=("a", "b", "c"),
        X_test=np.zeros((3, 1)), y_test=np.arange(3),
    )  # fmt: skip
    protocol = Protocol(start="stratified")

    for n, expected in [(10, [6, 3, 1]), (20, [12, 6, 2]), (4, [2, 1, 1]), (3, [1, 1, 1])]:
        start = draw_start(data, Plan(initial=n), protocol, seed=0)
        np.testing.assert_array_equal(np.bincount(y[start.pool[start.labeled]]), expected)


def test_random_start_may_miss_a_rare_class(rows):
    protocol = Protocol(start="random")

    seen = [
        len(set(rows.y[start.pool[start.labeled]]))
        for start in (draw_start(rows, Plan(rounds=1, initial=6), protocol, s) for s in range(30))
    ]

    assert min(seen) < 3
    assert max(seen) == 3


def test_noisy_oracle_is_wrong_for_the_share_within_super_classes(ten):
    start = draw_start(ten, PLAN, Protocol(label_noise=0.25), seed=0)

    true = ten.y[start.pool]
    wrong = start.y != true
    assert wrong.sum() == 150  # a quarter of 600
    np.testing.assert_array_equal(start.y[wrong] // 2, true[wrong] // 2)


def test_noisy_oracle_without_super_classes_names_any_other_class(rows):
    plan = Plan(rounds=1)

    start = draw_start(rows, plan, Protocol(label_noise=0.5), seed=0)

    true = rows.y[start.pool]
    confused = set(zip(true[start.y != true], start.y[start.y != true], strict=True))
    assert {(0, 1), (0, 2), (1, 0), (1, 2)} <= confused


def test_a_class_alone_in_its_group_is_confused_with_any_other():
    y = np.tile([0, 1, 2], 40)
    data = Dataset(
        name="d", X=y[:, None] * 1.0, y=y, kind="rows", classes=("a", "b", "c"),
        X_test=np.zeros((3, 1)), y_test=np.arange(3), superclasses=np.array([0, 0, 1]),
    )  # fmt: skip

    start = draw_start(data, Plan(rounds=1), Protocol(label_noise=0.9), seed=0)

    true = y[start.pool]
    assert set(start.y[(true == 2) & (start.y != true)]) == {0, 1}
    assert set(start.y[(true == 0) & (start.y != true)]) == {1}


def test_imbalanced_pool_falls_exponentially_in_an_order_of_its_own(ten):
    plan = Plan(rounds=1, batch=5)

    starts = [draw_start(ten, plan, Protocol(imbalance=10), seed) for seed in range(4)]

    counts = [np.bincount(ten.y[start.pool], minlength=10) for start in starts]
    expected = np.round(60 * 10 ** -np.linspace(0, 1, 10))
    for count in counts:
        np.testing.assert_array_equal(np.sort(count)[::-1], expected)
    assert len({tuple(np.argsort(count)) for count in counts}) > 1


def test_duplicated_pool_has_each_sample_three_times_and_keeps_its_size(ten):
    plan = Plan(rounds=1, pool_size=300)

    start = draw_start(ten, plan, Protocol(copies=3), seed=0)

    samples, counts = np.unique(start.pool, return_counts=True)
    assert len(start.pool) == 300
    assert len(samples) == 100
    assert set(counts) == {3}


@pytest.mark.parametrize(
    ("protocol", "plan", "complaint"),
    [
        (Protocol(name="i", imbalance=10), Plan(pool_size=300), "'i' leaves a pool of 246 samples"),
        (Protocol(name="i", imbalance=100), Plan(rounds=4), "'i' leaves a pool of 151 samples"),
        (
            Protocol(name="b", missing_classes=0.8),
            Plan(initial=121, rounds=1),
            "initial=121 is more than the 120 samples of the classes that protocol 'b'",
        ),
    ],
)
def test_pool_that_a_protocol_makes_too_small(ten, protocol, plan, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw_start(ten, plan, protocol, seed=0)
