"""Mutants are small, the same for a seed, and a test that finds one is told from none."""

from __future__ import annotations

import json
import sys

import pytest

from reliability.figures import write_figures, write_tables
from reliability.kinds import MUTANTS
from reliability.mutants import survival
from reliability.mutants.groups import GROUPS, Group
from reliability.tally import TOO_FEW, Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness needs POSIX")

MODULE = '''"""Docstring of 1 module."""

from typing import Literal

Pair = tuple[Literal[1], Literal[2]]


def double(x: "Literal[3]") -> int:
    """Docstring with 4."""
    if x > 5:
        raise ValueError(f"{x + 6} is above 7")
    return x * 2


def hangs(x):
    while x > 8:
        x -= 1
    return x


def untested(x):
    return x - 9
'''
TESTS = """
from skvaal.module import double, hangs

def test_double():
    assert [double(x) for x in range(1, 6)] == [2, 4, 6, 8, 10]

def test_hangs():
    assert hangs(10) == 8
"""


@pytest.fixture
def root(tmp_path):
    """A repository of one module, of which a part is tested."""
    files = {
        "skvaal/__init__.py": "",
        "skvaal/module.py": MODULE,
        "skvaal/other.py": "x = 1 + 2\n",
        "tests/test_module.py": TESTS,
        "conftest.py": "",
        "pyproject.toml": "[tool.pytest.ini_options]\nmarkers = ['slow', 'gpu']\n",
    }
    for name, content in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "root"


def draw(root, n, seed=0, paths=("skvaal/module.py",)):
    pytest.importorskip("mutmut")
    from reliability.mutants.mutations import draw_mutants

    return draw_mutants(root, paths, n, seed)


def test_types_and_texts_are_no_mutants(root):
    mutants = draw(root, 1000)
    changed = [line for each in mutants for line in each.diff.splitlines() if line[0] == "-"]
    assert {line.strip("- ") for line in changed} == {
        "if x > 5:",
        "return x * 2",
        "while x > 8:",
        "x -= 1",
        "return x - 9",
    }
    assert len({each.source for each in mutants}) == len(mutants)
    lines = MODULE.splitlines()
    assert all(f"-{lines[each.line - 1]}" == each.diff.splitlines()[0] for each in mutants)


def test_a_seed_draws_the_same_and_as_many_of_each_module(root):
    paths = ("skvaal/module.py", "skvaal/other.py")
    mutants = draw(root, 4, paths=paths)
    assert [each.path for each in mutants] == [*paths, *paths]
    assert mutants == draw(root, 4, paths=paths)
    assert draw(root, 4) != draw(root, 4, seed=1)


@pytest.mark.slow
def test_what_no_test_finds_is_told(root, tmp_path, monkeypatch):
    pytest.importorskip("mutmut")
    monkeypatch.setattr(survival, "ROOT", root)
    monkeypatch.setattr(survival, "_PATIENCE", 3.0)
    group = Group(tests={"skvaal/module.py": ("tests/test_module.py",)}, around=("tests",))
    folder = tmp_path / "copy"
    folder.mkdir()
    tally = Tally()
    survival.run(group, tally, 1000, 0, folder)
    untested = [each for each in tally.details if "return x - 9" in each["diff"]]
    assert len(untested) == 2
    assert tally.counts[survival.SURVIVED] == len(tally.details)
    assert tally.figures()["tool"].startswith("mutmut 3.8.")
    assert tally.counts[survival.BY_TEST] > 0
    assert tally.counts[survival.BY_TIME] > 0
    assert tally.counts[TOO_FEW] == tally.n_bad == 1
    assert (folder / "skvaal/module.py").read_text() == MODULE


def test_the_table_tells_the_share_and_the_file_each_survivor(tmp_path):
    page, out = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text("<!-- begin mutants -->\n<!-- end mutants -->\n")
    tally = Tally()
    tally.add(survival.SURVIVED)
    tally.summary, tally.details = "75.0% of 4 killed", [{"at": "module.py:1", "diff": "-1\n+2"}]
    write_figures(out, "mutants", "rules", {"about": "rules", "trials": 4} | tally.figures())
    write_tables(out, page)
    assert "| **rules**: rules | 4 | **75.0% of 4 killed**: 1 survived | 0 |" in page.read_text()
    made = json.loads(out.read_text())["mutants"]["rules"]
    assert made["details"] == tally.details


def test_each_group_names_files_that_are_there():
    assert set(MUTANTS) == set(GROUPS)
    for group in GROUPS.values():
        for path in group.paths:
            for files in group.stages(path):
                assert all((survival.ROOT / name).exists() for name in files)
