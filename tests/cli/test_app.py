import os
import subprocess
import sys

import pytest

testing = pytest.importorskip("typer.testing")

from skvaal import __version__  # noqa: E402
from skvaal.cli.app import app  # noqa: E402


def run(*arguments, **variables):
    return testing.CliRunner().invoke(app, arguments, env={"COLUMNS": "80", **variables})


@pytest.mark.parametrize("module", ["skvaal", "skvaal.cli"])
def test_version(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"skvaal {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["query", "--help"], ["benchmark", "-h"]])
def test_help_needs_no_library_of_the_commands(arguments):
    program = (
        "import sys\nfrom skvaal.cli.app import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(names & {'torch', 'pandas', 'sklearn', 'numpy', 'jinja2', 'PIL'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_fits_a_screen(arguments):
    lines = run(*arguments).output.splitlines()

    assert 0 < len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for name in ("query", "strategies", "benchmark", "report"):
        assert any(line.split()[:1] == [name] for line in lines)


@pytest.mark.parametrize("command", ["query", "report"])
def test_a_command_without_arguments_shows_its_help(command):
    result = run(command)
    assert "Options:" in result.output


def test_a_command_that_is_not_there_is_refused():
    result = run("qery")
    assert result.exit_code == 2
    assert "qery" in result.output


def test_a_shell_can_complete():
    environment = {**os.environ, "_SKVAAL_COMPLETE": "complete_bash", "COMP_WORDS": "skvaal q"}
    program = "from skvaal.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["query"]
