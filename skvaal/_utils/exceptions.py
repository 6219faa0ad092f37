"""Warnings and errors that a caller may want to catch by name; warnings point at its line."""

from __future__ import annotations

import sys
import warnings

from skvaal._utils.pages import visible


class EmptyPoolWarning(UserWarning):
    """One of the two pools has no sample, so the discriminator has nothing to tell apart."""


class AmbiguousInputWarning(UserWarning):
    """The input can be read in two ways: a mark that may be a class, or an unusual layout."""


class ArbitraryChoiceWarning(UserWarning):
    """Nothing is left to gain, so that samples were chosen at random."""


class MissingProbabilitiesWarning(UserWarning):
    """A learner's model does not say how unsure it is, so that the choice did without the model."""


class UnequalScalesWarning(UserWarning):
    """One column outweighs all others, or the pools are on scales of their own."""


class PrecisionWarning(UserWarning):
    """Samples that differ are equal in float32, in which distances and networks are computed."""


class PoolExhaustedWarning(UserWarning):
    """The labelling budget is larger than the pool; labelling stopped when the pool was empty."""


class PosteriorCollapseWarning(UserWarning):
    """No latent unit varies over the data, so latent means do not tell samples apart."""


class UninformativeDiscriminatorWarning(UserWarning):
    """The discriminator cannot tell held-out samples of the pools apart: its scores are noise."""


class TrainingDivergedWarning(UserWarning):
    """A network is far worse after its training than before it."""


class UnusedParameterWarning(UserWarning):
    """A parameter was set that nothing reads, with the chosen rule, network or predictions."""


class UnusableCacheWarning(UserWarning):
    """Features cannot be kept on disk, so that they are computed again each time."""


class TrainingDivergedError(ValueError):
    """A loss became NaN or infinite during training."""


class DeviceMemoryError(RuntimeError):
    """A GPU has too little memory for a batch of this size."""


class ModelFileError(ValueError):
    """A file is not a saved strategy, is damaged, or has another format version."""


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn at the nearest line that is not skvaal's, however deep inside it the cause was found."""
    level, frame = 1, sys._getframe()
    # Code that is run by `exec` may have no name.
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == "skvaal":
        level, frame = level + 1, frame.f_back
    # It may name a file, whose name a terminal must not obey.
    warnings.warn(visible(message), category, stacklevel=level)
