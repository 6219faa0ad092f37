"""What a discriminator knows of samples that it was not trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from skvaal._device import isolated_seed
from skvaal._losses import discriminator_loss, relabeled_discriminator_loss
from skvaal._wasserstein import centroid, wasserstein_distance

# Steps of each discriminator: as many as D had in training, within these bounds.
_STEPS = (100, 1000)


def cross_fitted_auc(
    net: Any,
    labeled: NDArray[np.float32],
    unlabeled: NDArray[np.float32],
    n_folds: int,
    seed: int,
    indicator: NDArray[np.float32] | None = None,
) -> float:
    """Area under the ROC curve on held-out samples of both pools, mean over the folds.

    For each fold a new discriminator, built and optimised as the net's own, is trained on the mu of
    the others; without a discriminator, the centroid is that of the others. The encoder is the
    net's and has seen all samples, so that the figure is not wholly free of them; pools that do not
    differ may come out below 1/2.

    Parameters
    ----------
    net : VAALNet
        Trained.
    labeled, unlabeled : array of shape (n_samples, 2, latent_dim + condition_dim)
        Mean and standard deviation of q(z|x), each followed by the condition if there is one.
    n_folds : int
        From 2; fewer are made where a pool has not so many samples.
    seed : int
    indicator : array of shape (n_unlabeled,), default=None
        1 - the targets of the unlabelled samples, where their states are relabelled.

    Returns
    -------
    float
        NaN if a pool has a single sample.
    """
    n_folds = min(n_folds, len(labeled), len(unlabeled))
    if n_folds < 2:
        return float("nan")
    rng = np.random.RandomState(seed)
    pools = [torch.from_numpy(pool).to(net.device) for pool in (labeled, unlabeled)]
    indicators = None if indicator is None else torch.from_numpy(indicator).to(net.device)
    folds = [np.array_split(rng.permutation(len(pool)), n_folds) for pool in pools]
    aucs, weights = [], []
    with isolated_seed(seed, torch.device(net.device)):
        for held_out in zip(*folds, strict=True):
            rest = [_without(pool, rows) for pool, rows in zip(pools, held_out, strict=True)]
            new = [pool[rows] for pool, rows in zip(pools, held_out, strict=True)]
            kept = None if indicators is None else _without(indicators, held_out[1])
            scores = _scores_after_fit(net, rest[0], rest[1], torch.cat(new), kept)
            sizes = [len(rows) for rows in held_out]
            aucs.append(roc_auc_score(np.repeat([1, 0], sizes), scores))
            weights.append(sizes[0] * sizes[1])
    return float(np.average(aucs, weights=weights))


def _without(pool: torch.Tensor, rows: NDArray[np.intp]) -> torch.Tensor:
    keep = np.ones(len(pool), dtype=bool)
    keep[rows] = False
    return pool[np.flatnonzero(keep)]


def _scores_after_fit(
    net: Any,
    labeled: torch.Tensor,
    unlabeled: torch.Tensor,
    new: torch.Tensor,
    indicator: torch.Tensor | None,
) -> NDArray[np.float32]:
    """Scores of new posteriors, (n_new,), from others, each (n_samples, 2, latent_dim)."""
    if net.ablation == "no_discriminator":
        mu, std = centroid(labeled[:, 0], labeled[:, 1])
        return -wasserstein_distance(new[:, 0], new[:, 1], mu, std).cpu().numpy()
    discriminator = net.build_discriminator().to(net.device).train()
    optimizer = net.build_optimizer("discriminator", discriminator)
    for _ in range(_n_steps(net)):
        rows = [
            torch.randint(len(pool), (net.batch_size,), device=pool.device)
            for pool in (labeled, unlabeled)
        ]
        optimizer.zero_grad(set_to_none=True)
        mu = torch.cat([labeled[rows[0], 0], unlabeled[rows[1], 0]])
        of_labeled, of_unlabeled = discriminator(mu).reshape(-1).chunk(2)
        if indicator is None:
            loss = discriminator_loss(of_labeled, of_unlabeled)
        else:
            loss = relabeled_discriminator_loss(of_labeled, of_unlabeled, indicator[rows[1]])
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        discriminator.eval()
        parts = [discriminator(mu).reshape(-1) for mu in new[:, 0].split(net.batch_size)]
        return torch.cat(parts).cpu().numpy()


def _n_steps(net: Any) -> int:
    batches = sum(len(epoch["batches"]) for epoch in net.history)
    return int(np.clip(batches * net.n_discriminator_steps, *_STEPS))
