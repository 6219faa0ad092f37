import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.inference import smallest_p_value
from skvaal.benchmark.statistics import with_plan
from skvaal.benchmark.summary import costs, seeds_note, summarize


def with_third(records):
    """The records with a strategy between the two, which takes random's place in no seed."""
    random = records[records["strategy"] == "random"]
    third = random.assign(strategy="third", accuracy=random["accuracy"] + 0.01 * random["round"])
    return pd.concat([third, records])


def test_summary_of_known_values(records):
    row = summarize(records).loc["margin"]

    # areas 44/60 and 42/60, less 30/60 and 24/60
    assert row["n_seeds"] == 2
    assert row[["area", "area_low", "area_high"]].to_list() == pytest.approx(
        [43 / 60, 42 / 60, 44 / 60]
    )
    gain = row[["random_difference", "random_low", "random_high"]].to_list()
    assert gain == pytest.approx([16 / 60, 14 / 60, 18 / 60])
    assert row["random_p"] == row["random_p_holm"] == 0.5
    # random ends at 0.55, margin's 0.9 is out of its reach; margin is at 0.55 half of the way
    # between 20 labels (0.4) and 40 (0.7)
    assert np.isnan(row["baseline_labels"])
    assert row["labels_to_baseline"] == pytest.approx(30)
    assert row["query_seconds"] == pytest.approx(0.15)


def test_rows_are_sorted_by_area(records):
    assert list(summarize(with_third(records)).index) == ["margin", "third", "random"]


def test_what_compares_a_strategy_with_itself_is_nan(records):
    summary = summarize(records)

    of_random = [name for name in summary if name.startswith("random_")]
    assert summary.loc["random", of_random].isna().all()
    assert np.isnan(summary.loc["random", "labels_saved"])
    assert summary.loc["margin", [n for n in summary if n.startswith("margin_")]].isna().all()


def test_labels_saved_at_the_end(records):
    third = summarize(with_third(records)).loc["third"]

    # third ends at 0.57, out of random's reach; it is at 0.55 where (0.55 - 0.41) / 0.16 of the
    # way from 40 to 80 is done
    assert np.isnan(third["labels_saved"])
    assert third["labels_to_baseline"] == pytest.approx(40 + 40 * 14 / 16)


def test_labels_lost_at_the_end(records):
    swap = {"margin": "random", "random": "margin"}
    worse = summarize(records.assign(strategy=records["strategy"].map(swap))).loc["margin"]

    # as "margin" ends at 0.55 with 80 labels, which "random" has with 30
    assert worse["baseline_labels"] == pytest.approx(30)
    assert worse["labels_saved"] == pytest.approx(-50)
    assert worse["label_ratio"] == pytest.approx(3 / 8)
    assert np.isnan(worse["labels_to_baseline"])


@pytest.mark.parametrize("missing", ["random", "margin"])
def test_missing_references_have_no_columns(records, missing):
    everyone = with_third(records)

    summary = summarize(everyone[everyone["strategy"] != missing])

    assert not any(name.startswith(f"{missing}_") for name in summary)
    assert ("labels_saved" in summary) == (missing == "margin")


def test_a_strategy_alone_is_compared_with_nobody(records):
    summary = summarize(records[records["strategy"] == "random"])

    columns = ["n_seeds", "area", "area_low", "area_high", "final_accuracy", "query_seconds"]
    assert list(summary) == columns


def test_one_seed_has_means_but_neither_interval_nor_p(records):
    row = summarize(records[records["seed"] == 0]).loc["margin"]

    assert row["area"] == pytest.approx(44 / 60)
    assert row["random_difference"] == pytest.approx(14 / 60)
    assert row[["area_low", "area_high", "random_low", "random_p", "random_p_holm"]].isna().all()


def test_final_accuracies(records):
    margin = summarize(records.assign(balanced_accuracy=records["accuracy"] / 2)).loc["margin"]

    assert margin["final_accuracy"] == pytest.approx(0.9)
    assert margin["final_balanced_accuracy"] == pytest.approx(0.45)


def test_only_complete_runs_count(records):
    broken = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    row = summarize(records[~broken]).loc["margin"]

    assert row["n_seeds"] == 1
    assert row["area"] == pytest.approx(44 / 60)
    assert row["random_difference"] == pytest.approx(14 / 60)
    # of seed 0 alone margin has 0.5 with 20 labels and 0.7 with 40; random ends at 0.55
    assert row["labels_to_baseline"] == pytest.approx(25)
    assert np.isnan(row["random_p"])


@pytest.mark.parametrize("failing", ["margin", "random"])
def test_a_strategy_that_never_ends_is_compared_with_nobody(records, failing):
    broken = (records["strategy"] == failing) & (records["round"] == 2)

    summary = summarize(records[~broken])

    row = summary.loc[failing]
    assert row["n_seeds"] == 0
    assert row.drop(["n_seeds", "query_seconds"]).isna().all()
    assert summary.index[-1] == failing
    assert not any(name.startswith(f"{failing}_") for name in summary)
    assert ("labels_saved" in summary) == (failing == "margin")


def test_costs(records):
    records = records.assign(
        query_fit_seconds=2.0, query_score_seconds=np.nan, peak_memory_mib=100.0 + records["seed"]
    )

    cost = costs(records)

    assert list(cost) == ["query_seconds", "query_fit_seconds", "train_seconds", "peak_memory_mib"]
    assert cost.loc["margin"].to_list() == pytest.approx([0.15, 2.0, 0.25, 101.0])


def test_equal_strategies(records):
    random = records[records["strategy"] == "random"]

    row = summarize(pd.concat([random, random.assign(strategy="twin")])).loc["twin"]

    assert row[["random_difference", "random_low", "random_high"]].to_list() == [0, 0, 0]
    assert row["random_p_holm"] == 1
    assert row[["labels_saved", "label_ratio"]].to_list() == [0, 1]
    assert row["labels_to_baseline"] == 80


@pytest.mark.parametrize("n_comparisons", [1, 4, 19])
@pytest.mark.parametrize("n_seeds", range(1, 13))
def test_note_stands_where_no_p_can_be_small(n_seeds, n_comparisons):
    note = seeds_note(n_seeds, n_comparisons)

    smallest = smallest_p_value(n_seeds, n_comparisons=n_comparisons)
    assert bool(note) == (smallest >= 0.05)
    if note:
        enough = int(note.split()[-2])
        assert smallest_p_value(enough, n_comparisons=n_comparisons) < 0.05
        assert smallest_p_value(enough - 1, n_comparisons=n_comparisons) >= 0.05


def test_note_of_six_seeds():
    # 2 / 2 ** 6 = 0.03125, times 4 = 0.125; 4 * 2 / 2 ** 8 = 0.03125
    assert seeds_note(6, 4) == (
        "6 seeds allow no p below 0.031, nor below 0.125 after correction for 4: "
        "a p below 0.05 takes at least 8 seeds"
    )
    assert seeds_note(5, 1).startswith("5 seeds allow no p below 0.062: ")
    assert seeds_note(1, 1).startswith("1 seed allows no interval and no test: ")
    assert seeds_note(6, 0) == ""


def test_a_start_alone_has_neither_area_nor_comparison(records):
    summary = summarize(records[records["round"] == 0])

    assert list(summary.index) == ["margin", "random"]
    assert summary["n_seeds"].to_list() == [0, 0]
    assert summary.drop(columns="n_seeds").isna().all(axis=None)


def test_runs_that_all_stopped_in_one_round_do_not_count(records):
    settings = {"plan": {"rounds": 2}, "protocols": {"standard": {}}}
    stopped = records[records["round"] < 2].assign(protocol="standard")

    summary = summarize(with_plan(stopped, {"settings": settings}))

    assert summary["n_seeds"].to_list() == [0, 0]
    assert summary.drop(columns=["n_seeds", "query_seconds"]).isna().all(axis=None)
    assert "labels_saved" not in summary


def test_labels_are_those_of_where_the_strategies_end(records):
    # margin rises to 0.7 and ends at 0.45, which random has with 40 + 40 / 3 labels.
    dip = (records["strategy"] == "margin") & (records["round"] == 2)
    row = summarize(records.assign(accuracy=records["accuracy"].mask(dip, 0.45))).loc["margin"]

    assert row["baseline_labels"] == pytest.approx(40 + 40 / 3)
    # random falls from 0.55 to 0.5; margin has 0.5 a third of the way from 20 to 40
    more = records[records["round"] == 2].assign(round=3, n_labeled=100)
    fallen = more.assign(accuracy=more["accuracy"].mask(more["strategy"] == "random", 0.5))
    row = summarize(pd.concat([records, fallen])).loc["margin"]
    assert row["labels_to_baseline"] == pytest.approx(20 + 20 / 3)
