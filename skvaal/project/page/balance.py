"""How many labels each class has so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from skvaal._files.labels import LabeledSamples
from skvaal._utils.pages import visible

_MOST_CLASSES = 30  # with a bar of their own


@dataclass(frozen=True)
class Balance:
    """Labels by class.

    Parameters
    ----------
    sentence : str
        What there is to know.
    bars : list of tuple (str, int, float)
        Class, number of labels, and that number in % of the largest; the largest first.
    """

    sentence: str
    bars: list[tuple[str, int, float]]


def weigh(known: LabeledSamples) -> Balance:
    """Count the labels of each class.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._files.named_samples import NamedSamples
    >>> names = np.array(["0", "1", "2"], dtype=object)
    >>> samples = NamedSamples(np.eye(3), names, "features", "row", None, "X.npy")
    >>> labels = np.array(["boot", "boot", "bag"], dtype=object)
    >>> weigh(LabeledSamples(samples, np.arange(3), labels)).sentence
    '3 labels of 2 classes: from 2 of boot down to 1 of bag.'
    """
    counts = Counter(str(label) for label in known.labels)
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if not order:
        return Balance("No sample has a label yet.", [])
    largest = order[0][1]
    bars = [
        (visible(name, in_one_line=True), n, round(100 * n / largest, 1))
        for name, n in order[:_MOST_CLASSES]
    ]
    return Balance(_say(order, len(known.rows)), bars)


def _say(order: list[tuple[str, int]], n: int) -> str:
    names = [visible(name, in_one_line=True) for name, _ in order]
    labels = "1 label" if n == 1 else f"{n:,} labels"
    if len(order) == 1:
        return f"{labels}, all of the class {names[0]}: a model needs another class to learn from."
    sentence = (
        f"{labels} of {len(order):,} classes: from {order[0][1]:,} of {names[0]} down to "
        f"{order[-1][1]:,} of {names[-1]}."
    )
    if len(order) > _MOST_CLASSES:
        sentence += f" The bars show the {_MOST_CLASSES} largest classes."
    return sentence
