"""How much of a pool lies where no label is: a discriminator tells, on samples held out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.stats import betabinom
from torch.nn.functional import binary_cross_entropy_with_logits

from skvaal._engine.generators import generators_in_use, lent_to_torch, own_generators
from skvaal._engine.modes import own_modes
from skvaal._engine.optimizers import Adam
from skvaal._vaal.modules import LatentDiscriminator

Pair = tuple[NDArray[np.floating], NDArray[np.floating]]
_N_FOLDS = 3
# The discriminator is that of Discriminative Active Learning, arXiv 1907.06347: so many unlabelled
# samples for each labelled one, classes weighted alike, and an end at so high an accuracy.
_PER_LABEL, _ENOUGH = 10, 0.98
_WIDTH, _LR, _N_STEPS = 64, 1e-2, 100
_MAX_LABELED = 2_000
# Samples of each pool without which nothing can be told.
LEAST_SAMPLES = 10
# Coordinates are rounded so before rows are compared, in units of the largest deviation.
_DECIMALS = 4
# The share of held-out labelled samples that counts as the rim of the labelled region. How often
# chance may find a share in two pools that are alike, if the folds had nothing in common.
_RIM, _LEVEL = 0.1, 0.01


def missing_share(
    Z_labeled: NDArray[np.floating], Z: NDArray[np.floating], random_state: RandomState
) -> float:
    """How much of a pool lies where no label is; 0 if that is likely to be chance.

    A discriminator learns to tell labelled from unlabelled samples. Of those held out, it counts
    the unlabelled ones that look less labelled than nine tenths of the labelled ones. If both pools
    are alike, these are about a tenth: their number is beta-binomial then, as that of samples below
    an order statistic of others. Its quantile for 99 % is taken off. Regions without a label make
    many more. So do labels that herding chose in several queries: it leaves out what the model is
    sure of, and there labels are few. Of two draws from one Gaussian, a
    share is found in up to 6 of 100, since samples that one fold holds out train the others. Rows
    that equal a labelled one have a label, however many they are.

    Parameters
    ----------
    Z_labeled, Z : array of shape (n_labeled, n_dims) and (n_samples, n_dims)
        Coordinates of labelled and of unlabelled samples.
    random_state : RandomState
        Draws the folds, of many samples some, and initial weights.

    Returns
    -------
    float
        From 0 to 1. 0 if a pool has fewer than 10 samples, or all rows of Z are equal.
    """
    extent = float(Z.std(axis=0, dtype=np.float64).max()) if len(Z) else 0.0
    if min(len(Z_labeled), len(Z)) < LEAST_SAMPLES or extent == 0:
        return 0.0
    shares, n_others = draw_shares(Z_labeled / extent, Z / extent, random_state)
    return exceed_chance(shares, n_others, int(np.ceil(_RIM * len(shares))))


def draw_shares(
    Z_labeled: NDArray[np.floating], Z: NDArray[np.floating], random_state: RandomState
) -> tuple[NDArray[np.float64], int]:
    """Share of a draw of Z that looks less labelled than each labelled sample, from the least on.

    Also the size of that draw.
    """
    Z_labeled = _draw(np.float32(Z_labeled), _MAX_LABELED, random_state)
    Z = _draw(np.float32(Z), _PER_LABEL * len(Z_labeled), random_state)
    return np.sort(_shares_below(Z_labeled, Z, ~_is_in(Z, Z_labeled), random_state)), len(Z)


def exceed_chance(shares: NDArray[np.float64], n_others: int, n_rim: int) -> float:
    """Share beyond so many labelled samples, less what 1 in 100 pairs of equal pools exceeds."""
    by_chance = betabinom.ppf(1 - _LEVEL, n_others, n_rim, len(shares) + 1 - n_rim) / n_others
    return max(0.0, float(shares[n_rim - 1] - by_chance))


def _is_in(Z: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which rows are equal to some of the others, but for rounding."""
    rounded = np.round(np.concatenate([Z, others]), _DECIMALS) + 0.0  # no -0
    _, codes = np.unique(rounded, axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    return np.isin(codes[: len(Z)], codes[len(Z) :])


def _draw(Z: NDArray[np.floating], n: int, random_state: RandomState) -> NDArray[np.floating]:
    """So many of the rows, or all, in a random order."""
    rows: NDArray[np.floating] = Z[random_state.permutation(len(Z))[:n]]
    return rows


def _shares_below(
    Z_labeled: NDArray[np.float32],
    Z: NDArray[np.float32],
    counts: NDArray[np.bool_],
    random_state: RandomState,
) -> NDArray[np.float64]:
    """Of each labelled sample: the share of others that look less labelled, by one that saw none.

    Others that do not count are none of these. Both pools are shuffled. Each fold has a
    discriminator of its own. Equals are in random order, or a sample that stands often would look
    like a rim.
    """
    folds = [np.arange(len(each)) % _N_FOLDS for each in (Z_labeled, Z)]
    shares = []
    seed = int(random_state.randint(2**31))
    with own_modes("cpu"), own_generators(seed, torch.device("cpu")):
        for k in range(_N_FOLDS):
            score = _fit_discriminator(Z_labeled[folds[0] != k], Z[folds[1] != k])
            of_labeled, of_others = score(Z_labeled[folds[0] == k]), score(Z[folds[1] == k])
            shares.append(_order(of_labeled, of_others, counts[folds[1] == k], random_state))
    return np.concatenate(shares)


def _order(
    of_labeled: NDArray[np.float32],
    of_others: NDArray[np.float32],
    counts: NDArray[np.bool_],
    random_state: RandomState,
) -> NDArray[np.float64]:
    """Share of the others that come before each labelled sample, of equals in random order."""
    scores = np.concatenate([of_labeled, of_others])
    order = np.lexsort([random_state.random_sample(len(scores)), scores])
    is_counted = np.concatenate([np.zeros(len(of_labeled), dtype=bool), counts])[order]
    is_labeled = order < len(of_labeled)
    shares: NDArray[np.float64] = np.cumsum(is_counted)[is_labeled] / len(of_others)
    return shares


def _fit_discriminator(
    Z_labeled: NDArray[np.float32], Z: NDArray[np.float32]
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Train a discriminator; return the function that gives log-odds of being labelled, (n,)."""
    with lent_to_torch(generators_in_use()):
        discriminator = LatentDiscriminator(Z.shape[1], hidden=(_WIDTH,))
    optimizer = Adam(discriminator.parameters(), lr=_LR)
    x = torch.from_numpy(np.concatenate([Z_labeled, Z]))
    target = torch.cat([torch.ones(len(Z_labeled)), torch.zeros(len(Z))])
    of_class = torch.where(target == 1, len(Z) / len(Z_labeled), 1.0)
    for _ in range(_N_STEPS):
        logits = discriminator(x)
        if ((logits > 0) == (target == 1)).float().mean() > _ENOUGH:
            break
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(logits, target, of_class).backward()
        optimizer.step()

    @torch.no_grad()
    def score(Z: NDArray[np.float32]) -> NDArray[np.float32]:
        return discriminator(torch.from_numpy(Z)).numpy()

    return score
