import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.statistics import (
    area_under_budget_curve,
    areas,
    complete_runs,
    curves,
    mean_and_standard_error,
    mean_ranks,
)


@pytest.mark.parametrize(
    ("n_labeled", "accuracy", "area"),
    [
        ([20, 40, 60], [0.8, 0.8, 0.8], 0.8),  # a constant is its own mean
        ([0, 100], [0.0, 1.0], 0.5),  # triangle
        ([10, 20, 40], [0.2, 0.4, 0.8], (10 * 0.3 + 20 * 0.6) / 30),  # uneven steps
        ([1000, 1010, 1030], [0.2, 0.4, 0.8], 0.5),  # the offset does not count
    ],
)
def test_area_is_the_mean_height(n_labeled, accuracy, area):
    assert area_under_budget_curve(n_labeled, accuracy) == pytest.approx(area)


@pytest.mark.parametrize(
    ("n_labeled", "accuracy", "complaint"),
    [
        ([20], [0.5], "at least 2"),
        ([20, 40], [0.5], "same length"),
        ([40, 20], [0.5, 0.5], "must increase"),
        ([20, 20], [0.5, 0.5], "must increase"),
    ],
)
def test_area_needs_an_increasing_budget(n_labeled, accuracy, complaint):
    with pytest.raises(ValueError, match=complaint):
        area_under_budget_curve(n_labeled, accuracy)


def test_standard_error_of_known_values():
    mean, error = mean_and_standard_error([1, 2, 3, 4])

    assert mean == 2.5
    assert error == pytest.approx(np.sqrt(5 / 3 / 4))


def test_standard_error_of_one_value_is_nan():
    mean, error = mean_and_standard_error([0.5])

    assert mean == 0.5
    assert np.isnan(error)


def test_curves_average_over_seeds(records):
    curve = curves(records)

    assert list(curve.index.unique("strategy")) == ["margin", "random"]
    assert curve.loc[("margin", 20)].to_list() == pytest.approx([0.4, 0.1])
    assert curve.loc[("margin", 80)].to_list() == pytest.approx([0.9, 0.0])
    assert curve.loc[("random", 80)].to_list() == pytest.approx([0.55, 0.05])


def test_areas_by_seed_and_strategy(records):
    table = areas(records)

    expected = pd.DataFrame(
        {
            "margin": [(20 * 0.6 + 40 * 0.8) / 60, (20 * 0.5 + 40 * 0.8) / 60],
            "random": [0.5, (20 * 0.3 + 40 * 0.45) / 60],
        }
    )
    pd.testing.assert_frame_equal(table, expected)


def test_areas_keep_the_order_of_the_records(records):
    assert list(areas(records[::-1].sort_values("n_labeled"))) == ["random", "margin"]


def test_an_unfinished_run_has_no_area(records):
    unfinished = records.drop(records.index[2])  # margin, seed 0, 80 labels

    table = areas(unfinished)

    assert np.isnan(table.loc[0, "margin"])
    pd.testing.assert_series_equal(table["random"], areas(records)["random"])


def test_the_order_of_the_records_does_not_matter():
    records = pd.DataFrame(
        {
            "strategy": "random",
            "seed": [0, 0, 0, 1, 1, 1],
            "n_labeled": [30, 10, 20, 20, 30, 10],
            "accuracy": [0.9, 0.1, 0.4, 0.2, 0.6, 0.4],
        }
    )
    assert areas(records)["random"].tolist() == pytest.approx([0.45, 0.35])


@pytest.mark.parametrize("read", [areas, complete_runs, mean_ranks])
def test_records_that_stand_twice(read):
    records = pd.DataFrame(
        {"strategy": "random", "seed": 0, "n_labeled": [10, 20], "accuracy": [0.5, 0.7]}
    )
    with pytest.raises(ValueError, match="strategy=random, seed=0, n_labeled=10 more than once"):
        read(pd.concat([records, records]))
