"""A committee: copies of the task model, each fitted on a bootstrap of the labelled samples."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import resample

N_MEMBERS = 10


def bagged_copies(learner: Any, random_state: int, *, n_members: int = N_MEMBERS) -> list[Any]:
    """Fit copies of the learner's estimator on bootstraps of its labelled samples.

    Parameters
    ----------
    learner : modAL learner
        Holds the task model and the labelled samples; neither is changed.
    random_state : int
        Seeds the bootstraps, and the copies where they have a `random_state`.
    n_members : int, default=10
        Number of copies.

    Returns
    -------
    list of estimators
        The fitted copies. All know the same classes.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> learner = SimpleNamespace(
    ...     estimator=DecisionTreeClassifier(), X_training=np.eye(4), y_training=np.arange(4)
    ... )
    >>> [len(member.classes_) for member in bagged_copies(learner, 0, n_members=3)]
    [4, 4, 4]
    """
    members = []
    for seed in np.random.SeedSequence(random_state).generate_state(n_members):
        member = clone(learner.estimator)
        states = [key for key in member.get_params() if _is_random_state(key)]
        member.set_params(**dict.fromkeys(states, int(seed)))
        # Stratified: a class of one sample would be missing from a third of plain bootstraps, and
        # members that know different classes cannot be compared everywhere.
        X, y = resample(
            learner.X_training,
            learner.y_training,
            stratify=learner.y_training,
            random_state=int(seed),
        )
        members.append(member.fit(X, y))
    return members


def _is_random_state(key: str) -> bool:
    return key == "random_state" or key.endswith("__random_state")
