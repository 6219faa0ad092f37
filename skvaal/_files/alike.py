"""Names of classes that are taken for one another."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from skvaal._files.reading import N_SHOWN, listed

_APART = "that are counted apart, and"
# Not '01', which differs from '1' on purpose.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", re.ASCII)
_MINUS_ONE = re.compile(r"-1(\.0+)?")
_NO_LABELS = {
    "na",
    "n/a",
    "nan",
    "<na>",
    "nat",
    "none",
    "null",
    "unknown",
    "unlabeled",
    "unlabelled",
    "?",
    "-",
}
_DECIMAL = re.compile(r"-?[0-9]+\.0+", re.ASCII)


def note_alike(labels: Iterable[str], before: Collection[str] = ()) -> list[str]:
    r"""Note classes that look alike, or hold what cannot be seen: slips, more often than not.

    Of labels that join others, the notes are of those that are new.

    Examples
    --------
    >>> note_alike(["cat", "Cat ", "dog"])[0][-49:]
    "capitals or blanks at the ends: 'Cat ' and 'cat'."
    >>> note_alike(["cat", "DOG"], before=["cat", "Cat", "dog"])[0][-20:]
    "ds: 'DOG' and 'dog'."
    >>> note_alike(["cat\u200b"])
    ["Classes with characters that cannot be seen: 'cat\\u200b'."]
    >>> note_alike(["1", "1.0", "2"])
    ["Classes that are counted apart, and are the same number: '1' and '1.0'."]
    """
    labels, before = {*labels}, {*before}
    groups: dict[str, set[str]] = defaultdict(set)
    for label in labels | before:
        groups[_as_seen(label).strip().casefold()].add(label)
    found = [group for group in groups.values() if len(group) > 1 and not group <= before]
    same = [group for group in found if len({*map(_as_seen, group)}) < len(group)]
    alike = [group for group in found if group not in same]
    numbers: dict[float, set[str]] = defaultdict(set)
    for label in labels | before:
        if _NUMBER.fullmatch(label):
            numbers[float(label)].add(label)
    equal = [group for group in numbers.values() if len(group) > 1 and not group <= before]
    unseen = [{each} for each in labels - before if not each.isprintable()]
    notes = {
        f"{_APART} differ only by capitals or blanks at the ends": _listed(alike, repr),
        f"{_APART} look the same, in other characters": _listed(same, ascii),
        f"{_APART} are the same number": _listed(equal, repr),
        "with characters that cannot be seen": _listed(
            (group for group in unseen if not any(group <= each for each in same)), repr
        ),
    }
    return [f"Classes {what}: {named}." for what, named in notes.items() if named]


def _as_seen(label: str) -> str:
    """Return a label without what cannot be seen, with blanks and accents of one kind."""
    kinds = [(unicodedata.category(each), each) for each in label]
    seen = "".join(" " if kind == "Zs" else each for kind, each in kinds if kind != "Cf")
    return unicodedata.normalize("NFC", seen)


def _listed(groups: Iterable[set[str]], spelt: Callable[[str], str]) -> str:
    named = sorted(" and ".join(map(spelt, sorted(group))) for group in groups)
    more = f"; and {len(named) - N_SHOWN:,} more" if len(named) > N_SHOWN else ""
    return "; ".join(named[:N_SHOWN]) + more


def note_marks(labels: Iterable[str]) -> list[str]:
    """Note classes whose names say that there is no label.

    Examples
    --------
    >>> note_marks(["cat", "NA", "dog"])
    ["'NA' counts as a class; where no label is known, leave the cell empty."]
    >>> note_marks(["-1", "1"])
    []
    """
    classes = sorted({*labels})
    marks = [each for each in classes if each.strip().lower() in _NO_LABELS]
    if len(classes) > 2:
        marks += [each for each in classes if _MINUS_ONE.fullmatch(each.strip())]
    if not marks:
        return []
    verb, what = ("counts", "a class") if len(marks) == 1 else ("count", "classes")
    named = listed(marks, len(marks))
    return [f"{named} {verb} as {what}; where no label is known, leave the cell empty."]


def note_decimals(labels: Iterable[str]) -> list[str]:
    """Note classes that are whole numbers with decimals, as they are seldom meant to be.

    Examples
    --------
    >>> note_decimals(["1.0", "0.0"])[0][:50]
    "Classes are written as decimals ('0.0' and '1.0')."
    >>> note_decimals(["1.0", "0.5"]), note_decimals(["1"])
    ([], [])
    """
    classes = sorted({*labels})
    if len(classes) < 2 or not all(_DECIMAL.fullmatch(each) for each in classes):
        return []
    return [
        f"Classes are written as decimals ({classes[0]!r} and {classes[1]!r}). pandas writes whole "
        "numbers so, if cells beside them are empty; its type 'Int64' keeps them whole."
    ]
