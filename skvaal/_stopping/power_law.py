"""What more labels are expected to bring: a saturating power law through a learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skvaal._stopping.curve import CurvePoint

# A curve has three parameters: with a point more, its points may contradict it.
LEAST_POINTS = 4
_LOG_POWERS = (float(np.log(0.1)), float(np.log(2)))
# The grid is laid again around what has any likelihood: precise points leave little of the first.
_STEPS, _N_PASSES = (25, 25, 16), 3
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True)
class Gain:
    """What more labels add to the accuracy.

    Parameters
    ----------
    mean : float
        Expected gain, as a share: 0.01 is a point of %.
    low, high : float
        Interval of the gain.
    """

    mean: float
    low: float
    high: float


def expect_gain(curve: Sequence[CurvePoint], n_more: int, confidence: float = 0.95) -> Gain:
    """Extrapolate a learning curve by a saturating power law.

    The accuracy with n labels is ``a - b * (n / n_1) ** -c``, where n_1 is the first number of
    labels. It starts at a - b >= 0, rises, and saturates at a <= 1. The posterior of (a, b, c) is
    computed on a grid. The prior is uniform over a and b / a, and log-uniform over c from 0.1 to 2.
    Each point counts with its standard error, as if it was independent of the others. If the points
    scatter more widely about the best curve than their errors say, all errors are raised.

    Parameters
    ----------
    curve : sequence of CurvePoint
        At least four.
    n_more : int
        Labels to come.
    confidence : float, default=0.95
        Level of the interval.

    Returns
    -------
    Gain

    Raises
    ------
    ValueError
        If there are fewer than four points.
    """
    if len(curve) < LEAST_POINTS:
        raise ValueError(f"curve has {len(curve)} points; a power law needs {LEAST_POINTS}")
    ranges: list[_Range] = [(0.0, 1.0), (0.0, 1.0), _LOG_POWERS]
    for _ in range(_N_PASSES):
        curves = _grid(ranges)
        weights = _weigh(curves, curve)
        ranges = _narrowed(ranges, weights)
    first, last = curve[0].n_labels, curve[-1].n_labels
    _, rise, power = curves
    gains = rise * ((last / first) ** -power - ((last + n_more) / first) ** -power)
    return _summarise(gains.ravel(), weights.ravel(), confidence)


_Range = tuple[float, float]


def _grid(ranges: list[_Range]) -> tuple[NDArray, NDArray, NDArray]:
    """Asymptotes, rises from the first point to them, and powers, of all curves."""
    steps = [np.linspace(*each, n) for each, n in zip(ranges, _STEPS, strict=True)]
    asymptote, share, log_power = np.meshgrid(*steps, indexing="ij")
    return asymptote, asymptote * share, np.exp(log_power)


def _weigh(curves: tuple[NDArray, NDArray, NDArray], points: Sequence[CurvePoint]) -> NDArray:
    """Likelihood of each curve, relative to the best; errors are raised if none fits."""
    asymptote, rise, power = curves
    chi_squared = np.zeros(asymptote.shape)
    for point in points:
        fitted = asymptote - rise * (point.n_labels / points[0].n_labels) ** -power
        chi_squared += ((fitted - point.accuracy) / _smoothed_error(point)) ** 2
    least = chi_squared.min()
    excess = max(1.0, least / (len(points) - 3))
    likelihood: NDArray = np.exp(-(chi_squared - least) / (2 * excess))
    return likelihood


def _narrowed(ranges: list[_Range], weights: NDArray) -> list[_Range]:
    """Where curves have any likelihood, a step more on each side."""
    narrowed = []
    for axis, (start, stop) in enumerate(ranges):
        others = tuple(other for other in range(len(ranges)) if other != axis)
        counted = np.flatnonzero(weights.max(axis=others) > _NEGLIGIBLE)
        steps = np.linspace(start, stop, weights.shape[axis])
        low, high = max(counted[0] - 1, 0), min(counted[-1] + 1, len(steps) - 1)
        narrowed.append((float(steps[low]), float(steps[high])))
    return narrowed


def _smoothed_error(point: CurvePoint) -> float:
    """Standard error of an accuracy, above 0 even where all tested samples were right."""
    share = (point.accuracy * point.n_tested + 1) / (point.n_tested + 2)
    return float(np.sqrt(share * (1 - share) / point.n_tested))


def _summarise(gains: NDArray, weights: NDArray, confidence: float) -> Gain:
    order = np.argsort(gains)
    shares = np.cumsum(weights[order]) / weights.sum()
    tail = (1 - confidence) / 2
    ends = np.minimum(np.searchsorted(shares, [tail, 1 - tail]), len(gains) - 1)
    low, high = gains[order][ends]
    return Gain(float(np.average(gains, weights=weights)), float(low), float(high))
