import errno
import os
from dataclasses import replace

import pandas as pd
import pytest

from skvaal.benchmark.description import OtherSettingsError
from skvaal.benchmark.folder import FolderInUseError, ResultsFolder, find_results
from skvaal.benchmark.journal import DamagedResultsError, Journal, read_journals
from skvaal.benchmark.results import as_frame
from tests.benchmark.stored import KEY, SETTINGS, record, settings_with
from tests.damage import rewrite_json

HEADINGS = {"digits": {"standard": "ten digits"}}


@pytest.fixture
def folder(tmp_path):
    folder = ResultsFolder(tmp_path / "results")
    folder.open(SETTINGS, headings=HEADINGS, command="skvaal benchmark")
    return folder


def test_records_come_back_as_they_were(folder):
    records = as_frame([record(0), record(1)])

    folder.write(records, [])

    pd.testing.assert_frame_equal(folder.read().records, records)
    assert folder.read().records["picked"].tolist() == [None, [3, 1]]


def test_config_says_what_and_where(folder):
    config = folder.read_config()

    assert config["settings"] == SETTINGS
    assert config["headings"] == HEADINGS
    (session,) = config["sessions"]
    assert session["versions"]["skvaal"]
    assert session["machine"]["cores"] >= 1
    assert "git_revision" in session


def test_each_start_adds_what_it_ran_on(folder):
    folder.open(SETTINGS, headings={}, command="again")

    assert len(folder.read_config()["sessions"]) == 2
    assert folder.read_config()["command"] == "again"


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (settings_with(batch=20), "plan.batch is 40 there and 20 here"),
        (settings_with(pool_size=90), "plan.pool_size is null there and 90 here"),
        ({**SETTINGS, "own_strategies": {"mine": {"beta": 2}}},
         "own_strategies.mine.beta is not set there and 2 here"),
    ],
)  # fmt: skip
def test_other_settings_are_refused_by_name(folder, other, complaint):
    before = folder.config.read_bytes()

    with pytest.raises(OtherSettingsError, match=f"{complaint}; name another folder"):
        folder.open(other, headings={}, command=None)

    assert folder.config.read_bytes() == before


def test_more_seeds_are_no_other_settings(tmp_path):
    folder = ResultsFolder(tmp_path / "results")
    few, many = settings_with(n_seeds=2), settings_with(n_seeds=5)
    folder.open(few, headings={"digits": {"standard": "2 seeds"}}, command="2")

    folder.open(many, headings={"digits": {"standard": "5 seeds"}}, command="5")

    assert folder.read_config()["settings"] == many
    assert folder.read_config()["headings"] == {"digits": {"standard": "5 seeds"}}
    assert folder.read_config()["command"] == "5"
    with pytest.raises(OtherSettingsError, match="plan.n_seeds is 5 there and 2 here"):
        folder.open(few, headings={}, command=None)


def test_other_strategies_join_and_those_that_are_there_stay(folder):
    other = SETTINGS | {"strategies": ["random"]}

    folder.open(other, headings=HEADINGS, command="skvaal benchmark --strategies random")

    config = folder.read_config()
    assert config["settings"] == SETTINGS | {"strategies": ["mine", "random"]}
    # The last command alone would not make this folder.
    assert config["command"] == "skvaal benchmark; skvaal benchmark --strategies random"
    folder.open(config["settings"], headings=HEADINGS, command="both")
    assert folder.read_config()["command"] == "both"


def test_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "results").write_text("")

    with (
        pytest.raises(NotADirectoryError, match="results' is a file; name a folder"),
        ResultsFolder(tmp_path / "results").locked(),
    ):
        raise AssertionError


def test_unfinished_comparison_can_be_read(folder):
    Journal(folder.journals, KEY).write([record(0)], is_complete=False)

    results = folder.read()

    assert results.records["round"].tolist() == [0]
    assert folder.ended_runs() == {}


def test_complete_runs_move_into_one_file(folder):
    other = replace(KEY, seed=1)
    Journal(folder.journals, KEY).write([record(0)], is_complete=True)
    Journal(folder.journals, other).fail([], {**vars(other), "round": 0, "error": "own trouble"})
    failures = folder.read().failures

    folder.write(as_frame([record(0)]), failures)

    assert not folder.journals.exists()
    assert list(folder.ended_runs()) == [KEY]
    assert folder.read().failures == failures


def test_failures_that_are_gone_leave_no_file(folder):
    folder.write(as_frame([]), [{**vars(KEY), "round": 0, "error": "own trouble"}])
    assert folder.failures.exists()

    folder.write(as_frame([record(0)]), [])

    assert not folder.failures.exists()
    assert folder.read().failures == []


def test_journal_of_a_second_try_stands_for_the_written_failure(folder):
    folder.write(as_frame([]), [{**vars(KEY), "round": 1, "error": "own trouble"}])

    folder.open(SETTINGS, headings={}, command=None)
    Journal(folder.journals, KEY).write([record(0), record(1)], is_complete=True)

    assert folder.read().failures == []
    assert len(folder.read().records) == 2


def test_what_an_outlived_process_writes_late_replaces_no_record(folder):
    folder.write(as_frame([record(0), record(1)]), [])

    Journal(folder.journals, KEY).write([record(0)], is_complete=False)

    assert folder.read().records["round"].tolist() == [0, 1]


def test_second_process_is_kept_out(folder):
    with (
        folder.locked(),
        pytest.raises(FolderInUseError, match="another comparison is at work in"),
        ResultsFolder(folder.path).locked(),
    ):
        raise AssertionError

    with folder.locked():  # free again
        pass


def test_what_a_killed_process_had_begun_to_write_goes(folder):
    parts = [
        folder.path / ".config.json.0123.part",
        folder.path / ".records.parquet.0123.part",
        folder.journals / ".run.json.0123.part",
    ]
    (folder.path / "download.part").touch()  # the user's own
    for part in parts:
        part.touch()

    folder.open(SETTINGS, headings={}, command=None)

    assert not any(part.exists() for part in parts)
    assert (folder.path / "download.part").exists()


@pytest.mark.parametrize("name", ["config", "records", "failures"])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '[{"a": 1}]'])
def test_damaged_file_is_named(folder, name, content):
    path = getattr(folder, name)
    folder.write(as_frame([record(0)]), [{**vars(KEY), "round": 1, "error": "own trouble"}])
    path.write_text(content)
    if (name, content) == ("failures", "[]"):
        return  # nobody can tell

    loss = {"config": "start with the same", "records": "played again, but", "failures": "is lost"}
    message = f"{path.name} is damaged .*; delete it, or .*Without it, .*{loss[name]}"
    with pytest.raises(DamagedResultsError, match=message):
        folder.read()


def test_what_is_lost_with_a_damaged_file(folder):
    folder.write(as_frame([record(0)]), [{**vars(KEY), "round": 1, "error": "own trouble"}])
    folder.failures.unlink()
    assert [len(records) for records in folder.ended_runs().values()] == [1]  # too few: once more
    folder.records.unlink()
    assert folder.ended_runs() == {}


def test_comparisons_are_found_in_folders(tmp_path):
    for name in ("b", "a/deep"):
        ResultsFolder(tmp_path / name).open(SETTINGS, headings={}, command=name)

    found = find_results(tmp_path)

    assert [one.config["command"] for one in found] == ["a/deep", "b"]
    assert find_results(tmp_path / "b")[0].folder == tmp_path / "b"


def test_folder_without_a_comparison_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no comparison in .*skvaal benchmark"):
        find_results(tmp_path)


def test_settings_of_any_kind_are_kept_by_their_representation(tmp_path):
    folder = ResultsFolder(tmp_path / "results")

    folder.open(SETTINGS | {"vaal": {"vae": int}}, headings={}, command=None)

    assert folder.read_config()["settings"]["vaal"] == {"vae": "<class 'int'>"}


def test_report_beside_the_end_of_a_comparison_reads_every_run(folder, monkeypatch):
    """The journals go between its look at the records and its look at the journals."""
    Journal(folder.journals, KEY).write([record(0), record(1)], is_complete=True)
    written_runs = ResultsFolder._written_runs
    calls = []

    def read_then_end(self):
        runs = written_runs(self)
        if not calls:
            folder.write(as_frame([record(0), record(1)]), [])
        calls.append(runs)
        return runs

    monkeypatch.setattr(ResultsFolder, "_written_runs", read_then_end)

    assert folder.read().records["round"].tolist() == [0, 1]
    assert calls[0] == {}


def test_journal_that_goes_while_it_is_read_is_no_error(folder, monkeypatch):
    Journal(folder.journals, KEY).write([record(0)], is_complete=False)
    listed = list(folder.journals.glob("*.json"))
    folder.write(as_frame([record(0)]), [])
    monkeypatch.setattr("skvaal.benchmark.journal.Path.glob", lambda self, pattern: iter(listed))

    assert read_journals(folder.journals) == []


def test_full_disk_leaves_the_earlier_records_and_journals(folder, monkeypatch):
    folder.write(as_frame([record(0), record(1)]), [])
    other = replace(KEY, seed=1)
    Journal(folder.journals, other).write([record(0, other)], is_complete=False)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for write in (
        lambda: folder.write(folder.read().records, []),
        lambda: folder.open(SETTINGS, headings={}, command=None),
        lambda: Journal(folder.journals, other).write(
            [record(0, other), record(1, other)], is_complete=True
        ),
    ):
        with pytest.raises(OSError, match="No space left on device.*results"):
            write()

    after = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    assert after == before


def test_names_of_odd_bytes_in_settings_can_be_shown(folder):
    command = os.fsdecode(b"skvaal benchmark --data caf\xe9")

    folder.open(SETTINGS, headings={}, command=command)

    assert folder.read_config()["command"] == "skvaal benchmark --data caf\\udce9"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
@pytest.mark.parametrize("name", ["config", "records", "failures"])
def test_pipe_in_the_place_of_a_file_is_named(folder, name):
    path = getattr(folder, name)
    path.unlink(missing_ok=True)
    os.mkfifo(path)

    with pytest.raises(OSError, match=rf"{path.name} is no regular file"):
        folder.read()


@pytest.mark.parametrize(
    "link",
    ["config.json", "records.parquet", "failures.json", "rounds", "rounds/a.json", "exhibits",
     "exhibits/a.npz", ".locked", ".owner", "report.html", "tables"],
)  # fmt: skip
def test_a_link_out_of_the_folder_is_refused(folder, tmp_path, link):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a.json").write_text("mine")
    (folder.path / "config.json").unlink()
    folder.journals.rmdir()
    (folder.path / link).parent.mkdir(exist_ok=True)
    (folder.path / link).symlink_to(precious / "a.json" if "." in link else precious)

    with pytest.raises(OSError, match=f"{link} is a link, so that writing it"), folder.locked():
        pass

    assert (folder.path / link).is_symlink()
    assert (precious / "a.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"plan": SETTINGS["plan"] | {"n_seeds": 10**8}}, "n_seeds is 100000000, not a whole"),
        ({"plan": SETTINGS["plan"] | {"rounds": 2**53 - 1}}, "rounds is 9007199254740991, not a"),
        ({"plan": SETTINGS["plan"] | {"pool_size": 2**53 - 1}}, "pool_size is 9007199254740991"),
        ({"data": ["a"] * 1000, "strategies": ["b"] * 1000}, "1,000,000 .* more than 100,000"),
    ],
    ids=["seeds", "rounds", "pool", "cases"],
)
def test_settings_that_no_comparison_has_are_refused(folder, change, complaint):
    rewrite_json(folder.config, lambda old: old | {"settings": old["settings"] | change})

    with pytest.raises(DamagedResultsError, match=complaint):
        folder.read()
