import subprocess
import sys

import pytest

from skvaal import cli


@pytest.mark.slow
def test_command_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "skvaal.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("skvaal ")


@pytest.mark.parametrize("module", ["typer", "sklearn"])
def test_ctrl_c_while_libraries_are_imported_is_no_traceback(tmp_path, module):
    (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, "-m", "skvaal", "query", "nowhere", "--out", str(tmp_path / "out")]

    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)}
    )

    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def forget(monkeypatch, *beginnings):
    for name in [name for name in sys.modules if name.startswith(beginnings)]:
        monkeypatch.delitem(sys.modules, name)


def test_missing_extra_is_named(monkeypatch):
    forget(monkeypatch, "skvaal.cli.")
    monkeypatch.setitem(sys.modules, "typer", None)

    with pytest.raises(SystemExit, match=r"needs typer: pip install skvaal\[cli\]"):
        cli.main()


def test_what_a_command_lacks_is_named(monkeypatch, capsys):
    pytest.importorskip("typer")
    forget(monkeypatch, "skvaal.cli.comparing", "skvaal.bench")
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setattr(sys, "argv", ["skvaal", "benchmark"])

    with pytest.raises(SystemExit) as caught:
        cli.main()

    assert caught.value.code == 2
    assert "Error: this command needs pandas: pip install skvaal[cli]" in capsys.readouterr().err
