"""The contact sheet: a card for each pick."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from skvaal._utils.pages import visible
from skvaal.project.page.columns import Columns, Row, write_number
from skvaal.project.page.looks import Look, Looks
from skvaal.project.picks import Picks

_NEAREST = "nearest_labeled"
_MOST_COLUMNS = 20_000  # of rows of a table, on all cards
# What a number is called on the page, and what it means.
_NUMBERS = {
    "gain": (
        "gain",
        "How much the pick added to those above it. Compare gains within this page only.",
    ),
    "uncertainty": (
        "uncertainty",
        "How unsure the model is of the class. The larger, the less sure.",
    ),
    "score": (
        "score",
        "Of the discriminator, a network that tells labelled from unlabelled samples: the lower, "
        "the less the pick is like those that have a label.",
    ),
    "covers": ("covers", "How many others of the pool are like it."),
    "predicted": ("predicted", "The class that the model finds likeliest."),
}


@dataclass(frozen=True)
class Card:
    """What the page shows of one pick.

    Parameters
    ----------
    rank : int
        1 for the most wanted.
    look : Look
        The pick.
    nearest : Look or None
        The nearest labelled sample.
    reason : str
        Why it was chosen.
    numbers : list of tuple (str, str)
        Names and values of the columns.
    columns : Row or None
        Of a table's row.
    """

    rank: int
    look: Look
    nearest: Look | None
    reason: str
    numbers: list[tuple[str, str]]
    columns: Row | None


def make_cards(picks: Picks, looks: Looks, most: int) -> list[Card]:
    """Cards of the first picks, at most `most`."""
    nearest = find_nearest(picks)
    samples = picks.known.samples
    n = min(most, len(picks.rows))
    columns = Columns(samples, _MOST_COLUMNS // max(1, n)) if samples.kind == "features" else None
    cards = []
    for i, row in enumerate(picks.rows[:most].tolist()):
        near = nearest[i]
        cards.append(
            Card(
                rank=i + 1,
                look=looks.of(row),
                nearest=None if near is None else looks.of(near),
                reason=picks.reasons[i],
                numbers=[(_NUMBERS[key][0], _format(picks.columns[key][i])) for key in _of(picks)],
                columns=None if columns is None else columns.of(row, near),
            )
        )
    return cards


def find_nearest(picks: Picks) -> list[int | None]:
    """Of each pick, the row of its nearest labelled sample."""
    names = picks.columns.get(_NEAREST)
    if names is None:
        return [None] * len(picks.rows)
    samples = picks.known.samples
    rows = {str(samples.names[row]): row for row in picks.known.rows.tolist()}
    return [rows.get(str(name)) for name in names]


def explain_numbers(picks: Picks) -> list[tuple[str, str]]:
    """What each of the numbers means."""
    return [_NUMBERS[key] for key in _of(picks)]


def _of(picks: Picks) -> list[str]:
    return [key for key in _NUMBERS if key in picks.columns]


def _format(value: Any) -> str:
    if isinstance(value, Integral):
        return str(value)
    if isinstance(value, Real):
        return "unknown" if value != value else write_number(float(f"{value:.3g}"))
    return visible(str(value), in_one_line=True)
