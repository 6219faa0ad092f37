"""What asking for labels in this order has saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit

from skvaal._stopping.curve import find_hits

_N_REPLAYS = 10
_TEST_SHARE = 0.3


@dataclass(frozen=True)
class Saving:
    """How many labels in a random order are worth as much as those that were asked for.

    It is an estimate: the random orders are drawn from the labels that were told, which were
    themselves chosen. What random samples of the whole pool would have brought is not known.

    Parameters
    ----------
    n_labels : int
        Labels, in the order in which they were told.
    n_random : int or None
        Labels in a random order that a model needs for the same accuracy; None where no number
        that was tried reached it.
    accuracy : float
        That accuracy, on labels that the model was not shown.
    """

    n_labels: int
    n_random: int | None
    accuracy: float


def estimate_saving(
    X: NDArray, y: NDArray, sizes: Sequence[int], model: Any, *, random_state: int = 0
) -> Saving | None:
    """Replay the labels so far, in the order in which they were told and in random ones.

    Each of ten replays hides three in ten labels, and learns from more and more of the others. Both
    orders begin with the labels that were there before the first question. The answer is for the
    size about half-way, where the two orders may differ most.

    Parameters
    ----------
    X : array of shape (n, n_features)
        Labelled samples, in the order in which they got their labels.
    y : array of shape (n,)
        Their labels.
    sizes : sequence of int
        How many labels there were at the start and after each answer.
    model : classifier of scikit-learn
        It is cloned, not changed.
    random_state : int, default=0
        Seeds the replays.

    Returns
    -------
    Saving or None
        None where there are fewer than three answers, which are too few to tell.
    """
    if len(sizes) < 4:
        return None
    splits = ShuffleSplit(_N_REPLAYS, test_size=_TEST_SHARE, random_state=random_state)
    generator = RandomState(random_state)
    half = _find_half(sizes)
    told, shuffled, counts = [], [], []
    for rest, test in splits.split(X):
        rest = np.sort(rest)
        start, later = rest[rest < sizes[0]], rest[rest >= sizes[0]]
        steps = [int(np.sum(rest < size)) for size in sizes]
        mixed = np.r_[start, generator.permutation(later)]
        told.append(_score(X, y, rest[: steps[half]], test, model))
        shuffled.append([_score(X, y, mixed[:step], test, model) for step in steps])
        counts.append(steps)
    accuracy, needed = float(np.mean(told)), np.mean(counts, axis=0)
    rising = np.maximum.accumulate(np.mean(shuffled, axis=0))
    reached = _reach(rising, needed, accuracy)
    if reached is None:
        return Saving(sizes[half], None, accuracy)
    n_random = min(round(sizes[half] * reached / needed[half]), sizes[-1])
    return Saving(sizes[half], n_random, accuracy)


def _find_half(sizes: Sequence[int]) -> int:
    """Place of the size that is nearest to half-way, neither the first nor the last."""
    inner = np.asarray(sizes[1:-1])
    return int(np.argmin(np.abs(inner - (sizes[0] + sizes[-1]) / 2))) + 1


def _reach(curve: NDArray, counts: NDArray, accuracy: float) -> float | None:
    """The number of labels at which a rising curve reaches an accuracy; None if it never does."""
    after = int(np.searchsorted(curve, accuracy))
    if after == 0:
        return float(counts[0])
    if after == len(curve):
        return None
    low, high = curve[after - 1], curve[after]
    share = (accuracy - low) / (high - low)
    return float(counts[after - 1] + share * (counts[after] - counts[after - 1]))


def _score(X: NDArray, y: NDArray, train: NDArray, test: NDArray, model: Any) -> float:
    """Accuracy on some samples of a model of others."""
    return float(np.mean(find_hits(X, y, train, test, model)))
