"""How accurate a model is, by cross-validation on its labels or on a validation set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import KFold

from skvaal._pool.containers import take_rows

N_FOLDS = 5


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy of a model, cross-validated on its labels or measured on a validation set.

    Parameters
    ----------
    n_labels : int
        Labels that the model had.
    accuracy : float
        Share of the tested labels that the model predicts; in a cross-validation, models of the
        other folds.
    error : float
        Standard error of that share, as of so many independent labels.
    n_tested : float
        Labels that it was tested on; with weights, as many of equal weight as have the same error.
    """

    n_labels: int
    accuracy: float
    error: float
    n_tested: float

    @classmethod
    def of(
        cls, n_labels: int, hits: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
    ) -> CurvePoint:
        """Make the point of which tested labels were predicted, and of their weights."""
        accuracy = float(np.average(hits, weights=weights))
        n_tested = float(len(hits))
        if weights is not None:
            n_tested = float(weights.sum() ** 2 / (weights**2).sum())
        error = float(np.sqrt(accuracy * (1 - accuracy) / n_tested))
        return cls(n_labels, accuracy, error, n_tested)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Compute Wilson's score interval of the accuracy."""
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        n, share = self.n_tested, self.accuracy
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def cross_validate(
    X: Any,
    y: NDArray,
    model: Any,
    *,
    weights: NDArray[np.float64] | None = None,
    n_folds: int = N_FOLDS,
    random_state: int = 0,
) -> CurvePoint:
    """Cross-validate a model, which is cloned, on all labels."""
    folds = KFold(min(n_folds, len(y)), shuffle=True, random_state=random_state)
    hits = np.zeros(len(y), dtype=bool)
    for train, test in folds.split(y):
        hits[test] = find_hits(X, y, train, test, model, weights)
    return CurvePoint.of(len(y), hits, weights)


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
    return [cross_validate(X[:n], y[:n], model, random_state=random_state) for n in sizes if n >= 2]


def find_hits(
    X: Any,
    y: NDArray,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    model: Any,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.bool_]:
    """Which labels a model of others predicts; where these have one class, it says that."""
    classes = np.unique(y[train])
    if len(classes) < 2:
        return y[test] == classes[0] if len(classes) else np.zeros(len(test), dtype=bool)
    weighted = {} if weights is None else {"sample_weight": weights[train]}
    fitted = clone(model).fit(take_rows(X, train), y[train], **weighted)
    hits: NDArray[np.bool_] = np.asarray(fitted.predict(take_rows(X, test)) == y[test])
    return hits
