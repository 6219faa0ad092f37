"""The page as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skvaal._utils.files import replace_file
from skvaal._utils.pages import Templates, in_words, visible
from skvaal.project.choosing.positions import BY_POSITION
from skvaal.project.page.balance import weigh
from skvaal.project.page.cards import explain_numbers, find_nearest, make_cards
from skvaal.project.page.chart import Drawn, choose_drawn, draw
from skvaal.project.page.diagnosis import diagnose
from skvaal.project.page.looks import Looks
from skvaal.project.page.words import NOUNS, explain_choice, explain_phrases, explain_space
from skvaal.project.picks import Picks

_MOST_CARDS = 500
_MOST_PICTURES = 1_000
_MOST_LEFT_OUT = 100
_LAST = ("version", "versions", "seed")  # of the settings
# What the page calls settings that are not named in words, phrases of reasons among them.
_SETTINGS = {
    "n": "picks asked for",
    "unlike any label": "'unlike any label' means",
    "the model wavers": "'the model wavers' means",
    "the discriminator takes it for unlabelled": "'takes it for unlabelled' means",
    "like it in the pool": "'like it in the pool' is said of",
}


def write_page(picks: Picks, path: str | Path) -> None:
    """Write a page on a batch of picks: what was chosen, why, and where it lies.

    The page needs no other file and no network. It shows at most 500 picks, and on its map at most
    5,000 samples; it says so where there are more.

    Parameters
    ----------
    picks : Picks
        What was chosen. If its strategy was examined by ``diagnose``, the page says in words what
        was found.
    path : str or path
        The file.

    Raises
    ------
    ImportError
        If jinja2, or for pictures pillow, is missing.
    OSError
        If the file cannot be written; an old one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skvaal import HerdingQueryStrategy
    >>> from skvaal._files.labels import LabeledSamples
    >>> from skvaal._files.named_samples import NamedSamples
    >>> names = np.array([str(i) for i in range(30)], dtype=object)
    >>> X = np.random.RandomState(0).randn(30, 2)
    >>> samples = NamedSamples(X, names, "features", "row", None, "X.npy")
    >>> known = LabeledSamples(samples, np.arange(2), np.array(["cat", "dog"], dtype=object))
    >>> strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:2], X[2:])
    >>> rows = 2 + strategy.query(X[2:], 1)
    >>> why = ("unlike any label",)
    >>> picks = Picks(known, rows, {}, why, "1 of 28 by herding.", (), strategy, {"seed": 0}, X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_page(picks, Path(folder) / "page.html")
    ...     "unlike any label" in (Path(folder) / "page.html").read_text(encoding="utf-8")
    True
    """
    replace_file(path, make_page(picks).encode())


def make_page(picks: Picks) -> str:
    """The page as text."""
    templates = Templates("skvaal.project.page")
    drawn = choose_drawn(picks, _MOST_CARDS)
    looks = Looks(picks.known, _choose_pictured(picks, drawn))
    chart = draw(picks, drawn, looks)
    values = {
        "title": _entitle(picks),
        "noun": NOUNS[picks.known.samples.kind],
        "picks": picks,
        "choice": explain_choice(picks),
        "space": explain_space(picks),
        "cards": make_cards(picks, looks, _MOST_CARDS),
        "terms": [*explain_phrases(picks), *explain_numbers(picks)],
        "chart": chart,
        "n_labeled": len(drawn.labeled),
        "n_rest": len(drawn.rest),
        "balance": weigh(picks.known),
        "diagnosis": diagnose(picks.strategy),
        "settings": _list_settings(picks.settings),
        "left_out": _list_left_out(picks),
    }
    styles = {"picks.css": templates.read("picks.css"), "sprite": looks.sprite.style}
    return templates.render(
        "picks.html.j2",
        values,
        styles={name: text for name, text in styles.items() if text},
        scripts={"map.js": templates.read("map.js")} if chart else {},
    )


def _entitle(picks: Picks) -> str:
    n = len(picks.rows)
    what = NOUNS[picks.known.samples.kind]
    return f"Label {f'these {n:,} {what}s' if n != 1 else f'this {what}'} next"


def _choose_pictured(picks: Picks, drawn: Drawn) -> tuple[int, ...]:
    """Rows that get a picture: the picks, the nearest labelled ones, others of the map."""
    nearest = [row for row in find_nearest(picks)[:_MOST_CARDS] if row is not None]
    rows = [*picks.rows[:_MOST_CARDS].tolist(), *nearest, *drawn.labeled]
    return tuple(list(dict.fromkeys(rows))[:_MOST_PICTURES])


def _list_settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    shown = (key for key in settings if key != BY_POSITION)
    order = sorted(shown, key=lambda key: _LAST.index(key) if key in _LAST else -1)
    return [(_SETTINGS.get(key, str(key)), in_words(settings[key])) for key in order]


def _list_left_out(picks: Picks) -> list[tuple[str, str]]:
    left_out = list(picks.known.samples.left_out.items())
    shown = [(visible(name, in_one_line=True), why) for name, why in left_out[:_MOST_LEFT_OUT]]
    if len(left_out) > _MOST_LEFT_OUT:
        shown.append((f"and {len(left_out) - _MOST_LEFT_OUT:,} more", ""))
    return shown
