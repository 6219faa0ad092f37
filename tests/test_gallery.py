"""The gallery: building the pages runs it, and an example that fails stops the build."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples" / "gallery").glob("plot_*.py"))


def test_there_are_enough():
    assert len(EXAMPLES) >= 12


def test_the_build_runs_all_and_stops_at_an_error():
    settings = runpy.run_path(str(ROOT / "docs" / "conf.py"))["sphinx_gallery_conf"]
    assert settings["abort_on_example_error"]
    (folder,) = settings["examples_dirs"]
    assert (ROOT / "docs" / folder).resolve() == EXAMPLES[0].parent


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_title_and_draws(path):
    text = path.read_text()
    title, rule, *_ = ast.get_docstring(ast.parse(text)).splitlines()
    assert rule == "=" * len(title)
    assert "plt.show()" in text
    assert text.count("\n# %%\n") >= 1
