"""The examples run, and print what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
PROMISES = {
    "modal_loop.py": "90 labels: accuracy 0.",
    "pipeline_and_grid_search.py": "best for 50 labels",
    "images_by_a_dataset.py": "of the chosen images have the stripe",
    "images_from_disk.py": "same scores after loading: True",
    "cluster.py": "the same in one process: True",
    # test_distributed.py runs it.
    "several_processes.py": None,
    # Below.
    "make_photos.py": None,
    "task_aware.py": "TA-VAAL      100 labels",
    "gallery/plot_06_segmentation.py": "24 annotated images: mean intersection over union 0.",
}
SLOW = {
    "cluster.py",
    "images_from_disk.py",
    "pipeline_and_grid_search.py",
    "task_aware.py",
}


def test_every_example_is_tested():
    of_folder = {name for name in PROMISES if not name.startswith("gallery/")}  # test_gallery.py
    assert of_folder == {path.name for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
        for name, promise in PROMISES.items()
        if promise is not None
    ],
)
@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")  # the search without labels
def test_example(name, capsys, monkeypatch):
    if name.startswith(("modal", "task_aware")):
        pytest.importorskip("modAL")
    if name.startswith("gallery/"):
        monkeypatch.setattr(pytest.importorskip("matplotlib.pyplot"), "show", lambda: None)
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert PROMISES[name] in capsys.readouterr().out


def test_photos_are_made_to_try_the_command_on(tmp_path, monkeypatch, capsys):
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SKVAAL_DATA", raising=False)
    arguments = ["--pictures", "30", "--labels", "4", "--answers", "all.csv"]
    monkeypatch.setattr("sys.argv", ["make_photos.py", *arguments])

    runpy.run_path(str(EXAMPLES / "make_photos.py"), run_name="__main__")

    assert "30 pictures in photos, 4 labels in labels.csv" in capsys.readouterr().out
    assert len(list((tmp_path / "photos").glob("*.png"))) == 30
    labels = (tmp_path / "labels.csv").read_text().splitlines()
    answers = (tmp_path / "all.csv").read_text().splitlines()
    assert (len(labels), len(answers)) == (5, 31)
    assert answers[:5] == labels
