"""skvaal: which samples of an unlabelled pool to label next."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skvaal._utils.exceptions import (
    AmbiguousInputWarning,
    ArbitraryChoiceWarning,
    DeviceMemoryError,
    EmptyPoolWarning,
    MissingProbabilitiesWarning,
    ModelFileError,
    PoolExhaustedWarning,
    PosteriorCollapseWarning,
    PrecisionWarning,
    TrainingDivergedError,
    TrainingDivergedWarning,
    UnequalScalesWarning,
    UninformativeDiscriminatorWarning,
    UnusableCacheWarning,
    UnusedParameterWarning,
)
from skvaal._version import __version__

if TYPE_CHECKING:
    from skvaal._active_classifier import ActiveLearningClassifier
    from skvaal._displays.latent_map import LatentMapDisplay
    from skvaal._displays.learning_curve import LearningCurveDisplay
    from skvaal._displays.picks import PicksDisplay
    from skvaal._features.pretrained import PretrainedFeatures
    from skvaal._features.texts import TextFeatures
    from skvaal._herding_strategy import HerdingQueryStrategy
    from skvaal._predictions.pixels import UnsurePixels
    from skvaal._rules.cluster import Cluster
    from skvaal._rules.greedy import Greedy
    from skvaal._rules.herding import Herding
    from skvaal._rules.k_center import KCenter
    from skvaal._rules.stochastic import Stochastic
    from skvaal._rules.top_k import TopK
    from skvaal._stopping.expected_gain import ExpectedGain
    from skvaal._stopping.stabilized_predictions import StabilizedPredictions
    from skvaal._stopping.target_accuracy import TargetAccuracy
    from skvaal._vaal.diagnostics import Diagnostics
    from skvaal._vaal.diagnostics_display import DiagnosticsDisplay
    from skvaal._vaal.modules import ConvVAE, DenseVAE, LatentDiscriminator
    from skvaal._vaal.net import VAALNet
    from skvaal._vaal_strategy import VAALQueryStrategy
    from skvaal.modal import HerdingQuery, VAALQuery

# By module, imported when first used: torch takes seconds, and herding does without it.
_LAZY = {
    "_active_classifier": ["ActiveLearningClassifier"],
    "_displays.latent_map": ["LatentMapDisplay"],
    "_displays.learning_curve": ["LearningCurveDisplay"],
    "_displays.picks": ["PicksDisplay"],
    "_features.pretrained": ["PretrainedFeatures"],
    "_features.texts": ["TextFeatures"],
    "_herding_strategy": ["HerdingQueryStrategy"],
    "_predictions.pixels": ["UnsurePixels"],
    "_rules.lookup": ["Cluster", "Greedy", "Herding", "KCenter", "Stochastic", "TopK"],
    "_stopping.expected_gain": ["ExpectedGain"],
    "_stopping.stabilized_predictions": ["StabilizedPredictions"],
    "_stopping.target_accuracy": ["TargetAccuracy"],
    "_vaal.diagnostics": ["Diagnostics"],
    "_vaal.diagnostics_display": ["DiagnosticsDisplay"],
    "_vaal.modules": ["ConvVAE", "DenseVAE", "LatentDiscriminator"],
    "_vaal.net": ["VAALNet"],
    "_vaal_strategy": ["VAALQueryStrategy"],
    "modal": ["HerdingQuery", "VAALQuery"],
}

__all__ = [
    "ActiveLearningClassifier",
    "AmbiguousInputWarning",
    "ArbitraryChoiceWarning",
    "Cluster",
    "ConvVAE",
    "DenseVAE",
    "DeviceMemoryError",
    "Diagnostics",
    "DiagnosticsDisplay",
    "EmptyPoolWarning",
    "ExpectedGain",
    "Greedy",
    "Herding",
    "HerdingQuery",
    "HerdingQueryStrategy",
    "KCenter",
    "LatentDiscriminator",
    "LatentMapDisplay",
    "LearningCurveDisplay",
    "MissingProbabilitiesWarning",
    "ModelFileError",
    "PicksDisplay",
    "PoolExhaustedWarning",
    "PosteriorCollapseWarning",
    "PrecisionWarning",
    "PretrainedFeatures",
    "StabilizedPredictions",
    "Stochastic",
    "TargetAccuracy",
    "TextFeatures",
    "TopK",
    "TrainingDivergedError",
    "TrainingDivergedWarning",
    "UnequalScalesWarning",
    "UninformativeDiscriminatorWarning",
    "UnsurePixels",
    "UnusableCacheWarning",
    "UnusedParameterWarning",
    "VAALNet",
    "VAALQuery",
    "VAALQueryStrategy",
    "__version__",
]


def __getattr__(name: str) -> Any:
    for module, names in _LAZY.items():
        if name in names:
            return getattr(import_module(f"skvaal.{module}"), name)
    raise AttributeError(f"module 'skvaal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
