"""Samples by their scores alone; and a random start with every class in it.

References
----------
.. [1] Kool, van Hoof, Welling, "Stochastic Beams and Where to Find Them: The Gumbel-Top-k Trick
       for Sampling Sequences Without Replacement", ICML 2019, arXiv 1903.06059.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# Candidates for each sample of the batch, for selections that choose among some.
CANDIDATES_FACTOR = 10.0


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


def candidates(
    scores: NDArray[np.floating], n: int, factor: float, random_state: np.random.RandomState
) -> NDArray[np.intp]:
    """The ``factor * n`` smallest scores, or all if there are not so many.

    Parameters
    ----------
    scores : array of shape (n_samples,)
    n : int
    factor : float
        At least 1; infinity takes all.
    random_state : numpy.random.RandomState
        Breaks ties.

    Returns
    -------
    array of int
        Smallest first.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._ranking import candidates
    >>> candidates(np.array([4.0, 1.0, 2.0, 3.0]), 1, 2, np.random.RandomState(0))
    array([1, 2])
    """
    return smallest(scores, n_candidates(n, factor, len(scores)), random_state)


def n_candidates(n: int, factor: float, n_samples: int) -> int:
    """Number of :func:`candidates`.

    Parameters
    ----------
    n : int
    factor : float
    n_samples : int
        Size of the pool.

    Returns
    -------
    int

    Examples
    --------
    >>> from skvaal._selection._ranking import n_candidates
    >>> n_candidates(10, 2.5, 1000), n_candidates(10, 2.5, 20)
    (25, 20)
    """
    return math.ceil(min(factor * n, n_samples))


def ranks(values: NDArray[np.floating], ties: Literal["max", "min"] = "max") -> NDArray[np.float64]:
    """Ranks in (0, 1], the largest 1.

    Parameters
    ----------
    values : array of shape (n_samples,)
    ties : {'max', 'min'}, default='max'
        Which of their ranks equal values have.

    Returns
    -------
    array of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection._ranking import ranks
    >>> ranks(np.array([7.0, 1.0, 7.0, 3.0]))
    array([1.  , 0.25, 1.  , 0.5 ])
    """
    counted = np.searchsorted(np.sort(values), values, side="right" if ties == "max" else "left")
    return (counted + (ties == "min")) / len(values)


def topk(
    scores: NDArray[np.floating],
    Z: Any,
    Z_labeled: Any,
    n: int,
    random_state: np.random.RandomState,
    /,
) -> NDArray[np.intp]:
    """Take the smallest scores, as the VAAL paper does (Algorithm 2).

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is taken sooner.
    Z, Z_labeled : ignored
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
        Breaks ties.

    Returns
    -------
    array of int of shape (n,)
        Smallest first.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import topk
    >>> topk(np.array([3.0, 1.0, 2.0]), None, None, 2, np.random.RandomState(0))
    array([1, 2])
    """
    return smallest(scores, n, random_state)


def stochastic(
    scores: NDArray[np.floating],
    Z: Any,
    Z_labeled: Any,
    n: int,
    random_state: np.random.RandomState,
    /,
    *,
    temperature: float = 1.0,
) -> NDArray[np.intp]:
    """Draw without replacement, with probabilities proportional to exp(-score / temperature).

    Where scores are log-odds of being labelled, those at temperature 1 are the odds of being
    unlabelled. The Gumbel top-k trick [1]_ draws all in one pass.

    Parameters
    ----------
    scores : array of shape (n_samples,)
        Lower is drawn sooner.
    Z, Z_labeled : ignored
    n : int
        At most n_samples.
    random_state : numpy.random.RandomState
    temperature : float, default=1.0
        In units of the scores; near 0 gives the smallest scores, infinity pure chance.

    Returns
    -------
    array of int of shape (n,)
        In the order of drawing.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal._selection import stochastic
    >>> stochastic(np.array([50.0, 0.0, 90.0]), None, None, 2, np.random.RandomState(0))
    array([1, 0])
    """
    gumbel = random_state.gumbel(size=len(scores))
    return smallest(scores.astype(np.float64) / temperature - gumbel, n, random_state)


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
