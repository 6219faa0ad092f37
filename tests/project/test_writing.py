import csv
import json
import os

import numpy as np
import pytest

from skvaal import HerdingQueryStrategy
from skvaal._utils.parts import held
from skvaal.project import writing
from skvaal.project.choosing.choosing import choose
from skvaal.project.labelling import address_of
from skvaal.project.writing import FILES, check_folder, make_table, write_folder

OF_OTHER_TOOLS = {"coco.json", "cvat.xml"}


@pytest.fixture(scope="module")
def picks(blobs):
    return choose(blobs, 5, strategy="herding")


@pytest.fixture
def written(picks, tmp_path):
    write_folder(picks, tmp_path / "round_1", command="skvaal query x")
    return tmp_path / "round_1"


def test_the_folder_holds_all(written):
    assert set(os.listdir(written)) == set(FILES) - OF_OTHER_TOOLS
    assert os.listdir(written.parent) == ["round_1"]


def test_the_table_has_a_row_for_each_pick(picks, written):
    with (written / "picks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["row"] for row in rows] == picks.names
    assert [row["rank"] for row in rows] == list("12345")
    assert [row["why"] for row in rows] == list(picks.reasons)
    assert [int(row["covers"]) for row in rows] == picks.columns["covers"].tolist()
    assert float(rows[0]["gain"]) == pytest.approx(picks.columns["gain"][0], rel=1e-5)


def test_tasks_hold_what_a_data_manager_sorts_by(picks, written):
    tasks = json.loads((written / "label_studio.json").read_text())

    assert [task["data"]["rank"] for task in tasks] == [1, 2, 3, 4, 5]
    assert {"gain", "uncertainty", "covers", "nearest_labeled", "why"} <= set(tasks[0]["data"])
    choice = tasks[0]["predictions"][0]["result"][0]["value"]["choices"]
    assert choice == [picks.columns["predicted"][0]]
    assert '<Choice value="dog"/>' in (written / "label_studio.xml").read_text()


def test_the_strategy_can_be_loaded(picks, written):
    loaded = HerdingQueryStrategy.load(written / "strategy.safetensors")
    np.testing.assert_array_equal(loaded.components_, picks.strategy.components_)


def test_the_log_tells_what_was_done(picks, written):
    log = json.loads((written / "log.json").read_text())

    assert log["command"] == "skvaal query x"
    assert log["settings"]["seed"] == 0
    assert log["summary"] == picks.summary
    assert log["versions"]["numpy"] == np.__version__


def test_a_model_leaves_no_strategy(blobs, tmp_path):
    write_folder(choose(blobs, 2, strategy="random"), tmp_path / "out")
    assert not (tmp_path / "out" / "strategy.safetensors").exists()


def test_an_earlier_batch_is_replaced_as_a_whole(picks, written, blobs):
    write_folder(choose(blobs, 2, strategy="random"), written)

    assert not (written / "strategy.safetensors").exists()
    assert len((written / "picks.csv").read_text().splitlines()) == 3
    assert os.listdir(written.parent) == ["round_1"]


def test_other_files_are_left_alone(picks, written):
    (written / "notes.txt").write_text("mine")
    before = (written / "picks.csv").read_bytes()

    with pytest.raises(ValueError, match=r"round_1 holds other files \('notes.txt'\); name a new"):
        write_folder(picks, written)

    assert (written / "notes.txt").read_text() == "mine"
    assert (written / "picks.csv").read_bytes() == before


def test_files_of_the_same_names_are_left_alone(picks, tmp_path):
    (tmp_path / "picks.csv").write_text("mine")
    with pytest.raises(ValueError, match="holds files that skvaal query did not write"):
        write_folder(picks, tmp_path)
    assert (tmp_path / "picks.csv").read_text() == "mine"


@pytest.mark.parametrize("name", ["picks.csv", "label_studio.json", "coco.json"])
def test_a_file_that_was_filled_in_is_not_replaced(picks, written, name):
    (written / name).write_text("row,label\n3,cat\n")
    before = {path.name: path.read_bytes() for path in written.iterdir()}

    with pytest.raises(ValueError, match=f"round_1/{name} is not as skvaal query wrote it, and "):
        write_folder(picks, written)

    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_a_file_that_is_filled_in_meanwhile_is_not_replaced(picks, written, monkeypatch):
    def fill_in(picks):
        (written / "picks.csv").write_text("row,label\n3,cat\n")
        return make_table(picks)

    monkeypatch.setattr(writing, "make_table", fill_in)
    with pytest.raises(ValueError, match="picks.csv is not as skvaal query wrote it"):
        write_folder(picks, written)

    assert (written / "picks.csv").read_text() == "row,label\n3,cat\n"
    assert os.listdir(written.parent) == ["round_1"]


@pytest.mark.parametrize("files", [None, [], {"picks.csv": 1}], ids=str)
def test_a_batch_of_which_the_log_knows_no_digests_is_not_replaced(picks, written, files):
    log = json.loads((written / "log.json").read_text())
    (written / "log.json").write_text(json.dumps({**log, "files": files}))
    with pytest.raises(ValueError, match="is not as skvaal query wrote it"):
        write_folder(picks, written)


def test_a_round_of_a_project_is_not_replaced(picks, written):
    (written.parent / "project.db").touch()
    with pytest.raises(ValueError, match="round_1 is a round of a project; name a new folder"):
        write_folder(picks, written)


def test_the_log_says_where_classes_go_if_none_is_known(known_of, tmp_path):
    picks = choose(known_of(np.eye(12)), 2, strategy="random")
    write_folder(picks, tmp_path / "out")
    notes = json.loads((tmp_path / "out" / "log.json").read_text())["notes"]
    assert notes[-1].startswith("No class is known yet: add yours to the <Choices> of label_studio")


def test_an_empty_folder_is_filled(picks, tmp_path):
    (tmp_path / "out").mkdir()
    write_folder(picks, tmp_path / "out")
    assert set(os.listdir(tmp_path / "out")) == set(FILES) - OF_OTHER_TOOLS


def test_a_link_to_a_folder_stays(picks, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")

    write_folder(picks, tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "picks.csv").exists()


@pytest.mark.parametrize("name", ["replace_file", "make_files"])
def test_a_full_disk_leaves_what_was_there(picks, written, monkeypatch, name):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device", "somewhere")

    before = {path.name: path.read_bytes() for path in written.iterdir()}
    monkeypatch.setattr(writing, name, fail)

    with pytest.raises(OSError, match="No space left"):
        write_folder(picks, written)

    assert {path.name: path.read_bytes() for path in written.iterdir()} == before
    assert os.listdir(written.parent) == ["round_1"]


TOKEN = "0123456789abcdef"


def test_what_a_killed_process_left_is_removed(picks, tmp_path):
    for name in ("out", f".out.{TOKEN}.part", f".out.{TOKEN}.old"):
        write_folder(picks, tmp_path / name)
    write_folder(picks, tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]


def test_a_batch_whose_place_was_not_taken_yet_is_put_back(picks, written, monkeypatch):
    before = (written / "log.json").read_bytes()
    written.rename(written.with_name(f".round_1.{TOKEN}.old"))  # the process was killed here
    monkeypatch.setattr(writing, "make_table", lambda picks: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_folder(picks, written)

    assert (written / "log.json").read_bytes() == before
    assert os.listdir(written.parent) == ["round_1"]


def test_one_process_at_a_time_takes_the_place(picks, written):
    with held(written), pytest.raises(OSError, match=r"another process writes .*round_1; try"):
        write_folder(picks, written)
    assert os.listdir(written.parent) == ["round_1"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("file", "file is a file; name a folder"), ("file/below", "is a file; name another folder")],
)
def test_a_file_is_no_folder(tmp_path, name, complaint):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=complaint):
        check_folder(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        check_folder(tmp_path / "out")


def test_the_working_directory_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(ValueError, match="is the folder that you are in; name a new one"):
        check_folder(".")


def test_checking_makes_nothing(tmp_path):
    check_folder(tmp_path / "a" / "b")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("prefix", ["photos", "ftp:/x", ""])
def test_a_prefix_is_a_url_or_local_files(prefix):
    with pytest.raises(ValueError, match="must be a URL, or 'local-files'"):
        address_of(prefix)


def test_names_and_formulas_stay_as_they_are(known_of):
    known = known_of(np.arange(20.0)[:, None])
    for i, name in enumerate(["=cmd()", "a,b", 'say "x"', "<b>", "two\nlines"]):
        known.samples.names[i] = name
    picks = choose(known, 20, strategy="random")

    rows = list(csv.DictReader(make_table(picks).decode().splitlines(keepends=True)))

    assert [row["row"] for row in rows] == picks.names


def test_a_missing_package_is_said_in_the_log(picks, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_can_save", lambda: False)
    write_folder(picks, tmp_path / "out")
    notes = json.loads((tmp_path / "out" / "log.json").read_text())["notes"]
    assert notes == ["The strategy is not saved: pip install skvaal[saving]."]


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_what_is_no_file_of_a_batch_is_left_alone(picks, written, tmp_path, kind):
    (tmp_path / "mine").mkdir()
    (written / "page.html").unlink()
    if kind == "link":
        (written / "page.html").symlink_to(tmp_path / "mine")
    else:
        (written / "page.html").mkdir()
        (written / "page.html" / "mine").write_text("mine")
    before = sorted(written.rglob("*"))

    with pytest.raises(ValueError, match=r"holds other files \('page.html'\); name a new"):
        write_folder(picks, written)

    assert sorted(written.rglob("*")) == before


def test_a_folder_at_hand_that_is_gone_is_named(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError, match=r"round_1"):
        check_folder("round_1")
