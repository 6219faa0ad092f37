"""Wrong values of every option end in one line that names it, and never in a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("modAL")
testing = pytest.importorskip("typer.testing")

import typer  # noqa: E402

from skvaal.benchmark.results import Results, as_frame  # noqa: E402
from skvaal.cli.app import app  # noqa: E402
from tests.benchmark.test_stored_results import STORED  # noqa: E402

VALUES = [
    "", " ", "no such", "-1", "0", "1.5", "nan", "inf", "1e400", f"{10**30}", "True", "None", "[]",
    "{}", "=", "a=b", "a={[]:1}", "a=" + "[" * 300, "b'x'", "iris,iris", ",", "\x00",
    "\u2764",
]  # fmt: skip
# Choices in an instant, of little data.
GIVEN = {
    "--data": "iris",
    "--strategies": "random",
    "--estimator": "logistic_regression",
    "--seeds": "1",
    "--rounds": "1",
    "--batch": "2",
    "--initial": "3",
    "--jobs": "1",
    "--out": "results",
}
# What an option is called in a message of the library.
ALSO = {
    "--strategies": ["strategies", "strategy"],
    "--jobs": ["n_jobs"],
    "--seeds": ["n_seeds"],
    "--protocols": ["protocol"],
    "--data": ["data", "datasets"],
    "--size": ["image_size"],
}


# Of `skvaal query`, whose pool is there.
QUERY = {"--strategy": "random", "-n": "2", "--jobs": "1", "--out": "results"}
COMMANDS = ("benchmark", "report", "query")


def list_options() -> Iterator[tuple[str, str]]:
    for name in COMMANDS:
        command = typer.main.get_command(app).commands[name]
        for parameter in command.params:
            if parameter.name == "help" or getattr(parameter, "is_flag", False):
                continue
            is_option = parameter.param_type_name == "option"
            yield name, parameter.opts[0] if is_option else parameter.name


def arguments_for(command: str, option: str, value: str) -> list[str]:
    given = dict({"benchmark": GIVEN, "query": QUERY, "report": {"--out": "page"}}[command])
    argument = {"benchmark": [], "query": ["pool.npy"], "report": ["nowhere"]}[command]
    if not option.startswith("-"):
        argument = ["--", value]
    else:
        given[option] = value
    if (command, option) == ("report", "--against"):
        argument = [str(STORED / "finished")]
    if option == "--vaal":
        given["--strategies"] = "vaal"
    if option == "--model":
        given["--strategy"] = "margin"
    if option == "--predictions":
        given["--strategy"] = "margin"
    words = [word for name, each in given.items() for word in (name, each)]
    return [command, *words, *([] if command == "report" else ["--quiet"]), *argument]


def find_fault(command: str, option: str, value: str) -> str | None:
    """What is wrong with how a value is answered; None where it works or is refused well."""
    result = testing.CliRunner().invoke(app, arguments_for(command, option, value))
    if not isinstance(result.exception, SystemExit | None):
        return repr(result.exception)[:200]
    names = [option, option.strip("-").replace("-", "_"), *ALSO.get(option, [])]
    names += [] if option.startswith("-") else [option.upper()]
    # A folder or a data set may have any name; the message then shows it.
    shown = [repr(value)[1:-1]] if value.strip() else [" . ", "''"] if value == "" else []
    is_named = any(name in result.output for name in [*names, *shown])
    return None if is_named or not result.exit_code else result.output[-300:]


@pytest.fixture
def plays_nothing(tmp_path, monkeypatch):
    """What is checked before a comparison is checked all the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    nothing = Results(records=as_frame([]), failures=[], config={"settings": {}, "headings": {}})
    monkeypatch.setattr("skvaal.cli.comparing._run", lambda *args, **arguments: nothing)
    monkeypatch.setattr("skvaal.cli.comparing._print_tables", lambda results: None)
    monkeypatch.setattr("skvaal.cli.comparing.write_report", lambda results, out, **_: out)
    monkeypatch.setattr("skvaal.cli.comparing._exit_if_failed", lambda results: None)
    np.save("pool.npy", np.eye(5))
    monkeypatch.setattr("skvaal.project.writing.write_folder", lambda *args, **arguments: None)


@pytest.mark.parametrize(("command", "option"), list(list_options()))
@pytest.mark.usefixtures("plays_nothing")
@pytest.mark.slow
def test_a_wrong_value_is_refused_by_name(command, option):
    found = {value[:20]: find_fault(command, option, value) for value in VALUES}
    assert {value: fault for value, fault in found.items() if fault} == {}


@pytest.mark.parametrize("value", ["\x00", "file", "file/below"], ids=repr)
def test_a_folder_that_cannot_be_written_is_named(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    (tmp_path / "file").touch()
    assert find_fault("benchmark", "--out", value) is None
    result = testing.CliRunner().invoke(app, arguments_for("benchmark", "--out", value))
    assert result.exit_code == 2
