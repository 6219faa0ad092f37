"""``skvaal round``: what a person sees from the start of a project to its status."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_iris
from typer.testing import CliRunner

from skvaal._stopping.curve import CurvePoint
from skvaal.cli.app import app
from skvaal.cli.rounds import _print_status
from skvaal.project.rounds.learning_curve import Saving
from skvaal.project.rounds.status import Status


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a pool of the irises."""
    monkeypatch.chdir(tmp_path)
    X, _ = load_iris(return_X_y=True)
    np.save("pool.npy", X)
    (tmp_path / "labels.csv").write_text("row,label\n0,setosa\n60,versicolor\n120,virginica\n")
    return tmp_path


@pytest.fixture
def run(here):
    def invoke(command, status=0):
        result = CliRunner().invoke(app, ["round", *command.split()])
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result.output

    return invoke


def fill_in(path):
    y = load_iris().target
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = load_iris().target_names[y[int(row["row"])]]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_from_start_to_status(run, here):
    said = run("start project --pool pool.npy --labels labels.csv --quiet")
    assert "project has 150 samples, 3 with a label." in said
    for number in (1, 2, 3):
        name = f"ask_{number}.csv"
        said = run(f"ask project -n 8 --strategy herding_no_learner --out {name} --quiet")
        assert f"Round {number} is recorded" in said
        assert f"skvaal round tell project {name}" in said
        fill_in(here / name)
        said = run(f"tell project {name} --quiet")
        assert "8 new, 0 corrected, 0 as before" in said
    run("ask project -n 5 --strategy random --quiet")
    said = run("status project --quiet")
    assert "27 of 150 samples have a label; 5 are asked for, 118 are left." in said
    assert "Classes: " in said
    assert "% accuracy took " in said
    assert " of your labels; randomly ordered" in said
    assert "which were themselves chosen" in said
    assert "Stop labelling? Not yet. Predictions still change: on 150 samples, " in said
    assert "No curve was asked for." in run("status project --no-curve --quiet")


def test_a_pool_that_is_labelled_as_a_whole_has_nothing_left(run, here):
    y = load_iris().target
    rows = "".join(f"{row},c{label}\n" for row, label in enumerate(y))
    (here / "all.csv").write_text(f"row,label\n{rows}")
    run("start project --pool pool.npy --labels all.csv --quiet")
    said = run("status project --quiet")
    assert "150 of 150 samples have a label; 0 are asked for, 0 are left." in said
    assert "Nothing is left to label." in said
    assert "Stop labelling?" not in said
    assert "Nothing is left to label." in run("status project --no-curve --quiet")


@pytest.mark.parametrize(
    ("n_random", "words"),
    [
        (49, "randomly ordered it would take about 49. This"),
        (None, "randomly ordered, no number of them reached it. This"),
    ],
)
def test_the_saving_in_words(capsys, n_random, words):
    report = Status(
        n_samples=90,
        n_labeled=80,
        n_waiting=0,
        n_left=10,
        n_corrected=0,
        classes={},
        rounds=[],
        curve=[CurvePoint(80, 0.6, 0.1, 80)],
        saving=Saving(40, n_random, 0.553),
        should_stop=None,
        stopping="",
        model="a forest",
    )
    _print_status(report)
    expected = f"To reach 55.3 % accuracy took 40 of your labels; {words}"
    assert expected in capsys.readouterr().out


def test_a_changed_file_of_a_round_is_noted(run, here):
    run("start project --pool pool.npy --quiet")
    run("ask project -n 3 --strategy random --quiet")
    (here / "project" / "round_1" / "picks.csv").write_text("row,label\n1,mine\n")
    said = run("ask project --again --out again.csv")
    assert "Note: project/round_1/picks.csv is not what was written there; the copy is" in said
    assert (here / "again.csv").read_text().startswith("rank,row,label\n1,")
    assert "3 samples: project/round_1" in run("ask project --again")


def test_a_question_is_printed_with_reasons(run):
    run("start project --pool pool.npy --labels labels.csv --quiet")
    said = run("ask project -n 3 --strategy herding_no_learner")
    assert "Chose 3 of 147 unlabelled" in said
    assert "rank" in said
    assert "why" in said


def test_the_last_question_can_be_had_again(run, here):
    run("start project --pool pool.npy --quiet")
    run("ask project -n 3 --strategy random --out first.csv --quiet")
    assert "Round 1 asked for 3 samples: again.csv" in run("ask project --again --out again.csv")
    assert (here / "again.csv").read_bytes() == (here / "first.csv").read_bytes()


def test_options_of_a_question_that_is_not_asked_are_noted(run):
    run("start project --pool pool.npy --quiet")
    run("ask project -n 3 --strategy random --quiet")
    said = run("ask project --again --out again.csv -n 5 --seed 3 --strategy vaal --tools coco")
    assert "Note: -n, --strategy, --seed have no effect with --again.\n" in said
    assert "Note: Without effect: --tools (again.csv is of no tool).\n" in said
    said = run("status project --no-curve --pool pool.npy --quiet")
    assert "Note: Without effect: --pool (no curve was asked for)." in said


@pytest.fixture
def pictures(here):
    (here / "photos").mkdir()
    for i in range(12):
        Image.new("RGB", (9, 9), (20 * i, 0, 0)).save(here / "photos" / f"{i:02}.png")
    return "photos"


@pytest.mark.parametrize(
    ("options", "noted"),
    [
        ("--tools label_studio,cvat --out x.xml", "x.xml is the file of cvat, not of label_studio. "
         "For the other tools: project/round_1/label_studio.json."),
        ("--tools label_studio,coco --out x.json", "x.json is the file of label_studio, not of "
         "coco. For the other tools: project/round_1/coco.json."),
        ("--out x.csv", "No class is known yet: add yours to the <Choices> of label_studio.xml"),
    ],
)  # fmt: skip
def test_whose_file_a_copy_is_is_said(run, pictures, options, noted):
    run(f"start project --pool {pictures} --quiet")
    said = run(f"ask project -n 3 --strategy random {options}")
    assert f"Note: {noted}" in said
    assert said.count("is the file of") == ("is the file of" in noted)


@pytest.mark.parametrize(
    ("options", "noted"),
    [
        ("--tools cvat --out x.html", "--tools (x.html is of no tool)"),
        ("--tools coco,cvat --out x.xml", "x.xml is the file of cvat, not of coco"),
        ("--prefix http://x/ --out x.json", "--prefix (x.json is a copy of project/round_1/label_"),
        ("--prefix http://x/ --out x.xml", "--prefix (no file for Label Studio was written)"),
        ("--tools coco", "--tools (nothing was copied)"),
    ],
)
def test_options_of_a_copy_that_have_no_part_are_noted(run, pictures, options, noted):
    run(f"start project --pool {pictures} --quiet")
    run("ask project -n 3 --strategy random --quiet")
    said = run(f"ask project --again {options}")
    assert noted in said
    assert "project/round_1" in said or "x." in said


@pytest.mark.parametrize("again", ["", " --again"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--tools label_studio --out x.xml", "--out x.xml is a file for cvat, which --tools "
         "'label_studio' does not name; take --tools 'label_studio,cvat', or a file that ends in "
         ".json"),
        ("--tools cvat --out x.json", "--out x.json is a file for label_studio or coco, which "
         "--tools 'cvat' does not name; take --tools 'cvat,label_studio', or a file that ends in "
         ".xml"),
    ],
)  # fmt: skip
def test_a_copy_for_another_tool_than_those_named_is_refused(
    run, pictures, here, options, message, again
):
    run(f"start project --pool {pictures} --quiet")
    if again:
        run("ask project -n 3 --strategy random --quiet")
    said = run(f"ask project -n 3 --strategy random {options}{again}", 2)
    assert message in " ".join(said.split())
    assert not list(here.glob("x.*"))
    assert (here / "project" / "round_1").exists() == bool(again)


def test_a_prefix_of_a_file_that_is_made_now_has_its_part(run, pictures, here):
    run(f"start project --pool {pictures} --quiet")
    run("ask project -n 3 --strategy random --quiet --tools coco")
    said = run("ask project --again --tools label_studio --out x.json --prefix http://x/")
    assert "Without effect" not in said
    assert "http://x/" in (here / "x.json").read_text()


def test_status_shows_classes_that_are_numbers(run, here):
    (here / "labels.csv").write_text("row,label\n0,2\n60, 1\n")
    run("start project --pool pool.npy --labels labels.csv --quiet")
    assert "Classes: ' 1': 1, '2': 1." in run("status project --no-curve --quiet")
    (here / "labels.csv").write_text("row,label\n0,3\n")
    run("tell project labels.csv --quiet")
    assert "1 label was corrected." in run("status project --no-curve --quiet")


def test_start_says_what_is_odd_about_labels_and_options(run, here):
    (here / "labels.csv").write_text("row,label\n0,setosa\n60,Setosa\n61,\n")
    said = run("start project --pool pool.npy --labels labels.csv --strict")
    assert "Note: 1 row of the labels has no label yet." in said
    assert "only by capitals or blanks at the ends: 'Setosa' and 'setosa'." in said
    assert "Note: Without effect: --strict (the pool has features)." in said
    said = run("start other --pool pool.npy --label-column kind")
    assert "Note: Without effect: --label-column (no labels given)." in said


def test_start_takes_the_labels_of_the_pool_s_own_table_and_of_several_files(run, here):
    (here / "texts.csv").write_text("text,label\nsun,good\nrain,bad\nsnow,\nfog,\n")
    said = run("start own --pool texts.csv")
    assert "own has 4 samples, 2 with a label." in said
    assert "Note: The pool's own column 'label' has labels, which count." in said
    (here / "more.csv").write_text("row,label\n2,bad\n")
    said = run("start several --pool texts.csv --labels texts.csv --labels more.csv")
    assert "several has 4 samples, 3 with a label." in said


def test_a_told_class_that_is_almost_another_is_noted(run, here):
    run("start project --pool pool.npy --labels labels.csv --quiet")
    (here / "told.csv").write_text("row,label\n1,Setosa\n2,setosa\n")
    said = run("tell project told.csv --unasked")
    assert "only by capitals or blanks at the ends: 'Setosa' and 'setosa'." in said
    assert said.count("capitals") == 1
    assert "classes that are new here: 'Setosa'" in said
    (here / "told.csv").write_text("row,label\n1,Setosa\n")
    assert "capitals" not in run("tell project told.csv --unasked")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("start project --pool nowhere", "no such file or folder: nowhere"),
        ("start project --pool pool.npy --labels none.csv", "none.csv"),
        ("start . --pool pool.npy", "is not empty; name another folder"),
        ("ask nowhere -n 3", "nowhere"),
        ("ask begun -n 1000", "-n 1000 is more than what is left"),
        ("ask begun -n 0", "-n 0"),
        ("ask begun -n 3 --out x.doc", "must end in .csv"),
        ("ask begun -n 3 --strategy magic", "magic"),
        ("ask begun --again", "0 rounds"),
        ("ask begun -n 3 --pool labels.csv", "labels.csv"),
        ("ask begun -n 3 --tools coco", "--tools 'coco' holds images, and"),
        ("ask begun -n 3 --out x.xml", "--tools 'cvat' holds images, and"),
        ("ask begun -n 3 --prefix x", "--prefix 'x' must be a URL"),
        ("ask begun -n 3 --pool nowhere.npy", "nowhere.npy is not there; say where it is now (--p"),
        ("tell begun labels.csv ", "take them all the same, say --unasked"),
        ("tell begun pool.npy", "pool.npy"),
        ("tell begun missing.csv", "missing.csv"),
        ("tell begun labels.csv", "did not ask for"),
        ("status nowhere", "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_status_2(run, here, command, message):
    run("start begun --pool pool.npy --quiet")
    said = run(command, status=2)
    assert message in said
    assert said.count("\n") == 1


def test_tell_takes_one_file_after_the_other():
    result = CliRunner().invoke(app, ["round", "tell", "project", "a.csv", "b.csv"])
    assert result.exit_code == 2
    assert "'b.csv' came unexpected. Tell one file after the other." in result.output
