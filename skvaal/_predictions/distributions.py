"""What probabilities and standard deviations must be; whatever is not is an error that names it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.conversion import as_array, as_real_numbers
from skvaal._utils.exceptions import MissingProbabilitiesWarning, warn_user

# A row's sum may be this far from 1, about the error of probabilities in float16; and where a model
# computes in float32, which rounds the exponents of very small likelihoods.
_TOLERANCE, _LOW_PRECISION_TOLERANCE = 1e-3, 0.1
# Standard deviations that differ by less, as a share of the largest, do so by rounding.
_EQUAL = 1e-9


def check_proba(
    proba: Any, n_samples: int, name: str = "proba", *, way_out: str = ""
) -> NDArray[np.float64]:
    """Read class probabilities as float64, (n_samples, n_classes), or of members one axis more.

    `way_out` is for those whose rows do not sum to 1.
    """
    given = as_real_numbers(proba, name)
    checked = as_array(given, name, np.float64)
    if checked.ndim not in (2, 3):
        raise ValueError(
            f"{name} must have the shape (n_samples, n_classes), (n_members, n_samples, n_classes) "
            "for the members of a committee, or (n_samples, n_classes, height, width) for pixels, "
            f"got {checked.shape}; pass what predict_proba returns"
        )
    _check_samples(checked, n_samples, name)
    if 0 in checked.shape:
        raise ValueError(f"{name} of shape {checked.shape} is empty; at least one class is needed")
    is_precise = given.dtype.kind != "f" or given.dtype.itemsize > 4
    return _check_distributions(checked, name, is_precise, way_out)


def _check_samples(proba: NDArray, n_samples: int, name: str) -> None:
    if proba.shape[-2] != n_samples:
        raise ValueError(
            f"{name} of shape {proba.shape} has {proba.shape[-2]} samples, but there are "
            f"{n_samples}; pass the probabilities of the same rows, members first if there are any"
        )


def _check_distributions(
    proba: NDArray[np.float64], name: str, is_precise: bool, further: str
) -> NDArray[np.float64]:
    """Raise if a row is no distribution, and say which one; else return rows that sum to 1."""
    tolerance = _TOLERANCE if is_precise else _LOW_PRECISION_TOLERANCE
    with np.errstate(over="ignore", invalid="ignore"):
        sums = proba.sum(axis=-1, keepdims=True)
        error = np.abs(sums - 1)[..., 0]
        bad = ~((proba >= 0).all(axis=-1) & (error <= tolerance))
    if not bad.any():
        return proba / sums if (error > _TOLERANCE).any() else proba
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    row = proba[where]
    what = "is no distribution"
    if not np.isfinite(row).all() or (row < 0).any():
        what = "holds a negative number" if np.isfinite(row).all() else "holds NaN or infinity"
    way_out = "pass what predict_proba returns, a softmax of logits for a net"
    if not is_precise:
        way_out += "; if a model in float32 rounds so, give it float64 samples"
    if further and ((row >= 0) & (row <= 1)).all():
        way_out += f"; {further}"
    raise ValueError(
        f"{name}{list(where)} {what} (its sum is {sums[where][0]:.6g}), but class probabilities "
        f"are from 0 to 1 and sum to 1; {way_out}"
    )


def check_label_proba(proba: Any, n_samples: int, name: str) -> NDArray[np.float64]:
    """Read probabilities of labels, (n_samples, n_labels), or of members one axis more."""
    checked = as_array(as_real_numbers(proba, name), name, np.float64)
    if checked.ndim not in (2, 3):
        raise ValueError(
            f"{name} must have the shape (n_samples, n_labels), with members first if there are "
            "any, or be a list of arrays (n_samples, n_classes), one for each output, got "
            f"{checked.shape}; pass what predict_proba returns"
        )
    _check_samples(checked, n_samples, name)
    if 0 in checked.shape:
        raise ValueError(f"{name} of shape {checked.shape} is empty; at least one label is needed")
    bad = ~((checked >= 0) & (checked <= 1))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name}{list(where)} is {checked[where]:.6g}, but the probability of a label is from "
            "0 to 1; pass what predict_proba returns, a sigmoid of logits for a net"
        )
    return checked


def check_deviation(deviation: Any, n_samples: int, name: str) -> NDArray[np.float64]:
    """Read a regressor's standard deviations, (n_samples,), or of several outputs one axis more.

    If they are the same for all samples they say nothing, with a warning.
    """
    checked = as_array(as_real_numbers(deviation, name), name, np.float64)
    if checked.ndim not in (1, 2):
        raise ValueError(
            f"{name} must hold standard deviations of the shape (n_samples,), or (n_samples, "
            f"n_outputs), got {checked.shape}; pass what predict(return_std=True) returns second"
        )
    if len(checked) != n_samples or 0 in checked.shape[1:]:
        raise ValueError(
            f"{name} of shape {checked.shape} has {len(checked)} samples, but there are "
            f"{n_samples}; pass the standard deviations of the same rows"
        )
    bad = ~(np.isfinite(checked) & (checked >= 0))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name}{list(where)} is {checked[where]:.6g}, but a standard deviation is finite and "
            "at least 0; fit the regressor on samples and targets of a common scale, or set "
            "uncertainty=None"
        )
    if n_samples > 1 and (np.ptp(checked, axis=0) <= _EQUAL * checked.max(axis=0)).all():
        warn_user(
            f"{name} is {checked.flat[0]:.6g} for every sample, so that the choice does without "
            "the model; fit the regressor, or give it a kernel as wide as the distances of samples",
            MissingProbabilitiesWarning,
        )
    return checked
