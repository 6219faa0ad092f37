"""Comparison of query strategies through modAL's ``ActiveLearner``.

The command ``skvaal benchmark`` runs the comparison with its defaults; the functions below are
the same comparison from Python.
"""

from skvaal.benchmark.cases import Case, get_cases
from skvaal.benchmark.datasets import Dataset, Scenes, load_dataset, load_scenes
from skvaal.benchmark.estimators import get_estimator
from skvaal.benchmark.failing import EveryRunFailedError, FailedStrategyWarning
from skvaal.benchmark.folder import find_results
from skvaal.benchmark.plan import Plan
from skvaal.benchmark.protocols import Protocol, budget_sweep, get_protocols
from skvaal.benchmark.results import Results
from skvaal.benchmark.runner import run
from skvaal.benchmark.strategies import get_strategies

__all__ = [
    "Case",
    "Dataset",
    "EveryRunFailedError",
    "FailedStrategyWarning",
    "Plan",
    "Protocol",
    "Results",
    "Scenes",
    "budget_sweep",
    "find_results",
    "get_cases",
    "get_estimator",
    "get_protocols",
    "get_strategies",
    "load_dataset",
    "load_scenes",
    "run",
]
