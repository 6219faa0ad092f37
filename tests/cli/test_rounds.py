"""``skvaal round``: what a person sees from the start of a project to its status."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sklearn.datasets import load_iris
from typer.testing import CliRunner

from skvaal.cli.app import app


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
    assert "were worth" in said
    assert "which were themselves chosen" in said
    assert "Stop labelling? Not yet. Predictions still change: on 150 samples, " in said
    assert "No curve was asked for." in run("status project --no-curve --quiet")


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
    noted = "-n (nothing new was asked), --strategy (nothing new was asked), --seed (nothing new"
    assert noted in said
    said = run("status project --no-curve --pool pool.npy --quiet")
    assert "Note: Without effect: --pool (no curve was asked for)." in said


def test_start_says_what_is_odd_about_labels_and_options(run, here):
    (here / "labels.csv").write_text("row,label\n0,setosa\n60,Setosa\n61,\n")
    said = run("start project --pool pool.npy --labels labels.csv --strict")
    assert "Note: 1 row of the labels has no label yet." in said
    assert "only by capitals or blanks at the ends: 'Setosa' and 'setosa'." in said
    assert "Note: Without effect: --strict (the pool has features)." in said
    (here / "texts.csv").write_text("text\nsun\nrain\n")
    said = run("start other --pool texts.csv --label-column kind")
    assert "Note: Without effect: --label-column (there are no --labels)." in said


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
