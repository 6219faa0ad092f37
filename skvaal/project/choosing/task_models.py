"""A small model of the labels so far: how unsure it is tells what to label next."""

from __future__ import annotations

from typing import Any

import numpy as np

from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import counted
from skvaal._utils.params import did_you_mean
from skvaal.project.choosing.inputs import Inputs
from skvaal.project.choosing.predicted import Predicted

MODELS = ("auto", "linear", "forest", "none")
# Labels of a class, on average, from which on 'auto' fits a model.
LEAST_PER_CLASS = 3
# Shares of trees are probabilities: of so many, a share of 1/2 is off by 0.02.
_N_TREES = 500


def check_model(model: Any) -> None:
    """Raise if there is no task model of that name."""
    if model not in MODELS:
        raise ValueError(f"model={model!r} is not known; {did_you_mean(str(model), MODELS)}")


def predict(
    model: str,
    inputs: Inputs,
    known: LabeledSamples,
    *,
    seed: int,
    way_out: str = "name model='none', or label more",
) -> tuple[Predicted | None, str]:
    """Fit a task model to the labels, and ask it about all samples.

    Parameters
    ----------
    model : {'auto', 'linear', 'forest', 'none'}
        A logistic regression on standardised features, or a forest of 500 trees. 'auto' takes the
        first for features of networks and texts, the second for pixels and tables; and none with
        fewer than two classes, or fewer than three labels a class on average.
    inputs : Inputs
        The samples.
    known : LabeledSamples
        The labels.
    seed : int
        Of the forest.
    way_out : str
        What to do if a model is named, and there are fewer than two classes.

    Returns
    -------
    Predicted or None, and why there is none, in words

    Raises
    ------
    ValueError
        If a model is named, and there are fewer than two classes.
    """
    if model == "none":
        return None, "No model was asked."
    n_classes, n_labeled = len(known.classes), len(known.rows)
    if n_classes < 2 and model != "auto":
        raise ValueError(
            f"model={model!r} needs labels of two classes, and there "
            f"{'is' if n_classes == 1 else 'are'} {counted(n_classes, 'class', 'classes')}; "
            f"{way_out}"
        )
    if n_classes < 2:
        what = "no labels" if not n_labeled else f"labels of the class {known.classes[0]!r} alone"
        return None, f"No model was fitted: there are {what}, and it needs two classes."
    if model == "auto" and n_labeled < LEAST_PER_CLASS * n_classes:
        return None, (
            f"No model was fitted: {n_labeled} labels of {n_classes} classes are fewer than "
            f"{LEAST_PER_CLASS} a class."
        )
    is_linear = model == "linear" or (model == "auto" and inputs.suit_linear)
    fit = _linear if is_linear else _forest
    proba, classes = fit(inputs, known, seed)
    words = "a logistic regression" if is_linear else f"a forest of {_N_TREES} trees"
    return Predicted(proba, tuple(map(str, classes)), words), ""


def _linear(inputs: Inputs, known: LabeledSamples, seed: int) -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    # Of all samples: a column that hardly varies among a few labels would be blown up.
    rows = StandardScaler().fit_transform(inputs.rows)
    classifier = LogisticRegression(max_iter=1000, random_state=seed)
    classifier.fit(rows[known.rows], known.labels.astype(str))
    return classifier.predict_proba(rows), classifier.classes_


def _forest(inputs: Inputs, known: LabeledSamples, seed: int) -> tuple[Any, Any]:
    from sklearn.ensemble import RandomForestClassifier

    classifier = RandomForestClassifier(n_estimators=_N_TREES, random_state=seed)
    classifier.fit(inputs.rows[known.rows], known.labels.astype(str))
    proba = classifier.predict_proba(inputs.rows)
    return np.asarray(proba, dtype=np.float64), classifier.classes_
