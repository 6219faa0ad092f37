"""What was chosen, and why: plain values that tables, pages and labelling tools are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.labels import LabeledSamples


@dataclass(frozen=True)
class Picks:
    """A batch to label next.

    Parameters
    ----------
    known : LabeledSamples
        The samples and the labels that the choice was made from.
    rows : array of int, shape (n,)
        Chosen rows of ``known.samples``, the most wanted first.
    columns : dict of arrays, each of shape (n,)
        By name, those that there are: ``gain``, ``uncertainty`` and ``score`` (the discriminator's
        log-odds of being labelled) as numbers, ``covers`` as counts, ``nearest_labeled`` as the
        name of the nearest labelled sample, ``predicted`` as the class that the task model finds
        likeliest.
    reasons : tuple of n str
        Why each was chosen, in words: 'unlike any label', '43 like it in the pool'.
    summary : str
        One sentence: what was done, of how many, by what.
    notes : tuple of str
        What the user should know: files left out, a first round without labels, a bad diagnosis.
    strategy : HerdingQueryStrategy or VAALQueryStrategy, fitted, or None
        What chose; it is saved beside the table. None if a task model alone, or chance, chose.
    settings : dict
        What was asked for and what it came to, in words and numbers: strategy, features, model,
        seed, version, seconds.
    map : array of shape (n_samples, 2)
        Position of every sample on a flat map of the space that the choice was made in; NaN for
        samples that were left out of the map.
    """

    known: LabeledSamples
    rows: NDArray[np.intp]
    columns: dict[str, NDArray[Any]]
    reasons: tuple[str, ...]
    summary: str
    notes: tuple[str, ...]
    strategy: Any
    settings: dict[str, Any]
    map: NDArray[np.float64]

    @property
    def names(self) -> list[str]:
        """Names of the chosen samples."""
        return [str(name) for name in self.known.samples.names[self.rows]]

    def noted(self, *notes: str) -> Picks:
        """Return the same with more notes."""
        return replace(self, notes=(*self.notes, *notes))
