"""A task model's predictions on samples, and how unsure it is of them.

References
----------
.. [1] Houlsby, Huszar, Ghahramani, Lengyel, "Bayesian Active Learning for Classification and
       Preference Learning", 2011, arXiv 1112.5745.
.. [2] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
       2020, arXiv 2004.04943.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.conversion import as_real_numbers
from skvaal._predictions.distributions import check_proba
from skvaal._predictions.pixels import (
    MEASURES,
    check_pixel_proba,
    mean_over_pixels,
    measure_by_function,
)
from skvaal._utils.params import naming_foreign

Proba = NDArray[np.floating]

_SEVERAL_LABELS = "if a sample may have several labels, set multilabel='mean' or 'max'"


@dataclass(frozen=True)
class PredictionNeeds:
    """What a learner is asked for."""

    pool: bool = False  # class probabilities of the pool
    labeled: bool = False  # class probabilities of the labelled samples
    in_fit: bool = False  # whether a training reads them, too, and not a choice alone
    members: bool = False  # wherever probabilities are needed, those of an ensemble's members too
    losses: bool = False  # losses of both, if the learner has features for a head to predict from
    # The parameter, as it is set, that cannot do without; None: left out where a learner has none.
    required_by: str | None = None
    # What will do: class probabilities, a regressor's standard deviations, or either.
    answer: Literal["any", "proba", "std"] = "proba"
    multilabel: str = "auto"  # how an answer is read, the parameter of the strategies

    @property
    def way_out(self) -> str:
        """What to set, to need no prediction."""
        return "set uncertainty=None" + " and net='vaal'" * self.in_fit


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a task model says of samples; what it does not say is None."""

    proba: NDArray[np.float64] | None = None  # (n_samples, n_classes); the mean of a committee
    members: NDArray[np.float64] | None = None  # (n_members, n_samples, n_classes)
    loss: NDArray[np.floating] | None = None  # (n_samples,), of which only the order means anything
    # (n_samples, n_classes, height, width), of a segmentation model, which has no `proba`.
    pixels: NDArray | None = None
    deviation: NDArray[np.float64] | None = None  # (n_samples,), of a regressor
    # Of several labels or outputs, what is said of each; the rest is None then.
    outputs: tuple[Predictions, ...] | None = None

    @classmethod
    def of(cls, proba: Any, n_samples: int, name: str = "proba") -> Predictions:
        """Check probabilities of one label, of a committee's members too, and wrap them.

        None becomes empty; Predictions, which an adapter passes on, are returned as they are.
        """
        if proba is None:
            return cls()
        if isinstance(proba, Predictions):
            return proba
        given = as_real_numbers(proba, name)
        if given.ndim == 4:
            return cls(pixels=check_pixel_proba(given, n_samples, name))
        checked = check_proba(given, n_samples, name, way_out=_SEVERAL_LABELS)
        return cls(checked) if checked.ndim == 2 else cls(checked.mean(axis=0), checked)

    @property
    def are_missing(self) -> bool:
        """Whether nothing tells how unsure the model is."""
        return all(each is None for each in (self.proba, self.pixels, self.deviation, self.outputs))

    def rows(self, positions: NDArray[np.intp]) -> Predictions:
        """Predictions on some of the samples."""
        return Predictions(
            None if self.proba is None else self.proba[positions],
            None if self.members is None else self.members[:, positions],
            None if self.loss is None else self.loss[positions],
            None if self.pixels is None else self.pixels[positions],
            None if self.deviation is None else self.deviation[positions],
            None if self.outputs is None else tuple(each.rows(positions) for each in self.outputs),
        )

    def followed_by(self, other: Predictions) -> Predictions:
        """Predictions on these samples and then others; what one of the two lacks is None."""
        return Predictions(
            _concatenate(self.proba, other.proba, axis=0),
            _concatenate(self.members, other.members, axis=1),
            _concatenate(self.loss, other.loss, axis=0),
            _concatenate(self.pixels, other.pixels, axis=0),
        )


def _concatenate(first: NDArray | None, second: NDArray | None, axis: int) -> NDArray | None:
    if first is None or second is None:
        return None
    return np.concatenate([first, second], axis=axis)


def margin(proba: Proba) -> NDArray[np.float64]:
    """1 - (p1 - p2), p1 and p2 the two largest probabilities of a sample."""
    p = np.asarray(proba, dtype=np.float64)
    if p.shape[1] == 1:
        p = np.column_stack([p, np.zeros(len(p))])  # a second class without probability
    second, first = np.partition(p, -2, axis=1)[:, -2:].T
    return 1 - (first - second)


def entropy(proba: Proba) -> NDArray[np.float64]:
    """Entropy, in nats."""
    proba = np.asarray(proba, dtype=np.float64)
    logs = np.log(proba, out=np.zeros_like(proba), where=proba > 0)  # 0 log 0 is 0
    return np.abs(-(proba * logs).sum(axis=-1))  # no -0


def least_confident(proba: Proba) -> NDArray[np.float64]:
    """1 - the largest probability."""
    return 1 - np.asarray(proba, dtype=np.float64).max(axis=1)


def disagreement(members: Proba) -> NDArray[np.float64]:
    """Mutual information of class and member, in nats: entropy of the mean - mean entropy [1]_.

    It is 0 where all members agree, however unsure each of them is.
    """
    members = np.asarray(members, dtype=np.float64)
    # Rounding would put it below 0 where all members agree.
    return np.maximum(entropy(members.mean(axis=0)) - entropy(members).mean(axis=0), 0)


def state_indicator(proba: Proba) -> NDArray[np.float64]:
    """Online uncertainty indicator of SRAAL: 1 - MINVAR(V) / VAR(V) * max(V) [2]_.

    VAR is the variance of a sample's probabilities V over the classes. MINVAR is the smallest
    variance that a vector with the same maximum can have: that of (max, (1 - max) / (C - 1), ...).
    At the uniform vector both are 0, and the value is the limit along such vectors, 1 - 1 / C.
    """
    proba = np.asarray(proba, dtype=np.float64)
    n_classes = proba.shape[1]
    largest = proba.max(axis=1)
    above = largest - proba.mean(axis=1)
    # In (max, rest, ..., rest), each rest is above / (C - 1) below the mean.
    least = above**2 / max(n_classes - 1, 1)
    variance = proba.var(axis=1)
    # With two classes the ratio is 1; near the uniform vector it would be rounding error.
    flat = above <= 1e-9
    ratio = np.divide(least, variance, out=np.ones_like(least), where=~flat)
    return 1 - np.clip(ratio, 0, 1) * largest


# 'disagreement' reads (n_members, n_samples, n_classes), the others (n_samples, n_classes).
UNCERTAINTIES: dict[str, Callable[[NDArray], NDArray]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confident": least_confident,
    "disagreement": disagreement,
}


def measure_uncertainty(
    uncertainty: Any, predictions: Predictions, multilabel: str = "auto"
) -> NDArray[np.float64] | None:
    """Measure how unsure a task model is of each sample; higher is less sure.

    `uncertainty` is a key of UNCERTAINTIES, a function of class probabilities, 'std', None, or
    'auto': the margin, or None without probabilities. Of a regressor it is the standard deviation,
    or a function of that. Of an image with probabilities of its pixels it is the mean over them; a
    function then gets blocks of images. Of several labels it is their mean, or maximum.
    """
    if uncertainty is None or (uncertainty == "auto" and predictions.are_missing):
        return None
    if predictions.outputs is not None:
        return _measure_outputs(uncertainty, predictions.outputs, multilabel)
    if predictions.pixels is not None:
        return _measure_pixels(uncertainty, predictions.pixels)
    if callable(uncertainty):
        given = predictions.proba if predictions.deviation is None else predictions.deviation
        assert given is not None
        # The function may work in place, and the probabilities are needed again.
        return _read_answer(_ask(uncertainty, given.copy()), len(given), uncertainty)
    if predictions.deviation is not None:
        return predictions.deviation
    assert predictions.proba is not None
    if uncertainty == "std":
        raise ValueError(
            "uncertainty='std' is a regressor's standard deviation, and there are class "
            "probabilities; take another uncertainty, such as 'auto'"
        )
    if uncertainty != "disagreement":
        return UNCERTAINTIES["margin" if uncertainty == "auto" else uncertainty](predictions.proba)
    if predictions.members is None:
        raise ValueError(
            "uncertainty='disagreement' compares the members of a committee: proba must have the "
            "shape (n_members, n_samples, n_classes), got (n_samples, n_classes) = "
            f"{predictions.proba.shape}; stack the members' predict_proba, or take another "
            "uncertainty, such as 'margin'"
        )
    return disagreement(predictions.members)


def _measure_outputs(
    uncertainty: Any, outputs: tuple[Predictions, ...], multilabel: str
) -> NDArray[np.float64] | None:
    values = [measure_uncertainty(uncertainty, each) for each in outputs]
    told = [each for each in values if each is not None]
    return np.max(told, axis=0) if multilabel == "max" else np.mean(told, axis=0)


def _measure_pixels(uncertainty: Any, pixels: NDArray) -> NDArray[np.float64]:
    if callable(uncertainty):

        def read(answer: Any, n_samples: int) -> NDArray[np.float64]:
            return _read_answer(answer, n_samples, uncertainty)

        return measure_by_function(partial(_ask, uncertainty), pixels, read)
    measure = "margin" if uncertainty == "auto" else uncertainty
    if measure not in MEASURES:
        raise ValueError(
            f"uncertainty={uncertainty!r} compares the members of a committee, and proba of shape "
            f"{pixels.shape} holds pixels of one model; take another uncertainty, such as 'margin'"
        )
    return mean_over_pixels(measure, pixels)


def _ask(uncertainty: Any, proba: NDArray) -> Any:
    """Call a function of the user's, whose errors are told as its own."""
    with naming_foreign(uncertainty, f"{describe_uncertainty(uncertainty)} failed"):
        return uncertainty(proba)


def _read_answer(answer: Any, n_samples: int, uncertainty: Any) -> NDArray[np.float64]:
    """What a function of the user's returned: a finite number for each sample, or a ValueError."""
    described = describe_uncertainty(uncertainty)
    values = as_real_numbers(answer, f"what {described} returns").astype(np.float64)
    shape = (n_samples,)
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(
            f"{described} must return one finite number a sample, shape {shape}, got shape "
            f"{values.shape}" + (" with NaN or infinity in it" if values.shape == shape else "")
        )
    return values


def is_explicit(uncertainty: Any) -> bool:
    """Whether the user asked for an uncertainty, so that doing without is an error."""
    return uncertainty is not None and uncertainty != "auto"


def describe_uncertainty(uncertainty: Any) -> str:
    """The parameter as it is set, for messages: "uncertainty='margin'"."""
    return f"uncertainty={getattr(uncertainty, '__name__', None) or repr(uncertainty)}"
