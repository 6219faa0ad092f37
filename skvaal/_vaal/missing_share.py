"""How much of a pool lies where no label is: a discriminator tells, on samples held out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from skvaal._engine.modes import own_modes
from skvaal._engine.optimizers import Adam

Pair = tuple[NDArray[np.floating], NDArray[np.floating]]
_N_FOLDS = 3
# The discriminator is that of Discriminative Active Learning, arXiv 1907.06347: so many unlabelled
# samples for each labelled one, classes weighted alike, and an end at so high an accuracy.
_PER_LABEL, _ENOUGH = 10, 0.98
_WIDTH, _LR, _N_STEPS = 64, 1e-2, 100
_MAX_LABELED = 2_000
# Samples of each pool without which nothing can be told.
_LEAST = 10
# Held-out labelled samples that count as the rim of the labelled region, and the standard errors
# that the share must be above what chance makes of that.
_RIM, _N_ERRORS = 0.1, 2.0


def missing_share(
    Z_labeled: NDArray[np.floating], Z: NDArray[np.floating], random_state: RandomState
) -> float:
    """How much of a pool lies where no label is; 0 if that is likely to be chance.

    A discriminator learns to tell labelled from unlabelled samples. Of those held out, it counts
    the unlabelled ones that look less labelled than nine tenths of the labelled ones. If both pools
    are alike, these are a tenth, as well; of what is more, two standard errors of a share in the
    smaller pool are taken off. Labelled samples that were chosen one by one make few more, regions
    without a label many. Of two draws from one Gaussian, a share is found in about one of ten.

    Parameters
    ----------
    Z_labeled, Z : array of shape (n_labeled, n_dims) and (n_samples, n_dims)
        Coordinates of labelled and of unlabelled samples.
    random_state : RandomState
        Draws the folds, of many samples some, and initial weights.

    Returns
    -------
    float
        From 0 to 1. 0 if a pool has fewer than 10 samples, or all samples are equal.
    """
    extent = float(Z.std(axis=0, dtype=np.float64).max()) if len(Z) else 0.0
    if min(len(Z_labeled), len(Z)) < _LEAST or extent == 0:
        return 0.0
    Z_labeled = _draw(Z_labeled, _MAX_LABELED, random_state)
    pair = Z_labeled, _draw(Z, _PER_LABEL * len(Z_labeled), random_state)
    excess = [
        (others < np.quantile(labeled, _RIM)).mean() - _expected_share(len(labeled))
        for labeled, others in _held_out_scores(pair, extent, random_state)
    ]
    error = np.sqrt(_RIM * (1 - _RIM) / min(map(len, pair)))
    return max(0.0, float(np.mean(excess) - _N_ERRORS * error))


def _draw(Z: NDArray[np.floating], n: int, random_state: RandomState) -> NDArray[np.floating]:
    """So many of the rows, or all, in a random order."""
    rows: NDArray[np.floating] = Z[random_state.permutation(len(Z))[:n]]
    return rows


def _expected_share(n: int) -> float:
    """Share of a distribution below the quantile of n samples from it, on average."""
    return (_RIM * (n - 1) + 1) / (n + 1)


def _held_out_scores(pair: Pair, extent: float, random_state: RandomState) -> Iterator[Pair]:
    """Log-odds of being labelled of both pools' held-out samples, by fold; both are shuffled."""
    folds = [np.arange(len(Z)) % _N_FOLDS for Z in pair]
    scaled = [np.float32(Z / extent) for Z in pair]
    for k in range(_N_FOLDS):
        rest = [Z[fold != k] for Z, fold in zip(scaled, folds, strict=True)]
        asked = [Z[fold == k] for Z, fold in zip(scaled, folds, strict=True)]
        of_labeled, of_others = _score(rest, asked, random_state)
        yield of_labeled, of_others


def _score(
    rest: list[NDArray[np.float32]], asked: list[NDArray[np.float32]], random_state: RandomState
) -> list[NDArray[np.float32]]:
    """Scores of samples by a discriminator that is trained on the rest of each pool."""
    n_labeled, n_others = len(rest[0]), len(rest[1])
    with own_modes("cpu"):
        weights = _initial_weights(rest[0].shape[1], random_state)
        optimizer = Adam(weights, lr=_LR)
        x = torch.from_numpy(np.concatenate(rest))
        target = torch.from_numpy(np.repeat([1, 0], [n_labeled, n_others]).astype(np.float32))
        of_class = torch.where(target == 1, n_others / n_labeled, 1.0)
        for _ in range(_N_STEPS):
            logits = _logits(x, weights)
            if ((logits > 0) == (target == 1)).float().mean() > _ENOUGH:
                break
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(logits, target, of_class).backward()
            optimizer.step()
        return [_logits(torch.from_numpy(Z), weights).detach().numpy() for Z in asked]


def _initial_weights(n_dims: int, random_state: RandomState) -> list[torch.Tensor]:
    """Weights of two layers, drawn as torch draws those of a linear layer."""
    shapes = ((n_dims, _WIDTH), (_WIDTH,), (_WIDTH,), (1,))
    sizes = (n_dims, n_dims, _WIDTH, _WIDTH)
    return [
        torch.from_numpy(
            np.float32(random_state.uniform(-1, 1, shape) / np.sqrt(size))
        ).requires_grad_()
        for shape, size in zip(shapes, sizes, strict=True)
    ]


def _logits(x: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
    of_hidden, bias, of_output, last_bias = weights
    return torch.relu(x @ of_hidden + bias) @ of_output + last_bias
