"""Warnings and errors with names of their own."""

from __future__ import annotations

__all__ = [
    "DeviceMemoryError",
    "EmptyPoolWarning",
    "ModelFileError",
    "PoolExhaustedWarning",
    "PosteriorCollapseWarning",
    "TrainingDivergedError",
    "UninformativeDiscriminatorWarning",
]


class EmptyPoolWarning(UserWarning):
    """One of the two pools has no row, so the discriminator has nothing to tell apart."""


class PoolExhaustedWarning(UserWarning):
    """The labelling budget is larger than the pool; labelling stopped when the pool was empty."""


class PosteriorCollapseWarning(UserWarning):
    """No latent unit varies over the data: the latent space says little of the samples."""


class UninformativeDiscriminatorWarning(UserWarning):
    """Held-out samples of the two pools cannot be told apart: the ranking is noise."""


class TrainingDivergedError(ValueError):
    """A loss became NaN or infinite during training."""


class DeviceMemoryError(RuntimeError):
    """A GPU has too little memory for a batch of this size."""


class ModelFileError(ValueError):
    """A file is not a saved strategy, is damaged, or was written in another format version."""
