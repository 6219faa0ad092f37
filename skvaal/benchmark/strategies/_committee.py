"""Copies of the task model: a committee, each on a bootstrap, or an ensemble, all on all labels."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils import resample

from skvaal.benchmark.estimators import seeded

N_MEMBERS = 10
N_COPIES = 5  # as Beluch et al. (CVPR 2018)


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
    for member, seed in _unfitted(learner, random_state, n_members):
        # Stratified: a class of one sample would be missing from a third of plain bootstraps, and
        # members that know different classes cannot be compared everywhere.
        X, y = resample(
            learner.X_training,
            learner.y_training,
            stratify=learner.y_training,
            random_state=seed,
        )
        members.append(member.fit(X, y))
    return members


def seeded_copies(learner: Any, random_state: int, *, n_members: int = N_COPIES) -> list[Any]:
    """Fit copies of the learner's estimator on all its labelled samples, from other seeds.

    Parameters
    ----------
    learner : modAL learner
        Holds the task model and the labelled samples; neither is changed.
    random_state : int
        Seeds the copies. Those of a model that has no `random_state`, or does not use it, are
        all the same.
    n_members : int, default=5
        Number of copies.

    Returns
    -------
    list of estimators
        The fitted copies.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> learner = SimpleNamespace(
    ...     estimator=DecisionTreeClassifier(), X_training=np.eye(4), y_training=np.arange(4)
    ... )
    >>> len({member.random_state for member in seeded_copies(learner, 0)})
    5
    """
    members = _unfitted(learner, random_state, n_members)
    return [member.fit(learner.X_training, learner.y_training) for member, _ in members]


def _unfitted(learner: Any, random_state: int, n_members: int) -> Iterator[tuple[Any, int]]:
    for seed in np.random.SeedSequence(random_state).generate_state(n_members):
        yield seeded(learner.estimator, int(seed)), int(seed)
