"""Which samples may be chosen, and which count as covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted, shown


@dataclass(frozen=True)
class Pools:
    """Samples apart: labelled, asked for before, and free to be chosen.

    Parameters
    ----------
    known : LabeledSamples
        The samples and their labels.
    pending : array of int
        Rows that were asked for and have no label.
    free : array of int
        Rows that may be chosen.
    """

    known: LabeledSamples
    pending: NDArray[np.intp]
    free: NDArray[np.intp]

    @classmethod
    def of(cls, known: LabeledSamples, exclude: Iterable[str]) -> Pools:
        """Set samples apart; names that are not there are passed over."""
        if isinstance(exclude, str):
            raise TypeError(f"exclude={exclude!r} must be a list of names, not one name")
        asked = {str(name) for name in exclude}
        is_asked = np.array([str(name) in asked for name in known.samples.names], dtype=bool)
        is_labeled = np.zeros(len(known.samples), dtype=bool)
        is_labeled[known.rows] = True
        return cls(
            known,
            np.flatnonzero(is_asked & ~is_labeled),
            np.flatnonzero(~is_asked & ~is_labeled),
        )

    @property
    def settled(self) -> NDArray[np.intp]:
        """Rows that count as covered: labelled ones, behind them those asked for before."""
        return np.concatenate([self.known.rows, self.pending])

    def check(self, n: Any) -> None:
        """Raise unless `n` samples can be chosen."""
        if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
            raise ValueError(f"n={n!r} must be a whole number, 1 or more")
        if n <= len(self.free):
            return
        source, total = shown(self.known.samples.source), counted(len(self.known.samples), "sample")
        labeled, asked = len(self.known.rows), len(self.pending)
        gone = f"{labeled:,} labelled" + (f", {asked:,} asked for before" if asked else "")
        if not len(self.free):
            raise ValueError(f"{source}: none of its {total} is left to choose ({gone})")
        raise ValueError(
            f"n={n} is more than what is left of {source}: {len(self.free):,} of {total} ({gone}); "
            f"ask for {len(self.free):,} or fewer"
        )
