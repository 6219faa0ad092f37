"""Settings as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 30  # of a list in one cell


def in_words(value: Any) -> str:
    """Write a setting as a reader takes it in, whatever it holds.

    Parameters
    ----------
    value : object
        None, a number, a text, or a mapping or sequence of such.

    Returns
    -------
    str
        Of a long sequence the first 30.

    Examples
    --------
    >>> in_words({"n_seeds": 2, "sizes": [8, 16], "device": None})
    'n_seeds 2; sizes 8, 16; device none'
    """
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {in_words(one)}" for key, one in value.items()) or "defaults"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        more = f" and {len(value) - _LONGEST} more" if len(value) > _LONGEST else ""
        return (", ".join(map(str, value[:_LONGEST])) or "none") + more
    return str(value)
