"""skvaal: which samples of an unlabelled pool to label next."""

from skvaal._active_classifier import ActiveLearningClassifier
from skvaal._diagnostics import Diagnostics
from skvaal._exceptions import (
    DeviceMemoryError,
    EmptyPoolWarning,
    ModelFileError,
    PoolExhaustedWarning,
    PosteriorCollapseWarning,
    TrainingDivergedError,
    UninformativeDiscriminatorWarning,
)
from skvaal._modal import VAALQuery
from skvaal._modules import ConvVAE, DenseVAE, LatentDiscriminator
from skvaal._net import VAALNet
from skvaal._strategy import VAALQueryStrategy
from skvaal._version import __version__

__all__ = [
    "ActiveLearningClassifier",
    "ConvVAE",
    "DenseVAE",
    "DeviceMemoryError",
    "Diagnostics",
    "EmptyPoolWarning",
    "LatentDiscriminator",
    "ModelFileError",
    "PoolExhaustedWarning",
    "PosteriorCollapseWarning",
    "TrainingDivergedError",
    "UninformativeDiscriminatorWarning",
    "VAALNet",
    "VAALQuery",
    "VAALQueryStrategy",
    "__version__",
]
