"""Labelling rounds as a classifier, so that a grid search can tune how samples are chosen."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.metrics import accuracy_score
from sklearn.utils import (
    Tags,
    check_array,
    check_random_state,
    get_tags,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from skvaal._asking import Learner, as_query, choose_rows, set_random_states
from skvaal._pool.containers import take_rows
from skvaal._pool.conversion import check_intact
from skvaal._pool.frames import as_named
from skvaal._pool.label_checks import (
    check_class_labels,
    check_sample_weight,
    check_some_shared,
    warn_of_marks,
    warn_of_other_order,
)
from skvaal._pool.validation import check_same_columns
from skvaal._stopping.rule import StoppingRule
from skvaal._utils.exceptions import PoolExhaustedWarning, warn_user
from skvaal._utils.params import HasMethods, Interval, naming
from skvaal._utils.seeds import draw_with_every_class
from skvaal._utils.undoing import undone_on_error


def _delegates(method: str) -> Callable[[Any], bool]:
    """Whether the classifier inside has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), method)


class ActiveLearningClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Classifier that is trained in labelling rounds, with y as the oracle.

    ``fit(X, y)`` hides all labels but those of a small initial pool, lets `query_strategy` choose
    what to label next, looks these labels up in y, and so on. The result is the classifier that one
    would have at that budget. Its test accuracy says how good the strategy is, so ``GridSearchCV``
    can tune ``query_strategy__beta`` for a high accuracy.

    Parameters
    ----------
    estimator : classifier
        Trained anew on the labelled samples in each round.
    query_strategy : callable, strategy or None, default=None
        A callable as in modAL, ``(learner, X_pool, n_instances=n) -> indices`` or
        ``(indices, scores)``, such as :class:`VAALQuery` and :class:`HerdingQuery`; a
        :class:`VAALQueryStrategy`, a :class:`HerdingQueryStrategy` or a Pipeline that ends in one;
        or any object with ``query(X_pool, n)`` and, if it wants to learn, ``fit(X, y)``, where y
        holds -1 for unlabelled rows. None takes ``VAALQuery()``.
    initial_size : int, default=20
        Labelled samples at the start: one of each class, the others at random.
    batch_size : int, default=20
        Samples labelled in a round.
    n_rounds : int, default=5
        Rounds. The budget is ``initial_size + n_rounds * batch_size`` labels.
    stopping : stopping rule or None, default=None
        :class:`StabilizedPredictions`, :class:`ExpectedGain`, :class:`TargetAccuracy`, or any
        object with ``get_params`` and ``update(learner, X, **given) -> bool``. It is cloned, and
        asked in each round whether to stop. It sees X and the labels so far, and `X_val` and
        `y_val` if ``fit`` gets them, but no hidden label. It does not change which samples are
        chosen before it stops. None spends the budget.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial pool, and every `random_state` of `estimator`, `query_strategy` and
        `stopping`.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on the initial samples and on all samples labelled in the rounds.
    classes_ : array of shape (n_classes,)
    learning_curve_ : dict of arrays
        ``n_labeled`` and ``accuracy``, at the start and after each round that was played. The
        accuracy is that on `X_val` if given to ``fit``, else on all of X, where the labelled
        samples themselves count.
    initial_indices_ : array of int of shape (initial_size,)
        Rows of X.
    queried_indices_ : list of arrays of int of shape (batch_size,)
        Rows of X, one array for each round that was played.
    n_rounds_ : int
        Rounds that were played.
    stopped_because_ : str
        A sentence: what `stopping` said, or that the budget was spent or all samples labelled.
    n_labels_saved_ : int
        Number of labels that the budget allows and that `stopping` saved.
    stopping_ : stopping rule or None
        The clone of `stopping` that was asked, with what it found.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features,)
        If X was a DataFrame with string column names.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skvaal import ActiveLearningClassifier, VAALQuery
    >>> X, y = load_iris(return_X_y=True)
    >>> active = ActiveLearningClassifier(
    ...     LogisticRegression(), VAALQuery(max_epochs=2),
    ...     initial_size=6, batch_size=5, n_rounds=2, random_state=0,
    ... ).fit(X, y)
    >>> active.learning_curve_["n_labeled"]
    array([ 6, 11, 16])
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"])],
        "query_strategy": "no_validation",
        "initial_size": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "stopping": [HasMethods(["update", "get_params"]), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        query_strategy: Any = None,
        *,
        initial_size: int = 20,
        batch_size: int = 20,
        n_rounds: int = 5,
        stopping: Any = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.query_strategy = query_strategy
        self.initial_size = initial_size
        self.batch_size = batch_size
        self.n_rounds = n_rounds
        self.stopping = stopping
        self.random_state = random_state

    @undone_on_error
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> ActiveLearningClassifier:
        """Play the labelling rounds.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            All samples, the initial ones and those to choose from: an array, a frame of pandas or
            polars, a sparse matrix, or texts, whatever `estimator` and `query_strategy` read.
        y : array-like of shape (n_samples,)
            The oracle's labels.
        X_val, y_val : array-like, default=None
            Samples on which ``learning_curve_`` is measured. `stopping` uses them, too, if it reads
            an accuracy.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for the `estimator`'s ``fit``. Without `X_val` they weigh the
            accuracy of ``learning_curve_``, too.

        Returns
        -------
        self : ActiveLearningClassifier

        Raises
        ------
        ValueError, TypeError
            If there are fewer initial samples than classes, or the strategy returns anything but
            distinct rows of the pool. If weights are given and `estimator` takes none. If
            `stopping` has a parameter out of range, or is set and y has fewer than two classes.
        """
        self._validate_params()
        if isinstance(self.estimator, type):
            raise TypeError(f"estimator is a class; pass an object: {self.estimator.__name__}()")
        warn_of_other_order(X, y)
        X = self._check_x(X, reset=True)
        labels = _check_labels(y, X, "y")
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val come together, or not at all")
        if X_val is not None:
            warn_of_other_order(X_val, y_val, ("X_val", "y_val"))
            check_same_columns(X, X_val, ("X", "X_val"))
            X_val = self._check_x(X_val, reset=False, name="X_val")
            y_val = _check_labels(y_val, X_val, "y_val")
            check_some_shared(y_val, labels, ("y_val", "y"))
        weights = self._check_weights(sample_weight, X)
        stopping = self._make_rule(labels)
        self._warn_of_budget(len(labels))
        rng = check_random_state(self.random_state)
        query = as_query(self.query_strategy)
        for seeded in (estimator := clone(self.estimator), query):
            set_random_states(seeded, rng)

        initial = self._draw_initial(labels, rng)
        # Last, so that the same samples are chosen with a rule and without.
        set_random_states(stopping, rng)
        shown = {} if X_val is None else {"X_val": X_val, "y_val": y_val}
        labeled, queried = initial, []
        n_labeled, accuracy = [], []
        for rounds_left in range(self.n_rounds, -1, -1):
            of_labeled = None if weights is None else weights[labeled]
            if weights is not None:
                shown["sample_weight"] = of_labeled
            known = take_rows(X, labeled), labels[labeled]
            learner = Learner(clone(estimator), *known, of_labeled)
            if X_val is None:
                predicted = learner.estimator.predict(X)
                accuracy.append(accuracy_score(labels, predicted, sample_weight=weights))
            else:
                accuracy.append(accuracy_score(y_val, learner.estimator.predict(X_val)))
            n_labeled.append(len(labeled))
            pool = np.setdiff1d(np.arange(len(labels)), labeled)
            rule_stops = stopping is not None and stopping.update(learner, X, **shown)
            if rule_stops or not rounds_left or not len(pool):
                break
            n = min(self.batch_size, len(pool))
            queried.append(pool[choose_rows(query, learner, take_rows(X, pool), n)])
            labeled = np.concatenate([labeled, queried[-1]])
        self.estimator_ = learner.estimator
        self.classes_ = self.estimator_.classes_
        self.initial_indices_ = initial
        self.queried_indices_ = queried
        self.n_rounds_ = len(queried)
        self.stopped_because_ = _explain_end(stopping if rule_stops else None, labeled, pool)
        self.n_labels_saved_ = min(self._budget, len(labels)) - len(labeled)
        self.stopping_ = stopping
        curve = {"n_labeled": n_labeled, "accuracy": accuracy}
        self.learning_curve_ = {name: np.array(values) for name, values in curve.items()}
        return self

    def _check_weights(self, sample_weight: Any, X: Any) -> NDArray[np.float64] | None:
        if sample_weight is None:
            return None
        if not has_fit_parameter(self.estimator, "sample_weight"):
            raise ValueError(
                f"sample_weight is given, but {type(self.estimator).__name__}.fit takes none; use "
                "an estimator that does, or leave sample_weight out"
            )
        return check_sample_weight(sample_weight, X)

    def _make_rule(self, y: NDArray) -> Any:
        """A clone of the stopping rule, checked as far as it can be before any training."""
        if isinstance(self.stopping, type):
            raise TypeError(f"stopping is a class; pass an object: {self.stopping.__name__}()")
        if self.stopping is None:
            return None
        if len(classes := np.unique(y)) < 2:
            raise ValueError(
                f"y holds one class only, {classes.tolist()}, and stopping needs two; label "
                "samples of a second class, or set stopping=None"
            )
        rule = clone(self.stopping)
        if isinstance(rule, StoppingRule):
            rule._validate_params()
        return rule

    @property
    def _budget(self) -> int:
        return self.initial_size + self.n_rounds * self.batch_size

    def _warn_of_budget(self, n_samples: int) -> None:
        if self._budget > n_samples:
            warn_user(
                f"initial_size={self.initial_size} and n_rounds={self.n_rounds} of "
                f"batch_size={self.batch_size} ask for {self._budget} labels, but X has "
                f"{n_samples} samples; labelling stops when all are labelled",
                PoolExhaustedWarning,
            )

    def _draw_initial(self, y: NDArray, rng: np.random.RandomState) -> NDArray[np.intp]:
        n_classes = len(np.unique(y))
        if self.initial_size < n_classes:
            raise ValueError(
                f"initial_size={self.initial_size} is less than the {n_classes} classes of y; the "
                "initial pool holds at least one sample of each"
            )
        return draw_with_every_class(y, self.initial_size, rng)

    def predict(self, X: ArrayLike) -> NDArray:
        """Classes of X, (n_samples, ...), by the classifier of the last round, (n_samples,)."""
        return self._fitted(X).predict(X)

    @available_if(_delegates("predict_proba"))
    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating]:
        """Class probabilities by the classifier of the last round, (n_samples, n_classes)."""
        return self._fitted(X).predict_proba(X)

    @available_if(_delegates("decision_function"))
    def decision_function(self, X: ArrayLike) -> NDArray[np.floating]:
        """Decision function of the classifier of the last round, a row for each sample of X."""
        return self._fitted(X).decision_function(X)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        return tags

    def _fitted(self, X: ArrayLike) -> Any:
        check_is_fitted(self)
        self._check_x(X, reset=False)
        return self.estimator_

    def _check_x(self, X: Any, *, reset: bool, name: str = "X") -> Any:
        """X as something with rows; frames, sparse matrices and texts stay what they are."""
        check_intact(X, name)
        if not (hasattr(X, "columns") or hasattr(X, "tocsr") or _is_text(X)):
            with naming(f"{name} cannot be read"):
                X = check_array(
                    X, allow_nd=True, dtype=None, ensure_all_finite=False, estimator=self
                )
        if not _is_text(X):
            validate_data(self, as_named(X), reset=reset, skip_check_array=True)
        return X


def _explain_end(rule: Any, labeled: NDArray, pool: NDArray) -> str:
    """Say in a sentence why no more samples were labelled; `rule` is None if none stopped it."""
    if rule is not None:
        return str(getattr(rule, "reason_", f"{type(rule).__name__} said so."))
    if not len(pool):
        return "All samples are labelled."
    return f"The budget of {len(labeled):,} labels is spent."


def _check_labels(y: Any, X: Any, name: str) -> NDArray:
    """Labels of classes, one for each row of X."""
    labels = check_class_labels(y, X, name)
    warn_of_marks(labels.tolist(), name)
    return labels


def _is_text(X: Any) -> bool:
    """Whether X is a list, a 1-D array or a Series of texts."""
    is_row = isinstance(X, list | tuple) or len(getattr(X, "shape", ())) == 1
    return is_row and len(X) > 0 and all(isinstance(each, str) for each in X)
