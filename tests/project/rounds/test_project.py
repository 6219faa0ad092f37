"""Rounds in a folder: nothing is asked twice, nothing told is lost."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from skvaal.project import Project
from skvaal.project.rounds import events
from skvaal.project.rounds.events import ProjectInUseError
from skvaal.project.rounds.folders import RoundFolders
from tests.saved_project import FOLDER as SAVED

from .conftest import write_labels

QUICK = {"strategy": "herding_no_learner"}


@pytest.fixture
def project(tmp_path, pool):
    return Project.start(tmp_path / "project", pool, labels=tmp_path / "labels.csv")


def test_start_remembers_the_pool_and_its_labels(project, pool):
    state = Project(project.folder).read_state()
    assert len(state.names) == 150
    assert dict(state.labels) == {"0": "c0", "60": "c1", "120": "c2"}
    assert state.facts["pool"] == "../pool.npy"
    assert len(state.left) == 147


def test_nothing_is_asked_twice(project, answer):
    first = project.ask(10, **QUICK).round.names
    second = project.ask(10, **QUICK).round.names
    project.tell(answer(second))
    third = project.ask(10, **QUICK).round.names
    everything = [*first, *second, *third]
    assert len(set(everything)) == 30
    assert not set(everything) & {"0", "60", "120"}
    assert project.read_state().waiting == [*first, *third]


def test_all_of_a_pool_is_asked_once_and_then_nothing(project):
    asked = [name for n in (100, 40, 7) for name in project.ask(n, **QUICK).round.names]
    assert len(set(asked)) == 147
    with pytest.raises(ValueError, match="none of its 150 samples is left to choose"):
        project.ask(1, **QUICK)


def test_the_same_project_asks_for_the_same(tmp_path, pool, answer):
    asked = []
    for name in ("a", "b"):
        project = Project.start(tmp_path / name, pool, labels=tmp_path / "labels.csv")
        first = project.ask(5, strategy="herding", model="forest")
        project.tell(answer(first.round.names))
        asked.append((first.round.names, project.ask(5, strategy="herding").round.names))
    assert asked[0] == asked[1]


def test_the_seed_counts(tmp_path, project):
    first = project.ask(5, strategy="random", seed=1).round.names
    other = Project.start(tmp_path / "other", tmp_path / "pool.npy")
    assert other.ask(5, strategy="random", seed=2).round.names != first


def test_labels_that_are_told_count_in_the_next_round(project, answer):
    asked = project.ask(20, **QUICK)
    told = project.tell(answer(asked.round.names))
    assert (told.n_new, told.n_corrected, told.n_same, told.n_unasked) == (20, 0, 0, 0)
    assert len(project.ask(5, **QUICK).picks.known.rows) == 23


def test_corrections_are_counted_and_count(project, answer):
    names = project.ask(4, **QUICK).round.names
    project.tell(answer(names, label="c9"))
    told = project.tell(answer(names[:3]))
    assert (told.n_new, told.n_corrected, told.n_same) == (0, 3, 0)
    state = project.read_state()
    assert [state.labels[name] == "c9" for name in names] == [False, False, False, True]
    again = project.tell(answer(names[:3]))
    assert (again.n_new, again.n_corrected, again.n_same) == (0, 0, 3)


def test_a_table_is_filled_in_and_told_in_parts(project, tmp_path):
    asked = project.ask(4, out=tmp_path / "to_label.csv", **QUICK)
    with (tmp_path / "to_label.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == list(asked.round.names)
    with pytest.raises(ValueError, match=r"to_label\.csv holds no label yet"):
        project.tell(tmp_path / "to_label.csv")
    for n_filled, expected in ((1, (1, 0)), (4, (3, 1))):
        for row in rows[:n_filled]:
            row["label"] = "01"
        with (tmp_path / "to_label.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        told = project.tell(tmp_path / "to_label.csv")
        assert (told.n_new, told.n_same) == expected
    assert set(project.read_state().labels.values()) == {"c0", "c1", "c2", "01"}


def test_an_export_of_a_labelling_tool_is_told(project, tmp_path):
    names = project.ask(3, out=tmp_path / "tasks.json", **QUICK).round.names
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    for task in tasks:
        result = {"type": "choices", "value": {"choices": ["c1"]}, "from_name": "choice"}
        task["annotations"] = [{"result": [result], "was_cancelled": False}]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    assert project.tell(tmp_path / "export.json").n_new == 3
    assert {project.read_state().labels[name] for name in names} == {"c1"}


def test_the_files_of_a_round_can_be_had_again(project, tmp_path):
    asked = project.ask(3, out=tmp_path / "first.csv", **QUICK)
    project.ask(3, **QUICK)
    assert project.copy_round(tmp_path / "again.csv", 1) == asked.round
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()
    project.copy_round(tmp_path / "page.html")
    assert "<html" in (tmp_path / "page.html").read_text()
    with pytest.raises(ValueError, match="2 rounds, none of the number 3; ask first"):
        project.copy_round(tmp_path / "again.csv", 3)


def test_a_file_that_exists_is_not_overwritten(project, tmp_path):
    project.ask(3, out=tmp_path / "to_label.csv", **QUICK)
    before = (tmp_path / "to_label.csv").read_bytes()
    for ask in (
        lambda: project.ask(3, out=tmp_path / "to_label.csv", **QUICK),
        lambda: project.copy_round(tmp_path / "to_label.csv"),
    ):
        with pytest.raises(FileExistsError, match=r"to_label\.csv exists, and may hold labels"):
            ask()
    assert (tmp_path / "to_label.csv").read_bytes() == before
    assert len(project.read_state().rounds) == 1


def test_a_copy_that_fails_says_that_the_round_is_recorded(project, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError("no space")

    monkeypatch.setattr("skvaal.project.rounds.project.copy_file", fail)
    with pytest.raises(OSError, match=r"round 1 is recorded, but not its copy: no space;"):
        project.ask(3, out=tmp_path / "to_label.csv", **QUICK)
    assert len(project.read_state().rounds) == 1


def test_a_state_from_a_backup_goes_on(project, tmp_path):
    shutil.copy(project.folder / "project.db", tmp_path / "backup.db")
    lost = project.ask(3, **QUICK)
    table = (lost.folder / "picks.csv").read_bytes()
    shutil.copy(tmp_path / "backup.db", project.folder / "project.db")
    again = project.ask(4, **QUICK)
    assert len(again.round.names) == 4
    (before,) = project.folder.glob("round_1.before_*")
    assert (before / "picks.csv").read_bytes() == table


def test_new_classes_are_told(project, answer):
    names = project.ask(3, **QUICK).round.names
    assert project.tell(answer(names, label="c1 ")).new_classes == ("c1 ",)
    assert project.tell(answer(names, label="c1")).new_classes == ()


@pytest.mark.parametrize(
    ("out", "message"),
    [("x.txt", "must end in .csv"), ("no/folder/x.csv", "no such folder")],
)
def test_a_copy_that_cannot_be_made_is_refused_before_anything_is_asked(
    project, tmp_path, out, message
):
    with pytest.raises((ValueError, OSError), match=message):
        project.ask(3, out=tmp_path / out, **QUICK)
    assert not project.read_state().rounds


def test_labels_that_nobody_asked_for_need_a_word(project, answer):
    with pytest.raises(ValueError, match="2 labels of 2 in .* that this project did not ask for"):
        project.tell(answer(["7", "8"]))
    told = project.tell(answer(["7", "8"]), unasked=True)
    assert (told.n_new, told.n_unasked) == (2, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("row,label\n999,a\n", r"samples that are not in .*pool\.npy: '999'"),
        ("row,label\n1,a\n1,b\n", "'1' has two labels, 'a' and 'b'"),
        ("row,colour,size\n1,a,2\n", "'colour'"),
    ],
)
def test_answers_that_cannot_be_used_are_refused(project, tmp_path, content, message):
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(ValueError, match=message):
        project.tell(tmp_path / "bad.csv")
    assert project.read_state().n_events == 1


def test_a_question_amid_another_is_refused(project, answer):
    stale = project.read_state()
    names = project.ask(3, **QUICK).round.names
    project.read_state = lambda: stale
    with pytest.raises(ProjectInUseError, match="was changed by another process meanwhile"):
        project.ask(3, **QUICK)
    with pytest.raises(ProjectInUseError, match="was changed by another process meanwhile"):
        project.tell(answer(names), unasked=True)
    assert [path.name for path in project.folder.iterdir() if "part" in path.name] == []
    assert len(Project(project.folder).read_state().rounds) == 1


def test_a_stop_between_the_record_and_the_folder_is_mended(project, monkeypatch):
    monkeypatch.setattr(RoundFolders, "settle", lambda self, state: None)
    one = project.ask(3, **QUICK).round
    assert not (project.folder / one.folder).exists()
    monkeypatch.undo()
    project.copy_round(None)
    assert (project.folder / one.folder / "picks.csv").exists()


def test_a_folder_that_cannot_be_written_leaves_no_question(project, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skvaal.project.rounds.project.write_batch", fail)
    with pytest.raises(OSError, match="No space left"):
        project.ask(3, **QUICK)
    assert not project.read_state().rounds
    assert sorted(path.name for path in project.folder.iterdir()) == ["project.db"]


def test_a_pool_that_grew_is_asked_and_one_that_changed_is_not(project, pool):
    X = np.load(pool)
    np.save(pool, np.r_[X, X[:5] + 0.5])
    assert len(project.ask(152, **QUICK).round.names) == 152
    assert len(project.read_state().names) == 155
    changed = np.load(pool)
    changed[152] += 1  # one that joined
    np.save(pool, changed)
    with pytest.raises(ValueError, match=r"pool\.npy has changed since it was last read"):
        project.ask(1, **QUICK)
    np.save(pool, X[::-1])
    with pytest.raises(ValueError, match=r"pool\.npy has changed since it was last read"):
        project.ask(1, **QUICK)


def test_a_pool_that_was_moved_is_named(project, pool, tmp_path):
    moved = shutil.move(pool, tmp_path / "moved.npy")
    with pytest.raises(FileNotFoundError, match=r"pool\.npy is not there; say where it is"):
        project.ask(1, **QUICK)
    assert len(project.ask(1, pool=moved, **QUICK).round.names) == 1


@pytest.mark.parametrize("found", ["a project", "a file", "other files"])
def test_a_folder_that_is_not_empty_is_left_alone(tmp_path, pool, found):
    folder = tmp_path / "project"
    if found == "a file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / ("project.db" if found == "a project" else "thesis.tex")).write_text("mine")
    with pytest.raises(FileExistsError, match="name another"):
        Project.start(folder, pool)


def test_a_project_and_its_pool_are_moved_together(project, pool, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for path in (project.folder, pool):
        shutil.move(path, tmp_path / "elsewhere" / path.name)
    moved = Project(tmp_path / "elsewhere" / "project")
    assert len(moved.ask(1, **QUICK).round.names) == 1


def test_a_project_of_an_earlier_version_goes_on(tmp_path):
    folder = shutil.copytree(SAVED, tmp_path / "saved")
    expected = json.loads((folder / "state.json").read_text())
    project = Project(folder / "pets")
    state = project.read_state()
    assert dict(state.labels) == expected["labels"]
    assert [list(one.names) for one in state.rounds] == expected["rounds"]
    assert state.waiting == expected["waiting"]
    asked = project.ask(22, strategy="random").round.names
    assert not set(asked) & {*state.asked, *state.labels}
    assert project.tell(folder / "answer.csv").n_same == 3
    again = project.copy_round(tmp_path / "again.csv", 1)
    assert (tmp_path / "again.csv").read_text().split() == [
        "rank,row,label", *(f"{i},{name}," for i, name in enumerate(again.names, 1)),
    ]  # fmt: skip


def test_a_folder_without_a_project_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no project: there is no project.db in it"):
        Project(tmp_path)


def test_a_named_column_of_labels_is_no_feature_in_any_round(tmp_path):
    table = tmp_path / "pool.csv"
    rows = [f"{i},{i * i % 7},{i % 2 if i < 9 else ''}" for i in range(20)]
    table.write_text("\n".join(["a,b,kind", *rows]))
    begun = Project.start(tmp_path / "project", table, labels=table, label_column="kind")
    asked = begun.ask(2, **QUICK)
    assert asked.picks.known.samples.X.shape == (20, 2)
    (tmp_path / "told.csv").write_text(f"row,kind\n{asked.round.names[0]},1\n")
    assert begun.tell(tmp_path / "told.csv", label_column="kind").n_new == 1


@pytest.fixture
def photos(tmp_path, write_image):
    """Twelve photos, and a project of them."""
    colours = np.random.RandomState(0).randint(0, 256, (12, 3))
    for i, colour in enumerate(colours.tolist()):
        write_image(tmp_path / "photos" / f"{i:02}.png", tuple(colour), size=(8, 8))
    return Project.start(tmp_path / "project", tmp_path / "photos")


def test_telling_opens_only_what_is_told(photos, tmp_path, monkeypatch):
    names = photos.ask(3, **QUICK).round.names
    opened = []

    def look(path, **options):
        opened.append(os.path.basename(path))
        return "cut off" if path.endswith(names[0]) else ""

    monkeypatch.setattr("skvaal._files.loading.find_problem", look)
    answer = photos.tell(write_labels(tmp_path / "l.csv", dict.fromkeys(names, "cat"), "path"))

    assert opened == sorted(names)
    assert set(answer.labels) == set(names)
    assert answer.notes == (
        f"1 label does not count now, since its image is gone or damaged: {names[0]!r}.",
    )


def test_labels_of_pictures_that_are_gone_or_broken_are_kept(photos, tmp_path):
    names = photos.ask(4, **QUICK).round.names
    folder = tmp_path / "photos"
    gone = (folder / names[0]).read_bytes()
    os.unlink(folder / names[0])
    (folder / names[1]).write_bytes(b"no image")
    given = dict(zip(names, ["cat", "dog", "cat", "dog"], strict=True))
    labels = write_labels(tmp_path / "l.csv", {names[0]: "cat"}, "path")
    assert photos.tell(labels).n_new == 1
    answer = photos.tell(write_labels(tmp_path / "l.csv", given, "path"))
    assert (answer.n_new, answer.n_same) == (3, 1)
    (note,) = answer.notes
    assert note.startswith("2 labels do not count now, since their images are gone or damaged:")
    assert repr(names[0]) in note
    assert repr(names[1]) in note
    assert dict(photos.read_state().labels) == given
    assert photos.read_state().waiting == []
    known = photos.read_known()
    assert len(known.rows) == 2
    assert known.notes == (note,)
    (folder / names[0]).write_bytes(gone)
    assert len(photos.read_known().rows) == 3


def test_names_that_the_project_does_not_know_are_refused(photos, tmp_path):
    names = photos.ask(2, **QUICK).round.names
    os.unlink(tmp_path / "photos" / names[0])
    labels = {names[0]: "cat", "strange.png": "cat"}
    with pytest.raises(ValueError, match=r"samples that are not in .*: 'strange\.png'"):
        photos.tell(write_labels(tmp_path / "l.csv", labels, "path"))
    labels = write_labels(tmp_path / "l.csv", {names[0]: "cat"}, "path")
    other = Project.start(tmp_path / "other", tmp_path / "photos")
    with pytest.raises(ValueError, match=f"samples that are not in .*: '{names[0]}'"):
        other.tell(labels, unasked=True)


def test_a_label_of_a_broken_picture_is_there_from_the_start(photos, tmp_path):
    picture = tmp_path / "photos" / "03.png"
    whole = picture.read_bytes()
    picture.write_bytes(b"no image")
    labels = write_labels(tmp_path / "l.csv", {"03.png": "cat", "04.png": "dog"}, "path")
    begun = Project.start(tmp_path / "other", tmp_path / "photos", labels=labels)
    assert dict(begun.read_state().labels) == {"03.png": "cat", "04.png": "dog"}
    assert "gone or damaged: '03.png'" in begun.read_state().facts["notes"][0]
    picture.write_bytes(whole)
    assert len(begun.read_known().rows) == 2
    assert "03.png" not in begun.ask(10, **QUICK).round.names


def test_the_status_goes_on_without_pictures_that_are_gone(photos, tmp_path):
    for label in ("cat", "dog", "cat"):
        names = photos.ask(3, **QUICK).round.names
        photos.tell(write_labels(tmp_path / "l.csv", dict.fromkeys(names, label), "path"))
    os.unlink(tmp_path / "photos" / names[0])
    status = photos.report_status()
    assert status.n_labeled == 9
    assert [point.n_labels for point in status.curve] == [3, 6, 8]
    assert status.model.endswith(", without 1 label of samples that are gone or damaged")


@pytest.mark.parametrize("tool", ["label_studio", "cvat", "coco"])
def test_a_class_whose_pictures_are_gone_is_offered(photos, tmp_path, tool):
    names = photos.ask(3, **QUICK).round.names
    labels = dict(zip(names, ["cat", "dog", "owl"], strict=True))
    photos.tell(write_labels(tmp_path / "l.csv", labels, "path"))
    os.unlink(tmp_path / "photos" / names[2])
    asked = photos.ask(2, tools=tool, **QUICK)
    offered = {"label_studio": "label_studio.xml", "cvat": "cvat.xml", "coco": "coco.json"}[tool]
    assert "owl" in (asked.folder / offered).read_text()
    assert "owl" not in asked.picks.known.classes


def test_no_class_is_missing_where_only_gone_pictures_have_one(photos, tmp_path):
    name, *_ = photos.ask(1, **QUICK).round.names
    photos.tell(write_labels(tmp_path / "l.csv", {name: "owl"}, "path"))
    os.unlink(tmp_path / "photos" / name)
    log = json.loads((photos.ask(2, **QUICK).folder / "log.json").read_text())
    assert not any("No class is known yet" in note for note in log["notes"])


def test_the_status_counts_pictures_that_joined_or_are_gone(photos, tmp_path, write_image):
    names = photos.ask(3, **QUICK).round.names
    photos.tell(write_labels(tmp_path / "l.csv", dict.fromkeys(names, "cat"), "path"))
    rest = sorted({f"{i:02}.png" for i in range(12)} - set(names))
    os.unlink(tmp_path / "photos" / rest[0])
    (tmp_path / "photos" / rest[1]).write_bytes(b"no image")
    for name in ("y.png", "z.png", "zz.png"):
        write_image(tmp_path / "photos" / name, (1, 2, 3), size=(8, 8))
    status = photos.report_status()
    assert (status.n_samples, status.n_labeled, status.n_left, status.n_gone) == (15, 3, 10, 2)
    assert len(photos.ask(10, **QUICK).round.names) == status.n_left
    assert photos.report_status().n_left == 0
    assert photos.report_status(curve=False).n_left == 2


def test_a_new_file_that_is_not_told_joins_when_it_is_looked_at(photos, tmp_path, write_image):
    write_image(tmp_path / "photos" / "new.png", (1, 2, 3), size=(8, 8))
    (tmp_path / "photos" / "bad.png").write_bytes(b"no image")
    labels = write_labels(tmp_path / "l.csv", {"new.png": "cat"}, "path")
    photos.tell(labels, unasked=True)
    assert len(photos.read_state().names) == 13
    assert "bad.png" not in photos.ask(12, **QUICK).round.names


def test_each_event_is_read_once(project, answer, monkeypatch):
    names = project.ask(3, **QUICK).round.names
    opened = []
    open_event = events._Sealed.open
    monkeypatch.setattr(
        events._Sealed, "open", lambda self: opened.append(self.number) or open_event(self)
    )
    again = Project(project.folder)
    again.tell(answer(names))
    assert len(again.read_state().labels) == 6
    assert opened == [0, 1, 2]


@pytest.mark.parametrize("ending", [".json", ".xml"])
def test_a_tool_labels_what_was_asked(photos, tmp_path, ending):
    out = tmp_path / f"to_label{ending}"
    names = photos.ask(3, out=out, tools="coco,cvat", **QUICK).round.names
    content = out.read_text()
    if ending == ".json":
        content = json.loads(content)
        content["categories"] = [{"id": 1, "name": "cat"}]
        content["annotations"] = [
            {"id": i, "image_id": each["id"], "category_id": 1}
            for i, each in enumerate(content["images"])
        ]
        content = json.dumps(content)
    else:
        content = content.replace("</image>", '<tag label="cat"></tag></image>')
    (tmp_path / "export").write_text(content)
    assert dict(photos.tell(tmp_path / "export").labels) == dict.fromkeys(names, "cat")


def test_the_file_of_another_tool_is_had_again(photos, tmp_path):
    asked = photos.ask(3, tools=["cvat", "coco"], **QUICK)
    for name, tools, source in [
        ("a.xml", None, "cvat.xml"), ("b.json", None, "coco.json"), ("c.json", "coco", "coco.json"),
    ]:  # fmt: skip
        photos.copy_round(tmp_path / name, tools=tools)
        assert (tmp_path / name).read_bytes() == (asked.folder / source).read_bytes()


def test_the_file_of_a_tool_that_was_not_asked_for_is_made_later(photos, tmp_path):
    names = photos.ask(3, **QUICK).round.names
    os.unlink(tmp_path / "photos" / names[1])
    photos.copy_round(tmp_path / "a.xml")
    photos.copy_round(tmp_path / "b.json", tools="coco")
    images = json.loads((tmp_path / "b.json").read_text())["images"]
    assert [each["file_name"] for each in images] == list(names)
    assert [each["rank"] for each in images] == [1, 2, 3]
    assert [each.get("width") for each in images] == [8, None, 8]
    assert (tmp_path / "a.xml").read_text().count("<image ") == 3
    later = photos.ask(2, tools="coco", **QUICK).round.names
    photos.copy_round(tmp_path / "c.json", tools="label_studio", prefix="/x")
    tasks = json.loads((tmp_path / "c.json").read_text())
    assert [task["data"]["image"] for task in tasks] == [f"/x/{name}" for name in later]


def test_the_file_of_a_tool_for_images_is_not_made_of_rows(project, tmp_path):
    project.ask(3, **QUICK)
    with pytest.raises(ValueError, match="tools='cvat' holds images, and .* has features"):
        project.copy_round(tmp_path / "a.xml")
    assert not (tmp_path / "a.xml").exists()


def test_a_file_that_was_changed_is_made_again_of_the_record(photos, tmp_path):
    asked = photos.ask(3, tools="coco", **QUICK)
    names = asked.round.names
    with (asked.folder / "picks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    write_labels(asked.folder / "picks.csv", {row["path"]: "cat" for row in rows[1:]}, "path")
    (asked.folder / "coco.json").write_text("{}")
    (asked.folder / "page.html").write_text("mine")
    again = photos.copy_round(tmp_path / "again.csv")
    with (tmp_path / "again.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["rank", "path", "label"],
        *([str(i), name, ""] for i, name in enumerate(names, 1)),
    ]
    assert again.notes[0].endswith("made again, with ranks and without reasons.")
    assert "picks.csv is not what was written there" in again.notes[0]
    photos.copy_round(tmp_path / "again.json")
    images = json.loads((tmp_path / "again.json").read_text())["images"]
    assert [each["file_name"] for each in images] == list(names)
    with pytest.raises(ValueError, match=r"page\.html was changed or is gone, .*: out=FILE\.csv"):
        photos.copy_round(tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_round_without_its_folder_is_had_again(photos, tmp_path):
    asked = photos.ask(3, **QUICK)
    shutil.rmtree(asked.folder)
    for name in ("a.csv", "a.json", "a.xml"):
        photos.copy_round(tmp_path / name)
        assert all(each in (tmp_path / name).read_text() for each in asked.round.names)


def left_by_a_dead_process(project, name):
    (project.folder / name).mkdir()
    (project.folder / name / "picks.csv").write_text("rank,row\n")


def test_what_a_killed_question_left_is_removed_by_the_next(project):
    for number in (1, 7):
        left_by_a_dead_process(project, f".round_{number}.{'0123456789abcdef'}.part")
    left_by_a_dead_process(project, ".round_1.mine.part")
    project.ask(3, **QUICK)
    assert sorted(os.listdir(project.folder)) == [".round_1.mine.part", "project.db", "round_1"]


def test_the_folder_of_a_recorded_round_is_spared(project, monkeypatch):
    monkeypatch.setattr(RoundFolders, "settle", lambda self, state: None)
    one = project.ask(3, **QUICK).round
    project.ask(3, **QUICK)  # does not settle the first, as if it were recorded only now
    assert (project.folder / f".round_1.{one.token}.part").exists()


def test_ctrl_c_behind_the_record_loses_no_folder(project, monkeypatch):
    append = events.EventFile.append

    def interrupted(self, *args, **kwargs):
        append(self, *args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(events.EventFile, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        project.ask(3, **QUICK)
    monkeypatch.undo()
    again = Project(project.folder)
    again.copy_round(None)
    assert (project.folder / "round_1" / "picks.csv").exists()
    assert len(again.read_state().rounds) == 1


def test_a_start_that_was_killed_may_be_made_again(tmp_path, pool):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".project.db.0123456789abcdef.part").write_text("half")
    project = Project.start(tmp_path / "project", pool)
    assert os.listdir(project.folder) == ["project.db"]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_a_killed_question_leaves_nothing_that_the_next_does_not_clear(project, seconds):
    code = (
        "import sys; from skvaal.project import Project; project = Project(sys.argv[1]); "
        "print(flush=True); project.ask(3, strategy='random')"
    )
    command = [sys.executable, "-c", code, str(project.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        time.sleep(seconds)
        child.kill()
    project.ask(3, **QUICK)
    assert [name for name in os.listdir(project.folder) if name.startswith(".")] == []


def test_images_that_join_and_leave(tmp_path, write_image):
    folder = tmp_path / "photos"
    colours = np.random.RandomState(0).randint(0, 256, (12, 3))
    for i, colour in enumerate(colours.tolist()):
        write_image(folder / f"{i:02}.png", tuple(colour), size=(8, 8))
    outside = tmp_path / "labelled"
    write_image(outside / "red" / "r.png", (255, 0, 0), size=(8, 8))
    write_image(outside / "blue" / "b.png", (0, 0, 255), size=(8, 8))
    project = Project.start(tmp_path / "project", folder, labels=outside)
    assert len(project.read_state().outside) == 2
    first = project.ask(4, **QUICK).round.names
    os.unlink(folder / first[0])
    write_image(folder / "new.png", (9, 9, 9), size=(8, 8))
    asked = project.ask(9, **QUICK)
    assert "new.png" in asked.round.names
    assert not set(first) & set(asked.round.names)
    assert any("it is no longer there" in note for note in asked.picks.notes)
    labels = write_labels(tmp_path / "labels.csv", dict.fromkeys(first, "red"), "path")
    answer = project.tell(labels)
    assert answer.n_new == 4
    assert any(f"gone or damaged: {first[0]!r}." in note for note in answer.notes)
    assert len(project.read_known().rows) == 5


@pytest.mark.parametrize("argument", ["features", "predictions"])
def test_rows_of_an_older_list_of_pictures_are_not_taken(tmp_path, write_image, argument):
    folder = tmp_path / "photos"
    for i in range(12):
        write_image(folder / f"{i:02}.png", (20 * i, 9, 9), size=(8, 8))
    labels = {f"{i:02}.png": "red" if i % 2 else "blue" for i in range(4)}
    start = write_labels(tmp_path / "labels.csv", labels, "path")
    project = Project.start(tmp_path / "project", folder, labels=start)
    rows = np.random.default_rng(0).dirichlet(np.ones(2), 12)
    np.save(tmp_path / "own.npy", rows)
    given = {**QUICK, argument: str(tmp_path / "own.npy")}
    if argument == "predictions":
        given |= {"strategy": "margin", "model": "auto"}
    project.ask(2, **given)
    project.ask(2, **given)  # of the same pictures
    os.unlink(folder / "11.png")
    write_image(folder / "001.png", (1, 2, 3), size=(8, 8))  # as many, in another order
    with pytest.raises(ValueError, match=f"^{argument} hold the same rows as in round 1, but"):
        project.ask(2, **given)
    assert len(project.read_state().rounds) == 2
    names = sorted(one.name for one in folder.iterdir())
    np.savez(tmp_path / "own.npz", X=rows, names=np.array(names))
    given[argument] = str(tmp_path / "own.npz")
    assert len(project.ask(2, **given).round.names) == 2


def test_labels_that_the_pool_s_own_table_gets_are_told_before_more_is_asked(tmp_path):
    pool = tmp_path / "pool.csv"
    rows = [f"{i},{i * i % 7},{'ab'[i % 2] if i < 4 else ''}" for i in range(20)]
    pool.write_text("\n".join(["a,b,label", *rows]) + "\n")
    project = Project.start(tmp_path / "project", pool)
    assert len(project.read_state().labels) == 4
    assert len(project.ask(2, strategy="random").round.names) == 2
    pool.write_text(pool.read_text() + "5,3,a\n6,2,b\n")

    with pytest.raises(ValueError, match="2 samples of .* have labels in its column 'label' that"):
        project.ask(2, strategy="random")

    assert project.tell(pool, unasked=True).n_new == 2
    assert not {"20", "21"} & set(project.ask(14, strategy="random").round.names)


def test_other_features_than_in_the_round_before_are_noted(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "pool.npy", rng.normal(size=(20, 3)))
    np.save(tmp_path / "own.npy", rng.normal(size=(20, 2)))
    project = Project.start(tmp_path / "project", tmp_path / "pool.npy")
    own = {"features": str(tmp_path / "own.npy"), "strategy": "random"}
    said = "The round before chose from given features, this one from columns."

    assert said not in project.ask(2, **own).picks.notes
    assert said not in project.ask(2, **own).picks.notes
    assert said in project.ask(2, strategy="random").picks.notes


def test_a_table_of_texts_to_label_shows_them(tmp_path):
    (tmp_path / "texts.csv").write_text(
        "body\n" + "".join(f'"text {i},\nmore"\n' for i in range(9))
    )
    project = Project.start(tmp_path / "project", tmp_path / "texts.csv", text_column="body")
    project.ask(3, strategy="random", out=tmp_path / "round_1.csv")
    with open(tmp_path / "round_1.csv", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[:4] == ["rank", "row", "label", "text"]
    assert {row[3] for row in rows} == {f"text {row[1]},\nmore" for row in rows}
    with open(tmp_path / "told.csv", "w", newline="") as file:
        csv.writer(file).writerows([head, *([*row[:2], "a", *row[3:]] for row in rows)])
    assert project.tell(tmp_path / "told.csv").n_new == 3
