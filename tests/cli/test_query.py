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
        (["-n", 31], "n=31 is more than what is left of"),
        (["-n", 0], "n=0 must be a whole number, 1 or more"),
        (["--labels", "nowhere.csv"], "no such file or folder: nowhere.csv"),
        (["--labels", "strange.csv"], "'elsewhere.png'"),
        (["--labels", "twice.csv"], "'00.png' has two labels, 'cat' and 'dog'"),
        (["--labels", "no_column.csv"], "'path', 'kind', 'day'"),
        (["--strategy", "vaal_herdin"], "did you mean 'vaal_herding'"),
        (["--preset", "paper-cifr", "--labels", "labels.csv"], "did you mean 'paper-cifar'"),
        (["--model", "tree"], "model='tree' is not known"),
        (["--features", "nowhere.npy"], "nowhere.npy"),
        (["--features", "tfidf"], "features='tfidf'"),
        (["--seed", -1], "seed=-1"),
        (["--size", 2], "image_size=2"),
        (["--jobs", 0], "n_jobs=0"),
        (["--prefix", "photos"], "prefix='photos' must be a URL"),
        (["--out", "labels.csv"], "labels.csv is a file"),
        (["--out", "photos"], "photos holds other files"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_the_status_2(
    photos, tmp_path, monkeypatch, arguments, complaint
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strange.csv").write_text("path,label\nelsewhere.png,cat\n")
    (tmp_path / "twice.csv").write_text("path,label\n00.png,cat\n00.png,dog\n")
    (tmp_path / "no_column.csv").write_text("path,kind,day\n00.png,cat,1\n")

    result = query("photos", "--out", "out", *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


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
