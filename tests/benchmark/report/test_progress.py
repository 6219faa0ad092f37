import pytest

from skvaal.benchmark.report._progress import count_runs, unfinished_note

PLAN = {"rounds": 2}
STANDARD = ("made-up", "random_forest", "standard")


def test_every_run_is_counted(make_results, records):
    lost = (records["strategy"] == "margin") & (records["seed"] == 1) & (records["round"] == 2)

    counts = count_runs([make_results(records[~lost], plan=PLAN)]).loc[STANDARD]

    assert counts.loc["margin"].to_list() == [2, 1]
    assert counts.loc["random"].to_list() == [2, 2]
    assert unfinished_note(counts) == "1 of 4 runs has not ended"
    assert unfinished_note(counts, by_strategy=True) == "1 of 4 runs has not ended (margin 1)"


def test_runs_without_any_record_count(make_results, records):
    results = make_results(records[records["strategy"] == "random"], plan=PLAN | {"n_seeds": 5})

    counts = count_runs([results])

    assert counts.loc[(*STANDARD, "margin")].to_list() == [5, 0]
    # of two protocols, one of which has not begun
    assert unfinished_note(counts) == "18 of 20 runs have not ended"


def test_several_comparisons_are_counted_together(make_results, many_records):
    first = many_records[many_records["data"] == "other"]
    second = many_records[many_records["data"] != "other"]

    counts = count_runs([make_results(one, plan=PLAN) for one in (first, second)])

    assert set(counts.index.get_level_values("data")) == {"other", "made-up"}
    assert counts["ended"].sum() == 2 * 4  # their protocol "twice" has not begun


@pytest.mark.parametrize("n_records", [0, 12])
def test_without_a_plan_nothing_is_known(make_results, records, n_records):
    counts = count_runs([make_results(records[:n_records])])

    assert len(counts) == 0
    assert unfinished_note(counts) == unfinished_note(counts, by_strategy=True) == ""


def test_no_record_at_all(make_results, records):
    results = make_results(records, plan=PLAN)
    empty = type(results)(records=results.records[:0], config=results.config)

    assert unfinished_note(count_runs([empty])) == "8 of 8 runs have not ended"
