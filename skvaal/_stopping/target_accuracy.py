"""Stop where the model is good enough."""

from __future__ import annotations

from numbers import Real

from skvaal._stopping.accuracy_rule import COUNT_OF_FOLDS, AccuracyRule
from skvaal._utils.params import Interval


class TargetAccuracy(AccuracyRule):
    """Stop where the accuracy reaches a target, and its interval lies above it.

    In each round the accuracy is measured on `X_val` and `y_val` if they are given, else by
    cross-validation on the labels so far. Labelling stops where the lower end of Wilson's score
    interval is at least `target`. With few labels the interval is wide, so that the rule waits.

    **What the estimate is worth.** A validation set that was drawn at random estimates the
    accuracy on the pool. A cross-validation on labels that a strategy chose does not. Chosen
    samples are often harder than the pool: on the digits the estimate was 7 to 22 points too low,
    and the rule never stopped. If a strategy finds one easy region only, the estimate is too high.
    Each fold also trains on fewer labels than there are. The interval counts none of this. It is
    read in each round, so that it is wrong more often than one interval is.

    Parameters
    ----------
    target : float, default=0.9
        Above 0 and below 1.
    confidence : float, default=0.95
        Level of the interval, above 0 and below 1.
    cv : int, default=5
        Folds of the cross-validation; fewer if there are fewer labels.

    Attributes
    ----------
    should_stop_ : bool
    reason_ : str
        A sentence that says why.
    curve_ : list of CurvePoint
        ``n_labels``, ``accuracy`` and ``error`` of each round.

    See Also
    --------
    ExpectedGain : Stops where labels add little, however accurate the model is.
    StabilizedPredictions : Needs no labels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skvaal import TargetAccuracy
    >>> X, y = load_digits(return_X_y=True)
    >>> stopping = TargetAccuracy(0.9)
    >>> for n in range(50, 1000, 50):
    ...     model = KNeighborsClassifier(1).fit(X[:n], y[:n])
    ...     if stopping.update(model, X_labeled=X[:n], y_labeled=y[:n]):
    ...         break
    >>> n
    100
    >>> print(stopping.reason_)
    The target of 90 % is reached: the accuracy is 97.0 % (95 % interval 91.5 to 99.0), by
    cross-validation with 100 labels.
    """

    _parameter_constraints: dict = {
        "target": [Interval(Real, 0, 1, closed="neither")],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "cv": COUNT_OF_FOLDS,
    }

    def __init__(self, target: float = 0.9, confidence: float = 0.95, *, cv: int = 5) -> None:
        self.target = target
        self.confidence = confidence
        self.cv = cv

    def _judge_curve(self, way: str) -> tuple[bool, str]:
        point = self.curve_[-1]
        low, high = point.interval(self.confidence)
        should_stop = low >= self.target
        what = "is reached" if should_stop else "is not reached beyond doubt"
        return should_stop, (
            f"The target of {100 * self.target:g} % {what}: the accuracy is "
            f"{100 * point.accuracy:.1f} % ({100 * self.confidence:g} % interval {100 * low:.1f} "
            f"to {100 * high:.1f}), {way}."
        )
