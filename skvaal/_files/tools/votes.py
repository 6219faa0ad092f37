"""Several annotations of one sample, and the label that they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """

    name: str
    labels: tuple[str, ...] | None
    is_text: bool = False
    annotator: str = ""
    when: str = ""
    is_truth: bool = False


def decide(votes: Iterable[Vote]) -> list[Annotation]:
    """Return one annotation for each sample, in the order in which they come.

    The last vote of each annotator counts; a vote that is ground truth counts alone. Different
    labels are then an error.
    """
    by_sample: dict[tuple[str, bool], list[Vote]] = {}
    for vote in votes:
        seen = by_sample.setdefault((vote.name, vote.is_text), [])
        if vote.labels is not None:
            seen.append(vote)
    found = []
    for (name, is_text), seen in by_sample.items():
        counted = [vote for vote in seen if vote.is_truth] or seen
        # Of equal times, the one that stands last.
        last = {vote.annotator: vote for vote in sorted(counted, key=lambda vote: vote.when)}
        labels = [label for vote in last.values() for label in vote.labels or ()]
        found.append(Annotation(name, single(labels, name, _DECIDE), is_text))
    return found
