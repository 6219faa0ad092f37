import subprocess
import sys

import pytest

from skvaal import cli


def test_command_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "skvaal.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("skvaal ")


@pytest.mark.parametrize("package", ["typer", "pandas"])
def test_missing_extra_is_named(monkeypatch, package):
    for name in [
        name for name in sys.modules if name.startswith(("skvaal.cli.app", "skvaal.bench"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(SystemExit, match=r"pip install skvaal\[cli\]"):
        cli.main()
