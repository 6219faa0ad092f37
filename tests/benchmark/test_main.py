import sys

import pandas as pd
import pytest
from matplotlib.image import imread

from skvaal.benchmark.__main__ import main
from skvaal.benchmark.datasets import DATA_VARIABLE, load_dataset
from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.runner import run
from skvaal.benchmark.strategies import get_strategies

SMALL = ["--seeds", "2", "--rounds", "1", "--batch", "10", "--jobs", "1"]


def test_comparison_writes_what_run_returns(tmp_path, capsys):
    pytest.importorskip("modAL")
    names = ["margin", "random"]

    status = main(["compare", *SMALL, "--strategies", *names, "--out", str(tmp_path)])

    assert status == 0
    expected = run(
        load_dataset("digits"),
        get_strategies(names),
        make_estimator=get_estimator("random_forest"),
        plan=Plan(n_seeds=2, rounds=1, batch=10),
    )
    written = pd.read_csv(tmp_path / "digits_records.csv")
    seconds = ["train_seconds", "query_seconds"]
    pd.testing.assert_frame_equal(
        written.drop(columns=seconds), expected.drop(columns=seconds), rtol=1e-12
    )
    picture = imread(tmp_path / "digits_curves.png")
    assert picture[..., :3].std() > 0.05
    shown = capsys.readouterr()
    assert (tmp_path / "digits_table.txt").read_text(encoding="utf-8") in shown.out
    assert "pool of 1,257, 540 for testing" in shown.out
    assert str(tmp_path / "digits_records.csv") in shown.out.splitlines()[-1]
    assert "4 of 4 runs" in shown.err
    assert "8/8" in shown.err  # the progress bar: 2 strategies, 2 seeds, 2 budgets


def test_images_with_vaal(tmp_path, fashion_folder, capsys):
    pytest.importorskip("modAL")

    main(
        [
            *SMALL,
            *("--data", "fashion_mnist", "--pool-size", "60", "--quiet"),
            *("--strategies", "vaal", "random", "--vaal", "max_epochs=1", "batch_size=16"),
            *("--out", str(tmp_path)),
        ]
    )

    written = pd.read_csv(tmp_path / "fashion_mnist_records.csv")
    assert written.groupby("strategy").size().to_dict() == {"vaal": 4, "random": 4}
    shown = capsys.readouterr()
    assert "pool of 60, 30 for testing" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--data", "digit"], "did you mean 'digits'"),
        (["--data", "fashion_mnist"], f"set the environment variable {DATA_VARIABLE}"),
        (["--strategies", "margn"], "did you mean 'margin'"),
        (["--estimator", "randomforest"], "did you mean 'random_forest'"),
        (["--seeds", "0"], "n_seeds=0"),
        (["--jobs", "0"], "jobs=0"),
        (["--initial", "9"], "initial=9 is less than the 10 classes"),
        (["--rounds", "100"], "pool_size=1257"),
        (["--vaal", "max_epochs"], "must have the form KEY=VALUE"),
        (["compares"], "unrecognized arguments: compares"),
    ],
)
def test_bad_input_ends_with_a_message(arguments, complaint, capsys, monkeypatch):
    monkeypatch.delenv(DATA_VARIABLE, raising=False)

    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert complaint in " ".join(capsys.readouterr().err.split())


def test_help_names_the_choices(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in ("digits", "fashion_mnist", "random_forest", "speed"):
        assert name in text
    assert "of skvaal: vaal, random; of modAL: margin," in text
    assert "of scikit-activeml: core_set," in text


def test_strategies_of_a_missing_library_end_with_a_message(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "skactiveml", None)

    with pytest.raises(SystemExit) as caught:
        main(["--strategies", "random", "typi_clust"])

    assert caught.value.code == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "'typi_clust'" in message
    assert "pip install skvaal[skactiveml]" in message


def test_speed_gets_the_other_arguments(monkeypatch):
    received = []

    def main_of_speed(argv):
        received.append(argv)
        return 0

    monkeypatch.setattr("skvaal.benchmark.speed.main", main_of_speed)

    status = main(["speed", "--sizes", "100"])

    assert status == 0
    assert received == [["--sizes", "100"]]


def test_values_of_vaal_parameters_keep_their_type():
    from skvaal.benchmark.__main__ import _key_value

    given = ["max_epochs=3", "lr=1e-3", "device=cuda", "vae__hidden=(8, 4)", "verbose=True"]

    assert dict(map(_key_value, given)) == {
        "max_epochs": 3,
        "lr": 1e-3,
        "device": "cuda",
        "vae__hidden": (8, 4),
        "verbose": True,
    }


def test_missing_modal_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "modAL", None)
    monkeypatch.setitem(sys.modules, "modAL.models", None)

    with pytest.raises(ImportError, match="pip install --no-deps modAL-python"):
        main([*SMALL, "--strategies", "random"])
