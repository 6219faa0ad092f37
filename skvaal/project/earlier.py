"""Labels that an earlier batch knew, and that are not among those given now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted, listed, naming, shown
from skvaal._files.tables import read_table
from skvaal._files.tools.exports import sniff

_NEAREST = "nearest_labeled"  # a column of picks.csv


def note_earlier(sources: Sequence[str | Path], known: LabeledSamples) -> list[str]:
    """Note tables of picks that name labelled samples which have no label now.

    Such a table has the labels of its own batch alone. Those that were known before it are in other
    files, and without these their samples would be chosen again.
    """
    there = {*map(str, known.samples.names)}
    now = {*known.samples.names[known.rows], *known.unseen}
    notes = []
    for source in sources:
        lost = [name for name in _nearest(source) if name in there and name not in now]
        if lost:
            had, has = ("had a label", "has") if len(lost) == 1 else ("had labels", "have")
            notes.append(
                f"{counted(len(lost), 'sample')} that {had} when {shown(source)} was made "
                f"{has} none now, and may be chosen again: "
                f"{listed(lost, len(lost))}. Name the files of all labels."
            )
    return notes


def _nearest(source: str | Path) -> list[str]:
    """Labelled samples that a table of picks names; none of what is no such table."""
    if os.path.isdir(source) or sniff(source) != "table":
        return []
    table = read_table(source)
    if _NEAREST not in table.columns or "rank" not in table.columns:
        return []
    with naming(source):
        (names,) = table.strings([table.columns.index(_NEAREST)])
    return [name for name in dict.fromkeys(names) if name]
