"""What a comparison takes as a strategy, made a factory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skvaal._pipelines import last_step
from skvaal._query_strategy import BaseQueryStrategy
from skvaal.benchmark.estimators import seeded
from skvaal.benchmark.strategies._called_once import Strategy, StrategyFactory
from skvaal.benchmark.strategies._own import vaal_params_of

_ACCEPTED = (
    "a factory, which takes one argument, a random state; a query such as VAALQuery() or "
    "HerdingQuery(); a VAALQueryStrategy, a HerdingQueryStrategy or a Pipeline that ends in one; "
    "or a function of (learner, X_pool, n_instances=...) such as modAL's margin_sampling. "
    "get_strategies(['margin']) makes factories of names"
)


class ClonedQuery:
    """A factory of clones of a query, each with another random state.

    Parameters
    ----------
    query : callable with ``get_params``
        Is not changed.

    Examples
    --------
    >>> from skvaal import HerdingQuery
    >>> ClonedQuery(HerdingQuery(bandwidth=2))(3).get_params()["random_state"]
    3
    """

    def __init__(self, query: Any) -> None:
        self.query = query

    def __call__(self, random_state: int) -> Strategy:
        """Return a clone whose random states, nested ones too, are this one."""
        clone: Strategy = seeded(self.query, random_state)
        return clone


class FunctionFactory:
    """A factory of strategies that call one function, each with a random state of its own.

    Parameters
    ----------
    function : callable
        Takes the learner, the pool and `n_instances`; returns indices, or a pair of indices and
        scores. Functions of modAL draw from numpy's global generator: while the function runs,
        that generator is the strategy's own.

    Examples
    --------
    >>> def at_random(learner, X_pool, n_instances=1):
    ...     return np.random.permutation(len(X_pool))[:n_instances]
    >>> one, other = (FunctionFactory(at_random)(3) for _ in range(2))
    >>> one(None, np.eye(9), n_instances=4)[0].tolist() == other(None, np.eye(9), 4)[0].tolist()
    True
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, random_state: int) -> Strategy:
        """Return a strategy that goes on drawing from query to query."""
        return _FunctionStrategy(self.function, random_state)


class _FunctionStrategy:
    """A function as a strategy that always returns a pair."""

    def __init__(self, function: Callable[..., Any], random_state: int) -> None:
        self._function = function
        self._state = RandomState(random_state).get_state()

    def __call__(
        self, learner: Any, X_pool: NDArray, n_instances: int = 1
    ) -> tuple[NDArray, NDArray]:
        with self._as_global_generator():
            answer = self._function(learner, X_pool, n_instances=n_instances)
        if isinstance(answer, tuple) and len(answer) == 2 and np.ndim(answer[0]) > 0:
            return answer
        # modAL takes a bare array of two indices for a pair, and calls again for another length.
        indices = np.asarray(answer)
        return indices, np.full(indices.shape, np.nan)

    @contextmanager
    def _as_global_generator(self) -> Iterator[None]:
        before = np.random.get_state()  # noqa: NPY002 (modAL draws from it)
        np.random.set_state(self._state)  # noqa: NPY002
        try:
            yield
        finally:
            self._state = np.random.get_state()  # noqa: NPY002
            np.random.set_state(before)  # noqa: NPY002


def as_factories(strategies: Mapping[str, Any]) -> dict[str, StrategyFactory]:
    """Make a factory of each strategy.

    Parameters
    ----------
    strategies : mapping of str to object
        As for :func:`skvaal.benchmark.run`.

    Returns
    -------
    dict of str to callable
        In the same order; what is a factory stays as it is.

    Raises
    ------
    TypeError
        Naming the first that is nothing of the kind, and what is accepted.

    Examples
    --------
    >>> as_factories({"mine": "margin"})
    Traceback (most recent call last):
    ...
    TypeError: strategies['mine'] is 'margin'; it must be a factory, ...
    """
    return {name: _as_factory(name, strategy) for name, strategy in strategies.items()}


def given_of(factory: StrategyFactory) -> Any:
    """Return the query or function that a factory was made of; None for other factories.

    Parameters
    ----------
    factory : callable
        As :func:`as_factories` returns it.

    Returns
    -------
    object
        What it was made of, where a strategy was wrapped the query around it.

    Examples
    --------
    >>> given_of(FunctionFactory(len)), given_of(lambda random_state: None)
    (<built-in function len>, None)
    """
    if isinstance(factory, ClonedQuery):
        return factory.query
    return factory.function if isinstance(factory, FunctionFactory) else None


def _as_factory(name: str, strategy: Any) -> StrategyFactory:
    if vaal_params_of(strategy) is not None:  # whatever its parameters: errors will name them
        return strategy
    if isinstance(strategy, Pipeline | BaseQueryStrategy):
        return ClonedQuery(_query_around(name, strategy))
    made_of = strategy
    while isinstance(made_of, partial):
        made_of = made_of.func
    has_params = hasattr(made_of, "get_params")
    if isinstance(made_of, type) and has_params:
        raise _wrong_kind(name, f"the class {made_of.__name__}, and not an object of it")
    if has_params and callable(strategy) and made_of is strategy:
        return ClonedQuery(strategy)
    is_factory, is_strategy = _calls(strategy)
    if is_factory:
        factory: StrategyFactory = strategy
        return factory
    if is_strategy and inspect.isroutine(made_of):
        return FunctionFactory(strategy)
    if is_strategy:
        raise _wrong_kind(
            name,
            f"an object of {type(made_of).__name__}, whose state the runs would share; pass a "
            "function that makes one from a random state",
        )
    raise _wrong_kind(name, repr(strategy))


def _calls(strategy: Any) -> tuple[bool, bool]:
    """Whether it is called as a factory is, and whether as a strategy is; by its signature."""
    try:
        signature = inspect.signature(strategy)
    except (TypeError, ValueError):  # not callable, or it does not tell
        return False, False
    is_strategy = _takes(signature, None, None, n_instances=1)
    # What takes anything is a factory, unless it names n_instances.
    is_named = is_strategy and "n_instances" in signature.parameters
    return _takes(signature, 0) and not is_named, is_strategy


def _query_around(name: str, strategy: Any) -> Any:
    from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQuery, VAALQueryStrategy

    try:
        last = last_step(strategy)
    except TypeError as error:
        raise _wrong_kind(name, repr(strategy)) from error
    for query, kind in (VAALQuery, VAALQueryStrategy), (HerdingQuery, HerdingQueryStrategy):
        if isinstance(last, kind):
            return query(strategy=strategy)
    raise _wrong_kind(name, repr(strategy))


def _takes(signature: inspect.Signature, *args: Any, **kwargs: Any) -> bool:
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _wrong_kind(name: str, found: str) -> TypeError:
    return TypeError(f"strategies[{name!r}] is {found}; it must be {_ACCEPTED}.")
