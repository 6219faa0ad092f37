"""Where a project stands, as its events tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from skvaal.project.choosing.positions import BY_POSITION
from skvaal.project.rounds.events import Event


@dataclass(frozen=True)
class Round:
    """A question: a batch that was asked to be labelled.

    Parameters
    ----------
    number : int
        1 for the first.
    event : int
        Number of the event.
    at : str
        When, in ISO 8601, UTC.
    names : tuple of str
        Samples that were asked for, the most wanted first.
    summary : str
        One sentence: what was done.
    seconds : float
        How long the choice took.
    token : str
        Part of the folder's name until the round is recorded.
    files : dict of str
        SHA-256 of the files in its folder, by name; empty of rounds of earlier versions.
    notes : tuple of str
        What the user should know of a copy of one of them.
    positions : dict of dict
        Fingerprints of what belonged to samples by its position alone, by argument.
    features : str
        What the choice saw, in words.
    """

    number: int
    event: int
    at: str
    names: tuple[str, ...]
    summary: str
    seconds: float
    token: str
    files: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    positions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    features: str = ""

    @property
    def folder(self) -> str:
        """Where its page, tables and strategy lie, in the project's folder."""
        return f"round_{self.number}"


@dataclass(frozen=True)
class Answer:
    """Labels that were told.

    Parameters
    ----------
    event : int
        Number of the event.
    at : str
        When, in ISO 8601, UTC.
    file : str
        The file that they came from, as the user named it.
    labels : dict of str
        New labels and corrections, by name of the sample.
    n_new, n_corrected, n_same : int
        Samples that had no label before; that had another one; that had the same one.
    n_unasked : int
        New ones that no round had asked for.
    new_classes : tuple of str
        Classes that no label had before, where there were labels.
    notes : tuple of str
        What the user should know of how the file was read.
    """

    event: int
    at: str
    file: str
    labels: Mapping[str, str]
    n_new: int
    n_corrected: int
    n_same: int
    n_unasked: int
    new_classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What was asked, what came back, and what is left.

    Parameters
    ----------
    facts : dict
        Content of the event 'start': the pool, how it is read, its names.
    n_events : int
        How many events there were.
    names : tuple of str
        All samples of the pool that were ever seen there.
    labels : dict of str
        The labels that count, by name, in the order in which samples got their first one.
    outside : dict of str
        Files of labelled samples that are not in the pool, by name.
    n_rows : int
        Rows of a table or an array when the pool was last read; 0 of images.
    digest : str
        A digest of these rows.
    rounds : tuple of Round
    answers : tuple of Answer
    """

    facts: Mapping[str, Any]
    n_events: int = 1
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    n_rows: int = 0
    digest: str = ""
    rounds: tuple[Round, ...] = ()
    answers: tuple[Answer, ...] = ()

    @classmethod
    def replay(cls, events: Iterable[Event]) -> State:
        """Go through all events, the start first."""
        start, *others = events
        state = cls(
            facts=start.content,
            names=tuple(start.content["names"]),
            labels=dict(start.content["labels"]),
            outside=dict(start.content["outside"]),
            n_rows=start.content["rows"]["n"],
            digest=start.content["rows"]["digest"],
        )
        for event in others:
            state = state.after(event)
        return state

    def after(self, event: Event) -> State:
        """Return the state after one more event."""
        return self._after_round(event) if event.kind == "ask" else self._after_tell(event)

    @property
    def asked(self) -> dict[str, int]:
        """Number of the round that asked for a sample, by name."""
        return {name: one.number for one in self.rounds for name in one.names}

    @property
    def waiting(self) -> list[str]:
        """Samples that were asked for, and have no label yet."""
        return [name for name in self.asked if name not in self.labels]

    @property
    def left(self) -> list[str]:
        """Samples of the pool that were not asked for, and have no label."""
        done = self.asked.keys() | self.labels.keys()
        return [name for name in self.names if name not in done]

    def _after_round(self, event: Event) -> State:
        content = event.content
        one = Round(
            number=len(self.rounds) + 1,
            event=event.number,
            at=event.at,
            names=tuple(content["names"]),
            summary=content["summary"],
            seconds=content["seconds"],
            token=content["token"],
            files=content.get("files", {}),
            positions=content["settings"].get(BY_POSITION, {}),
            features=str(content["settings"].get("features", "")),
        )
        return self._changed(
            content, names=(*self.names, *content["joined"]), rounds=(*self.rounds, one)
        )

    def _after_tell(self, event: Event) -> State:
        content = event.content
        told = content["labels"]
        new = [name for name in told if name not in self.labels]
        asked = self.asked
        answer = Answer(
            event=event.number,
            at=event.at,
            file=content["file"],
            labels=told,
            n_new=len(new),
            n_corrected=len(told) - len(new),
            n_same=content["n_same"],
            n_unasked=sum(name not in asked for name in new),
            new_classes=self._new_classes(told.values()),
            notes=tuple(content["notes"]),
        )
        return self._changed(
            content,
            names=(*self.names, *content["joined"]),
            labels={**self.labels, **told},
            outside={**self.outside, **content["outside"]},
            answers=(*self.answers, answer),
        )

    def _new_classes(self, labels: Iterable[str]) -> tuple[str, ...]:
        before = set(self.labels.values())
        return tuple(sorted(set(labels) - before)) if before else ()

    def _changed(self, content: Mapping[str, Any], **changes: Any) -> State:
        rows = content["rows"]
        return replace(
            self, n_events=self.n_events + 1, n_rows=rows["n"], digest=rows["digest"], **changes
        )
