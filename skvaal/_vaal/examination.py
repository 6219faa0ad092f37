"""Measures what a trained net encodes and knows, also on held-out samples, and warns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from skvaal._engine.batches import iterate_batches, to_float
from skvaal._engine.modes import own_modes
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._rules.herding import Herding
from skvaal._rules.rule import Reads, Rule
from skvaal._utils.exceptions import (
    PosteriorCollapseWarning,
    UninformativeDiscriminatorWarning,
    warn_user,
)
from skvaal._vaal.candidates import NetCandidates, NetReader
from skvaal._vaal.diagnostics import Diagnostics
from skvaal._vaal.diagnostics_display import N_RECONSTRUCTED
from skvaal._vaal.held_out import cross_fit_auc, load_posteriors, missing_region_auc
from skvaal._vaal.linear_path import LinearPath
from skvaal._vaal.missing_share import LEAST_SAMPLES
from skvaal._vaal.net import VAALNet

_CPU = torch.device("cpu")
# What is None without a VAE.
_OF_VAE = (
    "unit_variances",
    "kl_per_unit",
    "reconstruction_error",
    "variance_explained",
    "variance_explained_linear",
    "departure_from_components",
    "reconstructions",
)


def examine(
    net: VAALNet,
    labeled: Pool,
    unlabeled: Pool,
    *,
    seed: int,
    n_folds: int = 5,
    components: PrincipalComponents | None = None,
    rule: Rule | None = None,
    reads_uncertainty: bool = True,
) -> Diagnostics:
    """Measure what a trained net encodes and knows.

    `components` are those of the decoded space, `rule` is what reads the scores and, unless
    `reads_uncertainty` is False, a task model's uncertainty: without them, what is said is None.
    """
    pools = (labeled, unlabeled)
    sizes = [len(pool) for pool in pools]
    scores = [net.scores(pool) for pool in pools]
    posteriors = (net.posteriors(labeled), net.posteriors(unlabeled))
    moved = load_posteriors(net, pools, posteriors)
    _, counts = np.unique(scores[1], return_counts=True)
    candidates = _place(rule, net, pools, components, seed)
    exponent, reason = _explain_exponent(rule, candidates)
    of_regions = missing_region_auc(net, moved, n_folds=n_folds, seed=seed)
    of_vae: dict[str, Any] = dict.fromkeys(_OF_VAE)
    if net.has_vae:
        of_vae |= _examine_units(posteriors)
        of_vae |= _examine_decoder(net, pools, components)
        of_vae["reconstructions"] = _reconstruct_some(net, pools, seed)
    return Diagnostics(
        n_labeled=sizes[0],
        n_unlabeled=sizes[1],
        **of_vae,
        auc_training=float(roc_auc_score(np.repeat([1, 0], sizes), np.concatenate(scores))),
        auc_cross_fitted=cross_fit_auc(net, moved, n_folds=n_folds, seed=seed),
        auc_missing_region=of_regions.mean,
        auc_missing_region_error=of_regions.error,
        # Of the Mann-Whitney statistic, as a fraction of all pairs, under the null hypothesis.
        auc_error=float(np.sqrt((sum(sizes) + 1) / (12 * sizes[0] * sizes[1]))),
        score_exponent=exponent,
        score_exponent_reason=reason,
        score_std=float(scores[1].std(dtype=np.float64)),
        tied_fraction=float(counts[counts > 1].sum() / sizes[1]),
        score_unit="log-odds" if net.has_discriminator else "distance",
        **_examine_trust(rule, candidates, reads_uncertainty=reads_uncertainty),
    )


def warn_of_findings(diagnostics: Diagnostics) -> None:
    """Warn of a collapsed posterior and of scores that are noise, and say what helps."""
    if diagnostics.has_collapsed:
        warn_user(
            "the posterior has collapsed: mu of no latent unit varies over the data by more than "
            "0.01, so distances between the latent means say little about the samples; lower beta "
            "or lambda2, train longer (max_epochs), bring X to a common scale, and do not use "
            "net='published'",
            PosteriorCollapseWarning,
        )
    if diagnostics.is_uninformative and diagnostics.score_exponent != 0:
        warn_user(
            "labelled and unlabelled samples cannot be told apart where they were held out (AUC "
            f"{diagnostics.auc_cross_fitted:.2f}, in training {diagnostics.auc_training:.2f}): the "
            f"scores are noise. {_judge_missing_regions(diagnostics)}If the labelled samples are a "
            "random draw from the pool, choose by the uncertainty of your model and by coverage: "
            "HerdingQueryStrategy()",
            UninformativeDiscriminatorWarning,
        )


def _judge_missing_regions(diagnostics: Diagnostics) -> str:
    """A sentence on whether a region without labels would be found, and a space; or nothing."""
    auc = diagnostics.auc_missing_region
    if np.isnan(auc):
        return ""
    found = f"On simulated missing regions the AUC is {auc:.2f}: "
    if diagnostics.finds_missing_regions:
        return found + "a region without labels would be found, but there seems to be none. "
    return found + "a region without labels would not be found either. "


def _examine_units(posteriors: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float64]]:
    """Variance of mu and KL divergence, each (latent_dim,)."""
    mu, std = np.concatenate(posteriors).transpose(1, 0, 2).astype(np.float64)
    kl = 0.5 * (mu**2 + std**2 - 1 - 2 * np.log(std))
    return {"unit_variances": mu.var(axis=0), "kl_per_unit": kl.mean(axis=0)}


def _examine_decoder(
    net: VAALNet, pools: Sequence[Pool], components: PrincipalComponents | None
) -> dict[str, float]:
    """Reconstruction error, variance explained, and the departure from principal components."""
    variance = _measure_variance(pools, net.batch_size)
    error = _mean([net.squared_errors(pool) for pool in pools])
    found = {"reconstruction_error": error, "variance_explained": 1 - _divide(error, variance)}
    path = getattr(net.vae_, "linear_path", None)
    if path is not None and path.is_fitted:
        if components is None:
            components = PrincipalComponents(path.mean.cpu().numpy(), path.components.cpu().numpy())
        errors, expected = zip(
            *(_apply_path(net, path, pool, components) for pool in pools), strict=True
        )
        found["variance_explained_linear"] = 1 - _divide(_mean(errors), variance)
    elif components is not None:
        expected = tuple(components.project(pool) for pool in pools)
    if components is not None:
        decoded = [net.decoded_coordinates(pool, components) for pool in pools]
        found["departure_from_components"] = _measure_departure(decoded, expected)
    return found


def _measure_variance(pools: Sequence[Pool], batch_size: int) -> float:
    """Variance of the samples about their mean, per number, as the VAE sees them."""
    # Squares of numbers far from 0 would cancel.
    shift = to_float(torch.from_numpy(pools[0].take(slice(1))), _CPU).flatten().double()
    n, squares, sums = 0, 0.0, torch.zeros_like(shift)
    for pool in pools:
        for batch in iterate_batches(pool, batch_size):
            x = to_float(batch, _CPU).flatten(1).double() - shift
            n, squares, sums = n + len(x), squares + float(x.square().sum()), sums + x.sum(dim=0)
    return squares / (n * len(sums)) - float((sums / n).square().mean())


def _apply_path(
    net: VAALNet, path: LinearPath, pool: Pool, components: PrincipalComponents
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Squared errors of the linear path alone, (n,), and its decoded coordinates, (n, k)."""
    mean, axes = (
        torch.from_numpy(array).to(net.device) for array in (components.mean, components.components)
    )
    errors, coordinates = [], []
    with own_modes(net.device), torch.inference_mode():
        for batch in iterate_batches(pool, net.batch_size):
            x = to_float(batch, net.device)
            x_hat = path.decode(path.encode(x)[0])
            x_hat = x_hat.sigmoid() if path.decodes_logits else x_hat
            errors.append((x_hat - x).square().flatten(1).mean(dim=1))
            coordinates.append((x_hat.flatten(1) - mean) @ axes.T)
    return torch.cat(errors).cpu().numpy(), torch.cat(coordinates).cpu().numpy()


def _measure_departure(
    decoded: Sequence[NDArray[np.float32]], expected: Sequence[NDArray[np.float32]]
) -> float:
    """Root of the mean squared distance between coordinates, by the mean squared expected ones."""
    Z, Z_expected = (np.concatenate(each).astype(np.float64) for each in (decoded, expected))
    return float(np.sqrt(_divide(np.square(Z - Z_expected).sum(), np.square(Z_expected).sum())))


def _mean(arrays: Sequence[NDArray[np.float32]]) -> float:
    """Mean over several arrays together."""
    return float(np.concatenate(arrays).mean(dtype=np.float64))


def _divide(value: float, by: float) -> float:
    """Quotient; NaN by 0, as of samples that are all equal."""
    return float(value / by) if by > 0 else float("nan")


def _reconstruct_some(net: VAALNet, pools: Sequence[Pool], seed: int) -> NDArray[np.float32]:
    """A few samples of each pool and their reconstructions, (2, n, ...)."""
    rng = np.random.RandomState(seed)
    pairs = []
    for pool in pools:
        rows = rng.permutation(len(pool))[:N_RECONSTRUCTED]
        samples = pool.take(rows)
        drawn = Pool(samples, extra=None if pool.extra is None else pool.extra[rows])
        x = to_float(torch.from_numpy(samples), _CPU).numpy()
        pairs.append(np.stack([x, net.reconstructions(drawn)]))
    return np.concatenate(pairs, axis=1)


def _explain_exponent(
    rule: Rule | None, candidates: NetCandidates | None
) -> tuple[float | None, str]:
    """Exponent of the scores that a rule uses, None if there is none, and why."""
    if rule is None:
        return None, "no rule was given"
    if not rule.reads.scores:
        return 0.0, "the rule does not read the scores"
    if rule.reads == Reads(scores=True):
        return None, "the rule ranks by the scores alone"
    if not hasattr(rule, "score_power"):
        return None, "the rule reads the scores in its own way"
    if not isinstance(rule, Herding) or not isinstance(rule.score_power, str):
        return float(rule.score_power), "the rule's score_power"
    if candidates is None:
        return None, f"coordinates in space={rule.space!r} were not kept"
    if rule.score_power == "n_labeled":
        n_labeled, n_dims = candidates.labeled_coordinates.shape
        reference = 10 * n_dims
        return rule.exponent_by_labels(n_labeled, n_dims), (
            f"{n_labeled} labels for {n_dims} dimensions; "
            f"{rule.exponent_by_labels(reference, n_dims):.3g} at {reference} labels, at most 0.5"
        )
    exponent, share = rule.exponent(candidates), candidates.read_missing_share()
    if min(len(candidates.labeled_coordinates), candidates.n_samples) < LEAST_SAMPLES:
        return exponent, f"of fewer than {LEAST_SAMPLES} labels or samples, nothing can be told"
    if not share:
        return exponent, "no part of the pool is known to lie where no label is"
    return exponent, f"some {100 * share:.1f} % of the pool lie where few labels are, or none"


def _examine_trust(
    rule: Rule | None, candidates: NetCandidates | None, *, reads_uncertainty: bool
) -> dict[str, Any]:
    """What herding finds of the pool, and how far it trusts the task model."""
    if not isinstance(rule, Herding) or candidates is None:
        return {}
    found: dict[str, Any] = {}
    if "missing_share" in (rule.score_power, rule.uncertainty_power):
        found["missing_share"] = candidates.read_missing_share()
    if reads_uncertainty:
        exponent, reason = _explain_trust(rule, candidates)
        found |= {"uncertainty_exponent": exponent, "uncertainty_exponent_reason": reason}
    return found


def _explain_trust(rule: Herding, candidates: NetCandidates) -> tuple[float, str]:
    """Exponent of the uncertainty, and why it has that value."""
    exponent = rule.uncertainty_exponent(candidates)
    if not isinstance(rule.uncertainty_power, str):
        return exponent, "the rule's uncertainty_power"
    n_labeled = len(candidates.labeled_coordinates)
    by_labels = rule.uncertainty_exponent_by_labels(n_labeled)
    if exponent < by_labels:
        part = "a part of the pool has few, or none"
        return exponent, f"{by_labels:.2g} by {n_labeled} labels, but {part}"
    return exponent, f"{n_labeled} labels; from 1 with few to 4 with many"


def _place(
    rule: Rule | None,
    net: VAALNet,
    pools: tuple[Pool, Pool],
    components: PrincipalComponents | None,
    seed: int,
) -> NetCandidates | None:
    """The unlabelled pool as herding sees it; None for other rules, or if its space is not kept."""
    if not isinstance(rule, Herding) or (rule.space != "latent" and components is None):
        return None
    reader = NetReader(net, net.device, seed)
    return NetCandidates(
        reader,
        pools[1],
        reads=Reads(coordinates=True),
        rule_space=rule.space,
        components=components,
        labeled_coordinates=reader.place(pools[0], rule.space, components, "X_labeled"),
    )
