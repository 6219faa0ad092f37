"""What a learner says of samples, and the samples that it keeps; no learner's library is imported.

A learner is a classifier with ``predict_proba``, or acts like modAL's: an ActiveLearner holds one
model, a Committee one in each of its learners.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.exceptions import NotFittedError

from skvaal._pool.arrays import issparse
from skvaal._pool.containers import count_rows, drop_duplicate_rows, stack_rows
from skvaal._pool.conversion import as_array
from skvaal._pool.kinds import is_dataset, is_pandas, is_polars
from skvaal._predictions.members import apply_steps_before_last, predict_by_members
from skvaal._predictions.predictions import PredictionNeeds, Predictions, check_proba
from skvaal._utils.exceptions import MissingProbabilitiesWarning, warn_user
from skvaal._utils.seeds import draw_seed

_WITHOUT_PREDICTIONS = "set uncertainty=None and, if the net needs them, net='vaal'"


def ask_learner(
    learner: Any, X_labeled: Any, X_pool: Any, needs: PredictionNeeds, *, seed_source: Any
) -> tuple[Predictions, Predictions]:
    """Ask a learner about the labelled samples (None: there are none yet) and about the pool.

    Each is asked once, and only if needed. A ValueError says what a learner lacks, if something
    requires it. `seed_source`, a `random_state`, seeds the head that predicts losses.
    """
    if not (needs.pool or needs.labeled or needs.losses):
        return Predictions(), Predictions()
    if not has_probabilities(learner):
        if needs.required_by is None:
            return Predictions(), Predictions()
        lacking = _find_without_probabilities(learner)[0]
        raise ValueError(
            f"{needs.required_by} needs class probabilities, and {_name(lacking)} has no "
            "predict_proba (an SVC has it with probability=True only); use a classifier that has, "
            f"or {_WITHOUT_PREDICTIONS}"
        )
    reads_pool = needs.pool or needs.losses
    pool = _predict(learner, X_pool, needs.members) if reads_pool else Predictions()
    if not (needs.labeled or needs.losses):
        return Predictions(), pool
    if X_labeled is None or count_rows(X_labeled) == 0:
        return pool.rows(np.arange(0)), pool  # with as many classes
    labeled = _predict(learner, X_labeled, needs.members)
    if needs.losses:
        losses = _predict_losses(learner, X_labeled, X_pool, labeled, seed_source)
        return replace(labeled, loss=losses[0]), replace(pool, loss=losses[1])
    return labeled, pool


def warn_of_no_probabilities(learner: Any, needs: PredictionNeeds) -> None:
    """Warn if a model's uncertainty is wanted where there is any, and the model has none to give.

    A learner without a model, which only keeps samples, is asked for nothing.
    """
    if not needs.pool or needs.required_by is not None or has_probabilities(learner):
        return
    lacking = _find_without_probabilities(learner)[0]
    has_model = any(callable(getattr(m, "predict", None)) for m in [learner, *find_models(learner)])
    if has_model:
        name, what, way_out = _name(lacking), "is a regressor", ""
        if not _is_regressor(lacking):
            what, way_out = "has no predict_proba", f", such as CalibratedClassifierCV({name}())"
        warn_user(
            f"{name} {what}, so that samples are chosen without a model's uncertainty; use a "
            f"classifier with predict_proba{way_out}, or set uncertainty=None to choose without a "
            "model",
            MissingProbabilitiesWarning,
        )


def find_models(learner: Any) -> list[Any]:
    """Find the models that a learner asks."""
    return [_find_model(each) for each in getattr(learner, "learner_list", None) or [learner]]


def _find_model(learner: Any) -> Any:
    # Bagging, boosting and scikit-activeml's classifiers have an `estimator` too: the template
    # that they clone, which may be None.
    is_learner = hasattr(learner, "teach") or hasattr(learner, "X_training")
    model = getattr(learner, "estimator", None) if is_learner else None
    return learner if model is None else model


def name_model(learner: Any) -> str:
    """Class name of a learner's model, of a committee its first; for messages."""
    return _name(find_models(learner)[0])


def _name(model: Any) -> str:
    return "None" if model is None else type(model).__name__


def has_probabilities(learner: Any) -> bool:
    """Whether a learner's model, or each of a committee's, is a classifier with probabilities."""
    return not _find_without_probabilities(learner)


def _find_without_probabilities(learner: Any) -> list[Any]:
    """Which of a learner's models, and last itself, are no classifiers with probabilities."""
    # modAL's learners have the method whatever their model has.
    asked = [*find_models(learner), learner]
    return [
        each
        for each in asked
        if not callable(getattr(each, "predict_proba", None)) or _is_regressor(each)
    ]


def _is_regressor(model: Any) -> bool:
    try:
        return hasattr(model, "__sklearn_tags__") and is_regressor(model)
    except AttributeError:  # its mixins are in the wrong order
        return False


def labeled_pool(learner: Any) -> Any:
    """Collect the labelled samples of a learner, or of all learners of a committee, once each.

    They stay in their container. None if there is no label yet; a ValueError if the learner keeps
    no samples, or those of a committee keep frames with other columns.
    """
    holders = _find_holders(learner)
    if holders and _hold_same_samples(holders):
        return holders[0].X_training
    if holders:
        # teach() hands a sample to every learner: it counts once, not once a learner.
        return drop_duplicate_rows(stack_rows([each.X_training for each in holders]))
    learners = getattr(learner, "learner_list", None) or [learner]
    if any(hasattr(each, "X_training") for each in learners):
        return None
    name = "None" if learner is None else type(learner).__name__
    raise ValueError(
        f"learner={name} keeps no labelled samples (X_training); pass them as X_labeled=..., which "
        "may be empty"
    )


def labels_of(learner: Any) -> Any | None:
    """Find the labels of :func:`labeled_pool`'s rows; None if a committee's samples differ."""
    holders = _find_holders(learner)
    is_one = holders and _hold_same_samples(holders)
    return getattr(holders[0], "y_training", None) if is_one else None


def _find_holders(learner: Any) -> list[Any]:
    """Find who keeps labelled samples: the learner, or some learners of a committee."""
    # modAL's Committee has an X_training of its own, which is always None.
    learners = getattr(learner, "learner_list", None) or []
    if getattr(learner, "X_training", None) is not None:
        learners = [learner]
    return [each for each in learners if getattr(each, "X_training", None) is not None]


def _hold_same_samples(learners: list[Any]) -> bool:
    first, *others = (each.X_training for each in learners)
    return all(_are_same(first, other) for other in others)


def _are_same(X: Any, other: Any) -> bool:
    """Whether two pools hold equal rows in the same order, in the same kind of container."""
    if X is other:
        return True
    if type(X) is not type(other) or is_dataset(X) or count_rows(X) != count_rows(other):
        return False
    if issparse(X):
        return X.shape == other.shape and (other != X).nnz == 0
    if is_pandas(X):
        return bool(X.reset_index(drop=True).equals(other.reset_index(drop=True)))
    if is_polars(X):
        return bool(X.equals(other))
    X, other = np.asarray(X), np.asarray(other)
    return np.array_equal(X, other, equal_nan=X.dtype.kind in "fc")


def _predict(learner: Any, X: Any, members_needed: bool) -> Predictions:
    """Ask for probabilities of X; a committee's members come with them at no cost."""
    name = f"predict_proba of {name_model(learner)}"
    try:
        with warnings.catch_warnings():
            # scikit-learn before 1.8 warns, where it then raises.
            warnings.filterwarnings("ignore", ".*Pipeline instance is not fitted", FutureWarning)
            if callable(getattr(learner, "vote_proba", None)):
                # modAL reads the shape. (n_samples, n_members, n_classes)
                X = np.asarray(X) if isinstance(X, list | tuple) else X
                name = f"vote_proba of {name_model(learner)}"
                votes = _answer_of(learner.vote_proba(X), name)
                if votes.ndim != 3:
                    expected = "(n_samples, n_members, n_classes)"
                    raise ValueError(f"{name} has the shape {votes.shape}, expected {expected}")
                return Predictions.of(votes.transpose(1, 0, 2), count_rows(X), name)
            model = find_models(learner)[0]
            members = predict_by_members(model, X) if members_needed else None
            proba = learner.predict_proba(X)
    except NotFittedError as error:
        raise NotFittedError(
            f"{name_model(learner)} is not fitted, so that it cannot predict yet: fit the learner "
            f"or teach it first, or {_WITHOUT_PREDICTIONS}"
        ) from error
    if isinstance(proba, list) and proba and np.ndim(proba[0]) == 2:
        raise ValueError(
            f"{name} gives {len(proba)} arrays, one for each output, but only one output can be "
            f"read; {_WITHOUT_PREDICTIONS}"
        )
    proba = _answer_of(proba, name)
    if proba.ndim not in (2, 4):
        raise ValueError(
            f"{name} has the shape {proba.shape}, expected (n_samples, n_classes), or "
            "(n_samples, n_classes, height, width) for pixels"
        )
    predictions = Predictions.of(proba, count_rows(X), name)
    if members is not None:
        # Their mean need not be the ensemble's own answer: boosting weighs its members.
        predictions = replace(predictions, members=check_proba(members, count_rows(X), name))
    return predictions


def _answer_of(proba: Any, name: str) -> NDArray:
    """What a learner answered, as an array; without an answer, it is an error."""
    if proba is None:
        raise ValueError(
            f"{name} returns None, where class probabilities are needed; return an array, or "
            f"{_WITHOUT_PREDICTIONS}"
        )
    return as_array(proba, name)


def _predict_losses(
    learner: Any, X_labeled: Any, X_pool: Any, labeled: Predictions, seed_source: Any
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Predict losses by a head on the model's features; None twice where it has no features."""
    model = find_models(learner)[0]
    X_training, y = getattr(learner, "X_training", None), getattr(learner, "y_training", None)
    last = model[-1] if hasattr(model, "steps") else model
    if not callable(getattr(last, "embed", None)) or X_training is None or y is None:
        return None, None
    if count_rows(X_training) < 2:
        return None, None  # a single loss has no rank
    from skvaal._predictions.task_loss import TaskLossHead, cross_entropy

    seen = labeled if X_labeled is X_training else _predict(learner, X_training, False)
    if seen.proba is None:
        return None, None  # probabilities of pixels, which the net refuses
    classes = getattr(model, "classes_", np.arange(seen.proba.shape[1]))
    head = TaskLossHead(draw_seed(seed_source))
    head.fit(_embed(model, X_training), cross_entropy(seen.proba, y, classes))
    return head.predict(_embed(model, X_labeled)), head.predict(_embed(model, X_pool))


def _embed(model: Any, X: Any) -> NDArray:
    last, X = apply_steps_before_last(model, X)
    features = as_array(last.embed(X), f"embed of {type(last).__name__}", np.float64)
    if features.ndim == 0 or len(features) != count_rows(X):
        raise ValueError(
            f"embed of {type(last).__name__} gives an array of shape {features.shape}; it must "
            f"have a row for each of the {count_rows(X)} samples"
        )
    return features.reshape(len(features), -1)
