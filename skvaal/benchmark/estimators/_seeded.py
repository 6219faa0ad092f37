"""A classifier from another seed."""

from typing import Any

from sklearn.base import clone


def seeded(estimator: Any, random_state: int) -> Any:
    """Clone a classifier, and give every part of it a random state.

    Parameters
    ----------
    estimator : classifier
        Is not changed.
    random_state : int
        Goes into each parameter of that name, nested ones too.

    Returns
    -------
    classifier
        Unfitted.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> bagging = seeded(BaggingClassifier(DecisionTreeClassifier()), 3)
    >>> bagging.random_state, bagging.estimator.random_state
    (3, 3)
    """
    copy = clone(estimator)
    states = [key for key in copy.get_params() if key.split("__")[-1] == "random_state"]
    return copy.set_params(**dict.fromkeys(states, random_state))
