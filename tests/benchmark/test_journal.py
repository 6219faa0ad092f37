import json
import os
import threading

import numpy as np
import pytest

from skvaal.benchmark.journal import (
    DamagedResultsError,
    Journal,
    RunKey,
    file_stem,
    read_journals,
    replace_file,
)

KEY = RunKey(data="digits", estimator="svm", protocol="standard", strategy="mine", seed=0)


def test_reads_what_was_written(tmp_path):
    state = (np.random.default_rng(3), np.arange(4))

    Journal(tmp_path, KEY).write([{"round": 0}, {"round": 1}], state, is_complete=False)

    records, (rng, labeled) = Journal(tmp_path, KEY).read()
    assert records == [{"round": 0}, {"round": 1}]
    assert rng.random() == np.random.default_rng(3).random()
    np.testing.assert_array_equal(labeled, np.arange(4))


def test_nothing_written_reads_as_nothing(tmp_path):
    assert Journal(tmp_path, KEY).read() == ([], None)


def test_run_whose_state_cannot_be_kept_begins_anew(tmp_path):
    journal = Journal(tmp_path, KEY)

    journal.write([{"round": 0}], threading.Lock(), is_complete=False)

    assert journal.read() == ([], None)
    assert read_journals(tmp_path)[0]["records"] == [{"round": 0}]  # but can be looked at


def test_state_that_no_longer_loads_begins_anew(tmp_path):
    journal = Journal(tmp_path, KEY)
    journal.write([{"round": 0}], "state", is_complete=False)
    content = json.loads(journal.path.read_bytes()) | {"state": "bm90IGEgcGlja2xl"}
    journal.path.write_text(json.dumps(content))

    assert journal.read() == ([], None)


def test_failed_run_begins_anew_and_its_rounds_can_be_looked_at(tmp_path):
    journal = Journal(tmp_path, KEY)
    journal.write([{"round": 0}], "state", is_complete=False)

    journal.fail({"error": "own trouble"})

    assert journal.read() == ([], None)
    assert read_journals(tmp_path)[0]["records"] == [{"round": 0}]
    assert read_journals(tmp_path)[0]["failure"] == {"error": "own trouble"}


def test_failure_before_the_first_round(tmp_path):
    journal = Journal(tmp_path, KEY)

    journal.fail({"error": "own trouble"})

    assert journal.read() == ([], None)
    assert read_journals(tmp_path)[0]["key"]["strategy"] == "mine"


def test_next_round_clears_the_failure(tmp_path):
    journal = Journal(tmp_path, KEY)
    journal.fail({"error": "own trouble"})

    journal.write([{"round": 0}], "state", is_complete=False)

    assert read_journals(tmp_path)[0]["failure"] is None


def test_complete_run_keeps_no_pickle(tmp_path):
    journal = Journal(tmp_path, KEY)

    journal.write([{"round": 0}], "state", is_complete=True)

    assert json.loads(journal.path.read_bytes())["state"] is None


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"key": 3}', '{"key": {}}'])
def test_damaged_file_is_named(tmp_path, content):
    journal = Journal(tmp_path, KEY)
    journal.path.write_text(content)

    for read in (journal.read, lambda: read_journals(tmp_path)):
        with pytest.raises(DamagedResultsError, match=f"{KEY.file_name} is damaged .* delete it"):
            read()


def test_folder_that_is_gone_is_made_again(tmp_path):
    Journal(tmp_path / "rounds", KEY).fail({"error": "own trouble"})

    assert len(read_journals(tmp_path / "rounds")) == 1


def test_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    replace_file(path, b"old")

    def crash(descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="no space"):
        replace_file(path, b"new")

    assert path.read_bytes() == b"old"
    assert read_journals(tmp_path) == []  # the part is no journal


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
