"""A learner is asked for one pool, and its answer is read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skvaal._pool.containers import count_rows
from skvaal._pool.conversion import as_array
from skvaal._predictions.distributions import check_proba
from skvaal._predictions.members import (
    apply_steps_before_last,
    deviate_by_members,
    has_regressors,
    predict_by_members,
    predict_outputs_by_members,
)
from skvaal._predictions.models import (
    answering_model,
    find_models,
    has_deviation,
    name_class,
    name_model,
)
from skvaal._predictions.outputs import (
    is_list_of_tables,
    of_deviations,
    of_labels,
    of_outputs,
    with_members,
)
from skvaal._predictions.predictions import PredictionNeeds, Predictions


def ask_for_proba(learner: Any, X: Any, needs: PredictionNeeds) -> Predictions:
    """Ask for probabilities of X; a committee's members come with them at no cost."""
    with _naming_unfitted(learner, needs):
        if callable(getattr(learner, "vote_proba", None)):
            return _ask_committee(learner, X, needs)
        name = f"predict_proba of {name_model(learner)}"
        model = find_models(learner)[0]
        answer = learner.predict_proba(X)
        if needs.multilabel != "auto" or is_list_of_tables(answer):
            return _read_labels(model, X, answer, name, needs)
        members = predict_by_members(model, X) if needs.members else None
    predictions = _read_classes(answer, count_rows(X), name, needs)
    if members is not None:
        # Their mean need not be the ensemble's own answer: boosting weighs its members.
        predictions = replace(predictions, members=check_proba(members, count_rows(X), name))
    return predictions


def ask_regressor(learner: Any, X: Any, needs: PredictionNeeds) -> Predictions | None:
    """Ask a regressor for standard deviations; None if it has none, or others are needed.

    'disagreement' needs those of the predictions of members: of a forest's, or of a committee's.
    """
    of_members = needs.members and not needs.in_fit
    is_committee = bool(getattr(learner, "learner_list", None))
    if has_deviation(learner) and (needs.answer != "proba" or (of_members and is_committee)):
        return _ask_for_deviation(learner, X, needs)
    model = find_models(learner)[0]
    if not of_members or is_committee or not has_regressors(model):
        return None
    with _naming_unfitted(learner, needs):
        deviation = deviate_by_members(model, X)
    return of_deviations(deviation, count_rows(X), f"disagreement of {name_class(model)}")


def _ask_for_deviation(learner: Any, X: Any, needs: PredictionNeeds) -> Predictions:
    model = answering_model(learner)
    name = f"predict(return_std=True) of {name_class(model)}"
    with _naming_unfitted(learner, needs):
        if model is not learner:
            _, X = apply_steps_before_last(find_models(learner)[0], X)
        answer = model.predict(X, return_std=True)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise ValueError(
            f"{name} must return two arrays, predictions and standard deviations, got "
            f"{type(answer).__name__}; or {needs.way_out}"
        )
    return of_deviations(_answer_of(answer[1], name, needs), count_rows(X), name)


@contextmanager
def _naming_unfitted(learner: Any, needs: PredictionNeeds) -> Iterator[None]:
    """A learner that is not fitted is told by its name."""
    try:
        with warnings.catch_warnings():
            # scikit-learn before 1.8 warns, where it then raises.
            warnings.filterwarnings("ignore", ".*Pipeline instance is not fitted", FutureWarning)
            yield
    except NotFittedError as error:
        raise NotFittedError(
            f"{name_model(learner)} is not fitted, so that it cannot predict yet: fit the learner "
            f"or teach it first, or {needs.way_out}"
        ) from error


def _ask_committee(learner: Any, X: Any, needs: PredictionNeeds) -> Predictions:
    models = find_models(learner)
    if needs.multilabel != "auto" or any(isinstance(_classes(each), list) for each in models):
        # modAL's votes are of one output.
        names = [f"predict_proba of {name_class(each)}" for each in models]
        return _join(
            [
                _read_labels(model, X, each.predict_proba(X), name, replace(needs, members=False))
                for model, each, name in zip(models, learner.learner_list, names, strict=True)
            ]
        )
    # modAL reads the shape. (n_samples, n_members, n_classes)
    X = np.asarray(X) if isinstance(X, list | tuple) else X
    name = f"vote_proba of {name_model(learner)}"
    votes = _answer_of(learner.vote_proba(X), name, needs)
    if votes.ndim != 3:
        expected = "(n_samples, n_members, n_classes)"
        raise ValueError(f"{name} has the shape {votes.shape}, expected {expected}")
    return Predictions.of(votes.transpose(1, 0, 2), count_rows(X), name)


def _classes(model: Any) -> Any:
    return getattr(model, "classes_", None)


def _join(members: list[Predictions]) -> Predictions:
    """A committee's answer from its members', which must know the same classes of each output."""
    shapes = [[each.proba.shape for each in one.outputs or () if each.proba is not None]
              for one in members]  # fmt: skip
    if any(each != shapes[0] for each in shapes):
        told = [[n_classes for _, n_classes in each] for each in shapes]
        raise ValueError(
            f"the members of the committee know different numbers of classes of their labels, "
            f"{told}; fit all of them on samples that have every class of every label"
        )
    votes = (np.stack(of_one) for of_one in zip(*map(_probas, members), strict=True))
    return Predictions(outputs=tuple(Predictions(each.mean(axis=0), each) for each in votes))


def _probas(predictions: Predictions) -> list[NDArray[np.float64]]:
    return [each.proba for each in predictions.outputs or () if each.proba is not None]


def _read_labels(model: Any, X: Any, answer: Any, name: str, needs: PredictionNeeds) -> Predictions:
    """Read an answer on several labels, or outputs."""
    n_samples = count_rows(X)
    if is_list_of_tables(answer):
        predictions = of_outputs(answer, n_samples, name)
    else:
        predictions = of_labels(_answer_of(answer, name, needs), n_samples, name, needs.multilabel)
    if not needs.members:
        return predictions
    members = predict_outputs_by_members(model, X)
    return with_members(predictions, [Predictions.of(each, n_samples, name) for each in members])


def _read_classes(answer: Any, n_samples: int, name: str, needs: PredictionNeeds) -> Predictions:
    """Read an answer on one label: probabilities of its classes, or of pixels'."""
    proba = _answer_of(answer, name, needs)
    if proba.ndim not in (2, 4):
        raise ValueError(
            f"{name} has the shape {proba.shape}, expected (n_samples, n_classes), or "
            "(n_samples, n_classes, height, width) for pixels"
        )
    return Predictions.of(proba, n_samples, name)


def _answer_of(answer: Any, name: str, needs: PredictionNeeds) -> NDArray:
    """What a learner answered, as an array; without an answer, it is an error."""
    if answer is None:
        raise ValueError(
            f"{name} returns None, where class probabilities are needed; return an array, or "
            f"{needs.way_out}"
        )
    return as_array(answer, name)
