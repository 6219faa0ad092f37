import numpy as np
import pytest

from skvaal.benchmark.statistics import label_saving, labels_to_reach


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


def test_a_strategy_that_falls_back_is_judged_by_where_it_ends(records):
    # margin rises to 0.9 and ends at 0.45; random, at 0.4, 0.4 and 0.55, has that with 53 labels.
    dip = (records["strategy"] == "margin") & (records["round"] == 2)
    fallen = records.assign(accuracy=records["accuracy"].mask(dip, 0.45))

    end = label_saving(fallen).loc[("margin", 80)]

    assert end["baseline_labels"] == pytest.approx(40 + 40 / 3)
    assert end["saved"] == pytest.approx(40 / 3 - 40)


def test_label_saving_takes_complete_runs_alone(records):
    broken = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    saving = label_saving(records[~broken])

    # margin of seed 0 alone: 0.5 at 20, where random is on 0.55 with 80 and on 0.4 with 40
    assert saving.loc[("margin", 20), "baseline_labels"] == pytest.approx(40 + 40 * 0.1 / 0.15)
