"""Files that are cut off or have a flipped bit: an error names the file, or nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reliability.limits import limit_child
from reliability.readers import READERS, Reader
from reliability.tally import EQUAL, NAMED, OTHER, SILENT, UNNAMED, Tally
from reliability.watched import Report, watch
from tests.damage import flipped, truncated

UNCHECKED = "changed content, of a format without checksums"


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Cut the file of each reader off at `trials` places, and flip as many of its bits."""
    for name in READERS:
        watch(tally, read_damaged, name, trials, seed, folder / name.replace(" ", "-"))


def read_damaged(report: Report, name: str, trials: int, seed: int, folder: Path) -> None:
    """Read the files of one reader."""
    limit_child()
    folder.mkdir()
    reader = READERS[name]
    path = reader.make(folder)
    whole = path.read_bytes()
    expected = reader.read(path)
    for how, content in _damaged(whole, trials, seed):
        note = f"{name} {how}"
        report(None, note)
        path.unlink()
        path.write_bytes(content)
        outcome, what = judge(reader, path, expected)
        report(outcome, f"{note}: {what}")


def _damaged(whole: bytes, trials: int, seed: int) -> Iterator[tuple[str, bytes]]:
    for length, content in truncated(whole, trials):
        yield f"cut off to {length} of {len(whole)} bytes", content
    for bit, content in flipped(whole, trials, seed):
        yield f"with bit {bit} flipped", content


def judge(reader: Reader, path: Path, expected: Any) -> tuple[str, str]:
    """Read a file, and say what became of it: outcome and note."""
    try:
        found = reader.read(path)
    except reader.errors as error:
        # One of a folder's images is named, or the folder that the file is in.
        is_named = path.name in str(error) or str(path.parent) in str(error)
        return (NAMED if is_named else UNNAMED), f"{type(error).__name__}: {error}"[:300]
    except Exception as error:
        return OTHER, f"{type(error).__name__}: {error}"[:300]
    if found == expected:
        return EQUAL, ""
    return (SILENT if reader.finds_changes else UNCHECKED), ""
