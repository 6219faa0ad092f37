"""The file of figures, and the tables that are made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skvaal.benchmark.machine import git_revision, machine, versions


def write_figures(path: Path, what: str, name: str, figures: Mapping[str, Any]) -> None:
    """Put the figures of one kind into the file; those of the others stay."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = {"git_revision": git_revision(), "versions": versions(), "machine": machine()}
    content.setdefault(what, {})[name] = dict(figures) | made
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_tables(path: Path, page: Path) -> None:
    """Replace what stands between the markers of the page, where there is a page."""
    if not page.is_file():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    for what, kinds in content.items():
        text = _replaced(text, what, kinds)
    page.write_text(text, encoding="utf-8")


def _replaced(text: str, what: str, kinds: Mapping[str, Mapping[str, Any]]) -> str:
    begin, end = f"<!-- begin {what} -->", f"<!-- end {what} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the page lacks {begin} and {end}")
    return f"{before}{begin}\n\n{_table(kinds)}\n\n{end}{after}"


def _table(kinds: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| what | trials | outcomes | forbidden outcomes |", "|---|---|---|---|"]
    for name, figures in kinds.items():
        outcomes = "; ".join(f"{count:,} {each}" for each, count in figures["outcomes"].items())
        became = f"not made: {figures['skipped']}" if figures["skipped"] else outcomes
        if "summary" in figures:
            became = f"**{figures['summary']}**: {became}"
        about = f"**{name}**: {figures['about']}"
        lines.append(f"| {about} | {figures['trials']:,} | {became} | {figures['bad']:,} |")
    return "\n".join(lines)
