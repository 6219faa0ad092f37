"""Labels of a user's files: from tables, folders and the exports of labelling tools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skvaal._files.named_samples import NamedSamples


@dataclass(frozen=True)
class LabeledSamples:
    """Samples, some of which have a label.

    Parameters
    ----------
    samples : NamedSamples
        The pool; behind it, labelled files that lie outside it.
    rows : array of int, shape (n_labeled,)
        Which of them have a label; different, ascending.
    labels : array of str, shape (n_labeled,)
        Their labels.
    """

    samples: NamedSamples
    rows: NDArray[np.intp]
    labels: NDArray[np.object_]

    @property
    def classes(self) -> tuple[str, ...]:
        """Different labels, sorted."""
        return tuple(sorted(set(self.labels)))
