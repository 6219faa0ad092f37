import pytest

from skvaal.benchmark.report._inputs import gather_cases

FEW = {"rounds": 2, "initial": 20, "batch": 30}
MANY = {"rounds": 2, "initial": 600, "batch": 300, "pool_size": 6000}


def named(results, name):
    results.config["settings"]["case"] = name
    return results


def test_two_comparisons_of_one_data_set_with_other_sizes_are_two_cases(make_results, records):
    many = make_results(records.assign(n_labeled=10 * records["n_labeled"]), plan=MANY)

    cases = gather_cases([make_results(plan=FEW), many])

    assert [case.label for case in cases] == [
        "made-up, 20 to 80 labels",
        "made-up, 600 to 1,200 labels of 6,000",
    ]
    assert [case.records["n_labeled"].max() for case in cases] == [80, 800]
    assert len({case.stem for case in cases}) == 2
    assert [case.records.index.tolist() for case in cases] == [list(range(12))] * 2


def test_runs_that_have_not_ended_are_told_of_the_case_alone(make_results, records):
    unfinished = make_results(records[records["round"] < 2], plan=MANY)

    complete, short = gather_cases([make_results(plan=FEW), unfinished])

    assert "have not ended" in short.heading
    assert "4 of 4 runs" not in complete.heading


def test_a_named_case_is_called_by_its_name(make_results):
    cases = gather_cases([named(make_results(), "mine"), make_results(data="other")])

    assert [case.label for case in cases] == ["mine", "other"]


def test_a_name_of_a_hostile_file_is_written_out(make_results):
    (case,) = gather_cases([named(make_results(), "a\nb\x00")])

    assert case.label.isprintable()
    assert case.records["case"].iloc[0].isprintable()


def test_one_case_in_two_comparisons_is_refused(make_results, tmp_path):
    results = [named(make_results(folder=tmp_path / name), "mine") for name in ("a", "b")]

    with pytest.raises(ValueError, match="both hold made-up, random_forest, standard"):
        gather_cases(results)
