"""Trainings that end far above where they began, though every number is finite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.exceptions import TrainingDivergedWarning, warn_user

# Of the last batches the best one decides: a few bad samples make single batches bad.
_LAST = 10
# Nats of a sample by which the bound may fall: so many, and one for each of its numbers, as where
# errors become e times as large.
_LEAST_FALL = 10.0
# A discriminator that says the same of each sample has a loss of 2 log 2.
_CHANCE, _TIMES_CHANCE = 2 * math.log(2), 3.0
_WAY_OUT = (
    "; lower lr, bring X to a common scale (StandardScaler; images as uint8 or in [0, 1]), or look "
    "at history_"
)


def warn_of_divergence(
    batches: Sequence[Mapping[str, float]], n_numbers: int, beta: float, lambda1: float
) -> None:
    """Warn if a module is far worse after a training than before it.

    `batches` are what the history holds of that training, `n_numbers` those in a sample. What a
    variant does not train is NaN there.
    """
    bound = _column(batches, "reconstruction_loss") + beta * _column(batches, "kl")
    # The first was recorded before any step. NaN, of what is not trained, compares as False.
    ended_at = _best_of_last(bound)
    if lambda1 > 0 and ended_at - bound[0] > _LEAST_FALL + n_numbers:
        warn_user(
            f"the VAE is worse than before its training: reconstruction_loss + beta * kl is "
            f"{bound[0]:.3g} nats in the first batch, and {ended_at:.3g} in the best of the "
            f"last ones, so that latent means say little{_WAY_OUT}",
            TrainingDivergedWarning,
        )
    losses = _column(batches, "discriminator_loss")
    loss = _best_of_last(losses)
    # A net of the user's may begin far from chance.
    if loss > _TIMES_CHANCE * max(_CHANCE, losses[0]):
        warn_user(
            f"the discriminator is worse than one that says the same of each sample: its loss is "
            f"at least {loss:.3g} in the last batches, and {_CHANCE:.3g} would be chance, so that "
            f"scores say nothing{_WAY_OUT}",
            TrainingDivergedWarning,
        )


def _column(batches: Sequence[Mapping[str, float]], name: str) -> NDArray[np.float64]:
    return np.array([batch[name] for batch in batches], dtype=np.float64)


def _best_of_last(values: NDArray[np.float64]) -> float:
    """Smallest of the last values, which the first one is not among; NaN if there are none."""
    last = values[1:][-_LAST:]
    return float(last.min()) if len(last) else math.nan
