"""What a learner says of samples, and the samples that it keeps; no learner's library is imported.

A learner is a classifier with ``predict_proba``, or acts like modAL's: an ActiveLearner holds one
model, a Committee one in each of its learners.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.arrays import issparse
from skvaal._pool.containers import count_rows, drop_duplicate_rows, stack_rows
from skvaal._pool.conversion import as_array
from skvaal._pool.kinds import is_dataset, is_pandas, is_polars
from skvaal._predictions.answers import ask_for_proba, ask_regressor
from skvaal._predictions.members import apply_steps_before_last, has_regressors
from skvaal._predictions.models import (
    find_models,
    find_without_probabilities,
    has_deviation,
    has_probabilities,
    is_a_regressor,
    name_class,
    name_model,
)
from skvaal._predictions.predictions import PredictionNeeds, Predictions
from skvaal._utils.exceptions import MissingProbabilitiesWarning, warn_user
from skvaal._utils.seeds import draw_seed


def ask_learner(
    learner: Any, X_labeled: Any, X_pool: Any, needs: PredictionNeeds, *, seed_source: Any
) -> tuple[Predictions, Predictions]:
    """Ask a learner about the labelled samples (None: there are none yet) and about the pool.

    Each is asked once, and only if needed. A ValueError says what a learner lacks, if something
    requires it. `seed_source`, a `random_state`, seeds the head that predicts losses.
    """
    if not (needs.pool or needs.labeled or needs.losses):
        return Predictions(), Predictions()
    if needs.answer == "std" or not has_probabilities(learner):
        deviations = ask_regressor(learner, X_pool, needs)
        if deviations is not None:
            return Predictions(), deviations
        if needs.required_by is None:
            return Predictions(), Predictions()
        raise ValueError(_tell_lacking(learner, needs))
    reads_pool = needs.pool or needs.losses
    pool = ask_for_proba(learner, X_pool, needs) if reads_pool else Predictions()
    if not (needs.labeled or needs.losses):
        return Predictions(), pool
    if X_labeled is None or count_rows(X_labeled) == 0:
        return pool.rows(np.arange(0)), pool  # with as many classes
    labeled = ask_for_proba(learner, X_labeled, needs)
    if needs.losses:
        losses = _predict_losses(learner, X_labeled, X_pool, labeled, seed_source)
        return replace(labeled, loss=losses[0]), replace(pool, loss=losses[1])
    return labeled, pool


def _tell_lacking(learner: Any, needs: PredictionNeeds) -> str:
    """What is missing, where something requires an answer that a learner cannot give."""
    if needs.answer == "std":
        return (
            f"{needs.required_by} needs a regressor whose predict takes return_std=True, and "
            f"{name_model(learner)} is none; take another uncertainty, 'disagreement' for a forest "
            f"of regressors, or {needs.way_out}"
        )
    lacking = name_class(find_without_probabilities(learner)[0])
    way_out = "use a classifier that has"
    if has_deviation(learner) and not needs.in_fit:
        way_out += ", uncertainty='std', which a regressor gives"
    return (
        f"{needs.required_by} needs class probabilities, and {lacking} has no predict_proba (an "
        f"SVC has it with probability=True only); {way_out}, or {needs.way_out}"
    )


def warn_of_no_probabilities(learner: Any, needs: PredictionNeeds) -> None:
    """Warn if a model's uncertainty is wanted where there is any, and the model has none to give.

    A learner without a model, which only keeps samples, is asked for nothing.
    """
    if not needs.pool or needs.required_by is not None or has_probabilities(learner):
        return
    if needs.answer != "proba" and has_deviation(learner):
        return
    lacking = find_without_probabilities(learner)[0]
    has_model = any(callable(getattr(m, "predict", None)) for m in [learner, *find_models(learner)])
    if has_model:
        name = name_class(lacking)
        what, way_out = "is a regressor", ", a regressor whose predict takes return_std=True"
        if has_regressors(lacking):
            way_out += ", uncertainty='disagreement'"
        if not is_a_regressor(lacking):
            what, way_out = "has no predict_proba", f", such as CalibratedClassifierCV({name}())"
        warn_user(
            f"{name} {what}, so that samples are chosen without a model's uncertainty; use a "
            f"classifier with predict_proba{way_out}, or set uncertainty=None to choose without a "
            "model",
            MissingProbabilitiesWarning,
        )


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

    seen = labeled
    if X_labeled is not X_training:
        seen = ask_for_proba(learner, X_training, PredictionNeeds())
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
