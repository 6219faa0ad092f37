"""Measures what a trained net encodes and knows, also on held-out samples, and warns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor

from skvaal._engine.batches import to_float
from skvaal._engine.device import isolated_seed
from skvaal._pool.pool import Pool
from skvaal._utils.exceptions import (
    PosteriorCollapseWarning,
    UninformativeDiscriminatorWarning,
    warn_user,
)
from skvaal._vaal.diagnostics import Diagnostics
from skvaal._vaal.diagnostics_display import N_RECONSTRUCTED
from skvaal._vaal.losses import centroid, wasserstein_distance
from skvaal._vaal.net import VAALNet

# Bounds on the training steps of each discriminator; between them, as many as the net's own took.
_MIN_STEPS, _MAX_STEPS = 100, 1000


def examine(
    net: VAALNet, labeled: Pool, unlabeled: Pool, *, seed: int, n_folds: int = 5
) -> Diagnostics:
    """Measure what a trained net encodes and knows."""
    pools = (labeled, unlabeled)
    sizes = [len(pool) for pool in pools]
    scores = [net.scores(pool) for pool in pools]
    posteriors = (net.posteriors(labeled), net.posteriors(unlabeled))
    _, counts = np.unique(scores[1], return_counts=True)
    of_vae = dict.fromkeys(
        ("unit_variances", "kl_per_unit", "reconstruction_error", "reconstructions")
    )
    return Diagnostics(
        n_labeled=sizes[0],
        n_unlabeled=sizes[1],
        **(_examine_vae(net, posteriors, pools, seed) if net.has_vae else of_vae),
        auc_training=float(roc_auc_score(np.repeat([1, 0], sizes), np.concatenate(scores))),
        auc_cross_fitted=_cross_fit_auc(net, pools, posteriors, n_folds=n_folds, seed=seed),
        # Of the Mann-Whitney statistic, as a fraction of all pairs, under the null hypothesis.
        auc_error=float(np.sqrt((sum(sizes) + 1) / (12 * sizes[0] * sizes[1]))),
        score_std=float(scores[1].std(dtype=np.float64)),
        tied_fraction=float(counts[counts > 1].sum() / sizes[1]),
    )


def warn_of_findings(diagnostics: Diagnostics) -> None:
    """Warn of a collapsed posterior and of a ranking that is noise, and say what helps."""
    if diagnostics.has_collapsed:
        warn_user(
            "the posterior has collapsed: mu of no latent unit varies over the data by more than "
            "0.01, so distances between the latent means say little about the samples; lower beta "
            "or lambda2, train longer (max_epochs), bring X to a common scale, and do not use "
            "net='published'",
            PosteriorCollapseWarning,
        )
    if diagnostics.is_uninformative:
        warn_user(
            "labelled and unlabelled samples cannot be told apart where they were held out (AUC "
            f"{diagnostics.auc_cross_fitted:.2f}, in training {diagnostics.auc_training:.2f}): the "
            "ranking is noise. If the labelled samples are a random draw from the pool, choose by "
            "the uncertainty of your model and by coverage: HerdingQueryStrategy(), or "
            "rule=Herding(score_power=0)",
            UninformativeDiscriminatorWarning,
        )


def _examine_vae(
    net: VAALNet, posteriors: tuple[NDArray[np.float32], ...], pools: tuple[Pool, ...], seed: int
) -> dict[str, Any]:
    mu, std = np.concatenate(posteriors).transpose(1, 0, 2).astype(np.float64)
    kl = 0.5 * (mu**2 + std**2 - 1 - 2 * np.log(std))
    errors = np.concatenate([net.squared_errors(pool) for pool in pools])
    rng = np.random.RandomState(seed)
    pairs = []
    for pool in pools:
        rows = rng.permutation(len(pool))[:N_RECONSTRUCTED]
        samples = pool.take(rows)
        drawn = Pool(samples, extra=None if pool.extra is None else pool.extra[rows])
        x = to_float(torch.from_numpy(samples), torch.device("cpu")).numpy()
        pairs.append(np.stack([x, net.reconstructions(drawn)]))
    return {
        "unit_variances": mu.var(axis=0),
        "kl_per_unit": kl.mean(axis=0),
        "reconstruction_error": float(errors.mean(dtype=np.float64)),
        "reconstructions": np.concatenate(pairs, axis=1),
    }


class _Posteriors(NamedTuple):
    """q(z|x) of samples, on the net's device."""

    mu: Tensor  # (n_samples, latent_dim)
    std: Tensor  # (n_samples, latent_dim)
    extra: Tensor | None  # (n_samples, k)

    def take(self, rows: NDArray[np.intp] | Tensor) -> _Posteriors:
        extra = None if self.extra is None else self.extra[rows]
        return _Posteriors(self.mu[rows], self.std[rows], extra)


def _cross_fit_auc(
    net: VAALNet,
    pools: tuple[Pool, Pool],
    posteriors: tuple[NDArray[np.float32], NDArray[np.float32]],
    *,
    n_folds: int,
    seed: int,
) -> float:
    """Area under the ROC curve on held-out samples, averaged over the folds; NaN without any.

    For each fold, a new discriminator is trained on the mu of the other folds. It is built and
    optimised like the net's own, with the same loss. A net without a discriminator scores by the
    distance to the centroid of the labelled samples in the other folds. The encoder has seen all
    samples, so the estimate is slightly biased: pools that do not differ may come out below 1/2.
    """
    n_folds = min(n_folds, *map(len, pools))
    if n_folds < 2:
        return float("nan")
    # Both pools or neither: only then can the loss of a batch read the extra columns.
    has_extra = all(pool.extra is not None for pool in pools)
    moved = []
    for pool, both in zip(pools, posteriors, strict=True):
        mu, std = torch.from_numpy(both).to(net.device).unbind(dim=1)
        extra = torch.from_numpy(pool.extra).to(net.device) if has_extra else None
        moved.append(_Posteriors(mu, std, extra))
    fit = _fit_discriminator if net.has_discriminator else _fit_centroid
    rng = np.random.RandomState(seed)
    folds = [np.array_split(rng.permutation(len(pool)), n_folds) for pool in pools]
    aucs, n_pairs = [], []
    with isolated_seed(seed, torch.device(net.device)):
        for held_out in zip(*folds, strict=True):
            sizes = [len(rows) for rows in held_out]
            of_pools = list(zip(moved, held_out, strict=True))
            rest = [all_.take(np.delete(np.arange(len(all_.mu)), rows)) for all_, rows in of_pools]
            score = fit(net, *rest)
            scores = torch.cat([score(all_.take(rows)) for all_, rows in of_pools]).cpu().numpy()
            aucs.append(roc_auc_score(np.repeat([1, 0], sizes), scores))
            n_pairs.append(sizes[0] * sizes[1])
    return float(np.average(aucs, weights=n_pairs))


def _fit_centroid(
    net: VAALNet, labeled: _Posteriors, unlabeled: _Posteriors
) -> Callable[[_Posteriors], Tensor]:
    centre = centroid(labeled.mu, labeled.std)
    return lambda held_out: -wasserstein_distance(held_out.mu, held_out.std, *centre)


def _fit_discriminator(
    net: VAALNet, labeled: _Posteriors, unlabeled: _Posteriors
) -> Callable[[_Posteriors], Tensor]:
    """Train a new discriminator; return the function that scores held-out samples, (n,)."""
    discriminator = net.build_discriminator().to(net.device).train()
    optimizer = net.build_optimizer("discriminator", discriminator)
    n_own_steps = sum(len(epoch["batches"]) for epoch in net.history) * net.n_discriminator_steps
    for _ in range(int(np.clip(n_own_steps, _MIN_STEPS, _MAX_STEPS))):
        parts = [
            pool.take(torch.randint(len(pool.mu), (net.batch_size,), device=pool.mu.device))
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
    def score(held_out: _Posteriors) -> Tensor:
        parts = map(held_out.take, torch.arange(len(held_out.mu)).split(net.batch_size))
        return torch.cat([net.logits(part.mu, part.extra, discriminator) for part in parts])

    return score
