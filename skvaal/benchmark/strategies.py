"""Query strategies of the comparison, by name, in the form that modAL calls.

modAL's ``BaseLearner.query`` tries ``indices, scores = strategy(...)`` and on any exception, an
interrupt from the keyboard included, calls the strategy a second time. So every strategy here
returns a pair, and `CalledOnce` stands between modAL and the strategy.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark._lookup import lookup

Strategy = Callable[..., tuple[NDArray, NDArray]]
StrategyFactory = Callable[[int], Strategy]


def get_strategies(
    names: Iterable[str], *, vaal_params: Mapping[str, Any] | None = None
) -> dict[str, StrategyFactory]:
    """Return the factories of query strategies.

    Parameters
    ----------
    names : iterable of str
        Any of "vaal", "margin", "entropy", "uncertainty" and "random".
    vaal_params : mapping of str to object or None, default=None
        Parameters of :class:`skvaal.VAALQuery`.

    Returns
    -------
    dict of str to callable
        In the order of `names`. A factory takes a random state (int) and returns a callable
        ``strategy(learner, X_pool, n_instances)`` that returns the chosen indices into
        `X_pool` and their scores, both of shape (n_instances,). Own strategies join as
        ``get_strategies(["random"]) | {"mine": factory}``.

    Raises
    ------
    ValueError
        If a name is not known.

    Examples
    --------
    >>> random = get_strategies(["random"])["random"](0)
    >>> indices, scores = random(None, np.zeros((10, 2)), n_instances=3)
    >>> indices.shape, scores.shape
    ((3,), (3,))
    """
    factories = {name: lookup(STRATEGIES, name, argument="strategy") for name in names}
    if vaal_params and "vaal" in factories:
        factories["vaal"] = partial(_vaal, **vaal_params)
    return factories


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
            If the strategy does not return `n_instances` different indices into `X_pool`,
            with scores. After any error, a further call raises the same error.
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
        n_different = len(np.unique(indices[(indices >= 0) & (indices < n_pool)]))
        if indices.shape != (n_instances,) or n_different != n_instances:
            raise ValueError(
                f"strategy {self.name!r} returned indices of shape {indices.shape}, "
                f"{n_different} of them different and in the pool of {n_pool}; "
                f"it must return n_instances={n_instances} different indices into the pool."
            )
        return indices, scores


def _random(random_state: int) -> Strategy:
    rng = np.random.default_rng(random_state)

    def random_sampling(
        learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        scores = rng.random(len(X_pool))
        indices = np.argsort(scores)[:n_instances]
        return indices, scores[indices]

    return random_sampling


def _vaal(random_state: int, **params: Any) -> Strategy:
    from skvaal import VAALQuery

    return VAALQuery(**{"random_state": random_state, **params})


def _margin(random_state: int) -> Strategy:
    from modAL.uncertainty import margin_sampling

    return margin_sampling


def _entropy(random_state: int) -> Strategy:
    from modAL.uncertainty import entropy_sampling

    return entropy_sampling


def _uncertainty(random_state: int) -> Strategy:
    from modAL.uncertainty import uncertainty_sampling

    return uncertainty_sampling


STRATEGIES: dict[str, StrategyFactory] = {
    "vaal": _vaal,
    "margin": _margin,
    "entropy": _entropy,
    "uncertainty": _uncertainty,
    "random": _random,
}
