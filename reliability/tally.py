"""What became of the trials of one fault."""

from __future__ import annotations

from collections import Counter

# Outcomes that must not be, whatever the fault.
LOST = "lost"
TWICE = "twice"
SILENT = "silent change"
WRONG = "wrong choice"
OTHER = "other exception"
UNNAMED = "error that names nothing"
HALF = "half-trained"
GROWN = "grown"
DIED = "process died"
HANG = "hang"
TOO_FEW = "too few killed"
BAD = (LOST, TWICE, SILENT, WRONG, OTHER, UNNAMED, HALF, GROWN, DIED, HANG, TOO_FEW)

# Outcomes of several faults that may be.
EQUAL = "equal content"
NAMED = "named error"
RIGHT = "right choice"

# An outcome that must not be, and what is known of it.
Fault = tuple[str, str]

_MOST_NOTES = 10


class Tally:
    """Counts outcomes, and keeps a note on each that must not be."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self.skipped: str | None = None
        self.tool: str | None = None
        self.summary: str | None = None
        self.details: list[dict[str, str]] = []

    def add(self, outcome: str, note: str = "") -> None:
        """Count an outcome; the note says how to get there again."""
        self.counts[outcome] += 1
        text = f"{outcome}: {note}"
        if outcome in BAD and text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)

    def judge(self, fault: Fault | None, otherwise: str, note: str) -> None:
        """Count a fault, or the outcome that there is without one."""
        if fault is None:
            self.add(otherwise)
        else:
            self.add(fault[0], f"{note}: {fault[1]}")

    def skip(self, reason: str) -> None:
        """Say why the fault cannot be made here."""
        self.skipped = reason

    @property
    def n_bad(self) -> int:
        """Number of outcomes that must not be."""
        return sum(count for outcome, count in self.counts.items() if outcome in BAD)

    def figures(self) -> dict[str, object]:
        """What goes into the file of figures."""
        figures = {
            "outcomes": dict(sorted(self.counts.items())),
            "bad": self.n_bad,
            "notes": self.notes,
            "skipped": self.skipped,
        }
        more = {"tool": self.tool, "summary": self.summary, "details": self.details}
        return figures | {name: value for name, value in more.items() if value}
