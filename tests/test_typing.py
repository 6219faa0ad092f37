"""A user's program is typed strictly against skvaal, as ``py.typed`` promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = Path(__file__).parent / "typing" / "user_project.py"
# Of a package that is installed, mypy shows no errors; it takes its types.
CONFIG = "[mypy]\nstrict = true\n[mypy-skvaal.*]\nfollow_imports = silent\n"


def check(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy over a program that lies elsewhere."""
    (folder / "mypy.ini").write_text(CONFIG)
    (folder / "program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "program.py"]
    env = {**os.environ, "MYPYPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_mypy_accepts_a_users_program(tmp_path):
    pytest.importorskip("mypy")
    program = PROGRAM.read_text()
    done = check(program, tmp_path)
    assert done.returncode == 0, done.stdout

    wrong = check(f"{program}\nnumber: int = HerdingQueryStrategy().query([[0.0]])\n", tmp_path)
    assert "Incompatible types in assignment" in wrong.stdout
