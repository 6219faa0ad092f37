"""Which samples to take: the smallest scores, or a random start with every class in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def smallest(
    scores: NDArray[np.floating], n: int, random_state: np.random.RandomState
) -> NDArray[np.intp]:
    """Indices of the `n` smallest scores, smallest first (Algorithm 2 of VAAL).

    Parameters
    ----------
    scores : array of shape (n_samples,)
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Breaks ties, so that equal scores do not favour the order of the rows.

    Returns
    -------
    array of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import smallest
    >>> smallest(np.array([3.0, 1.0, 2.0]), 2, np.random.RandomState(0))
    array([1, 2])
    """
    tie_breaker = random_state.permutation(len(scores))
    if np.isnan(scores).any():
        raise ValueError(f"scores[{int(np.flatnonzero(np.isnan(scores))[0])}] is NaN")
    # Everything up to the n-th smallest, ties with it included: all that can be taken.
    candidates = np.flatnonzero(scores <= np.partition(scores, n - 1)[n - 1])
    order = np.lexsort((tie_breaker[candidates], scores[candidates]))
    return candidates[order[:n]]


def draw_with_every_class(y: NDArray, n: int, rng: Any) -> NDArray[np.intp]:
    """Rows drawn at random, at least one of each class.

    Parameters
    ----------
    y : array of shape (n_samples,)
        Classes.
    n : int
        From the number of classes to n_samples.
    rng : numpy.random.RandomState or numpy.random.Generator

    Returns
    -------
    array of int of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import draw_with_every_class
    >>> y = np.array(["a"] * 99 + ["b"])
    >>> 99 in draw_with_every_class(y, 2, np.random.RandomState(0))
    True
    """
    order = rng.permutation(len(y))
    _, first_of_class = np.unique(y[order], return_index=True)
    others = np.delete(order, first_of_class)
    return np.concatenate([order[first_of_class], others])[:n]
