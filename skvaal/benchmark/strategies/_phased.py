"""A strategy in three phases, fit, score and select, each of them timed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._rules.measures import smallest

Fit = Callable[[Any, np.random.Generator], Any]
Score = Callable[[Any, NDArray, np.random.Generator], Any]
Select = Callable[[Any, int, np.random.Generator], tuple[NDArray, NDArray]]


class Phased:
    """A strategy in three phases: fit models, score the pool, select from the scores.

    Parameters
    ----------
    score : callable
        Takes the model, the pool and the strategy's generator, returns what `select` takes.
    select : callable
        Takes what `score` returned, the number of samples and the generator, returns the pair
        (indices, scores).
    random_state : int
        Seeds the generator, which goes on from query to query.
    fit : callable or None, default=None
        Takes the learner and the generator, returns the model. None: the learner is the model.

    Attributes
    ----------
    seconds_ : dict of str to float
        What "fit" (where there is one), "score" and "select" of the last query took.

    Examples
    --------
    >>> norms = Phased(
    ...     lambda learner, X_pool, rng: np.linalg.norm(X_pool, axis=1), highest, random_state=0
    ... )
    >>> norms(None, np.array([[3.0, 4.0], [0.0, 1.0]]), n_instances=1)
    (array([0]), array([5.]))
    >>> list(norms.seconds_)
    ['score', 'select']
    """

    def __init__(
        self, score: Score, select: Select, *, random_state: int, fit: Fit | None = None
    ) -> None:
        self._score = score
        self._select = select
        self._fit = fit
        self._rng = np.random.default_rng(random_state)

    def __call__(
        self, learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        """Choose from the pool.

        Parameters
        ----------
        learner : modAL learner
            Holds the task model and the labelled samples; it is not changed.
        X_pool : ndarray of shape (n_pool, ...)
            Unlabelled samples.
        n_instances : int, default=1
            How many to choose.

        Returns
        -------
        indices, scores : ndarray of shape (n_instances,)
            The chosen samples and their scores.
        """
        self.seconds_: dict[str, float] = {}
        model = learner
        if self._fit is not None:
            with self._timed("fit"):
                model = self._fit(learner, self._rng)
        with self._timed("score"):
            scores = self._score(model, X_pool, self._rng)
        with self._timed("select"):
            return self._select(scores, n_instances, self._rng)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.seconds_[phase] = perf_counter() - began


def highest(scores: NDArray, n_instances: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Select the highest scores.

    Parameters
    ----------
    scores : ndarray of shape (n_pool,)
        Scores.
    n_instances : int
        How many to select.
    rng : Generator
        Breaks ties.

    Returns
    -------
    indices, scores : ndarray of shape (n_instances,)
        Highest first.

    Examples
    --------
    >>> highest(np.array([0.5, 2.0, 1.0]), 2, np.random.default_rng(0))
    (array([1, 2]), array([2., 1.]))
    """
    random_state: Any = rng  # has the one method that is used, as RandomState has
    indices = smallest(-scores, n_instances, random_state)
    return indices, scores[indices]
