"""How well scores tell samples apart that no score was trained on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from torch import Tensor

from skvaal._engine.generators import (
    generator_on,
    generators_in_use,
    lent_to_torch,
    own_generators,
)
from skvaal._engine.modes import own_modes
from skvaal._pool.pool import Pool
from skvaal._vaal.losses import centroid, wasserstein_distance
from skvaal._vaal.net import VAALNet

# Bounds on the training steps of each discriminator; between them, as many as the net's own took.
_MIN_STEPS, _MAX_STEPS = 100, 1000
# Cells of the labelled samples: one for each five samples, so many at most and at least.
_CELL_SIZE, _MAX_CELLS, _MIN_CELLS = 5, 10, 3


class Posteriors(NamedTuple):
    """q(z|x) of samples, on the net's device."""

    mu: Tensor  # (n_samples, latent_dim)
    std: Tensor  # (n_samples, latent_dim)
    extra: Tensor | None  # (n_samples, k)

    def take(self, rows: NDArray[np.intp] | Tensor) -> Posteriors:
        """The same of some samples."""
        extra = None if self.extra is None else self.extra[rows]
        return Posteriors(self.mu[rows], self.std[rows], extra)


class AUCOverParts(NamedTuple):
    """An area under the ROC curve, averaged over folds or cells by their numbers of pairs."""

    mean: float  # NaN of no part
    error: float  # standard error over the parts; NaN of fewer than two


PairOfPosteriors = tuple[Posteriors, Posteriors]
# Scores of samples, (n,); higher is more like the labelled ones.
_Score = Callable[[Posteriors], Tensor]


def load_posteriors(
    net: VAALNet,
    pools: tuple[Pool, Pool],
    posteriors: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> PairOfPosteriors:
    """Move to the net's device what it says of both pools, each (n_samples, 2, latent_dim)."""
    # Both pools or neither: only then can the loss of a batch read the extra columns.
    has_extra = all(pool.extra is not None for pool in pools)
    moved = []
    for pool, both in zip(pools, posteriors, strict=True):
        mu, std = torch.from_numpy(both).to(net.device).unbind(dim=1)
        extra = torch.from_numpy(pool.extra).to(net.device) if has_extra else None
        moved.append(Posteriors(mu, std, extra))
    return moved[0], moved[1]


def cross_fit_auc(net: VAALNet, pools: PairOfPosteriors, *, n_folds: int, seed: int) -> float:
    """Area under the ROC curve on held-out samples, averaged over the folds; NaN without any.

    For each fold, a new discriminator is trained on the mu of the other folds. It is built and
    optimised like the net's own, with the same loss. A net without a discriminator scores by the
    distance to the centroid of the labelled samples in the other folds. The encoder has seen all
    samples, so the estimate is slightly biased: pools that do not differ may come out below 1/2.
    """
    n_folds = min(n_folds, *(len(pool.mu) for pool in pools))
    if n_folds < 2:
        return float("nan")
    rng = np.random.RandomState(seed)
    folds = [np.array_split(rng.permutation(len(pool.mu)), n_folds) for pool in pools]
    results = []
    with own_modes(net.device), own_generators(seed, torch.device(net.device)):
        for held_out in zip(*folds, strict=True):
            of_pools = list(zip(pools, held_out, strict=True))
            rest = [all_.take(np.delete(np.arange(len(all_.mu)), rows)) for all_, rows in of_pools]
            score = _fit_score(net, *rest)
            results.append(_compare(*(score(all_.take(rows)) for all_, rows in of_pools)))
    return _average(results).mean


def missing_region_auc(
    net: VAALNet, pools: PairOfPosteriors, *, n_folds: int, seed: int
) -> AUCOverParts:
    """Area under the ROC curve on simulated missing regions, averaged over at most `n_folds`.

    k-means splits the labelled samples' mu into cells. Of one cell after another, all samples are
    held out, as if that region had no label, and of each other cell about a fifth. A new
    discriminator is trained on the other labelled samples against the unlabelled ones, as in
    :func:`cross_fit_auc`. The AUC says how well minus its score tells the missing cell's samples
    from those of the other cells. NaN below 15 labelled samples, or where all lie together. The
    error tells how much cells differ, and so how rough the mean is.
    """
    labeled, unlabeled = pools
    cells = _split_into_cells(labeled.mu.cpu().numpy(), seed)
    rng = np.random.RandomState(seed)
    numbers, sizes = np.unique(cells, return_counts=True)
    results = []
    with own_modes(net.device), own_generators(seed, torch.device(net.device)):
        for cell in rng.permutation(numbers[sizes >= 2])[:n_folds]:
            is_missing = cells == cell
            is_control = _draw_from_each(cells, 5, rng)  # anew, or one draw would sway all cells
            missing, control, rest = (
                labeled.take(np.flatnonzero(rows))
                for rows in (is_missing, is_control & ~is_missing, ~is_control & ~is_missing)
            )
            if len(control.mu) and len(rest.mu):
                score = _fit_score(net, rest, unlabeled)
                results.append(_compare(-score(missing), -score(control)))
    return _average(results)


def _split_into_cells(mu: NDArray[np.float32], seed: int) -> NDArray[np.integer]:
    """Cell of each sample, (n_samples,); one cell for all where there are too few samples."""
    n_cells = min(_MAX_CELLS, len(mu) // _CELL_SIZE)
    if n_cells < _MIN_CELLS:
        return np.zeros(len(mu), dtype=np.intp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # equal samples, in a collapsed space
        cells: NDArray[np.integer] = KMeans(n_cells, n_init=1, random_state=seed).fit_predict(mu)
    return cells


def _draw_from_each(
    cells: NDArray[np.integer], n_parts: int, rng: np.random.RandomState
) -> NDArray[np.bool_]:
    """One of so many parts of each cell, one sample at least; none of a cell of one sample."""
    is_drawn = np.zeros(len(cells), dtype=bool)
    for cell in np.unique(cells):
        rows = rng.permutation(np.flatnonzero(cells == cell))
        is_drawn[rows[: max(len(rows) // n_parts, int(len(rows) > 1))]] = True
    return is_drawn


def _compare(positive: Tensor, negative: Tensor) -> tuple[float, int]:
    """AUC of scores that should be higher than others, and the number of pairs."""
    auc = roc_auc_score(
        np.repeat([1, 0], [len(positive), len(negative)]),
        torch.cat([positive, negative]).cpu().numpy(),
    )
    return float(auc), len(positive) * len(negative)


def _average(results: list[tuple[float, int]]) -> AUCOverParts:
    if not results:
        return AUCOverParts(np.nan, np.nan)
    aucs, n_pairs = np.array(results).T
    weights = n_pairs / n_pairs.sum()
    mean = float(weights @ aucs)
    if len(results) < 2:
        return AUCOverParts(mean, np.nan)
    # With equal weights it is the standard error of a mean.
    n = len(results)
    return AUCOverParts(mean, float(np.sqrt(n / (n - 1) * (weights**2 @ (aucs - mean) ** 2))))


def _fit_score(net: VAALNet, labeled: Posteriors, unlabeled: Posteriors) -> _Score:
    fit = _fit_discriminator if net.has_discriminator else _fit_centroid
    return fit(net, labeled, unlabeled)


def _fit_centroid(net: VAALNet, labeled: Posteriors, unlabeled: Posteriors) -> _Score:
    centre = centroid(labeled.mu, labeled.std)
    return lambda held_out: -wasserstein_distance(held_out.mu, held_out.std, *centre)


def _fit_discriminator(net: VAALNet, labeled: Posteriors, unlabeled: Posteriors) -> _Score:
    """Train a new discriminator; return the function that scores held-out samples, (n,)."""
    with lent_to_torch(generators_in_use()):
        discriminator = net.build_discriminator().to(net.device).train()
    optimizer = net.build_optimizer("discriminator", discriminator)
    n_own_steps = sum(len(epoch["batches"]) for epoch in net.history) * net.n_discriminator_steps
    size, device = (net.batch_size,), labeled.mu.device
    generator = generator_on(device)
    for _ in range(int(np.clip(n_own_steps, _MIN_STEPS, _MAX_STEPS))):
        parts = [
            pool.take(torch.randint(len(pool.mu), size, generator=generator, device=device))
            for pool in (labeled, unlabeled)
        ]
        mu = torch.cat([part.mu for part in parts])
        extras = [part.extra for part in parts if part.extra is not None]
        extra = torch.cat(extras) if extras else None
        optimizer.zero_grad(set_to_none=True)
        of_labeled, of_unlabeled = net.logits(mu, extra, discriminator).chunk(2)
        net.compute_discriminator_loss(of_labeled, of_unlabeled, extra).backward()
        optimizer.step()
    discriminator.eval()

    @torch.inference_mode()
    def score(held_out: Posteriors) -> Tensor:
        parts = map(held_out.take, torch.arange(len(held_out.mu)).split(net.batch_size))
        return torch.cat([net.logits(part.mu, part.extra, discriminator) for part in parts])

    return score
