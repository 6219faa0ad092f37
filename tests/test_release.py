"""One version everywhere, and what a wheel and an sdist must and must not hold."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from skvaal import __version__

from .scripts import load_script

ROOT = Path(__file__).parents[1]
PACKAGE = ["skvaal/__init__.py", "skvaal/py.typed", "skvaal/_vaal/diagnostics.css"]


@pytest.fixture(scope="module")
def release_check():
    return load_script(ROOT / ".ci/release_check.py")


def write_wheel(folder, names):
    path = folder / "skvaal-0.2.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for name in [*names, "skvaal-0.2.0.dist-info/METADATA"]:
            archive.writestr(name, "")
    return path


def write_sdist(folder, names):
    path = folder / "skvaal-0.2.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [*names, "PKG-INFO", "skvaal.egg-info/SOURCES.txt"]:
            archive.addfile(tarfile.TarInfo(f"skvaal-0.2.0/{name}"), io.BytesIO())
    return path


def test_every_file_states_the_same_version():
    citation = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.M).group(1)
    newest = re.search(r"^## \[?(\d[\w.]*)", (ROOT / "CHANGES.md").read_text(), re.M).group(1)
    assert {citation, newest} == {__version__}
    project = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in project
    assert 'version = { attr = "skvaal._version.__version__" }' in project


def test_the_version_is_a_release():
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_what_is_complete_has_no_fault(release_check, tmp_path):
    wheel = write_wheel(tmp_path, PACKAGE)
    sdist = write_sdist(tmp_path, [*PACKAGE, "README.md", "pyproject.toml"])
    files = [*PACKAGE, "docs/results/wine/records.csv", "tests/test_release.py"]
    assert release_check.check_distributions(wheel, sdist, files) == []


def test_what_is_missing_or_foreign_is_named(release_check, tmp_path):
    wheel = write_wheel(tmp_path, [*PACKAGE[:2], "tests/__init__.py"])
    sdist = write_sdist(tmp_path, [*PACKAGE, "docs/results/wine/records.csv"])
    assert release_check.check_distributions(wheel, sdist, PACKAGE) == [
        "skvaal-0.2.0-py3-none-any.whl lacks skvaal/_vaal/diagnostics.css",
        "skvaal-0.2.0-py3-none-any.whl must not hold tests/__init__.py",
        "skvaal-0.2.0.tar.gz must not hold docs/results/wine/records.csv",
    ]


def test_a_large_file_is_named(release_check, tmp_path, monkeypatch):
    monkeypatch.setattr(release_check, "MOST_BYTES", 10)
    wheel, sdist = write_wheel(tmp_path, PACKAGE), write_sdist(tmp_path, PACKAGE)
    faults = release_check.check_distributions(wheel, sdist, PACKAGE)
    assert [fault.split(" has ")[0] for fault in faults] == [wheel.name, sdist.name]


@pytest.mark.parametrize(
    ("page", "start", "end"),
    [("docs/index.rst", r"code-block:: python\n", r"\n\S"), ("README.md", "```python\n", "```")],
)
def test_the_examples_that_are_tried_are_programs(release_check, page, start, end):
    example = release_check.read_snippet(ROOT / page, start, end)
    compile(example, page, "exec")
    assert "import Herding" in example


def test_a_page_without_an_example_is_named(release_check, tmp_path):
    (tmp_path / "page.rst").write_text("Nothing.")
    with pytest.raises(ValueError, match=r"page\.rst has no example"):
        release_check.read_snippet(tmp_path / "page.rst", "a", "b")


def test_a_missing_python_does_not_run(release_check, tmp_path):
    assert not release_check.runs(str(tmp_path / "python3.10"))
