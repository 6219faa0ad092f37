"""Pages stay short, and what git holds of the documentation stays small."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES = 260
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def files():
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "docs", "README.md"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no checkout of git")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.exists()]


def test_pages_are_short(files):
    pages = [path for path in files if path.suffix in (".rst", ".md")]
    assert len(pages) > 30
    long = {page.name: len(page.read_text().splitlines()) for page in pages}
    assert {name: n for name, n in long.items() if n > MOST_LINES} == {}


def test_the_documentation_is_small(files):
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
