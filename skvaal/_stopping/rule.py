"""What every stopping rule is: parameters, an update in each round, a sentence that says why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from skvaal._predictions.models import find_models, name_model
from skvaal._stopping.evidence import Evidence
from skvaal._utils.undoing import undone_on_error


class StoppingRule(BaseEstimator, ABC):
    """Says in each round whether to stop labelling.

    A subclass declares its parameters as scikit-learn estimators do, and implements `_judge`.
    """

    _parameter_constraints: dict = {}
    should_stop_: bool
    reason_: str

    @undone_on_error
    def update(
        self,
        learner: Any,
        X_stop: ArrayLike | None = None,
        *,
        X_labeled: ArrayLike | None = None,
        y_labeled: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> bool:
        """Look at the model of a round, and say whether to stop labelling.

        Call it once in each round, after the model was trained. To begin anew, ``clone`` the rule.

        Parameters
        ----------
        learner : classifier, ActiveLearner or Committee
            Fitted on the labels so far.
        X_stop : array-like of shape (n_stop, ...), default=None
            Samples to predict, with or without a label; the same in each round. Only
            :class:`StabilizedPredictions` reads them.
        X_labeled, y_labeled : array-like of shape (n_labeled, ...) and (n_labeled,), default=None
            The labels so far. None takes those that the learner keeps (`X_training` and
            `y_training`, as modAL's learners do). Only rules that measure an accuracy read them.
        X_val, y_val : array-like, default=None
            Labelled samples that the learner was not trained on; at best drawn at random. Rules
            that measure an accuracy take them in place of a cross-validation.
        sample_weight : array-like of shape (n_labeled,), default=None
            Weights of the labelled samples in a cross-validation.

        Returns
        -------
        bool
            Whether to stop; also kept as ``should_stop_``. ``reason_`` says why.

        Raises
        ------
        ValueError, TypeError
            If the learner cannot predict, or knows fewer than two classes; if samples that the
            rule reads are missing, or differ in shape from those before; or if a parameter is out
            of range.
        """
        self._validate_params()
        check_learner(learner, type(self).__name__)
        samples = (_by_rows(X_labeled), y_labeled, _by_rows(X_val), y_val)
        evidence = Evidence(learner, _by_rows(X_stop), *samples, sample_weight)
        self.should_stop_, self.reason_ = self._judge(evidence)
        return self.should_stop_

    @abstractmethod
    def _judge(self, evidence: Evidence) -> tuple[bool, str]:
        """Whether to stop, and a sentence that says why; state is replaced, never changed."""


def _by_rows(X: Any) -> Any:
    """Samples; of a sparse format that cannot be indexed by rows, in one that can."""
    return X.tocsr() if hasattr(X, "tocsr") else X


def check_learner(learner: Any, name: str) -> None:
    """Raise unless a learner can predict one of two classes or more."""
    if isinstance(learner, type):
        raise TypeError(f"learner is a class; pass a fitted object of {learner.__name__}")
    if not callable(getattr(learner, "predict", None)):
        raise TypeError(
            f"learner={'None' if learner is None else type(learner).__name__} has no predict, and "
            f"{name} reads what it predicts; pass a fitted classifier"
        )
    for model in find_models(learner):
        classes = getattr(model, "classes_", None)
        if classes is not None and len(classes) < 2:
            raise ValueError(
                f"learner={name_model(learner)} knows one class only, {list(classes)}; "
                f"{name} needs two: label samples of a second class first"
            )
