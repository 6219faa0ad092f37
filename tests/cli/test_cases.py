import shlex
from inspect import signature

import pytest

pytest.importorskip("modAL")
testing = pytest.importorskip("typer.testing")

from skvaal.benchmark.cases import CASES, Case  # noqa: E402
from skvaal.benchmark.datasets import DATA_VARIABLE  # noqa: E402
from skvaal.benchmark.folder import ResultsFolder  # noqa: E402
from skvaal.benchmark.plan import Plan  # noqa: E402
from skvaal.cli.app import app  # noqa: E402

pytestmark = pytest.mark.usefixtures("short_maps")

APART = {"mix_stderr": False} if "mix_stderr" in signature(testing.CliRunner).parameters else {}
TWO = ["--strategies", "random,margin", "--jobs", "1", "--quiet"]


def skvaal(*arguments):
    return testing.CliRunner(**APART).invoke(app, ["benchmark", *(str(one) for one in arguments)])


@pytest.fixture
def two_cases(monkeypatch):
    """Cases of the same data, with few and with many labels."""
    for name, initial in {"few": 5, "many": 20}.items():
        plan = Plan(n_seeds=4, rounds=1, batch=5, initial=initial)
        case = Case(name=name, data="iris", estimator="logistic_regression", plan=plan)
        monkeypatch.setitem(CASES, name, case)


@pytest.mark.slow
@pytest.mark.usefixtures("two_cases")
def test_each_case_is_kept_in_a_folder_and_one_report_is_on_all(tmp_path):
    first = skvaal("--case", "few", "--seeds", 2, *TWO, "--out", tmp_path)
    result = skvaal("--case", "many", "--seeds", 3, *TWO, "--against", "margin", "--out", tmp_path)

    assert (first.exit_code, result.exit_code) == (0, 0), result.output
    kept = {name: ResultsFolder(tmp_path / name).read() for name in ("few", "many")}
    assert {name: one.config["settings"]["case"] for name, one in kept.items()} == {
        "few": "few",
        "many": "many",
    }
    assert kept["few"].records["n_labeled"].unique().tolist() == [5, 10]
    assert kept["many"].records["seed"].nunique() == 3
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("Practical equivalence: against margin", ">few</h2>", ">many</h2>"):
        assert words in page
    assert "random against margin over 2 cases" in page
    assert result.stdout.count("logistic regression; ") == 1  # the table of what was played now
    assert f"Records: {tmp_path / 'many' / 'records.parquet'}" in result.stdout


@pytest.mark.usefixtures("two_cases")
def test_cases_have_the_seeds_of_their_own_unless_said(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("skvaal.cli.comparing._play", lambda *_, **given: asked.append(given))
    monkeypatch.setattr("skvaal.cli.comparing._show", lambda *_: None)
    monkeypatch.setattr("skvaal.cli.comparing.find_results", lambda _: [])

    skvaal("--case", "few,many", *TWO, "--out", tmp_path)
    skvaal("--case", "few", "--case", "few", "--seeds", 8, *TWO, "--out", tmp_path)

    assert [(one["case"], one["plan"].n_seeds) for one in asked] == [
        ("few", 4),
        ("many", 4),
        ("few", 8),
    ]
    assert [one["out"] for one in asked[:2]] == [tmp_path / "few", tmp_path / "many"]


def test_the_list_has_every_case():
    result = skvaal("--cases")

    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    names = [line[0] for line in lines[1 : len(CASES) + 1]]
    assert names == list(CASES)
    wine = lines[1 + names.index("wine_boosting")]
    assert wine[1:4] == ["wine", "gradient_boosting", "standard"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--case wine_bosting", "did you mean 'wine_boosting'"),
        ("--case ,", "--case names no case; `skvaal benchmark --cases` lists them"),
        ("--case news_few", f"ag_news_small: set the environment variable {DATA_VARIABLE}"),
        ("--case few --data iris", "leave out --data, or --case"),
        ("--case few --estimator svm", "leave out --estimator, or --case"),
        ("--case few --protocols standard", "leave out --protocols, or --case"),
        ("--case few --batch 40", "--case and --batch contradict each other"),
        ("--case few --pool-size 40", "leave out --pool-size, or --case"),
        ("--case few --skip-bad", "leave out --skip-bad, or --case"),
        ("--case few --seeds 0", "--seeds 0"),
        ("--case few --strategies mc_dropout", "mc_dropout"),
        ("--case few --strategies random,margin --against herding", "'herding' is not known"),
        ("--data iris --batch 5 --strategies random --against margn", "'margn' is not known"),
    ],
)
@pytest.mark.usefixtures("two_cases")
def test_bad_input_ends_with_a_line(arguments, complaint, tmp_path, monkeypatch):
    monkeypatch.delenv(DATA_VARIABLE, raising=False)

    result = skvaal(*shlex.split(arguments), "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("two_cases")
def test_a_folder_of_one_comparison_is_no_place_for_cases(tmp_path):
    (tmp_path / "config.json").touch()

    result = skvaal("--case", "few", *TWO, "--out", tmp_path)

    assert result.exit_code == 2
    assert "holds a comparison, and no folder for each case" in result.stderr


def test_a_folder_of_cases_is_no_place_for_one_comparison(tmp_path):
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "config.json").touch()

    result = skvaal("--data", "iris", "--strategies", "random", "--out", tmp_path)

    assert result.exit_code == 2
    assert "holds folders of cases, or of other comparisons; name another" in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["few"]


@pytest.mark.usefixtures("two_cases")
def test_a_comparison_goes_on_against_a_strategy_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("skvaal.cli.comparing._show", lambda *_: None)
    monkeypatch.setattr("skvaal.benchmark.runner._write_exhibits", lambda *_: None)
    skvaal("--case", "few", "--seeds", 1, *TWO, "--out", tmp_path)

    result = skvaal(
        "--case", "few", "--seeds", 1, "--strategies", "entropy", "--jobs", 1, "--quiet",
        "--against", "random", "--out", tmp_path,
    )  # fmt: skip

    assert result.exit_code == 0, result.output


def test_report_against_a_strategy_that_did_not_play_is_refused(tmp_path):
    from tests.benchmark.test_stored_results import STORED

    arguments = ["report", str(STORED / "finished"), "--out", str(tmp_path), "--against", "margn"]
    result = testing.CliRunner(**APART).invoke(app, arguments)

    assert result.exit_code == 2
    assert "--against 'margn' is no strategy of the comparison; did you mean 'margin'" in (
        result.stderr
    )
