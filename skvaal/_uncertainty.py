"""How unsure a task model is of samples, from its class probabilities; higher is less sure.

References
----------
.. [1] Houlsby, Huszar, Ghahramani, Lengyel, "Bayesian Active Learning for Classification and
       Preference Learning", 2011, arXiv 1112.5745.
.. [2] Zhang, Li, Yang, Wang, Zha, Huang, "State-Relabeling Adversarial Active Learning", CVPR
       2020, arXiv 2004.04943.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Proba = NDArray[np.floating]

# How far a row's sum may be from 1: probabilities in float16 are off by about so much.
_TOLERANCE = 1e-3


def margin(proba: Proba) -> NDArray[np.float64]:
    """1 - (p1 - p2), p1 and p2 the two largest probabilities of a sample.

    Parameters
    ----------
    proba : array of shape (n_samples, n_classes)

    Returns
    -------
    array of shape (n_samples,)
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._uncertainty import margin
    >>> margin(np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]))
    array([0.75, 0.  , 1.  ])
    """
    p = np.asarray(proba, dtype=np.float64)
    if p.shape[1] == 1:
        p = np.column_stack([p, np.zeros(len(p))])  # a class that is never seen
    second, first = np.partition(p, -2, axis=1)[:, -2:].T
    return 1 - (first - second)


def entropy(proba: Proba) -> NDArray[np.float64]:
    """Entropy, in nats.

    Parameters
    ----------
    proba : array of shape (..., n_classes)

    Returns
    -------
    array of shape (...,)
        From 0 to log(n_classes).

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._uncertainty import entropy
    >>> entropy(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])).round(4)
    array([0.6931, 0.    ])
    """
    proba = np.asarray(proba, dtype=np.float64)
    logs = np.log(proba, out=np.zeros_like(proba), where=proba > 0)  # 0 log 0 is 0
    return np.abs(-(proba * logs).sum(axis=-1))  # no -0


def least_confident(proba: Proba) -> NDArray[np.float64]:
    """1 - the largest probability.

    Parameters
    ----------
    proba : array of shape (n_samples, n_classes)

    Returns
    -------
    array of shape (n_samples,)
        From 0 to 1 - 1 / n_classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._uncertainty import least_confident
    >>> least_confident(np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]))
    array([0.5, 0. ])
    """
    return 1 - np.asarray(proba, dtype=np.float64).max(axis=1)


def disagreement(members: Proba) -> NDArray[np.float64]:
    """Mutual information of class and member, in nats: entropy of the mean - mean entropy [1]_.

    It is 0 where all members say the same, however unsure they are.

    Parameters
    ----------
    members : array of shape (n_members, n_samples, n_classes)

    Returns
    -------
    array of shape (n_samples,)
        From 0 to log(n_classes).

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._uncertainty import disagreement
    >>> disagreement(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])).round(4)
    array([0.6931, 0.    ])
    """
    members = np.asarray(members, dtype=np.float64)
    # Not below 0, where rounding would put it if all say the same.
    return np.maximum(entropy(members.mean(axis=0)) - entropy(members).mean(axis=0), 0)


def state_indicator(proba: Proba) -> NDArray[np.float64]:
    """Online uncertainty indicator of SRAAL: 1 - MINVAR(V) / VAR(V) * max(V) [2]_.

    VAR is the variance of a sample's probabilities V over the classes, MINVAR the least that a
    vector with the same maximum can have, that of (max, (1 - max) / (C - 1), ...). At the uniform
    vector, where both are 0, the value is the limit along such vectors, 1 - 1 / C.

    Parameters
    ----------
    proba : array of shape (n_samples, n_classes)

    Returns
    -------
    array of shape (n_samples,)
        In [0, 1); 0 where one class is certain.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._uncertainty import state_indicator
    >>> state_indicator(np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.5, 0.25]])).round(3)
    array([0.   , 0.875, 0.5  ])
    """
    proba = np.asarray(proba, dtype=np.float64)
    n_classes = proba.shape[1]
    largest = proba.max(axis=1)
    above = largest - proba.mean(axis=1)
    # Of (max, rest, ...): the others are above / (C - 1) below the mean.
    least = above**2 / max(n_classes - 1, 1)
    variance = proba.var(axis=1)
    # Of two classes the ratio is 1, and near the uniform vector rounding decides.
    flat = above <= 1e-9
    ratio = np.divide(least, variance, out=np.ones_like(least), where=~flat)
    return 1 - np.clip(ratio, 0, 1) * largest


def check_proba(proba: Any, n_samples: int, name: str = "proba") -> NDArray[np.float64]:
    """Validate class probabilities.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes) or (n_members, n_samples, n_classes)
    n_samples : int
        Rows that there must be.
    name : str
        Of the argument, for messages.

    Returns
    -------
    array of the same shape

    Raises
    ------
    ValueError
        If these are no probabilities of so many samples.

    Examples
    --------
    >>> from skvaal._uncertainty import check_proba
    >>> check_proba([[0.25, 0.75]], 1)
    array([[0.25, 0.75]])
    """
    try:
        checked = np.asarray(proba, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} must be an array of numbers of shape (n_samples, n_classes): {error}"
        ) from error
    if checked.ndim not in (2, 3):
        raise ValueError(
            f"{name} must have the shape (n_samples, n_classes), or (n_members, n_samples, "
            f"n_classes) for the members of a committee, got {checked.shape}; pass what "
            "predict_proba returns"
        )
    if checked.shape[-2] != n_samples:
        raise ValueError(
            f"{name} of shape {checked.shape} has {checked.shape[-2]} samples, but there are "
            f"{n_samples}; pass the probabilities of the same rows, members first if there are any"
        )
    if 0 in checked.shape:
        raise ValueError(f"{name} of shape {checked.shape} is empty; at least one class is needed")
    _check_distributions(checked, name)
    return checked


def _check_distributions(proba: NDArray[np.float64], name: str) -> None:
    """Raise if a row is no distribution, and say which one."""
    with np.errstate(over="ignore", invalid="ignore"):
        sums = proba.sum(axis=-1)
        bad = ~(np.isfinite(proba).all(axis=-1) & (proba >= 0).all(axis=-1))
        bad |= ~(np.abs(sums - 1) <= _TOLERANCE)
    if not bad.any():
        return
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    row = proba[where]
    if not np.isfinite(row).all():
        what = "holds NaN or infinity"
    elif (row < 0).any():
        what = "holds a negative number"
    else:
        what = "is no distribution"
    raise ValueError(
        f"{name}{list(where)} {what} (its sum is {sums[where]:.6g}), but class probabilities are "
        "from 0 to 1 and sum to 1; pass what predict_proba returns, a softmax of logits for a net"
    )
