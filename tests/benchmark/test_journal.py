import numpy as np
import pytest

from skvaal.benchmark.journal import (
    DamagedResultsError,
    Journal,
    RunKey,
    file_stem,
    read_journals,
)
from tests.benchmark.stored import KEY, failure, record


def test_reads_what_was_written(tmp_path):
    Journal(tmp_path, KEY).write([record(0), record(1)], is_complete=False)

    (journal,) = read_journals(tmp_path)
    np.testing.assert_equal(
        journal,
        {
            "key": vars(KEY),
            "records": [record(0), record(1)],
            "is_complete": False,
            "failure": None,
        },
    )


def test_nothing_written_reads_as_nothing(tmp_path):
    assert read_journals(tmp_path) == []


def test_rounds_replace_those_of_an_earlier_play(tmp_path):
    journal = Journal(tmp_path, KEY)
    journal.write([record(0), record(1)], is_complete=False)

    journal.write([record(0)], is_complete=False)

    assert [one["round"] for one in read_journals(tmp_path)[0]["records"]] == [0]


def test_rounds_before_an_error_can_be_looked_at(tmp_path):
    Journal(tmp_path, KEY).fail([record(0)], failure())

    (journal,) = read_journals(tmp_path)
    assert [one["round"] for one in journal["records"]] == [0]
    assert journal["failure"] == failure()
    assert not journal["is_complete"]


def test_next_round_clears_the_failure(tmp_path):
    journal = Journal(tmp_path, KEY)
    journal.fail([], failure())

    journal.write([record(0)], is_complete=False)

    assert read_journals(tmp_path)[0]["failure"] is None


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"key": 3}', '{"key": {}}'])
def test_damaged_file_is_named(tmp_path, content):
    Journal(tmp_path, KEY).path.write_text(content)

    with pytest.raises(DamagedResultsError, match=f"{KEY.file_name} is damaged .* delete it"):
        read_journals(tmp_path)


def test_folder_that_is_gone_is_made_again(tmp_path):
    Journal(tmp_path / "rounds", KEY).fail([], failure())

    assert len(read_journals(tmp_path / "rounds")) == 1


@pytest.mark.parametrize(
    "others",
    [{"seed": 1}, {"strategy": "mine/own"}, {"data": "a-standard"}, {"estimator": "sv"}],
)
def test_runs_have_files_of_their_own(others):
    other = RunKey(**{**vars(KEY), **others})

    assert other.file_name != KEY.file_name
    assert "/" not in other.file_name


def test_names_that_look_alike_once_cleaned_stay_apart():
    assert file_stem("a b") != file_stem("a/b")
    assert file_stem("a", "b-c") != file_stem("a-b", "c")


def test_key_of_a_record():
    assert RunKey.of({**vars(KEY), "accuracy": 0.5}) == KEY


def test_a_complete_run_stays_when_an_outlived_process_writes_late(tmp_path):
    Journal(tmp_path, KEY).write([record(0), record(1)], is_complete=True)

    Journal(tmp_path, KEY).write([record(0)], is_complete=False)
    Journal(tmp_path, KEY).fail([], failure())

    (journal,) = read_journals(tmp_path)
    assert journal["is_complete"]
    assert len(journal["records"]) == 2
