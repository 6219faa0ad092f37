"""Query strategies of the comparison, by name, in the form that modAL calls.

A factory takes a random state (int) and returns ``strategy(learner, X_pool, n_instances)``, which
returns the chosen indices into `X_pool` and their scores.
"""

from skvaal.benchmark.strategies._called_once import CalledOnce, Strategy, StrategyFactory
from skvaal.benchmark.strategies._own import check_vaal, vaal_params_of
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
    "check_vaal",
    "get_strategies",
    "vaal_params_of",
]
