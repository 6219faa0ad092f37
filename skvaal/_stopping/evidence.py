"""What a stopping rule may look at in a round: checked when it is first read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length

from skvaal._pool.containers import count_rows
from skvaal._pool.conversion import as_array
from skvaal._pool.label_checks import (
    check_class_labels,
    check_sample_weight,
    check_some_shared,
    warn_of_marks,
)
from skvaal._predictions.models import find_models, name_model
from skvaal._stopping.curve import CurvePoint, cross_validate
from skvaal._utils.params import naming


@dataclass(frozen=True, eq=False)
class Evidence:
    """A learner, and the samples of a round; what is not given is None."""

    learner: Any
    X_stop: Any = None
    X_labeled: Any = None
    y_labeled: Any = None
    X_val: Any = None
    y_val: Any = None
    sample_weight: Any = None

    def predict(self, X: Any, name: str) -> NDArray:
        """Classes of samples by the learner, which the error names, (n,)."""
        with naming(f"{name} cannot be predicted by {name_model(self.learner)}"):
            answer = self.learner.predict(X)
        predicted = as_array(answer, f"predict of {name_model(self.learner)}")
        if predicted.shape != (count_rows(X),):
            raise ValueError(
                f"predict of {name_model(self.learner)} gives the shape {predicted.shape} for "
                f"{count_rows(X)} samples; a stopping rule reads one class for each"
            )
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            raise ValueError(f"predict of {name_model(self.learner)} gives NaN or infinity")
        with naming(f"predict of {name_model(self.learner)} gives no classes of one kind"):
            np.unique(predicted)
        return predicted

    def measure_accuracy(self, n_folds: int) -> CurvePoint:
        """Accuracy on the validation set if there is one, else by cross-validation."""
        X, y = self._read_labels()
        if (self.X_val is None) != (self.y_val is None):
            raise ValueError("X_val and y_val come together, or not at all")
        if self.X_val is not None:
            y_val = _check_labels(self.X_val, self.y_val, ("X_val", "y_val"))
            _check_two_classes(y_val, "y_val")
            check_some_shared(y_val, y, ("y_val", "y_labeled"))
            return CurvePoint.of(len(y), self.predict(self.X_val, "X_val") == y_val)
        models = find_models(self.learner)
        if len(models) > 1:
            raise ValueError(
                f"learner is a committee of {len(models)}, and a cross-validation trains one "
                "model; pass X_val and y_val"
            )
        _check_two_classes(y, "y_labeled")
        weights = None
        if self.sample_weight is not None:
            weights = check_sample_weight(self.sample_weight, X)
        with naming(f"{name_model(self.learner)} cannot be cross-validated on X_labeled"):
            return cross_validate(X, y, models[0], weights=weights, n_folds=n_folds)

    def _read_labels(self) -> tuple[Any, NDArray]:
        X, y = self.X_labeled, self.y_labeled
        if (X is None) != (y is None):
            raise ValueError("X_labeled and y_labeled come together, or not at all")
        if X is None:
            X = getattr(self.learner, "X_training", None)
            y = getattr(self.learner, "y_training", None)
        if X is None or y is None:
            raise ValueError(
                f"learner={type(self.learner).__name__} keeps no labels (X_training, y_training); "
                "pass X_labeled and y_labeled"
            )
        return X, _check_labels(X, y, ("X_labeled", "y_labeled"))


def _check_labels(X: Any, y: Any, names: tuple[str, str]) -> NDArray:
    """Labels of classes, one for each row of X, (n,)."""
    count_rows(X, names[0])
    with naming(f"{names[0]} and {names[1]} do not fit"):
        check_consistent_length(X, y)
    labels = check_class_labels(y, X, names[1])
    warn_of_marks(labels.tolist(), names[1])
    return labels


def _check_two_classes(y: NDArray, name: str) -> None:
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(
            f"{name} holds one class only, {classes.tolist()}, so that its accuracy says nothing; "
            "label samples of a second class first"
        )
