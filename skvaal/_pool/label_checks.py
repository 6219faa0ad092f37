"""Labels beside the samples that they belong to: what may have been meant otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import (
    assert_all_finite,
    check_array,
    check_consistent_length,
    column_or_1d,
)
from sklearn.utils.multiclass import check_classification_targets

from skvaal._pool.conversion import unwrap
from skvaal._pool.kinds import is_pandas
from skvaal._utils.exceptions import AmbiguousInputWarning, warn_user
from skvaal._utils.params import naming

# Texts that a table, or a conversion to texts, holds where there is no label.
_NO_LABELS = {"", "nan", "<na>", "nat"}


def check_class_labels(y: Any, X: Any, name: str) -> NDArray:
    """Labels of classes, one for each row of X, (n,)."""
    samples = name.replace("y", "X", 1)
    with naming(f"{name} cannot be used with {samples}"):
        check_consistent_length(X, y)
    with naming(f"{name} cannot be used"):
        labels: NDArray = column_or_1d(unwrap(y, name), warn=True)
        assert_all_finite(labels, input_name=name)
        check_classification_targets(labels)
    return labels


def check_sample_weight(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    """Weights of samples, one for each row of X, none below 0 and some above, (n,)."""
    with naming("sample_weight cannot be used"):
        weights: NDArray = check_array(
            unwrap(sample_weight, "sample_weight"),
            ensure_2d=False,
            dtype=np.float64,
            input_name="sample_weight",
        )
        if weights.ndim != 1:
            raise ValueError(f"it must be 1-D, got shape {weights.shape}")
        check_consistent_length(X, weights)
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise ValueError(f"sample_weight[{row}] is {weights[row]:g}; weights must be 0 or more")
    if not weights.any():
        raise ValueError("sample_weight holds zeros only, so that no sample would count")
    return weights


def check_labels_of(X: Any, y: Any) -> None:
    """Raise if y is a second pool; warn as :func:`warn_of_other_order`."""
    shape, other = (tuple(getattr(each, "shape", ())) for each in (X, y))
    if len(other) > 1 and shape[1:] == other[1:] != (1,) and shape != other:
        raise ValueError(
            f"X and y have inconsistent numbers of samples, {shape[0]} and {other[0]}, but both "
            f"have samples of shape {shape[1:]}; if they are the labelled and the unlabelled pool, "
            "call fit_pools(X_labeled, X_unlabeled)"
        )
    warn_of_other_order(X, y)


def warn_of_other_order(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> None:
    """Warn if labels have the index of their samples, both of pandas, in another order."""
    if not (is_pandas(X) and is_pandas(y)) or len(X) != len(y) or X.index.equals(y.index):
        return
    if X.index.is_unique and y.index.is_unique and y.index.isin(X.index).all():
        warn_user(
            f"{names[1]} has the index of {names[0]} in another order, and labels are taken by "
            f"position; pass {names[1]}.loc[{names[0]}.index] if they belong to the index, else "
            f"{names[1]}.to_numpy()",
            AmbiguousInputWarning,
        )


def check_some_shared(first: NDArray, second: NDArray, names: tuple[str, str]) -> None:
    """Raise if two vectors of labels have no class in common, as numbers and texts have none."""
    classes = [np.unique(each).tolist() for each in (first, second)]
    if first.size and second.size and set(classes[0]).isdisjoint(classes[1]):
        shown = [f"{name} has {each[:3]}" for name, each in zip(names, classes, strict=True)]
        raise ValueError(
            f"{' and '.join(shown)}: no class is in both, so that every prediction would be wrong; "
            "name the classes alike, numbers or texts in both"
        )


def warn_of_marks(labels: Iterable[Any], name: str = "y") -> None:
    """Warn if a class looks like a mark of unlabelled rows, where every row needs a label."""
    classes = set(labels)
    for each in classes:
        is_minus_one = str(each) in ("-1", "-1.0") and len(classes) > 2
        if is_minus_one or (isinstance(each, str) and each.strip().lower() in _NO_LABELS):
            warn_user(
                f"{name} holds {each!r} beside {len(classes) - 1} other classes, and it counts as "
                f"a class, since every row of {name} needs a label; leave unlabelled samples out, "
                "or give that class a name of its own",
                AmbiguousInputWarning,
            )
