"""Query strategies of the comparison, by name, in the form that modAL calls.

A factory takes a random state (int) and returns ``strategy(learner, X_pool, n_instances)``, which
returns the chosen indices into `X_pool` and their scores.
"""

from skvaal.benchmark.strategies._accepted import as_factories, given_of
from skvaal.benchmark.strategies._called_once import CalledOnce, Strategy, StrategyFactory
from skvaal.benchmark.strategies._checks import check_query
from skvaal.benchmark.strategies._own import vaal_params_of
from skvaal.benchmark.strategies._registry import (
    ALL,
    DEFAULT_STRATEGIES,
    LIBRARIES,
    ONLY_BY_NAME,
    STRATEGIES,
    get_strategies,
)

__all__ = [
    "ALL",
    "DEFAULT_STRATEGIES",
    "LIBRARIES",
    "ONLY_BY_NAME",
    "STRATEGIES",
    "CalledOnce",
    "Strategy",
    "StrategyFactory",
    "as_factories",
    "check_query",
    "get_strategies",
    "given_of",
    "vaal_params_of",
]
