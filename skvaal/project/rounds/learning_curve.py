"""How accurate a model is with the labels so far, and what asking in this order has saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import KFold, ShuffleSplit

_N_FOLDS = 5
_N_REPLAYS = 10
_TEST_SHARE = 0.3


@dataclass(frozen=True)
class CurvePoint:
    """Cross-validated accuracy of a model of the first labels.

    Parameters
    ----------
    n_labels : int
    accuracy : float
        Share of these labels that models of the others predict.
    error : float
        Standard error of that share, as of so many independent labels.
    """

    n_labels: int
    accuracy: float
    error: float


@dataclass(frozen=True)
class Saving:
    """How many labels in a random order are worth as much as those that were asked for.

    It is an estimate: the random orders are drawn from the labels that were told, which were
    themselves chosen. What random samples of the whole pool would have brought is not known.

    Parameters
    ----------
    n_labels : int
        Labels, in the order in which they were told.
    n_random : int
        Labels in a random order that a model needs for the same accuracy.
    accuracy : float
        That accuracy, on labels that the model was not shown.
    """

    n_labels: int
    n_random: int
    accuracy: float


def compute_curve(
    X: NDArray, y: NDArray, sizes: Sequence[int], model: Any, *, random_state: int = 0
) -> list[CurvePoint]:
    """Cross-validate a model on the first labels, for each of some sizes.

    Parameters
    ----------
    X : array of shape (n, n_features)
        Labelled samples, in the order in which they got their labels.
    y : array of shape (n,)
        Their labels.
    sizes : sequence of int
        How many of them there were; a size with fewer than two labels is left out.
    model : classifier of scikit-learn
        It is cloned, not changed.
    random_state : int, default=0
        Seeds the folds.

    Returns
    -------
    list of CurvePoint
    """
    points = []
    for n in sizes:
        if n < 2:
            continue
        accuracy = _cross_validate(X[:n], y[:n], model, random_state)
        points.append(CurvePoint(n, accuracy, float(np.sqrt(accuracy * (1 - accuracy) / n))))
    return points


def estimate_saving(
    X: NDArray, y: NDArray, sizes: Sequence[int], model: Any, *, random_state: int = 0
) -> Saving | None:
    """Replay the labels so far, in the order in which they were told and in random ones.

    Each of ten replays hides three in ten labels, and learns from more and more of the others. Both
    orders begin with the labels that were there before the first question. The answer is for the
    size about half-way, where the two orders may differ most.

    Parameters
    ----------
    X, y, model, random_state
        As of :func:`compute_curve`.
    sizes : sequence of int
        How many labels there were at the start and after each answer.

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
    share = _reach(rising, needed, accuracy) / needed[half]
    return Saving(sizes[half], round(sizes[half] * share), accuracy)


def _find_half(sizes: Sequence[int]) -> int:
    """Place of the size that is nearest to half-way, neither the first nor the last."""
    inner = np.asarray(sizes[1:-1])
    return int(np.argmin(np.abs(inner - (sizes[0] + sizes[-1]) / 2))) + 1


def _reach(curve: NDArray, counts: NDArray, accuracy: float) -> float:
    """The number of labels at which a rising curve reaches an accuracy; at most its last one."""
    after = int(np.searchsorted(curve, accuracy))
    if after == 0:
        return float(counts[0])
    if after == len(curve):
        return float(counts[-1])
    low, high = curve[after - 1], curve[after]
    share = (accuracy - low) / (high - low)
    return float(counts[after - 1] + share * (counts[after] - counts[after - 1]))


def _cross_validate(X: NDArray, y: NDArray, model: Any, seed: int) -> float:
    folds = KFold(min(_N_FOLDS, len(y)), shuffle=True, random_state=seed)
    hits = [_score(X, y, train, test, model) * len(test) for train, test in folds.split(X)]
    return sum(hits) / len(y)


def _score(X: NDArray, y: NDArray, train: NDArray, test: NDArray, model: Any) -> float:
    """Accuracy on some samples of a model of others; where these have one class, it says that."""
    classes = np.unique(y[train])
    if len(classes) < 2:
        return float(np.mean(y[test] == classes[0])) if len(classes) else 0.0
    return float(np.mean(clone(model).fit(X[train], y[train]).predict(X[test]) == y[test]))
