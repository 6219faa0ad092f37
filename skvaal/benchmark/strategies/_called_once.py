"""A strategy that modAL cannot call a second time when it fails.

modAL's ``BaseLearner.query`` tries ``indices, scores = strategy(...)`` and on any exception, an
interrupt from the keyboard included, calls the strategy a second time. So every strategy of the
comparison returns a pair, and `CalledOnce` stands between modAL and the strategy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Strategy = Callable[..., tuple[NDArray, NDArray]]
StrategyFactory = Callable[[int], Strategy]


class CalledOnce:
    """A strategy that modAL cannot call a second time when it fails.

    Parameters
    ----------
    name : str
        Name of the strategy, for errors.
    strategy : callable
        Returns a pair (indices, scores).

    Examples
    --------
    >>> strategy = CalledOnce("first", lambda learner, X_pool, n_instances: ([0], [1.0]))
    >>> strategy(None, np.zeros((10, 2)), n_instances=1)[0]
    array([0])
    """

    def __init__(self, name: str, strategy: Strategy) -> None:
        self.name = name
        self.strategy = strategy
        self._error: BaseException | None = None

    def __call__(
        self, learner: Any, X_pool: NDArray, *, n_instances: int
    ) -> tuple[NDArray, NDArray]:
        """Query the strategy and check what it returns.

        Parameters
        ----------
        learner : modAL learner
            Holds the task model and the labelled samples.
        X_pool : ndarray of shape (n_pool, ...)
            Unlabelled samples.
        n_instances : int
            How many to choose.

        Returns
        -------
        indices, scores : ndarray of shape (n_instances,)
            The chosen samples and their scores.

        Raises
        ------
        ValueError
            If the strategy does not return `n_instances` different integers, indices into
            `X_pool`, with scores. After any error, a further call raises the same error.
        """
        if self._error is not None:
            raise self._error
        try:
            answer = self.strategy(learner, X_pool, n_instances=n_instances)
            return self._checked(answer, len(X_pool), n_instances)
        except BaseException as error:
            self._error = error
            raise

    def _checked(self, answer: Any, n_pool: int, n_instances: int) -> tuple[NDArray, NDArray]:
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise ValueError(
                f"strategy {self.name!r} returned {type(answer).__name__}; "
                "it must return a pair (indices, scores)."
            )
        indices, scores = np.asarray(answer[0]), np.asarray(answer[1])
        if indices.size and not np.issubdtype(indices.dtype, np.integer):
            raise ValueError(
                f"strategy {self.name!r} returned indices of type {indices.dtype}; "
                "indices into the pool must be integers."
            )
        n_different = len(np.unique(indices[(indices >= 0) & (indices < n_pool)]))
        if indices.shape != (n_instances,) or n_different != n_instances:
            found = f"indices of shape {indices.shape}"
            if indices.shape == (n_instances,):
                few = f"only {n_different} distinct in the pool of {n_pool}"
                found = f"{n_instances} indices, but {few}"
            raise ValueError(
                f"strategy {self.name!r} returned {found}; "
                f"it must return n_instances={n_instances} different indices into the pool."
            )
        return indices, scores
