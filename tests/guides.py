"""Runs the examples of a page of the guide, one after the other, in one namespace."""

from __future__ import annotations

import textwrap
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "guide"
_START = ".. code-block:: python\n"


def run_examples(page: str, folder: Path = GUIDE) -> dict:
    """Run the blocks of ``<folder>/<page>.rst``; return the names that they define."""
    names: dict = {}
    blocks = (folder / f"{page}.rst").read_text().split(_START)[1:]
    assert blocks
    for block in blocks:
        lines = block.splitlines()[1:]
        end = next((i for i, line in enumerate(lines) if line[:1].strip()), len(lines))
        exec(compile(textwrap.dedent("\n".join(lines[:end])), page, "exec"), names)
    return names
