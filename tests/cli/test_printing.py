import io
import os
import subprocess
import sys

import pytest

typer = pytest.importorskip("typer")

testing = pytest.importorskip("typer.testing")

from skvaal.cli.app import app  # noqa: E402
from skvaal.cli.printing import printable, say, usage_errors  # noqa: E402


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("n=0\nis bad"), "Error: n=0 is bad\n"),
        (OSError(28, "No space left", "x"), "Error: No space left: 'x'\n"),
        (OSError(28, "cannot be written: No space left", "x"),
         "Error: x cannot be written: No space left\n"),
        (ModuleNotFoundError("No module named 'pandas'", name="pandas"),
         "Error: this command needs pandas: pip install skvaal[cli]\n"),
        (ImportError("pip install skvaal[features]"), "Error: pip install skvaal[features]\n"),
        (TypeError(), "Error: TypeError\n"),
        (ValueError("caf\udce9"), "Error: caf\\xe9\n"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_errors_of_input_are_one_line_and_the_status_2(error, line, capsys):
    with pytest.raises(typer.Exit) as caught, usage_errors():
        raise error

    assert caught.value.exit_code == 2
    assert capsys.readouterr().err == line


def test_ctrl_c_is_none_of_the_user_s_errors_whatever_a_library_makes_of_it(capsys):
    with pytest.raises(typer.Exit) as caught, usage_errors():
        raise ImportError("initialization failed") from KeyboardInterrupt()

    assert caught.value.exit_code == 130
    assert capsys.readouterr().err == "\nStopped.\n"


@pytest.mark.parametrize("error", [KeyError("x"), ModuleNotFoundError("lost", name="skvaal.lost")])
def test_other_errors_pass(error):
    with pytest.raises(type(error)), usage_errors():
        raise error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\udcffb", r"a\xffb"),
        ("\x1b]0;title\x07\x9b31m", r"\x1b]0;title\x07\x9b31m"),
        ("cat\u202egpj.exe\r", r"cat\u202egpj.exe\r"),
        ("two\nlines\té", "two\nlines\té"),
    ],
    ids=["bytes", "terminal", "direction", "plain"],
)
def test_what_no_output_should_show_is_escaped(text, shown):
    assert printable(text) == shown


def test_letters_that_an_output_has_not_are_escaped():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("55.0 ± 5.0", file=stream)
    assert stream.buffer.getvalue() == b"55.0 \\xb1 5.0\n"


WRITES = """
import typer
from skvaal.cli.printing import say, usage_errors

def write():
    with usage_errors():
        say("x" * 100_000)

typer.run(write)
"""


def write_to(stdout, stderr=subprocess.PIPE):
    return subprocess.run([sys.executable, "-c", WRITES], stdout=stdout, stderr=stderr)


def test_a_reader_that_has_gone_ends_the_command_quietly():
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = write_to(writes)
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_an_output_that_is_full_is_no_fault_of_an_argument():
    with open("/dev/full", "w") as full:
        done, unheard = write_to(full), write_to(full, full)
    assert done.returncode == unheard.returncode == 1
    assert done.stderr == b"Error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["benchmark", "--out", ""], "--out"),
        (["report", ""], "FOLDER"),
        (["report", "somewhere", "--out", ""], "--out"),
        (["query", "pool.npy", "--out", ""], "--out"),
        (["round", "start", "", "--pool", "pool.npy"], "PROJECT"),
        (["round", "ask", "somewhere", "--out", ""], "--out"),
        (["round", "tell", "somewhere", ""], "FILE"),
        (["round", "status", ""], "PROJECT"),
    ],
    ids=" ".join,
)
def test_an_empty_name_is_not_the_folder_at_hand(arguments, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = testing.CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert name in result.output
    assert "is empty" in " ".join(result.output.replace("│", " ").split())
    assert not list(tmp_path.iterdir())
