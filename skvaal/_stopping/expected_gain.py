"""Stop where the next batch is expected to add little."""

from __future__ import annotations

from itertools import pairwise
from numbers import Real

from skvaal._stopping.accuracy_rule import COUNT_OF_FOLDS, AccuracyRule
from skvaal._stopping.power_law import LEAST_POINTS, Gain, expect_gain
from skvaal._utils.params import Interval


class ExpectedGain(AccuracyRule):
    """Stop where the next batch is expected to add less than some points of accuracy.

    In each round the accuracy is measured on `X_val` and `y_val` if they are given, else by
    cross-validation on the labels so far. A saturating power law, ``a - b * n ** -c`` with n
    labels, is fitted to the curve so far [1]_, and says what as many labels as in the last round
    would add. Labelling stops where the expected gain is below `min_gain`. The expectation is over
    all curves, each weighed by how well it fits the points and their errors.

    **What the estimate is worth.** A gain below `min_gain` in one round may still be a gain of many
    points in twenty rounds. A curve that rises late, as where a class is found late, is no power
    law, and the rule stops before it rises. A cross-validation on labels that a strategy chose
    measures another curve than that of the pool: on the digits it lay 7 to 22 points below, and
    rose for longer, so that the rule stopped later than with a validation set. The interval counts
    how few labels were tested, and none of this.

    Parameters
    ----------
    min_gain : float, default=0.005
        Smallest gain of a batch that is worth its labels, above 0; 0.005 is half a point of %.
    confidence : float, default=0.95
        Level of the interval that ``reason_`` and ``gain_`` tell, above 0 and below 1.
    cv : int, default=5
        Folds of the cross-validation; fewer if there are fewer labels.

    Attributes
    ----------
    should_stop_ : bool
    reason_ : str
        A sentence that says why.
    curve_ : list of CurvePoint
        ``n_labels``, ``accuracy`` and ``error`` of each round.
    gain_ : Gain or None
        ``mean``, ``low`` and ``high`` of the gain of the next batch; None before four rounds.

    See Also
    --------
    TargetAccuracy : Stops where the model is good enough.
    StabilizedPredictions : Needs no labels.

    References
    ----------
    .. [1] Cortes, Jackel, Solla, Vapnik, Denker, "Learning Curves: Asymptotic Values and Rate of
           Convergence", NeurIPS 1993.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skvaal import ExpectedGain
    >>> X, y = load_digits(return_X_y=True)
    >>> stopping = ExpectedGain(0.01)
    >>> for n in range(20, 1000, 20):
    ...     model = KNeighborsClassifier(1).fit(X[:n], y[:n])
    ...     if stopping.update(model, X_labeled=X[:n], y_labeled=y[:n]):
    ...         break
    >>> n
    100
    >>> print(stopping.reason_)
    The next 20 labels are expected to add 0.7 points to the accuracy, less than 1 (95 % interval
    0.4 to 1.0); it was measured by cross-validation with 100 labels.
    """

    _parameter_constraints: dict = {
        "min_gain": [Interval(Real, 0, 1, closed="neither")],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "cv": COUNT_OF_FOLDS,
    }
    gain_: Gain | None

    def __init__(self, min_gain: float = 0.005, confidence: float = 0.95, *, cv: int = 5) -> None:
        self.min_gain = min_gain
        self.confidence = confidence
        self.cv = cv

    def _judge_curve(self, way: str) -> tuple[bool, str]:
        self.gain_ = None
        sizes = [point.n_labels for point in self.curve_]
        if any(after <= before for before, after in pairwise(sizes)):
            raise ValueError(
                f"the learner has {sizes[-1]} labels, and had {sizes[-2]} in the round before; "
                "update the rule once in each round, after new labels"
            )
        if len(sizes) < LEAST_POINTS:
            return False, (
                f"It is too early to tell what labels add: a curve takes {LEAST_POINTS} rounds, "
                f"and there are {len(sizes)}."
            )
        n_more = sizes[-1] - sizes[-2]
        self.gain_ = expect_gain(self.curve_, n_more, self.confidence)
        return self.gain_.mean < self.min_gain, describe_gain(
            self.gain_, n_more, self.min_gain, self.confidence, way
        )


def describe_gain(gain: Gain, n_more: int, min_gain: float, confidence: float, way: str) -> str:
    """Say in a sentence what more labels are expected to add."""
    than = "less" if gain.mean < min_gain else "no less"
    return (
        f"The next {n_more:,} labels are expected to add {100 * gain.mean:.1f} points to the "
        f"accuracy, {than} than {100 * min_gain:g} ({100 * confidence:g} % interval "
        f"{100 * gain.low:.1f} to {100 * gain.high:.1f}); it was measured {way}."
    )
