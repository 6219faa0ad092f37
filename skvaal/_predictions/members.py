"""What each member of a fitted ensemble says, such as a forest's trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skvaal._pool.arrays import issparse
from skvaal._pool.containers import count_rows
from skvaal._pool.conversion import as_array

# Whose members each predict the target. Those of boosting predict what others left.
_AVERAGING = (BaggingRegressor, ExtraTreesRegressor, RandomForestRegressor, VotingRegressor)


def predict_by_members(model: Any, X: Any) -> NDArray[np.floating]:
    """Class probabilities by each member of an ensemble, (n_members, n_samples, n_classes).

    Raises a ValueError if it has no members with probabilities, or they know other classes.
    """
    ensemble, X = _unwrap(model, X)
    name = type(ensemble).__name__
    members = _find_members(ensemble)
    n_classes = len(ensemble.classes_)
    if isinstance(ensemble.classes_, list):  # of several outputs, the classes of each
        raise _make_error(f"with one output, and {name} has {n_classes}")
    X = _as_members_read(ensemble, members, X)
    # A bagging ensemble shows each member some of the features.
    features = getattr(ensemble, "estimators_features_", [None] * len(members))
    answers = [
        _align_classes(ensemble, member, member.predict_proba(X if each is None else X[:, each]))
        for member, each in zip(members, features, strict=True)
    ]
    if any(answer.shape != (count_rows(X), n_classes) for answer in answers):
        raise _make_error(
            f"that know the same classes, but not all members of {name} know its {n_classes}"
        )
    return np.stack(answers)


def predict_outputs_by_members(model: Any, X: Any) -> list[NDArray[np.floating]]:
    """Class probabilities of several outputs by each member, (n_members, n_samples, n_classes).

    Members are a forest's trees, or those of the ensemble that a MultiOutputClassifier has for each
    output. Raises a ValueError if there are none.
    """
    ensemble, X = _unwrap(model, X)
    if isinstance(ensemble, MultiOutputClassifier):
        check_is_fitted(ensemble)
        return [predict_by_members(each, X) for each in ensemble.estimators_]
    members = _find_members(ensemble)
    if not isinstance(ensemble.classes_, list):
        raise _make_error(f"of several outputs, and {type(ensemble).__name__} has none")
    X = _as_members_read(ensemble, members, X)
    answers = zip(*(member.predict_proba(X) for member in members), strict=True)
    return [np.stack(of_one) for of_one in answers]


def has_regressors(model: Any) -> bool:
    """Whether a model, or the last step of a Pipeline, averages over regressors."""
    while isinstance(model, Pipeline):
        model = model[-1]
    return isinstance(model, _AVERAGING)


def deviate_by_members(model: Any, X: Any) -> NDArray[np.floating]:
    """Standard deviation of the predictions of an ensemble's regressors, a row for each sample."""
    ensemble, X = apply_steps_before_last(model, X)
    check_is_fitted(ensemble)
    members = list(ensemble.estimators_)
    X = _as_members_read(ensemble, members, X)
    features = getattr(ensemble, "estimators_features_", [None] * len(members))
    answers = [
        member.predict(X if each is None else X[:, each])
        for member, each in zip(members, features, strict=True)
    ]
    return np.std(answers, axis=0)


def _find_members(ensemble: Any) -> list[Any]:
    if not hasattr(ensemble, "estimators_"):
        check_is_fitted(ensemble)
    members = list(getattr(ensemble, "estimators_", []))
    if len(members) < 2 or not all(hasattr(member, "predict_proba") for member in members):
        raise _make_error(f"that have predict_proba, and {type(ensemble).__name__} has none")
    return members


def _as_members_read(ensemble: Any, members: list[Any], X: Any) -> Any:
    if issparse(X):
        return X.tocsr()
    # Voting and stacking hand X on as it is; forests, bagging and boosting make it an array.
    is_handed_on = map(hasattr, (ensemble, members[0]), ("named_estimators_", "feature_names_in_"))
    return X if any(is_handed_on) else np.asarray(X)


def _make_error(reason: str) -> ValueError:
    return ValueError(
        f"uncertainty='disagreement' compares members {reason}; use a Committee or a "
        "RandomForestClassifier, or another uncertainty, such as 'margin'"
    )


def apply_steps_before_last(model: Any, X: Any) -> tuple[Any, Any]:
    """Find the last step of a Pipeline, and transform X by the steps before it."""
    while isinstance(model, Pipeline):
        if len(model) > 1:
            X = model[:-1].transform(X)
        model = model[-1]
    return model, X


def _unwrap(model: Any, X: Any) -> tuple[Any, Any]:
    """Find the ensemble in Pipelines and in scikit-activeml's SklearnClassifier."""
    model, X = apply_steps_before_last(model, X)
    # scikit-learn's ensembles have an `estimator_` too: the template of their members. `vars`,
    # because a SklearnClassifier passes every attribute of its `estimator_` on.
    attributes = getattr(model, "__dict__", {})
    if "estimator_" in attributes and "estimators_" not in attributes:
        return _unwrap(model.estimator_, X)
    return model, X


def _align_classes(ensemble: Any, member: Any, proba: Any) -> NDArray[np.floating]:
    """Give every class of the ensemble a column, where a member's bootstrap sample lacks some."""
    name = f"predict_proba of {type(member).__name__}"
    proba, n_classes = as_array(proba, name), len(ensemble.classes_)
    # Only here are the members' classes known to be column numbers; elsewhere they may be bits of
    # a code, such as "this class or another one".
    is_complete = proba.ndim != 2 or proba.shape[1] == n_classes
    if not isinstance(ensemble, BaggingClassifier) or is_complete:
        return proba
    aligned = np.zeros((len(proba), n_classes))
    aligned[:, member.classes_] = proba
    return aligned
