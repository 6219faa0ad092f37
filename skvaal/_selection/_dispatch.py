"""The names of the ways to select, and what each of them needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._params import accepted_names
from skvaal._selection._clusters import cluster
from skvaal._selection._greedy import greedy
from skvaal._selection._herding import herding
from skvaal._selection._k_center import k_center
from skvaal._selection._ranking import CANDIDATES_FACTOR, n_candidates, stochastic, topk

Selection = Callable[..., NDArray[np.intp]]

SELECTIONS: dict[str, Selection] = {
    "topk": topk,
    "k_center": k_center,
    "stochastic": stochastic,
    "cluster": cluster,
    "greedy": greedy,
    "herding": herding,
}
# These have a keyword parameter `uncertainty`.
USES_UNCERTAINTY = frozenset({"greedy", "herding"})
# These choose among the samples with the smallest scores.
_OF_CANDIDATES = frozenset({"k_center", "cluster"})
# These have a keyword parameter `verbose`.
SHOWS_PROGRESS = frozenset({"greedy", "herding", "k_center"})


def selection_function(selection: str | Selection) -> Selection:
    """The function behind the parameter `selection`.

    Parameters
    ----------
    selection : str or callable

    Returns
    -------
    callable

    Examples
    --------
    >>> from skvaal._selection import selection_function
    >>> selection_function("k_center").__name__
    'k_center'
    """
    return SELECTIONS[selection] if isinstance(selection, str) else selection


def needs_latent(selection: str | Selection) -> bool:
    """Whether a selection reads coordinates of the pool; a callable may."""
    return not (isinstance(selection, str) and selection in ("topk", "stochastic"))


def needs_labeled(selection: str | Selection) -> bool:
    """Whether a selection reads coordinates of the labelled samples; a callable may."""
    return not isinstance(selection, str) or selection in ("k_center", "herding")


def n_considered(
    selection: str | Selection, n: int, n_samples: int, options: dict[str, Any]
) -> int:
    """How many samples of the pool a selection looks at, those with the smallest scores.

    Parameters
    ----------
    selection : str or callable
    n : int
        Size of the batch.
    n_samples : int
        Size of the pool.
    options : dict
        Of the selection.

    Returns
    -------
    int
        More, where others have the same score as the last of them.

    Examples
    --------
    >>> from skvaal._selection import n_considered
    >>> [n_considered(name, 5, 1000, {}) for name in ("topk", "k_center", "herding")]
    [5, 50, 1000]
    """
    if selection == "topk":
        return n
    if not isinstance(selection, str) or selection not in _OF_CANDIDATES:
        return n_samples
    factor = options.get("candidates_factor", CANDIDATES_FACTOR)
    return n_candidates(n, factor, n_samples)


def takes_uncertainty(selection: str | Selection) -> bool:
    """Whether a selection reads the task model's uncertainty; a callable with that keyword does."""
    if isinstance(selection, str):
        return selection in USES_UNCERTAINTY
    return "uncertainty" in (accepted_names(selection) or ())


def check_batch(indices: Any, n: int, n_samples: int) -> NDArray[np.intp]:
    """Validate what a callable chose.

    Parameters
    ----------
    indices : array-like of int of shape (n,)
    n : int
    n_samples : int
        Size of the pool.

    Returns
    -------
    array of int of shape (n,)

    Raises
    ------
    ValueError
        If these are not `n` different rows of the pool.

    Examples
    --------
    >>> from skvaal._selection import check_batch
    >>> check_batch([4, 2], 2, n_samples=5)
    array([4, 2])
    """
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu" or indices.shape != (n,):
        raise ValueError(
            f"selection must return {n} integers, an array of shape ({n},), got dtype "
            f"{indices.dtype} and shape {indices.shape}"
        )
    if indices.min() < 0 or indices.max() >= n_samples or len(np.unique(indices)) < n:
        raise ValueError(
            f"selection must return different rows of the pool, from 0 to {n_samples - 1}, got "
            f"{indices.tolist()}"
        )
    return indices.astype(np.intp)
