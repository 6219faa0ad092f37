"""How what a user passes as `proba`, or a learner answers, is read: one label, several, or none.

Nothing is guessed. An array counts as probabilities of several labels if `multilabel` says so, a
list of arrays as one for each output; standard deviations come by ``uncertainty='std'``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.conversion import unwrap
from skvaal._predictions.distributions import check_deviation, check_label_proba, check_proba
from skvaal._predictions.predictions import Predictions
from skvaal._utils.exceptions import AmbiguousInputWarning, warn_user

MULTILABEL = ("auto", "mean", "max")
# Rows that sum to 1 within this are the probabilities of classes, unless by chance.
_SUM = 1e-6


def read_predictions(
    proba: Any, n_samples: int, name: str = "proba", *, uncertainty: Any, multilabel: str
) -> Predictions:
    """Read what a user passes, as the two parameters of a strategy say."""
    if proba is None or isinstance(proba, Predictions):
        return Predictions.of(proba, n_samples, name)
    named = uncertainty if isinstance(uncertainty, str) else ""
    if named == "std":
        return of_deviations(proba, n_samples, name)
    if multilabel != "auto":
        return of_labels(proba, n_samples, name, multilabel)
    if is_list_of_tables(proba) and named != "disagreement":
        raise ValueError(
            f"{name} is a list of {len(proba)} arrays, which may be one for each output or for "
            "each member of a committee; set multilabel='mean' or 'max' for outputs, or pass "
            f"numpy.stack({name}) for members"
        )
    return Predictions.of(proba, n_samples, name)


def is_list_of_tables(proba: Any, *, members: bool = False) -> bool:
    """Whether these are several arrays, as scikit-learn's forests return for several outputs.

    With `members` they may have an axis more. Arrays of three axes can be the pixels of images.
    """
    is_list = isinstance(proba, list | tuple) and len(proba) > 0
    n_axes = (2, 3) if members else (2,)
    return is_list and all(len(getattr(each, "shape", ())) in n_axes for each in proba)


def of_labels(proba: Any, n_samples: int, name: str, multilabel: str) -> Predictions:
    """Predictions of several labels: arrays for each, or one with a column for each."""
    if is_list_of_tables(proba, members=True):
        return of_outputs(proba, n_samples, name)
    checked = check_label_proba(unwrap(proba, name), n_samples, name)
    n_labels = checked.shape[-1]
    if _look_like_classes(checked):
        warn_user(
            f"every row of {name} sums to 1, like class probabilities, but "
            f"multilabel={multilabel!r} reads its {n_labels} columns as labels of their own; set "
            "multilabel='auto' if a sample has one class",
            AmbiguousInputWarning,
        )
    return Predictions(outputs=tuple(_of_label(checked[..., k]) for k in range(n_labels)))


def _look_like_classes(table: NDArray[np.float64]) -> bool:
    """Whether several rows of several columns sum to 1, as class probabilities do."""
    is_large = table.shape[-1] > 1 and table.shape[-2] > 1
    return bool(is_large and (np.abs(table.sum(axis=-1) - 1) <= _SUM).all())


def _of_label(p: NDArray[np.float64]) -> Predictions:
    """Predictions of one label that a sample has with probability p, (1 - p, p)."""
    proba = np.stack([1 - p, p], axis=-1)
    return Predictions(proba) if p.ndim == 1 else Predictions(proba.mean(axis=0), proba)


def of_outputs(proba: Any, n_samples: int, name: str) -> Predictions:
    """Predictions of several outputs, each an array of class probabilities."""
    checked = [check_proba(each, n_samples, f"{name}[{k}]") for k, each in enumerate(proba)]
    return Predictions(outputs=tuple(Predictions.of(each, n_samples) for each in checked))


def of_deviations(deviation: Any, n_samples: int, name: str) -> Predictions:
    """Predictions of a regressor, from its standard deviations."""
    checked = check_deviation(deviation, n_samples, name)
    if checked.ndim == 1:
        return Predictions(deviation=checked)
    n_outputs = checked.shape[1]
    if _look_like_classes(checked):
        warn_user(
            f"every row of {name} sums to 1, like class probabilities, but uncertainty='std' reads "
            f"its {n_outputs} columns as standard deviations of outputs; set uncertainty='auto' if "
            "they are probabilities",
            AmbiguousInputWarning,
        )
    return Predictions(outputs=tuple(Predictions(deviation=each) for each in checked.T))


def with_members(predictions: Predictions, members: list[Predictions]) -> Predictions:
    """The same outputs with what the members of an ensemble say of each."""
    assert predictions.outputs is not None
    pairs = zip(predictions.outputs, members, strict=True)
    return Predictions(outputs=tuple(replace(each, members=of.members) for each, of in pairs))


def check_same_outputs(first: Predictions, second: Predictions, names: tuple[str, str]) -> None:
    """Raise if two pools have predictions of different numbers of outputs."""
    numbers = count_outputs(first), count_outputs(second)
    if None not in numbers and numbers[0] != numbers[1]:
        raise ValueError(
            f"{names[0]} has {numbers[0]} labels, {names[1]} has {numbers[1]}; give both the same "
            "labels, in the same order"
        )


def check_outputs_of_fit(predictions: Predictions, n_fitted: int | None, name: str) -> None:
    """Raise if there is another number of outputs than `fit` saw, None if it saw no number."""
    n_outputs = count_outputs(predictions)
    if None not in (n_outputs, n_fitted) and n_outputs != n_fitted:
        raise ValueError(
            f"{name} has {n_outputs} labels, but fit had {n_fitted}; give the same labels, in the "
            "same order, or fit again"
        )


def count_outputs(predictions: Predictions) -> int | None:
    """How many outputs predictions are of; None if of one, or if there are none."""
    return None if predictions.outputs is None else len(predictions.outputs)


def count_columns(y: Any) -> int | None:
    """How many labels a row of y has: the columns of a table. Of a list, an entry may name some."""
    shape: tuple[int, ...] = getattr(y, "shape", ())
    return int(shape[1]) if len(shape) == 2 else None


def check_one_label(
    predictions: tuple[Predictions, Predictions], names: tuple[str, str], required_by: str | None
) -> None:
    """Raise if a net that learns from the classes of samples gets anything else."""
    for each, name in zip(predictions, names, strict=True):
        if required_by is not None and (each.outputs is not None or each.deviation is not None):
            what = "several labels" if each.outputs is not None else "standard deviations"
            raise ValueError(
                f"{required_by} needs class probabilities, (n_samples, n_classes), and {name} has "
                f"{what}; take net='vaal', which trains without them"
            )
