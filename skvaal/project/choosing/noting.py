"""Warnings that become notes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from skvaal._utils.exceptions import (
    EmptyPoolWarning,
    PosteriorCollapseWarning,
    UninformativeDiscriminatorWarning,
)

# What the summary, or a note of its own, says.
_SAID = (EmptyPoolWarning, PosteriorCollapseWarning, UninformativeDiscriminatorWarning)


@contextmanager
def warnings_as_notes() -> Iterator[list[str]]:
    """Collect what is warned of, as sentences, each once.

    Examples
    --------
    >>> with warnings_as_notes() as notes:
    ...     warnings.warn("it is late", UserWarning)
    >>> notes
    ['It is late.']
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Of Python and of libraries to their developers.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield notes
    for each in caught:
        text = str(each.message).strip().splitlines()[0].rstrip(".;:") + "."
        text = text[0].upper() + text[1:]
        if not isinstance(each.message, _SAID) and text not in notes:
            notes.append(text)
