"""Stop where the predictions of successive models no longer change."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from sklearn.utils import check_random_state

from skvaal._pool.containers import count_rows, take_rows
from skvaal._stopping.evidence import Evidence
from skvaal._stopping.rule import StoppingRule
from skvaal._utils.params import Interval


class StabilizedPredictions(StoppingRule):
    """Stop where successive models agree on samples that need no label.

    The models of two successive rounds predict the same fixed samples, the stop set. Their
    agreement is Cohen's kappa, 1 where they agree on all and 0 where they agree no more than by
    chance. Labelling stops where the mean of the last `n_rounds` agreements is at least
    `threshold` [1]_.

    This shows that labels no longer change the model, not that the model is good. If two models
    agree with a kappa above T, then their F-measures differ by at most 4 (1 - T) / T [2]_: for
    0.99, by 4 points. That bounds what one round changed, not what all later rounds would.

    The stop set must represent the samples that the model is for. A random draw of the whole pool
    does; what is left of the pool after some rounds does not, and works worse [3]_.

    Parameters
    ----------
    threshold : float, default=0.99
        Above 0, at most 1. A lower threshold stops sooner. A model with much randomness of its own
        may never reach 0.99.
    n_rounds : int, default=3
        Agreements that are averaged. So ``n_rounds + 1`` models are needed.
    stop_size : int, default=2000
        Largest stop set. Of a larger `X_stop`, so many samples are drawn in the first round.
    random_state : int, RandomState instance or None, default=None
        Seeds that draw.

    Attributes
    ----------
    should_stop_ : bool
    reason_ : str
        A sentence that says why.
    agreements_ : list of float
        Kappa of each round with the round before.
    stop_rows_ : array of int of shape (n_stop,)
        Rows of `X_stop` that are predicted.
    predictions_ : array of shape (n_stop,)
        By the last model.

    See Also
    --------
    ExpectedGain : Reads the learning curve instead.
    TargetAccuracy : Stops where the model is good enough.

    Notes
    -----
    The mean over three rounds, the threshold of 0.99 and the stop set of 2,000 are those of [1]_;
    there, the mean must be above the threshold. Where kappa is undefined, because both models
    predict one class for all samples, it counts as 0. Such models have learned nothing yet.

    References
    ----------
    .. [1] Bloodgood, Vijay-Shanker, "A Method for Stopping Active Learning Based on Stabilizing
           Predictions and the Need for User-Adjustable Stopping", CoNLL 2009, arXiv 1409.5165.
    .. [2] Bloodgood, Grothendieck, "Analysis of Stopping Active Learning based on Stabilizing
           Predictions", CoNLL 2013, arXiv 1504.06329.
    .. [3] Kurlandski, Bloodgood, "Impact of Stop Sets on Stopping Active Learning for Text
           Classification", ICSC 2022, arXiv 2201.05460.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skvaal import StabilizedPredictions
    >>> X, y = load_digits(return_X_y=True)
    >>> stopping = StabilizedPredictions(threshold=0.98)
    >>> for n in range(50, 1000, 50):
    ...     model = KNeighborsClassifier(1).fit(X[:n], y[:n])
    ...     if stopping.update(model, X):
    ...         break
    >>> n
    500
    >>> print(stopping.reason_)
    Predictions are stable: on 1,797 samples, successive models agree at 0.982 (Cohen's kappa,
    mean of the last 3); stopping is advised from 0.98.
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, 0, 1, closed="right")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "stop_size": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }
    agreements_: list[float]
    predictions_: NDArray

    def __init__(
        self,
        threshold: float = 0.99,
        n_rounds: int = 3,
        *,
        stop_size: int = 2000,
        random_state: Any = None,
    ) -> None:
        self.threshold = threshold
        self.n_rounds = n_rounds
        self.stop_size = stop_size
        self.random_state = random_state

    def _judge(self, evidence: Evidence) -> tuple[bool, str]:
        predicted = evidence.predict(self._take_stop_set(evidence.X_stop), "X_stop")
        if hasattr(self, "predictions_"):
            self.agreements_ = [*self.agreements_, agreement(self.predictions_, predicted)]
        else:
            self.agreements_ = []
        self.predictions_ = predicted
        return judge_agreements(self.agreements_, self.threshold, self.n_rounds, len(predicted))

    def _take_stop_set(self, X_stop: Any) -> Any:
        """The stop set; drawn in the first round, and compared with it in later ones."""
        if X_stop is None:
            raise ValueError(
                "X_stop is missing: StabilizedPredictions compares predictions on samples that "
                "need no label; pass the same ones in each round"
            )
        n = count_rows(X_stop, "X_stop")
        if n < 2:
            raise ValueError(f"X_stop has {n} samples; an agreement needs at least 2")
        shape = tuple(getattr(X_stop, "shape", (n,)))
        if not hasattr(self, "stop_rows_"):
            rows = np.arange(n)
            if n > self.stop_size:
                rng = check_random_state(self.random_state)
                rows = np.sort(rng.permutation(n)[: self.stop_size])
            self.stop_rows_, self._shape = rows, shape
        if shape != self._shape:
            raise ValueError(
                f"X_stop has the shape {shape}, but it had {self._shape} in the first round; pass "
                "the same samples in each round, not a pool that shrinks"
            )
        return take_rows(X_stop, self.stop_rows_)


def agreement(predicted: NDArray, others: NDArray) -> float:
    """Cohen's kappa of two models' predictions; 0 where both say one class for all samples."""
    classes, codes = np.unique(np.concatenate([predicted, others]), return_inverse=True)
    if len(classes) < 2:
        return 0.0
    return float(cohen_kappa_score(codes[: len(predicted)], codes[len(predicted) :]))


def judge_agreements(
    agreements: list[float], threshold: float, n_rounds: int, n_stop: int
) -> tuple[bool, str]:
    """Whether the mean of the last agreements reaches a threshold, and a sentence that says so."""
    if len(agreements) < n_rounds:
        return False, (
            f"It is too early to tell whether predictions are stable: that takes {n_rounds + 1} "
            f"models, and there are {len(agreements) + 1}."
        )
    mean = float(np.mean(agreements[-n_rounds:]))
    should_stop = mean >= threshold
    what = "Predictions are stable" if should_stop else "Predictions still change"
    return should_stop, (
        f"{what}: on {n_stop:,} samples, successive models agree at {mean:.3f} (Cohen's kappa, "
        f"mean of the last {n_rounds}); stopping is advised from {threshold:g}."
    )
