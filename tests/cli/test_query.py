import json
import os
import subprocess
import sys
from inspect import signature

import numpy as np
import pytest
from PIL import Image

testing = pytest.importorskip("typer.testing")
pytest.importorskip("jinja2")

from skvaal.cli.app import app  # noqa: E402

# Click keeps both streams apart; before version 8.2 it has to be told.
APART = {"mix_stderr": False} if "mix_stderr" in signature(testing.CliRunner).parameters else {}


def query(*arguments):
    words = ["query", *map(str, arguments)]
    return testing.CliRunner(**APART).invoke(app, words, env={"COLUMNS": "100"})


@pytest.fixture
def photos(tmp_path):
    """Thirty pictures of two kinds, six of which have a label."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(30):
        pixels = rng.integers(0, 60, (12, 12, 3), dtype=np.uint8)
        pixels[..., i % 2] += 180
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    lines = [f"{i:02}.png,{('red', 'green')[i % 2]}" for i in range(6)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *lines]) + "\n")
    return folder


def test_from_a_folder_to_what_to_label_next(photos, tmp_path):
    out = tmp_path / "rounds" / "1"

    result = query(
        photos, "--labels", tmp_path / "labels.csv", "-n", 12, "--strategy", "herding", "--out",
        out, "--prefix", "https://host/photos",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert "Chose 12 of 24 unlabelled images by uncertainty herding, from pixels, 6" in (
        result.stdout
    )
    assert "\nrank  path" in result.stdout
    assert "... and 2 more" in result.stdout
    assert str(out / "page.html") in result.stdout
    assert result.stderr == ""
    assert sorted(os.listdir(out)) == sorted(
        ["picks.csv", "label_studio.json", "label_studio.xml", "page.html", "log.json",
         "strategy.safetensors"]
    )  # fmt: skip
    tasks = json.loads((out / "label_studio.json").read_text())
    assert tasks[0]["data"]["image"].startswith("https://host/photos/")
    assert "12" in json.loads((out / "log.json").read_text())["settings"]["shape of a sample"]


def test_without_labels_the_pool_is_covered(photos, tmp_path):
    result = query(photos, "-n", 4, "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert "no image has a label yet" in result.stdout
    assert "this first round covers the pool" in result.stdout
    assert "Note: No class is known yet: add yours to the <Choices> of label_studio.xml" in (
        result.stdout
    )


def test_quiet_says_nothing(photos, tmp_path):
    result = query(photos, "-n", 4, "--strategy", "random", "--quiet", "--out", tmp_path / "out")
    assert (result.exit_code, result.output) == (0, "")


def test_broken_images_are_left_out_or_refused(photos, tmp_path):
    (photos / "07.png").write_bytes(b"no image")
    command = [photos, "-n", 4, "--strategy", "random", "--out", tmp_path / "out"]

    result = query(*command)
    strict = query(*command, "--strict")

    assert result.exit_code == 0, result.output
    assert "1 image cannot be read and was left out, first 07.png" in result.stdout
    assert strict.exit_code == 2
    assert "07.png" in strict.stderr


@pytest.mark.slow
def test_two_processes_choose_the_same(tmp_path):
    np.save(tmp_path / "pool.npy", np.random.default_rng(0).normal(size=(60, 4)))
    rows = [f"{i},{('cat', 'dog')[i % 2]}" for i in range(8)]
    (tmp_path / "labels.csv").write_text("\n".join(["row,label", *rows]))
    for name in ("a", "b"):
        subprocess.run(
            [sys.executable, "-m", "skvaal", "query", "pool.npy", "--labels", "labels.csv", "-n",
             "5", "--out", name, "--quiet"],
            cwd=tmp_path, check=True,
        )  # fmt: skip
    for name in ("picks.csv", "label_studio.json", "strategy.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_table_of_numbers_with_own_predictions(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "pool.npy", rng.normal(size=(40, 3)))
    lines = [f"{i},{0.5 if i == 33 else 0.9},{0.5 if i == 33 else 0.1}" for i in range(40)]
    (tmp_path / "proba.csv").write_text("\n".join(["row,cat,dog", *lines]))

    result = query(
        tmp_path / "pool.npy", "-n", 1, "--strategy", "margin", "--predictions",
        tmp_path / "proba.csv", "--out", tmp_path / "out",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    row = (tmp_path / "out" / "picks.csv").read_text().splitlines()[1]
    assert row.startswith("1,33,1,")
    assert "the model wavers between cat and dog" in row


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-n", 31], "-n 31 is more than what is left of"),
        (["-n", 0], "-n 0 must be a whole number, 1 or more"),
        (["--labels", "nowhere.csv"], "no such file or folder: nowhere.csv"),
        (["--labels", "strange.csv"], "'elsewhere.png'"),
        (["--labels", "twice.csv"], "'00.png' has two labels, 'cat' and 'dog'"),
        (["--labels", "no_column.csv"], "'path', 'kind', 'day'"),
        (["--strategy", "vaal_herdin"], "did you mean 'vaal_herding'"),
        (["--preset", "paper-cifr", "--labels", "labels.csv"], "did you mean 'paper-cifar'"),
        (["--model", "tree"], "--model 'tree' is not known"),
        (["--features", "nowhere.npy"], "nowhere.npy"),
        (["--features", "tfidf"], "--features 'tfidf'"),
        (["--seed", -1], "--seed -1"),
        (["--size", 2], "--size 2"),
        (["--jobs", 0], "--jobs 0"),
        (["--prefix", "photos"], "--prefix 'photos' must be a URL"),
        (["--out", "labels.csv"], "labels.csv is a file"),
        (["--out", "photos"], "photos holds other files"),
        (["--tools", "coko"], "--tools 'coko': 'coko' is none of label_studio, coco, cvat"),
        (["--labels", "control.csv"], "--tools 'label_studio': the class: 'a\\x01' has the"),
        (["--labels", "control.csv", "--tools", "cvat"], "which XML cannot hold; rename it"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_the_status_2(
    photos, tmp_path, monkeypatch, arguments, complaint
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strange.csv").write_text("path,label\nelsewhere.png,cat\n")
    (tmp_path / "twice.csv").write_text("path,label\n00.png,cat\n00.png,dog\n")
    (tmp_path / "control.csv").write_text("path,label\n00.png,a\x01\n01.png,b\n")
    (tmp_path / "no_column.csv").write_text("path,kind,day\n00.png,cat,1\n")

    out = [] if "--out" in arguments else ["--out", "out"]
    result = query("photos", *out, *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


def test_files_for_the_tools_that_are_named(photos, tmp_path):
    out = tmp_path / "out"

    result = query(photos, "-n", 3, "--strategy", "random", "--tools", "coco, cvat", "--out", out)

    assert result.exit_code == 0, result.output
    assert f"{out} holds picks.csv, coco.json and cvat.xml, too." in result.stdout
    assert {"coco.json", "cvat.xml"} < set(os.listdir(out))
    assert "label_studio.json" not in os.listdir(out)


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (["--size", 9, "--strict", "--max-pixels", 99], "--size (the pool has features), "
         "--max-pixels (the pool has features), --strict (the pool has features)"),
        (["--device", "cpu", "--prefix", "/x"], "--device (no network was computed), --prefix (the "
         "pool has features)"),
        (["--model", "linear", "--predictions", "proba.npy"],
         "--model (the predictions are your own)"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_options_without_effect_are_noted_in_one_line(tmp_path, monkeypatch, arguments, note):
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", np.eye(9))
    np.save("proba.npy", np.full((9, 2), 0.5))

    strategy = "margin" if "--predictions" in arguments else "random"
    result = query("pool.npy", "--out", "out", "-n", 2, "--strategy", strategy, *arguments)

    assert result.exit_code == 0, result.output
    assert f"Note: Without effect: {note}.\n" in result.stdout


def test_options_of_files_that_no_tool_reads_are_noted(photos, tmp_path):
    result = query(
        photos, "-n", 2, "--strategy", "random", "--tools", "coco", "--prefix", "/x", "--out",
        tmp_path / "out", "--labels", photos.parent / "labels.csv",
    )  # fmt: skip
    assert "Note: Without effect: --prefix (no file for Label Studio was written)." in result.stdout


def test_a_column_of_labels_that_an_export_has_not_is_noted(photos, tmp_path):
    labels = {"images": [{"id": 1, "file_name": "00.png"}], "annotations": [], "categories": []}
    (tmp_path / "coco.json").write_text(json.dumps(labels))
    result = query(
        photos, "-n", 2, "--strategy", "random", "--labels", tmp_path / "coco.json", "--out",
        tmp_path / "out", "--label-column", "kind",
    )  # fmt: skip
    assert "Note: --label-column 'kind' had no part: COCO has no columns." in result.stdout


def test_the_column_of_paths_may_be_that_of_the_labels_alone(photos, tmp_path):
    (tmp_path / "labels.csv").write_text("no,mine\n00.png,red\n")
    result = query(
        photos, "-n", 2, "--strategy", "random", "--labels", tmp_path / "labels.csv",
        "--path-column", "no", "--out", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output


def test_a_named_column_of_labels_is_no_feature(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{i * i % 7},{i % 2 if i < 9 else ''}" for i in range(20)]
    (tmp_path / "pool.csv").write_text("\n".join(["a,b,kind", *rows]))
    command = ["-n", 2, "--strategy", "random", "--label-column", "kind", "--out", "out"]
    for labels in (["--labels", "pool.csv"], []):
        result = query("pool.csv", *command, *labels)
        assert result.exit_code == 0, result.output
        assert "Note: Column 'kind' was not used as a feature." in result.stdout
        assert (
            json.loads((tmp_path / "out" / "log.json").read_text())["settings"]["shape of a sample"]
            == "2"
        )


@pytest.mark.parametrize("kind", ["features", "texts", "images"])
def test_labels_of_the_pool_s_own_table_count(photos, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    heading = {"features": "a,b,label", "texts": "text,label", "images": "path,label"}[kind]
    rows = {
        "features": [f"{i},{i * i % 7}" for i in range(30)],
        "texts": [f"words {i} of {i * i % 7}" for i in range(30)],
        "images": [f"photos/{i:02}.png" for i in range(30)],
    }[kind]
    labels = ["cat", "dog", *[""] * 28]
    table = [heading, *(f"{row},{label}" for row, label in zip(rows, labels, strict=True))]
    (tmp_path / "my pool.csv").write_text("\n".join(table))
    command = ["my pool.csv", "-n", 28, "--strategy", "random", "--out", "out"]

    result = query(*command)

    assert result.exit_code == 0, result.output
    assert "Note: The pool's own column 'label' has labels, which count.\n" in result.stdout
    assert "2 labels of 2 classes" in result.stdout
    picks = (tmp_path / "out" / "picks.csv").read_text().splitlines()
    assert not {"0", "1", "photos/00.png", "photos/01.png"} & {row.split(",")[1] for row in picks}


def test_a_column_that_labels_every_row_of_the_pool_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.csv").write_text("a,b,kind\n" + "1,2,cat\n3,1,dog\n" * 9)
    command = ["pool.csv", "-n", 2, "--strategy", "random", "--out", "out"]

    assert query(*command).exit_code == 0  # 'kind' is no usual name of labels
    result = query(*command, "--label-column", "kind")

    assert result.exit_code == 2
    assert result.stderr.startswith(
        "Error: pool.csv: every row has a label in the column 'kind' ('cat"
    )


def test_a_column_of_labels_without_a_table_is_noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", np.eye(9))
    result = query(
        "pool.npy", "--out", "out", "-n", 2, "--strategy", "random", "--label-column", "y"
    )
    assert "Note: Without effect: --label-column (no labels given).\n" in result.stdout


def test_labels_of_several_files_all_count(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.csv").write_text("file,kind\n10.png,cat\n11.png,dog\n")
    command = ["photos", "-n", 22, "--strategy", "random", "--out", "out"]

    result = query(*command, "--labels", "labels.csv", "--labels", "more.csv")

    assert result.exit_code == 0, result.output
    assert "Chose 22 of 22 unlabelled images" in result.stdout
    (tmp_path / "more.csv").write_text("file,kind\n10.png,cat\n00.png,ox\n")
    result = query(*command[:-1], "two", "--labels", "labels.csv", "--labels", "more.csv")
    assert result.exit_code == 2
    assert (
        "'00.png' has the label 'red' in labels.csv and 'ox' in more.csv; a sample needs one"
        in result.stderr
    )


def test_a_second_round_that_forgets_the_labels_of_the_first_is_noted(
    photos, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    at_random = ["photos", "-n", 3, "--strategy", "random"]
    assert query(*at_random, "--labels", "labels.csv", "--out", "round_1").exit_code == 0
    table = (tmp_path / "round_1" / "picks.csv").read_text().splitlines()
    told = [f"{table[0]},label", *(f"{row},cat" for row in table[1:])]
    (tmp_path / "answers_1.csv").write_text("\n".join(told))
    command = [*at_random, "--labels", "answers_1.csv", "--out"]
    forgotten = "when answers_1.csv was made have none now, and may be chosen again: "

    alone, both = query(*command, "alone"), query(*command, "both", "--labels", "labels.csv")

    assert forgotten in alone.stdout
    assert both.exit_code == 0, both.output
    assert "chosen again" not in both.stdout
    assert "and 9 labels of 3 classes" in both.stdout


@pytest.mark.parametrize(
    "arguments",
    [["-n", 2, "-n", 3], ["--seed", 1, "--seed=1"], ["--strategy", "random", "--strategy", "vaal"]],
    ids=lambda value: value[0],
)
def test_an_option_of_one_value_is_given_once(photos, tmp_path, arguments):
    out = tmp_path / "out"
    result = query(photos, "--out", out, *arguments)
    assert result.exit_code == 2
    assert f"{arguments[0]} was given 2 times, and takes one value." in result.stderr
    assert not out.exists()


def test_a_pattern_that_the_shell_resolved_says_what_to_do(photos, tmp_path):
    result = query(*sorted(photos.glob("0?.png")), "--out", tmp_path / "out")
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert "01.png' and 8 more came unexpected." in said
    assert "a pattern in quotes ('photos/*.jpg')." in said
    assert "Of several files of labels, repeat --labels before each." in said


def test_help_is_shown_whatever_else_is_given_twice():
    assert query("pool", "-n", 1, "-n", 2, "--help").exit_code == 0


def test_names_of_tools_given_twice_say_how_to_name_several(photos, tmp_path):
    tools = ["--tools", "coco", "--tools", "cvat"]
    result = query(photos, "--out", tmp_path / "out", *tools)
    assert "--tools was given 2 times, and takes one value. Name several with commas" in (
        result.stderr
    )


def test_too_many_pixels_are_no_damage(photos, tmp_path):
    result = query(photos, "--max-pixels", 64, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "more than --max-pixels 64); allow more by --max-pixels\n" in result.stderr.replace(
        " and 29 more", ""
    )
    assert "repair" not in result.stderr


@pytest.mark.parametrize("argument", ["--labels", "--predictions", "--features"])
def test_a_folder_that_holds_what_is_read_is_not_replaced(photos, tmp_path, argument):
    command = [photos, "-n", 3, "--strategy", "random", "--out", tmp_path / "out"]
    assert query(*command).exit_code == 0
    before = (tmp_path / "out" / "picks.csv").read_bytes()
    (tmp_path / "link.csv").symlink_to(tmp_path / "out" / "picks.csv")

    for name in (tmp_path / "out" / "picks.csv", tmp_path / "link.csv"):
        result = query(*command, argument, name)
        assert result.exit_code == 2
        assert f"out would replace {argument} {name}; name a new folder\n" in result.stderr

    assert (tmp_path / "out" / "picks.csv").read_bytes() == before


def test_labels_typed_into_an_earlier_batch_are_kept(photos, tmp_path):
    command = [photos, "-n", 3, "--strategy", "random", "--out", tmp_path / "out"]
    assert query(*command).exit_code == 0
    assert query(*command).exit_code == 0  # nobody touched it
    filled = "path,label\n00.png,red\n"
    (tmp_path / "out" / "picks.csv").write_text(filled)

    result = query(*command)

    assert result.exit_code == 2
    assert "picks.csv is not as skvaal query wrote it, and may hold labels" in result.stderr
    assert (tmp_path / "out" / "picks.csv").read_text() == filled


def test_classes_that_differ_by_capitals_or_blanks_are_noted(photos, tmp_path):
    (tmp_path / "labels.csv").write_text("path,label\n00.png,red\n01.png,Red \n02.png,blue\n")
    result = query(
        photos, "-n", 2, "--strategy", "random", "--labels", tmp_path / "labels.csv", "--out",
        tmp_path / "out",
    )  # fmt: skip
    noted = "and differ only by capitals or blanks at the ends: 'Red ' and 'red'.\n"
    assert noted in result.stdout


@pytest.mark.parametrize("given", [["--model", "linear"], ["--model", "none"], []], ids=str)
@pytest.mark.parametrize("strategy", ["margin", "entropy", "herding"])
def test_the_way_out_of_labels_of_one_class_works(photos, tmp_path, given, strategy):
    (tmp_path / "labels.csv").write_text("path,label\n00.png,red\n01.png,red\n")
    command = [photos, "-n", 2, "--labels", tmp_path / "labels.csv", "--out", tmp_path / "out"]

    result = query(*command, "--strategy", strategy, *given)

    if strategy == "herding":
        assert (result.exit_code == 0) == (given != ["--model", "linear"])
        assert result.exit_code == 0 or "name --model 'none', or label" in result.stderr
        result = query(*command, "--strategy", strategy, "--model", "none")
    else:
        assert result.exit_code == 2
        assert "choose by --strategy 'herding_no_learner' until two classes" in result.stderr
        result = query(*command, "--strategy", "herding_no_learner", *given)
    assert result.exit_code == 0, result.output


def test_a_link_that_leads_nowhere_is_said_to(photos, tmp_path):
    (photos / "07.png").unlink()
    (photos / "07.png").symlink_to(tmp_path / "gone")
    (tmp_path / "labels").symlink_to(tmp_path / "gone")
    command = ["-n", 2, "--strategy", "random", "--out", tmp_path / "out"]

    result = query(photos, *command)
    assert "left out, first 07.png (a link that leads nowhere)" in result.stdout
    for one in ([tmp_path / "labels"], [photos, "--labels", tmp_path / "labels"]):
        result = query(*one, *command)
        assert result.exit_code == 2
        assert f"{tmp_path / 'labels'} is a link that leads nowhere" in result.stderr


@pytest.mark.parametrize("name", ["make_table", "write_page", "strategy"])
def test_a_full_disk_is_told_of_the_folder_that_was_named(photos, tmp_path, monkeypatch, name):
    def write(self_or_picks, path=None, *args):
        raise OSError(28, "No space left on device", str(path or "picks.csv"))

    target = {
        "make_table": "skvaal.project.writing.make_table",
        "write_page": "skvaal.project.page.write_page",
        "strategy": "skvaal.HerdingQueryStrategy.save",
    }
    monkeypatch.setattr(target[name], write)
    monkeypatch.chdir(tmp_path)

    result = query("photos", "-n", 2, "--strategy", "herding_no_learner", "--out", "round_1")

    assert result.exit_code == 2
    assert "No space left on device: " in result.stderr
    assert ".part" not in result.stderr
    assert "Errno" not in result.stderr
    assert name == "make_table" or "'round_1/" in result.stderr
    assert sorted(os.listdir()) == ["labels.csv", "photos"]


@pytest.mark.parametrize(
    ("pool", "complaint"),
    [("empty", "no image"), ("nowhere", "no such file or folder"), ("*.jpg", "*.jpg")],
)
def test_a_pool_without_samples_is_named(tmp_path, monkeypatch, pool, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()

    result = query(pool, "--out", "out")

    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_ctrl_c_writes_nothing(photos, tmp_path, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("skvaal.project.choosing.choosing.choose", interrupted)

    result = query(photos, "--out", tmp_path / "out")

    assert result.exit_code == 130
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "out").exists()


def test_names_of_odd_bytes_are_printed(tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    for i in range(4):
        Image.new("L", (9, 9), 60 * i).save(folder / "a.png")
        os.rename(os.fsencode(folder / "a.png"), os.fsencode(folder) + b"/caf\xe9\n%d.png" % i)

    result = query(folder, "-n", 2, "--strategy", "random", "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert "caf" in result.stdout
    assert len((tmp_path / "out" / "label_studio.json").read_bytes()) > 10
