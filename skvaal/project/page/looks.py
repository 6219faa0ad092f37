"""What a page shows of a sample: its name, its label, and a picture or a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from skvaal._files.labels import LabeledSamples
from skvaal._utils.pages import visible
from skvaal.project.page.thumbnails import Sprite, make_sprite

_MOST_LETTERS = 400  # of a text


@dataclass(frozen=True)
class Look:
    """What is shown of a sample.

    Parameters
    ----------
    name : str
        Its name, in one line.
    label : str or None
        Its label, if it has one.
    picture : int or None
        The number of its picture in the sprite.
    text : str
        Its text, shortened; else empty.
    """

    name: str
    label: str | None
    picture: int | None
    text: str


@dataclass(frozen=True)
class Looks:
    """Looks of samples, by row.

    Parameters
    ----------
    known : LabeledSamples
        The samples and their labels.
    pictured : tuple of int
        Rows that get a picture, if the samples are images.
    """

    known: LabeledSamples
    pictured: tuple[int, ...]
    _labels: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        labels = zip(self.known.rows.tolist(), self.known.labels, strict=True)
        object.__setattr__(self, "_labels", {row: str(label) for row, label in labels})

    @cached_property
    def sprite(self) -> Sprite:
        """The pictures."""
        samples = self.known.samples
        rows = self.pictured if samples.kind == "images" else ()
        return make_sprite(samples.X, rows)

    def of(self, row: int, *, most_letters: int = _MOST_LETTERS) -> Look:
        """What is shown of one sample."""
        samples = self.known.samples
        text = str(samples.X[row]) if samples.kind == "texts" else ""
        label = self._labels.get(row)
        return Look(
            name=self.name(row),
            label=None if label is None else visible(label, in_one_line=True),
            picture=self.sprite.numbers.get(row),
            text=visible(_shorten(text, most_letters)),
        )

    def name(self, row: int) -> str:
        """The name of a sample, in one line."""
        samples = self.known.samples
        name = visible(str(samples.names[row]), in_one_line=True)
        return f"row {name}" if samples.column == "row" else name


def _shorten(text: str, most: int) -> str:
    words = " ".join(text[: 4 * most].split())
    return words if len(words) <= most and len(text) <= 4 * most else words[:most].rstrip() + "…"
