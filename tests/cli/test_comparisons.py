import errno
import json
import os
import shutil
import sys
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from PIL import Image

pytest.importorskip("modAL")
testing = pytest.importorskip("typer.testing")

from skvaal.benchmark import get_strategies, load_dataset, run, strategies  # noqa: E402
from skvaal.benchmark.datasets import DATA_VARIABLE, DATASETS  # noqa: E402
from skvaal.benchmark.estimators import ESTIMATORS  # noqa: E402
from skvaal.benchmark.folder import ResultsFolder  # noqa: E402
from skvaal.benchmark.plan import Plan  # noqa: E402
from skvaal.benchmark.protocols import PROTOCOLS  # noqa: E402
from skvaal.benchmark.results import COLUMNS, Results, as_frame  # noqa: E402
from skvaal.benchmark.strategies import DEFAULT_STRATEGIES  # noqa: E402
from skvaal.cli import comparisons  # noqa: E402
from skvaal.cli.app import app  # noqa: E402
from skvaal.cli.comparing import key_value, key_values  # noqa: E402
from tests.benchmark.test_stored_results import STORED  # noqa: E402

pytestmark = pytest.mark.usefixtures("short_maps")

SMALL = ["--seeds", "2", "--rounds", "1", "--batch", "10", "--jobs", "1"]
VAAL = ["--vaal", "max_epochs=1", "--vaal", "batch_size=256", "--vaal", "vae__latent_dim=2"]


# Click keeps both streams apart; before version 8.2 it has to be told.
APART = {"mix_stderr": False} if "mix_stderr" in signature(testing.CliRunner).parameters else {}


def skvaal(*arguments):
    return testing.CliRunner(**APART).invoke(app, [str(one) for one in arguments])


def words(text):
    """Words without the frame that typer draws around an error."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.slow
def test_comparison_writes_what_run_returns(tmp_path):
    result = skvaal("benchmark", *SMALL, "--strategies", "margin, random", "--out", tmp_path)

    assert result.exit_code == 0, result.output
    expected = run(
        load_dataset("digits"),
        get_strategies(["margin", "random"]),
        plan=Plan(n_seeds=2, rounds=1, batch=10),
    ).records
    measured = [name for name in COLUMNS if name.endswith(("seconds", "mib"))]
    written = ResultsFolder(tmp_path).read().records
    pd.testing.assert_frame_equal(
        written.drop(columns=measured), expected.drop(columns=measured), rtol=1e-12
    )
    assert "pool of 1,257, 540 for testing; random forest; 2 paired seeds" in result.stdout
    assert "- random" in result.stdout
    assert f"Report: {tmp_path / 'report.html'}" in result.stdout
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "8/8" in result.stderr  # the progress bar: 2 strategies, 2 seeds, 2 budgets


@pytest.mark.slow
def test_same_command_plays_nothing_again(tmp_path):
    command = ["benchmark", *SMALL, "--strategies", "random", "--out", tmp_path]
    skvaal(*command)
    before = (tmp_path / "records.parquet").read_bytes()

    result = skvaal(*command)

    assert result.exit_code == 0
    assert (tmp_path / "records.parquet").read_bytes() == before


def test_other_settings_in_the_folder_are_refused(tmp_path):
    skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    other = ["20" if value == "10" else value for value in SMALL]
    result = skvaal("benchmark", *other, "--strategies", "random", "--out", tmp_path)

    assert result.exit_code == 2
    assert "plan.batch is 10 there and 20 here" in words(result.stderr)


@pytest.mark.slow
def test_another_strategy_joins_the_folder(tmp_path):
    skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    result = skvaal("benchmark", *SMALL, "--strategies", "herding_no_learner", "--out", tmp_path)

    assert result.exit_code == 0, result.output
    assert "4/4" in result.stderr  # the progress bar counts what is played now
    assert "- random" in result.stdout  # the tables show all
    read = ResultsFolder(tmp_path).read()
    assert read.config["settings"]["strategies"] == ["random", "herding_no_learner"]
    assert read.records.groupby("strategy").size().to_dict() == {
        "random": 4,
        "herding_no_learner": 4,
    }
    assert "herding_no_learner" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_strategy_of_the_folder_with_other_parameters_is_refused(tmp_path):
    settings = ["--strategies", "vaal,random", "--out", tmp_path]
    skvaal("benchmark", *SMALL, *VAAL, *settings)

    result = skvaal("benchmark", *SMALL, *VAAL, "--vaal", "beta=2", *settings)

    assert result.exit_code == 2
    assert "vaal.beta is not set there and 2 here" in words(result.stderr)


@pytest.mark.slow
def test_images_with_vaal_under_protocols(tmp_path):
    rng = np.random.default_rng(0)
    data = tmp_path / "mine.npz"
    np.savez(data, X=rng.integers(0, 256, (90, 1, 8, 8), dtype=np.uint8), y=np.arange(90) % 3)

    result = skvaal(
        "benchmark", *SMALL, *VAAL, "--data", data, "--strategies", "vaal,random",
        "--protocols", "standard,noisy_oracle", "--quiet", "--out", tmp_path / "out",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    records = ResultsFolder(tmp_path / "out").read().records
    assert records.groupby(["protocol", "strategy"]).size().to_dict() == {
        (protocol, strategy): 4
        for protocol in ("standard", "noisy_oracle")
        for strategy in ("vaal", "random")
    }
    assert result.stderr == ""


@pytest.fixture
def failing_margin(monkeypatch):
    def failing(random_state):
        def strategy(learner, X_pool, n_instances):
            raise LookupError("own trouble")

        return strategy

    monkeypatch.setitem(strategies.STRATEGIES, "margin", failing)


@pytest.mark.usefixtures("failing_margin")
@pytest.mark.slow
def test_failing_strategy_makes_the_exit_status_1_and_the_rest_go_on(tmp_path):
    result = skvaal(
        "benchmark", *SMALL, "--strategies", "margin", "--strategies", "random",
        "--out", tmp_path,
    )  # fmt: skip

    assert result.exit_code == 1
    assert "failed: digits, standard, margin, seed 0, round 1: " in result.stderr
    assert "Error: 2 of 2 runs of strategy 'margin' failed; the first (digits, " in result.stderr
    assert "FailedStrategyWarning" not in result.stderr  # it is said once
    assert "LookupError: own trouble" in result.stderr
    results = ResultsFolder(tmp_path).read()
    assert len(results.failures) == 2
    assert results.records.groupby("strategy").size().to_dict() == {"margin": 2, "random": 4}
    assert "own trouble" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert skvaal("report", tmp_path).exit_code == 1


@pytest.mark.usefixtures("failing_margin")
def test_strategy_that_fails_alone_leaves_a_report_too(tmp_path):
    result = skvaal("benchmark", *SMALL, "--strategies", "margin", "--out", tmp_path)

    assert result.exit_code == 1
    message = "every run failed, 2 in all; the first (margin, digits, standard, seed 0, round 1)"
    assert f"Error: {message} with LookupError: own trouble" in result.stderr
    assert "own trouble" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("skvaal.cli.comparing.run", interrupted)

    result = skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    assert result.exit_code == 130
    assert f"The same command goes on with the complete runs in {tmp_path}" in words(result.stderr)


def test_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda at, timeout: client(at, timeout="100ms"))

    result = skvaal(
        "benchmark", *SMALL, "--strategies", "random", "--dask", "localhost:1", "--out", tmp_path
    )

    assert result.exit_code == 2
    assert "localhost:1" in result.stderr


@pytest.mark.parametrize("command", [["benchmark", *SMALL, "--strategies", "random"], ["report"]])
def test_damaged_folder_ends_with_a_message(tmp_path, command):
    (tmp_path / "config.json").write_text("{")

    arguments = [*command, tmp_path] if command == ["report"] else [*command, "--out", tmp_path]
    result = skvaal(*arguments)

    assert result.exit_code == 2
    assert "config.jsonisdamaged" in words(result.stderr).replace(" ", "")  # however it is broken


def test_folder_at_work_ends_with_a_message(tmp_path):
    with ResultsFolder(tmp_path).locked():
        result = skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    assert result.exit_code == 1
    assert "another comparison is at work" in words(result.stderr)


@pytest.fixture
def tree(tmp_path):
    """Three classes of pictures, of which one file is damaged."""
    rng = np.random.default_rng(0)
    for label in ("cat", "dog", "owl"):
        (tmp_path / "tree" / label).mkdir(parents=True)
        for i in range(20):
            picture = rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "tree" / label / f"{i}.png")
    damaged = tmp_path / "tree" / "dog" / "3.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    return tmp_path / "tree"


def test_unreadable_image_is_named(tree, tmp_path):
    result = skvaal("benchmark", *SMALL, "--data", tree, "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert "3.png" in words(result.stderr).replace(" ", "")
    assert "--skip-bad" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore::skvaal.benchmark.datasets.BadImageWarning")
def test_unreadable_image_is_left_out_on_demand(tree, tmp_path):
    result = skvaal(
        "benchmark", *SMALL, "--data", tree, "--skip-bad", "--image-size", 8, "--initial", 5,
        "--strategies", "random", "--out", tmp_path / "out",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    samples = ResultsFolder(tmp_path / "out").read_config()["settings"]["samples"]["tree"]
    assert samples["shape"] == [59, 3, 8, 8]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--data", "digit"], "did you mean 'digits'"),
        (["--data", "fashion_mnist"], f"set the environment variable {DATA_VARIABLE}"),
        (["--strategies", "margn"], "did you mean 'margin'"),
        (["--strategies", ","], "strategies is empty"),
        (["--strategies", "mc_dropout"], "mc_dropout"),
        (["--strategies", "random", "--vaal", "max_epochs=1"], "is for the strategies 'vaal'"),
        (["--vaal", "max_epoch=1"], "did you mean 'max_epochs'"),
        (["--data", "digits,digits"], "datasets has several called digits; name each once"),
        (["--estimator", "randomforest"], "did you mean 'random_forest'"),
        (["--protocols", "biased"], "did you mean 'biased_start'"),
        (["--seeds", "0"], "--seeds 0"),
        (["--jobs", "0"], "--jobs 0"),
        (["--initial", "9"], "--initial 9 is less than the 10 classes"),
        (["--rounds", "100"], "--pool-size 1257"),
        (["--vaal", "max_epochs"], "must have the form KEY=VALUE"),
        (["compares"], "came unexpected"),
    ],
)
def test_bad_input_ends_with_a_message(arguments, complaint, tmp_path, monkeypatch):
    monkeypatch.delenv(DATA_VARIABLE, raising=False)

    result = skvaal("benchmark", *arguments, "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert complaint in words(result.stderr)
    assert not (tmp_path / "out").exists()


def test_help_names_what_there_is():
    assert comparisons.DATA.split(", ") == list(DATASETS)
    assert comparisons.ESTIMATORS.split(", ") == list(ESTIMATORS)
    assert comparisons.PROTOCOLS.split(", ") == list(PROTOCOLS)
    assert comparisons.STRATEGIES.split(",") == list(DEFAULT_STRATEGIES)
    text = words(skvaal("benchmark", "--help").stdout)
    for name in ("digits", "fashion_mnist", "random_forest", "small_cnn", "noisy_oracle"):
        assert name in text


def test_defaults_are_those_of_a_plan():
    parameters = signature(comparisons.benchmark).parameters
    stated = {name: parameters[name].default for name in ("rounds", "batch", "initial")}

    plan = Plan()
    assert stated == {name: getattr(plan, name) for name in stated}
    assert parameters["seeds"].default == plan.n_seeds


def test_strategies_of_a_missing_library_end_with_a_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "skactiveml", None)

    result = skvaal("benchmark", "--strategies", "random,typi_clust")

    assert result.exit_code == 2
    assert "'typi_clust'" in result.stderr
    assert "pip install skvaal[skactiveml]" in words(result.stderr)


def test_missing_modal_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "modAL", None)
    monkeypatch.setitem(sys.modules, "modAL.models", None)

    result = skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert "pip install --no-deps modAL-python" in words(result.stderr)


@pytest.mark.slow
def test_report_of_several_folders_is_one_page(tmp_path):
    for data in ("iris", "wine"):
        skvaal(
            "benchmark", *SMALL, "--data", data, "--strategies", "margin,random",
            "--out", tmp_path / data,
        )  # fmt: skip

    result = skvaal("report", tmp_path, "--out", tmp_path / "page")

    assert result.exit_code == 0, result.output
    page = (tmp_path / "page" / "report.html").read_text(encoding="utf-8")
    assert "iris" in page
    assert "wine" in page


def test_report_of_nothing_says_so(tmp_path):
    result = skvaal("report", tmp_path)

    assert result.exit_code == 2
    assert "there is no comparison in" in words(result.stderr)


def test_values_of_vaal_parameters_keep_their_type():
    given = ["max_epochs=3", "lr=1e-3", "device=cuda", "vae__hidden=(8, 4)", "verbose=True"]

    assert dict(map(key_value, given)) == {
        "max_epochs": 3,
        "lr": 1e-3,
        "device": "cuda",
        "vae__hidden": (8, 4),
        "verbose": True,
    }


@pytest.mark.parametrize(
    "text",
    ["{[]:1}", "{1: {[]}}", "(" * 10_000, "-" * 10_000 + "1", "'\\d'", "1if 0else 2", "\0", "0x"],
    ids=["unhashable", "set", "nest", "signs", "escape", "words", "zero", "no number"],
)
def test_values_that_are_no_python_are_words(text):
    key, value = key_value(f"beta={text}")

    assert key == "beta"
    assert isinstance(value, str)


def test_a_parameter_of_vaal_has_one_value():
    assert key_values(["beta=2", "device=cpu"]) == {"beta": 2, "device": "cpu"}
    with pytest.raises(ValueError, match="--vaal gives beta twice, 2 and 3; keep one"):
        key_values(["beta=2", "beta=3"])


def test_value_that_is_no_python_ends_with_a_message(tmp_path):
    result = skvaal(
        "benchmark", *SMALL, "--strategies", "vaal", "--vaal", "beta={[]:1}", "--out", tmp_path
    )

    assert result.exit_code == 2
    assert "beta" in words(result.stderr)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--seeds", "1" + "0" * 30], "--seeds "),
        (["--jobs", "1" + "0" * 30], "--jobs "),
        (["--rounds", "1" + "0" * 30], "--rounds "),
        (["--image-size", "10"], "--image-size 10 does not apply to digits"),
        (["--max-pixels", "1000000"], "--max-pixels 1000000 does not apply to digits"),
        (["--max-pixels", "-1"], "--max-pixels -1 must be a whole number of pixels, 64 or more"),
        (["--data", "x" * 5_000], "--data "),
        (["--dask", "nowhere://"], "nowhere"),
    ],
)
def test_hostile_options_end_with_a_message(tmp_path, arguments, complaint):
    if "--dask" in arguments:
        pytest.importorskip("distributed")

    result = skvaal(
        "benchmark", *SMALL, "--strategies", "random", "--out", tmp_path / "out", *arguments
    )

    assert result.exit_code == 2
    assert complaint.replace(" ", "") in words(result.stderr).replace(" ", "")


def test_full_disk_ends_with_a_message(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "results/rounds/a.json")

    monkeypatch.setattr("skvaal.cli.comparing.run", full)

    result = skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    assert result.exit_code == 2
    assert "No space left on device: 'results/rounds/a.json'" in words(result.stderr)


def test_names_of_odd_bytes_are_printed(tmp_path):
    result = skvaal("report", tmp_path / os.fsdecode(b"caf\xe9"))

    assert result.exit_code == 2
    assert r"caf\xe9" in words(result.stderr).replace(" ", "")


def test_the_report_is_written_whatever_becomes_of_the_output(tmp_path, monkeypatch):
    done = []

    def write(results, out, against):
        done.append("report")
        return out

    monkeypatch.setattr("skvaal.cli.comparing._run", lambda *args, **arguments: Results(
        records=as_frame([]), config={"settings": {}, "headings": {}}
    ))  # fmt: skip
    monkeypatch.setattr("skvaal.cli.comparing.write_report", write)
    monkeypatch.setattr("skvaal.cli.comparing._print_tables", lambda results: done.append("tables"))
    monkeypatch.setattr("skvaal.cli.comparing._exit_if_failed", lambda results: None)

    skvaal("benchmark", *SMALL, "--strategies", "random", "--out", tmp_path)

    assert done == ["report", "tables"]


def test_what_a_failure_says_cannot_steer_the_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr("skvaal.cli.comparing.write_report", lambda results, out, against: out)
    folder = ResultsFolder(shutil.copytree(STORED / "finished", tmp_path / "results"))
    key = {"data": "iris", "estimator": "logistic_regression", "protocol": "standard"}
    run_of = key | {"strategy": "margin", "seed": 0}
    said = "\x1b]0;title\x07\nReport: elsewhere"
    folder.failures.write_text(json.dumps([run_of | {"round": 1, "error": said}]))

    result = skvaal("report", folder.path)

    assert result.exit_code == 1
    assert "\x1b" not in result.stderr
    first, second = result.stderr.splitlines()
    assert first.endswith(r"round 1: \x1b]0;title\x07 Report: elsewhere")
    assert second.endswith(r"with \x1b]0;title\x07 Report: elsewhere")
