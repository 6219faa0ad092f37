"""Warnings and errors with names of their own."""

from __future__ import annotations

__all__ = ["EmptyPoolWarning", "ModelFileError", "PoolExhaustedWarning", "TrainingDivergedError"]


class EmptyPoolWarning(UserWarning):
    """One of the two pools has no row, so the discriminator has nothing to tell apart."""


class PoolExhaustedWarning(UserWarning):
    """The labelling budget is larger than the pool; labelling stopped when the pool was empty."""


class TrainingDivergedError(ValueError):
    """A loss became NaN or infinite during training."""


class ModelFileError(ValueError):
    """A file is not a saved strategy, is damaged, or was written in another format version."""
