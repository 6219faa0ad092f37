"""The map of the space: where the labelled samples, the picks and the rest of the pool lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.pages import visible
from skvaal.project.page.looks import Look, Looks
from skvaal.project.picks import Picks

_WIDTH = 1000.0  # of the drawing, in its own units
_HEIGHTS = (450.0, 640.0)  # least and most
_MARGIN = 20.0
MOST_POINTS = 5_000
_MOST_LABELED = 500  # with a picture and a place in the order of the keyboard
_MOST_LETTERS = 160  # of a text beside the map
_LONGEST_NAME = 60  # of the rest of the pool
_SEED = 0  # of what is left out of a large pool


@dataclass(frozen=True)
class Mark:
    """A point that can be pointed at: a pick or a labelled sample.

    Parameters
    ----------
    x, y : float
        Where it is drawn.
    look : Look
        The sample.
    says : str
        What it is, in words.
    rank : int or None
        Of a pick.
    """

    x: float
    y: float
    look: Look
    says: str
    rank: int | None


@dataclass(frozen=True)
class Chart:
    """The map, ready to be drawn.

    Parameters
    ----------
    width, height : float
        Its size, in its own units.
    marks : list of Mark
        The picks, then the labelled samples.
    pool : str
        The rest, as the path of an SVG: a stroke of no length for each sample.
    points : list
        The same for a script: x, y and name of all, and what is shown of marks.
    n_left_out : int
        Samples that are not drawn.
    """

    width: float
    height: float
    marks: list[Mark]
    pool: str
    points: list[list[Any]]
    n_left_out: int

    @property
    def n_picks(self) -> int:
        """Number of picks that are drawn."""
        return sum(mark.rank is not None for mark in self.marks)


@dataclass(frozen=True)
class Drawn:
    """Rows of the samples that a map shows, the picks in their order."""

    picks: list[int]
    labeled: list[int]
    rest: list[int]


def choose_drawn(picks: Picks, most_picks: int) -> Drawn:
    """Choose what the map shows: the first picks, then labelled samples, then some of the rest."""
    is_placed: NDArray[np.bool_] = np.all(np.isfinite(picks.map), axis=1)
    chosen = picks.rows[:most_picks]
    chosen = chosen[is_placed[chosen]]
    labeled = np.setdiff1d(picks.known.rows[is_placed[picks.known.rows]], picks.rows)
    rng = np.random.RandomState(_SEED)
    shown = _some(labeled, _MOST_LABELED, rng)
    is_rest = is_placed.copy()
    is_rest[picks.rows] = is_rest[picks.known.rows] = False
    rest = _some(np.flatnonzero(is_rest), MOST_POINTS - len(chosen) - len(shown), rng)
    return Drawn(chosen.tolist(), shown.tolist(), rest.tolist())


def draw(picks: Picks, drawn: Drawn, looks: Looks) -> Chart | None:
    """Place the samples; None if there is no place for any pick."""
    if not drawn.picks:
        return None
    rows = [*drawn.picks, *drawn.labeled, *drawn.rest]
    places, height = _place(picks.map[rows])
    n_marks = len(drawn.picks) + len(drawn.labeled)
    ranks = {row: i + 1 for i, row in enumerate(picks.rows.tolist())}
    marks = []
    for (x, y), row in zip(places[:n_marks].tolist(), rows, strict=False):
        look, rank = looks.of(row, most_letters=_MOST_LETTERS), ranks.get(row)
        says = f"labelled {look.label}" if rank is None else _of_pick(rank, picks)
        marks.append(Mark(x, y, look, says, rank))
    rest = zip(places[n_marks:].tolist(), rows[n_marks:], strict=True)
    points = [[m.x, m.y, m.look.name, m.says, m.look.picture, m.look.text] for m in marks]
    points += [[x, y, _end(looks.name(row))] for (x, y), row in rest]
    return Chart(
        width=_WIDTH,
        height=height,
        marks=marks,
        pool="".join(f"M{x:g} {y:g}h0" for x, y in places[n_marks:].tolist()),
        points=points,
        n_left_out=len(picks.map) - len(rows),
    )


def _of_pick(rank: int, picks: Picks) -> str:
    return visible(f"pick {rank}: {picks.reasons[rank - 1]}")


def _end(name: str) -> str:
    """The end of a long path, which tells files apart."""
    return name if len(name) <= _LONGEST_NAME else "…" + name[-_LONGEST_NAME:]


def _some(rows: NDArray[np.intp], most: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, max(0, most), replace=False))


def _place(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Places in the drawing, one unit the same in both directions, and the drawing's height."""
    points = points / max(np.abs(points).max(), 1e-300)  # so that no difference overflows
    low, high = points.min(axis=0), points.max(axis=0)
    span_x, span_y = high - low
    inner = _WIDTH - 2 * _MARGIN
    height = float(np.clip(inner * span_y / max(span_x, 1e-12), *_HEIGHTS).round())
    scale = min(inner / max(span_x, 1e-12), (height - 2 * _MARGIN) / max(span_y, 1e-12))
    centred = (points - (low + high) / 2) * scale * [1, -1]
    return (centred + np.array([_WIDTH / 2, height / 2])).round(1), height
