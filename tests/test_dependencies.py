"""The oldest versions that are tested are the lower bounds that pyproject.toml promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The first needs a numpy that the oldest of the others do not run with; the tests have stand-ins
# for the others.
NOT_TESTED = {"scikit-activeml", "sentence-transformers", "timm", "river"}


def constraints() -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in constraints_file().splitlines())
    return dict(line.split("==") for line in lines if line)


def constraints_file() -> str:
    return (ROOT / "constraints-oldest.txt").read_text()


def lower_bounds() -> dict[str, str]:
    """What skvaal and its tests need on every Python, and from which version on."""
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"]]
    for name in set(extras) - {"docs", "dev"}:
        needed += extras[name]
    # Extras of our own have no bound; what has a marker is not for the oldest Python.
    bounds = (each.split(">=") for each in needed if ">=" in each and ";" not in each)
    return {name: version for name, version in bounds if name not in NOT_TESTED}


def test_the_oldest_versions_are_the_lower_bounds():
    tested = constraints()
    for name, bound in lower_bounds().items():
        version = tested[name].removesuffix(".*")
        assert (version + ".0").startswith(f"{bound}."), f"{name}>={bound} is tested as {version}"


@pytest.mark.parametrize("name", ["numpy", "scikit-learn", "skorch", "torch"])
def test_the_core_is_pinned(name):
    assert name in constraints()
    assert name in lower_bounds()


@pytest.mark.slow
def test_a_python_without_docstrings_is_named_by_what_cannot_work_with_it():
    program = "import skvaal; print(skvaal.HerdingQueryStrategy.__name__); skvaal.VAALQueryStrategy"
    done = subprocess.run([sys.executable, "-OO", "-c", program], capture_output=True, text=True)
    assert done.stdout == "HerdingQueryStrategy\n"
    assert done.stderr.splitlines()[-1].startswith("ImportError: skorch, which skvaal trains")
