"""Several annotations of one sample, and the label that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from skvaal._files.reading import counted, listed
from skvaal._files.tools.annotations import Annotation, single

_DECIDE = "correct it in the tool, or mark one annotation as ground truth"


@dataclass(frozen=True)
class Vote:
    """What one annotation says of a sample.

    Parameters
    ----------
    name, is_text
        The sample, as in :class:`Annotation`.
    labels : tuple of str or None
        What was chosen; None for a sample that nobody saw yet.
    annotator : str
        Who chose.
    when : str
        When, such that later ones sort behind; empty if that is not known.
    is_truth : bool
        Whether it is marked as ground truth.
    text : str or None
        As in :class:`Annotation`.
    """

    name: str
    labels: tuple[str, ...] | None
    is_text: bool = False
    annotator: str = ""
    when: str = ""
    is_truth: bool = False
    text: str | None = None


def decide(votes: Iterable[Vote]) -> list[Annotation]:
    """Return one annotation for each sample, in the order in which they come.

    The newest vote of each annotator counts; a vote that is ground truth counts alone. Different
    labels are then an error, and so are those of one annotator of which none is the newest.
    """
    by_sample: dict[tuple[str, bool, str | None], list[Vote]] = {}
    for vote in votes:
        seen = by_sample.setdefault((vote.name, vote.is_text, vote.text), [])
        if vote.labels is not None:
            seen.append(vote)
    found = []
    for (name, is_text, text), seen in by_sample.items():
        by_annotator: dict[str, list[Vote]] = {}
        for vote in [vote for vote in seen if vote.is_truth] or seen:
            by_annotator.setdefault(vote.annotator, []).append(vote)
        newest = [_newest(name, own) for own in by_annotator.values()]
        labels = [label for labels, _ in newest for label in labels]
        is_newer = any(is_newer for _, is_newer in newest)
        found.append(Annotation(name, single(labels, name, _DECIDE), is_text, text, is_newer))
    return found


def note_newer(annotations: Iterable[Annotation]) -> list[str]:
    """Note which labels took the place of older ones."""
    names = [each.name for each in annotations if each.is_newer]
    if not names:
        return []
    verb = "was" if len(names) == 1 else "were"
    return [
        f"{counted(len(names), 'sample')} {verb} labelled more than once, and differently; the "
        f"newest label counts: {listed(names, len(names))}."
    ]


def _newest(name: str, votes: Sequence[Vote]) -> tuple[tuple[str, ...], bool]:
    """Labels of the newest of one annotator's votes, and whether an older one differs."""
    choices = dict.fromkeys(vote.labels for vote in votes if vote.labels)
    if len(choices) > 1 and any(vote.labels and not vote.when for vote in votes):
        raise ValueError(_not_dated(name, choices))
    when = max(vote.when for vote in votes)
    last = dict.fromkeys(vote.labels for vote in votes if vote.when == when and vote.labels)
    if len(last) > 1:
        raise ValueError(_not_dated(name, last))
    return next(iter(last), None) or (), len(choices) > 1 or (bool(choices) and not last)


def _not_dated(name: str, choices: Iterable[tuple[str, ...] | None]) -> str:
    first, second = [", ".join(labels or ()) for labels in choices][:2]
    return (
        f"{name!r} is labelled more than once, {first!r} and {second!r}, and no date says which is "
        f"newer; {_DECIDE}"
    )
