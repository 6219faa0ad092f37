"""What a modAL learner's model says of samples; neither modAL nor any model is imported.

A learner is whatever has ``predict_proba``, or an `estimator` that has; a committee has
``vote_proba`` and `learner_list`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skvaal._selection import takes_uncertainty
from skvaal._side import check_task_params, fit_wants, query_uncertainty, shown
from skvaal._task import TaskView, is_auto, is_explicit
from skvaal._task_loss import TaskLossHead, cross_entropy


def read_pool(learner: Any, strategy: Any, X_pool: Any) -> TaskView:
    """What the learner says of the pool, as far as the strategy's parameters want to know.

    Parameters
    ----------
    learner : modAL learner or committee
    strategy : VAALQueryStrategy
    X_pool : array-like of shape (n_samples, ...)
        As the learner sees it.

    Returns
    -------
    TaskView
        Empty where nothing is wanted or, with ``uncertainty='auto'``, known.

    Raises
    ------
    ValueError
        If the strategy's parameters need probabilities that the learner has not.
    NotFittedError
        If the learner is not fitted.
    """
    strategy._validate_params()
    check_task_params(strategy)
    needed = fit_wants(strategy)
    if needed is None and is_explicit(strategy.uncertainty):
        needed = shown(strategy.uncertainty)
    wanted = is_auto(strategy.uncertainty) and takes_uncertainty(strategy.selection)
    if needed is None and not wanted:
        return TaskView()
    if has_probabilities(learner):
        view = _read(learner, strategy, X_pool)
        # Again in `query`, but an uncertainty that cannot be had is found before the training.
        query_uncertainty(strategy, view)
        return view
    if needed is None:
        return TaskView()
    raise ValueError(
        f"{needed} needs class probabilities, and {_name_of(learner)} has no predict_proba (an SVC "
        "has it with probability=True only); use a classifier that has, or set uncertainty=None, "
        "condition=None, relabel_states=False"
    )


def read_for_fit(
    learner: Any, strategy: Any, X_labeled: Any, X_pool: Any, pool: TaskView
) -> tuple[TaskView, TaskView]:
    """What the learner says of both pools, as far as a training reads it.

    Parameters
    ----------
    learner : modAL learner or committee
    strategy : VAALQueryStrategy
    X_labeled, X_pool : array-like of shape (n_samples, ...)
        As the learner sees them.
    pool : TaskView
        What :func:`read_pool` returned.

    Returns
    -------
    tuple of TaskView, labelled and unlabelled
        Where no training reads it, the second is that of the pool all the same.
    """
    if strategy.condition is None:
        return TaskView(), pool
    labeled = _read(learner, strategy, X_labeled)
    if strategy.condition != "task_loss":
        return labeled, pool
    losses = _predicted_losses(learner, strategy, X_labeled, X_pool, labeled)
    return (
        TaskView(labeled.proba, labeled.members, losses[0]),
        TaskView(pool.proba, pool.members, losses[1]),
    )


def has_probabilities(learner: Any) -> bool:
    """Whether a learner's model, or each of a committee's, is a classifier with probabilities.

    Parameters
    ----------
    learner : modAL learner or committee

    Returns
    -------
    bool
        modAL's learners have a ``predict_proba`` whatever their model has: the model counts.
    """
    if not callable(getattr(learner, "predict_proba", None)):
        return False
    return all(
        callable(getattr(model, "predict_proba", None)) and not _is_regressor(model)
        for model in _models(learner)
    )


def _models(learner: Any) -> list[Any]:
    learners = getattr(learner, "learner_list", None) or [learner]
    return [getattr(each, "estimator", each) for each in learners]


def _is_regressor(model: Any) -> bool:
    if not hasattr(model, "__sklearn_tags__"):  # is_regressor would fail, or warn
        return False
    try:
        return is_regressor(model)
    except AttributeError:  # its mixins are in the wrong order
        return False


def _name_of(learner: Any) -> str:
    return "None" if learner is None else type(_models(learner)[0]).__name__


def _read(learner: Any, strategy: Any, X: Any) -> TaskView:
    """Probabilities of X, those of the members if there are any and they are wanted or free."""
    wants_members = isinstance(strategy.uncertainty, str) and strategy.uncertainty == "disagreement"
    name = f"predict_proba of {_name_of(learner)}"
    try:
        with warnings.catch_warnings():
            # scikit-learn before 1.8 warns, where it then raises.
            warnings.filterwarnings("ignore", ".*Pipeline instance is not fitted", FutureWarning)
            if callable(getattr(learner, "vote_proba", None)):
                votes = np.asarray(learner.vote_proba(X))  # (n_samples, n_members, n_classes)
                return TaskView.of(votes.transpose(1, 0, 2), _n_rows(X), name)
            if wants_members:
                return TaskView.of(_of_members(_models(learner)[0], X), _n_rows(X), name)
            proba = learner.predict_proba(X)
    except NotFittedError as error:
        raise NotFittedError(
            f"{_name_of(learner)} is not fitted, so that it says nothing of the pool yet: fit the "
            "learner or teach it first, or set uncertainty=None, condition=None, "
            "relabel_states=False"
        ) from error
    if isinstance(proba, list):
        raise ValueError(
            f"{name} gives {len(proba)} arrays, one for each output; VAAL reads the probabilities "
            "of one: set uncertainty=None, condition=None, relabel_states=False"
        )
    if hasattr(proba, "ndim") and proba.ndim != 2:
        raise ValueError(f"{name} has the shape {proba.shape}, expected (n_samples, n_classes)")
    return TaskView.of(proba, _n_rows(X), name)


def _n_rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _last_model(model: Any, X: Any) -> tuple[Any, Any]:
    """The last step of a Pipeline, and X as it sees it."""
    if not isinstance(model, Pipeline):
        return model, X
    return model[-1], model[:-1].transform(X) if len(model) > 1 else X


def _of_members(model: Any, X: Any) -> NDArray[np.floating]:
    """Probabilities by each member of an ensemble, (n_members, n_samples, n_classes)."""
    model, X = _last_model(model, X)
    name = type(model).__name__
    if not hasattr(model, "estimators_"):
        check_is_fitted(model)
    members = list(getattr(model, "estimators_", []))
    if len(members) < 2 or not all(hasattr(member, "predict_proba") for member in members):
        raise ValueError(
            f"uncertainty='disagreement' compares members that have predict_proba, and {name} has "
            "none; use a Committee or a RandomForestClassifier, or another uncertainty, such as "
            "'margin'"
        )
    # A bagging ensemble shows each member some features.
    columns = getattr(model, "estimators_features_", [slice(None)] * len(members))
    if not hasattr(members[0], "feature_names_in_"):
        X = np.asarray(X)
    answers = [
        member.predict_proba(X if isinstance(rows, slice) else np.asarray(X)[:, rows])
        for member, rows in zip(members, columns, strict=True)
    ]
    n_classes = len(model.classes_)
    if any(np.shape(answer) != (_n_rows(X), n_classes) for answer in answers):
        raise ValueError(
            f"uncertainty='disagreement' compares members that know the same classes, but not all "
            f"members of {name} know its {n_classes}; use a Committee or a RandomForestClassifier, "
            "or another uncertainty, such as 'margin'"
        )
    return np.stack(answers)


def _predicted_losses(
    learner: Any, strategy: Any, X_labeled: Any, X_pool: Any, labeled: TaskView
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | tuple[None, None]:
    """Losses that a head on the model's features predicts; None where it has no features."""
    model = _models(learner)[0]
    last = model[-1] if isinstance(model, Pipeline) else model
    X_training, y = getattr(learner, "X_training", None), getattr(learner, "y_training", None)
    if not callable(getattr(last, "embed", None)) or X_training is None or y is None:
        return None, None
    if _n_rows(X_training) < 2:
        return None, None  # a single loss has no rank
    seen = labeled if X_labeled is X_training else _read(learner, strategy, X_training)
    assert seen.proba is not None
    classes = getattr(model, "classes_", np.arange(seen.proba.shape[1]))
    loss = cross_entropy(seen.proba, y, classes)
    # Of an int it is the same number in every query; None means fresh entropy.
    random_state = (
        np.random.RandomState() if strategy.random_state is None else (strategy.random_state)
    )
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    embed = _features(model)
    head = TaskLossHead(seed).fit(embed(X_training), loss)
    return head.predict(embed(X_labeled)), head.predict(embed(X_pool))


def _features(model: Any) -> Callable[[Any], NDArray]:
    def embed(X: Any) -> NDArray:
        last, X = _last_model(model, X)
        features = np.asarray(last.embed(X))
        return features.reshape(len(features), -1)

    return embed
