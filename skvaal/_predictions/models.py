"""Which models a learner asks, and whether they say how unsure they are."""

from __future__ import annotations

import inspect
from typing import Any

from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline


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
    return name_class(find_models(learner)[0])


def name_class(model: Any) -> str:
    return "None" if model is None else type(model).__name__


def has_probabilities(learner: Any) -> bool:
    """Whether a learner's model, or each of a committee's, is a classifier with probabilities."""
    return not find_without_probabilities(learner)


def find_without_probabilities(learner: Any) -> list[Any]:
    """Which of a learner's models, and last itself, are no classifiers with probabilities."""
    # modAL's learners have the method whatever their model has.
    asked = [*find_models(learner), learner]
    return [
        each
        for each in asked
        if not callable(getattr(each, "predict_proba", None)) or is_a_regressor(each)
    ]


def is_a_regressor(model: Any) -> bool:
    try:
        return hasattr(model, "__sklearn_tags__") and is_regressor(model)
    except AttributeError:  # its mixins are in the wrong order
        return False


def has_deviation(learner: Any) -> bool:
    """Whether a learner's ``predict`` gives standard deviations, too, if asked with return_std."""
    predict = getattr(answering_model(learner), "predict", None)
    try:
        return callable(predict) and "return_std" in inspect.signature(predict).parameters
    except (ValueError, TypeError):  # a builtin without a signature
        return False


def answering_model(learner: Any) -> Any:
    """Who answers for a regressor: a committee itself, else the model, of a Pipeline the last step.

    modAL's CommitteeRegressor has a standard deviation over its members.
    """
    if getattr(learner, "learner_list", None):
        return learner
    model = find_models(learner)[0]
    while isinstance(model, Pipeline):
        model = model[-1]
    return model
