import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.statistics import (
    area_under_budget_curve,
    areas,
    curves,
    label_saving,
    labels_to_reach,
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


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        # Running maximum: 0.5, 0.6, 0.6, 0.9.
        (0.55, 30),  # half of the way from 20 to 40
        (0.6, 40),  # the first of two points as high
        (0.7, 60 + 20 / 3),  # a third of the way from 60 to 80
        (0.9, 80),
        (0.5, 20),
        (0.4, 20),  # from the start
        (0.91, np.nan),
        (np.nan, np.nan),
    ],
)
def test_labels_to_reach_by_hand(target, labels):
    reached = labels_to_reach([20, 40, 60, 80], [0.5, 0.6, 0.58, 0.9], target)

    assert reached == pytest.approx(labels, nan_ok=True)


def test_label_saving_by_hand(records):
    # Means of margin 0.4, 0.7, 0.9; of random 0.4, 0.4, 0.55, which is never as high as margin
    # after the start.
    saving = label_saving(records)

    margin, random = saving.loc["margin"], saving.loc["random"]
    assert margin["baseline_labels"].to_list() == pytest.approx([20, np.nan, np.nan], nan_ok=True)
    # random itself: at 40 it is as good as at 20
    assert random["baseline_labels"].to_list() == [20, 20, 80]
    assert random["saved"].to_list() == [0, -20, 0]
    # The other way round: random's 0.55 is half of the way between margin's 20 and 40 labels.
    worse = label_saving(records, baseline="margin").loc[("random", 80)]
    assert worse["baseline_labels"] == pytest.approx(30)
    assert worse["saved"] == pytest.approx(-50)
    assert worse["ratio"] == pytest.approx(30 / 80)


def test_label_saving_needs_the_baseline(records):
    with pytest.raises(KeyError, match="random"):
        label_saving(records[records["strategy"] == "margin"])


def test_mean_ranks_by_hand(records):
    # Areas in the first data: margin above random. In the second: random above both others,
    # which tie for 2 and 3.
    margin, random = (records[records["strategy"] == name] for name in ("margin", "random"))
    twin = random.assign(strategy="twin")
    second = [margin.assign(strategy="random"), random.assign(strategy="margin"), twin]
    both = pd.concat([records, twin, pd.concat(second).assign(data="second")])

    ranks = mean_ranks(both)

    # margin 1 and 2.5, random 2.5 and 1, twin 2.5 and 2.5
    assert ranks.to_dict() == {"margin": 1.75, "random": 1.75, "twin": 2.5}
    assert list(ranks.index) == ["margin", "random", "twin"]


def test_no_mean_rank_for_a_strategy_that_lacks_a_data_set(records):
    second = records[records["strategy"] == "random"].assign(data="second")

    ranks = mean_ranks(pd.concat([records, second]))

    assert np.isnan(ranks["margin"])
    assert ranks["random"] == 1.5
