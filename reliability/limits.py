"""Limits of a child, so that a mad file cannot take the machine's memory."""

from __future__ import annotations

import resource
import warnings

_MOST_MEMORY = 8 << 30  # bytes of addresses; torch alone takes some


def limit_child() -> None:
    """Refuse memory beyond a few gigabytes, and hide warnings, which are no outcome here."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    warnings.simplefilter("ignore")
