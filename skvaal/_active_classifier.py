"""Labelling rounds as a classifier, so that a grid search can tune how samples are chosen."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline
from sklearn.utils import (
    Tags,
    assert_all_finite,
    check_array,
    check_consistent_length,
    check_random_state,
    column_or_1d,
    get_tags,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from skvaal._herding_strategy import HerdingQueryStrategy
from skvaal._pipelines import last_step
from skvaal._pool.containers import count_rows, stack_rows, take_rows
from skvaal._pool.conversion import check_intact, unwrap
from skvaal._pool.frames import as_named
from skvaal._pool.label_checks import warn_of_marks, warn_of_other_order
from skvaal._pool.validation import check_same_columns
from skvaal._query_strategy import BaseQueryStrategy
from skvaal._utils.exceptions import PoolExhaustedWarning, warn_user
from skvaal._utils.params import HasMethods, Interval, naming
from skvaal._utils.seeds import draw_with_every_class
from skvaal._utils.undoing import undone_on_error
from skvaal.modal import HerdingQuery, VAALQuery

Query = Callable[..., Any]


def _delegates(method: str) -> Callable[[Any], bool]:
    """Whether the classifier inside has a method."""
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), method)


class ActiveLearningClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Classifier that is trained in labelling rounds, with y as the oracle.

    ``fit(X, y)`` hides all labels but those of a small initial pool, lets `query_strategy` choose
    what to label next, looks these labels up in y, and so on. What comes out is the classifier that
    one would have at that budget, so that its test accuracy says how good the strategy is, and
    ``GridSearchCV`` can tune ``query_strategy__beta`` for it.

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
    random_state : int, RandomState instance or None, default=None
        Seeds the initial pool, and every `random_state` of `estimator` and `query_strategy`.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all labels that were bought.
    classes_ : array of shape (n_classes,)
    learning_curve_ : dict of arrays of shape (n_rounds + 1,)
        ``n_labeled``, and ``accuracy`` on `X_val` if given to ``fit``, else on all of X, where the
        labelled samples themselves count.
    initial_indices_ : array of int of shape (initial_size,)
        Rows of X.
    queried_indices_ : list of n_rounds arrays of int of shape (batch_size,)
        Rows of X, in the order of the rounds.
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
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.query_strategy = query_strategy
        self.initial_size = initial_size
        self.batch_size = batch_size
        self.n_rounds = n_rounds
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
            Initial pool and pool together: an array, a frame of pandas or polars, a sparse matrix,
            or texts, whatever `estimator` and `query_strategy` read.
        y : array-like of shape (n_samples,)
            The oracle's labels.
        X_val, y_val : array-like, default=None
            Where to measure ``learning_curve_``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for the `estimator`'s ``fit``. Without `X_val` they weigh the
            accuracy of ``learning_curve_``, too.

        Returns
        -------
        self : ActiveLearningClassifier

        Raises
        ------
        ValueError, TypeError
            If there are fewer initial samples than classes, the strategy returns anything but
            distinct rows of the pool, or `estimator` takes no sample weights and some are given.
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
        weights = self._check_weights(sample_weight, X)
        self._warn_of_budget(len(labels))
        rng = check_random_state(self.random_state)
        query = _as_query(self.query_strategy)
        for seeded in (estimator := clone(self.estimator), query):
            _set_random_states(seeded, rng)

        initial = self._draw_initial(labels, rng)
        labeled, queried = initial, []
        n_labeled, accuracy = [], []
        for rounds_left in range(self.n_rounds, -1, -1):
            of_labeled = None if weights is None else weights[labeled]
            known = take_rows(X, labeled), labels[labeled]
            learner = _Learner(clone(estimator), *known, of_labeled)
            if X_val is None:
                predicted = learner.estimator.predict(X)
                accuracy.append(accuracy_score(labels, predicted, sample_weight=weights))
            else:
                accuracy.append(accuracy_score(y_val, learner.estimator.predict(X_val)))
            n_labeled.append(len(labeled))
            pool = np.setdiff1d(np.arange(len(labels)), labeled)
            if not rounds_left or not len(pool):
                break
            n = min(self.batch_size, len(pool))
            queried.append(pool[_choose(query, learner, take_rows(X, pool), n)])
            labeled = np.concatenate([labeled, queried[-1]])
        self.estimator_ = learner.estimator
        self.classes_ = self.estimator_.classes_
        self.initial_indices_ = initial
        self.queried_indices_ = queried
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

    def _warn_of_budget(self, n_samples: int) -> None:
        budget = self.initial_size + self.n_rounds * self.batch_size
        if budget > n_samples:
            warn_user(
                f"initial_size={self.initial_size} and n_rounds={self.n_rounds} of "
                f"batch_size={self.batch_size} ask for {budget} labels, but X has {n_samples} "
                "samples; labelling stops when all are labelled",
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


def _check_labels(y: Any, X: Any, name: str) -> NDArray:
    """Labels of classes, one for each row of X."""
    with naming(f"{name} cannot be used"):
        check_consistent_length(X, y)
        labels: NDArray = column_or_1d(unwrap(y, name), warn=True)
        assert_all_finite(labels, input_name=name)
        check_classification_targets(labels)
    warn_of_marks(labels.tolist(), name)
    return labels


class _Learner:
    """What modAL's strategies read of a learner: a classifier and the data that it is fitted on."""

    on_transformed = False

    def __init__(
        self, estimator: Any, X_training: Any, y_training: NDArray, weights: NDArray | None
    ) -> None:
        weighted = {} if weights is None else {"sample_weight": weights}
        self.estimator = estimator.fit(X_training, y_training, **weighted)
        self.X_training = X_training
        self.y_training = y_training

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask before there is an estimator.
        if name == "estimator" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def transform_without_estimating(self, X: Any) -> Any:
        return X


class _FitAndQuery(BaseEstimator):
    """An object with ``query(X_pool, n)``, and perhaps ``fit(X, y)``, as modAL would call it."""

    def __init__(self, chooser: Any) -> None:
        self.chooser = chooser

    def __call__(self, learner: _Learner, X_pool: Any, n_instances: int) -> Any:
        chooser = clone(self.chooser, safe=False)
        if hasattr(chooser, "fit"):
            X = stack_rows([learner.X_training, X_pool])
            y = np.full(count_rows(X), -1)
            _, y[: len(learner.y_training)] = np.unique(learner.y_training, return_inverse=True)
            chooser.fit(X, y)
        return chooser.query(X_pool, n_instances)


def _as_query(query_strategy: Any) -> Query:
    """Make a callable of modAL's form of what a user may pass; a clone if it can be cloned."""
    if query_strategy is None:
        return VAALQuery()
    if isinstance(query_strategy, BaseQueryStrategy | Pipeline):
        is_herding = isinstance(last_step(query_strategy), HerdingQueryStrategy)
        make = HerdingQuery if is_herding else VAALQuery
        return make(strategy=clone(query_strategy))
    if isinstance(query_strategy, type):
        raise TypeError(f"query_strategy is a class; pass an object: {query_strategy.__name__}()")
    if callable(query_strategy):
        return clone(query_strategy, safe=False)
    if hasattr(query_strategy, "query"):
        return _FitAndQuery(clone(query_strategy, safe=False))
    raise TypeError(
        f"query_strategy={query_strategy!r} is neither a callable as in modAL nor an object with "
        "query(X_pool, n)"
    )


def _set_random_states(component: Any, rng: np.random.RandomState) -> None:
    """Draw a seed for each parameter called random_state, nested ones included."""
    if not hasattr(component, "get_params"):
        return
    names = [
        name
        for name in sorted(component.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    ]
    component.set_params(**{name: rng.randint(np.iinfo(np.int32).max) for name in names})


def _choose(query: Query, learner: _Learner, X_pool: Any, n: int) -> NDArray[np.intp]:
    """Ask a strategy, and make sure that what it answers can be labelled."""
    answer = query(learner, X_pool, n_instances=n)
    indices = np.atleast_1d(answer[0] if isinstance(answer, tuple) else answer)
    # NB indices, not a mask
    is_valid = indices.shape == (n,) and np.issubdtype(indices.dtype, np.integer)
    if not is_valid or len(np.intersect1d(indices, np.arange(count_rows(X_pool)))) < n:
        raise ValueError(
            f"query_strategy must return {n} distinct rows of a pool of {count_rows(X_pool)}, "
            f"got {indices!r}"
        )
    return indices


def _is_text(X: Any) -> bool:
    """Whether X is a list, a 1-D array or a Series of texts."""
    is_row = isinstance(X, list | tuple) or len(getattr(X, "shape", ())) == 1
    return is_row and len(X) > 0 and all(isinstance(each, str) for each in X)
