"""The contact sheet: a card for each pick."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from skvaal._utils.pages import visible
from skvaal.project.page.looks import Look, Looks
from skvaal.project.picks import Picks

_NEAREST = "nearest_labeled"
# Columns: what the page calls them, and what they mean.
_NUMBERS = {
    "gain": (
        "gain",
        "What the strategy chose by, at the moment of choosing. Compare gains within a batch only.",
    ),
    "uncertainty": ("uncertainty", "How unsure the model is of the class; more is less sure."),
    "score": (
        "D's score",
        "The discriminator's log-odds that a sample is labelled: the lower, the less it is like "
        "those that have a label.",
    ),
    "covers": ("covers", "How many samples of the pool are like it."),
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
    features : list of tuple of str
        Of a table's row, features: their number, the value, and that of the nearest.
    """

    rank: int
    look: Look
    nearest: Look | None
    reason: str
    numbers: list[tuple[str, str]]
    features: list[tuple[str, ...]]


def make_cards(picks: Picks, looks: Looks, most: int) -> list[Card]:
    """Cards of the first picks, at most `most`."""
    nearest = find_nearest(picks)
    is_table = picks.known.samples.kind == "features"
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
                features=looks.numbers(row, near) if is_table else [],
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
        return "unknown" if value != value else f"{float(value):.3g}"
    return visible(str(value), in_one_line=True)
