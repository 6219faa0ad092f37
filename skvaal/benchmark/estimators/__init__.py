"""Task models of the comparison, by name.

A query strategy may want images while the task model wants rows. The pool stays one array, in
the shape of the data; a task model of rows flattens it itself.
"""

from skvaal.benchmark.estimators._registry import (
    ESTIMATORS,
    IMAGE_ESTIMATORS,
    SEEDED_ESTIMATORS,
    TORCH_ESTIMATORS,
    EstimatorFactory,
    get_estimator,
)
from skvaal.benchmark.estimators._rows import as_rows
from skvaal.benchmark.estimators._seeded import seeded
from skvaal.benchmark.estimators._torch import TorchClassifier

__all__ = [
    "ESTIMATORS",
    "IMAGE_ESTIMATORS",
    "SEEDED_ESTIMATORS",
    "TORCH_ESTIMATORS",
    "EstimatorFactory",
    "TorchClassifier",
    "as_rows",
    "get_estimator",
    "seeded",
]
