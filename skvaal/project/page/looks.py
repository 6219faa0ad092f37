"""What a page shows of a sample: its name, its label, and a picture, a text or numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skvaal._files.labels import LabeledSamples
from skvaal._utils.pages import visible
from skvaal.project.page.thumbnails import Sprite, make_sprite

_MOST_LETTERS = 400  # of a text
_MOST_FEATURES = 8
_MOST_ROWS = 5_000  # that a feature's mean is taken over


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

    def numbers(self, row: int, nearest: int | None) -> list[tuple[str, ...]]:
        """A row's features, beside those of another: all, or those farthest from their means."""
        X = self.known.samples.X
        values = np.asarray(X[row], dtype=np.float64)
        others = None if nearest is None else np.asarray(X[nearest], dtype=np.float64)
        shown: Iterable[int] = range(len(values))
        if len(values) > _MOST_FEATURES:
            mean, spread = self._moments
            far = np.nan_to_num(np.abs(values - mean) / spread)
            shown = np.sort(np.argsort(-far, kind="stable")[:_MOST_FEATURES])
        cells = [[str(i), f"{values[i]:.3g}"] for i in shown]
        if others is not None:
            cells = [[*cell, f"{others[i]:.3g}"] for cell, i in zip(cells, shown, strict=True)]
        return [tuple(cell) for cell in cells]

    @cached_property
    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each feature."""
        X = self.known.samples.X
        some = np.unique(np.linspace(0, len(X) - 1, _MOST_ROWS).astype(np.intp))
        values = np.asarray(X[some], dtype=np.float64)
        deviation = values.std(axis=0)
        return values.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


def _shorten(text: str, most: int) -> str:
    words = " ".join(text[: 4 * most].split())
    return words if len(words) <= most and len(text) <= 4 * most else words[:most].rstrip() + "…"
