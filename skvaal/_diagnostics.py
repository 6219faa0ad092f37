"""A health report: what the VAE encodes, and what the discriminator knows.

References
----------
.. [1] Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016,
       arXiv 1509.00519.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from skvaal._crossfit import cross_fitted_auc
from skvaal._data import Pool, to_float
from skvaal._diagnostics_html import fragment, page
from skvaal._exceptions import PosteriorCollapseWarning, UninformativeDiscriminatorWarning

# A latent unit is active if the variance of mu over the data is larger ([1]_, section 5.2).
ACTIVE_VARIANCE = 0.01
# A cross-fitted AUC below is no guide, even if so many samples tell it from 1/2.
_USEFUL_AUC = 0.55
# Samples of each pool that are shown with their reconstruction.
_N_SHOWN = 4


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """What :meth:`VAALQueryStrategy.diagnose` found.

    ``print`` shows it as text, a notebook with charts and reconstructions; :meth:`to_html` writes a
    page of these.

    Attributes
    ----------
    n_labeled, n_unlabeled : int
        Sizes of the pools.
    unit_variances : array of shape (latent_dim,) or None
        Variance of mu over both pools; None where there is no VAE, as in the next three.
    kl_per_unit : array of shape (latent_dim,) or None
        KL divergence of q(z|x) from the prior, in nats, mean over both pools.
    reconstruction_error : float or None
        Mean squared error of a number of X, in the units that the VAE sees (uint8 images are scaled
        to [0, 1]), with z at mu.
    reconstructions : array of shape (2, n, n_features) or (2, n, channels, height, width), or None
        Samples, and their reconstructions with z at mu, as the VAE sees them: float32, channels
        first, uint8 images scaled to [0, 1]. n is 8 where the pools are large enough: up to four
        labelled samples come first, then up to four unlabelled ones.
    auc_training : float
        Area under the ROC curve, labelled against unlabelled, of the scores that `query` uses:
        1/2 if they tell nothing, 1 if they separate the pools.
    auc_cross_fitted : float
        The same of discriminators trained without the samples that they then score, on mu of the
        trained VAE. NaN if a pool has a single sample.
    auc_error : float
        Standard error of an AUC if the pools do not differ.
    score_std : float
        Standard deviation of the unlabelled samples' scores.
    tied_fraction : float
        Part of the unlabelled samples whose score another one has too.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQueryStrategy
    >>> X, y = load_digits(return_X_y=True)
    >>> seen = y < 5  # five digits have no label yet
    >>> strategy = VAALQueryStrategy(max_epochs=4, random_state=0)
    >>> strategy = strategy.fit_pools(X[seen] / 16, X[~seen] / 16)
    >>> found = strategy.diagnose(X[seen] / 16, X[~seen] / 16)
    >>> found.auc_cross_fitted > 0.8
    True
    >>> x, x_hat = found.reconstructions
    >>> x.shape, x_hat.shape
    ((8, 64), (8, 64))
    """

    n_labeled: int
    n_unlabeled: int
    unit_variances: NDArray[np.float64] | None
    kl_per_unit: NDArray[np.float64] | None
    reconstruction_error: float | None
    reconstructions: NDArray[np.float32] | None = field(repr=False)
    auc_training: float
    auc_cross_fitted: float
    auc_error: float
    score_std: float
    tied_fraction: float

    @property
    def active_units(self) -> int | None:
        """Latent units whose mu varies over the data by more than 0.01; None without a VAE."""
        if self.unit_variances is None:
            return None
        return int((self.unit_variances > ACTIVE_VARIANCE).sum())

    @property
    def has_collapsed(self) -> bool:
        """Whether no latent unit is active."""
        return self.active_units == 0

    @property
    def is_uninformative(self) -> bool:
        """Whether held-out samples of the two pools cannot be told apart.

        That is, a cross-fitted AUC below 0.55, or within two standard errors of 1/2.
        """
        return bool(self.auc_cross_fitted < max(_USEFUL_AUC, 0.5 + 2 * self.auc_error))

    def __str__(self) -> str:
        rows = self._rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

    def _repr_html_(self) -> str:
        return fragment(
            self,
            self._rows(),
            active_variance=ACTIVE_VARIANCE,
            n_labeled=min(_N_SHOWN, self.n_labeled),
        )

    def to_html(self, path: str | Path | None = None) -> str | None:
        """Make a page that needs no other file: the table, charts and reconstructions.

        Parameters
        ----------
        path : str or path, default=None
            The file to write.

        Returns
        -------
        str or None
            The page, if no `path` is given.

        Raises
        ------
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import numpy as np
        >>> from skvaal import VAALQueryStrategy
        >>> X = np.random.RandomState(0).randn(60, 4)
        >>> strategy = VAALQueryStrategy(max_epochs=1, random_state=0)
        >>> strategy = strategy.fit_pools(X[:20], X[20:] + 5)
        >>> strategy.diagnose(X[:20], X[20:] + 5).to_html()[:15]
        '<!DOCTYPE html>'
        """
        text = page(self._repr_html_())
        if path is None:
            return text
        Path(path).write_text(text, encoding="utf-8")
        return None

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("samples", f"{self.n_labeled} labelled, {self.n_unlabeled} unlabelled")]
        if self.unit_variances is not None and self.kl_per_unit is not None:
            collapsed = " (the posterior has collapsed)" if self.has_collapsed else ""
            kl = np.sort(self.kl_per_unit)[::-1]
            rows += [
                ("active latent units", f"{self.active_units} of {len(kl)}{collapsed}"),
                ("KL by unit, nats", " ".join(f"{value:.2f}" for value in kl)),
                ("reconstruction error", f"{self.reconstruction_error:.3g} (mean squared)"),
            ]
        noise = " (the ranking is noise)" if self.is_uninformative else ""
        held_out = f"{self.auc_cross_fitted:.3f} +- {self.auc_error:.3f}{noise}"
        return [
            *rows,
            ("AUC in training", f"{self.auc_training:.3f}"),
            ("AUC held out", "unknown" if np.isnan(self.auc_cross_fitted) else held_out),
            ("spread of the scores", f"{self.score_std:.3g}"),
            ("tied scores", f"{self.tied_fraction:.1%}"),
        ]


def examine(net: Any, labeled: Pool, unlabeled: Pool, seed: int, n_folds: int = 5) -> Diagnostics:
    """Find out what a trained net encodes and knows.

    Parameters
    ----------
    net : VAALNet
        Trained.
    labeled, unlabeled : Pool
        Of at least one sample each, with the condition if the net has one, and the indicator of the
        unlabelled samples where their states are relabelled.
    seed : int
        Of the cross-fitting, and of the samples whose reconstructions are kept.
    n_folds : int, default=5

    Returns
    -------
    Diagnostics
    """
    scores = [net.scores(pool) for pool in (labeled, unlabeled)]
    posteriors = [net.posteriors(pool) for pool in (labeled, unlabeled)]
    inputs = [_with_condition(*each) for each in zip(posteriors, (labeled, unlabeled), strict=True)]
    n_labeled, n_unlabeled = len(labeled), len(unlabeled)
    _, counts = np.unique(scores[1], return_counts=True)
    return Diagnostics(
        n_labeled=n_labeled,
        n_unlabeled=n_unlabeled,
        **_of_vae(net, posteriors, [labeled, unlabeled]),
        reconstructions=_reconstructions(net, [labeled, unlabeled], seed),
        auc_training=float(
            roc_auc_score(np.repeat([1, 0], [n_labeled, n_unlabeled]), np.concatenate(scores))
        ),
        auc_cross_fitted=cross_fitted_auc(
            net, inputs[0], inputs[1], n_folds, seed, unlabeled.indicator
        ),
        auc_error=_auc_error(n_labeled, n_unlabeled),
        score_std=float(scores[1].std(dtype=np.float64)),
        tied_fraction=float(counts[counts > 1].sum() / n_unlabeled),
    )


def warn_of(found: Diagnostics, stacklevel: int) -> None:
    """Warn of a collapsed posterior and of a ranking that is noise, with the way out.

    Parameters
    ----------
    found : Diagnostics
    stacklevel : int
        As :func:`warnings.warn` takes it, counted from here.
    """
    if found.has_collapsed:
        warnings.warn(
            "the posterior has collapsed: mu of no latent unit varies over the data by more than "
            "0.01, and distances between them say little of the samples; lower beta or lambda2, "
            "train longer (max_epochs), bring X to a common scale, and leave loss_weighting at "
            "'evidence'",
            PosteriorCollapseWarning,
            stacklevel=stacklevel,
        )
    if found.is_uninformative:
        warnings.warn(
            "labelled and unlabelled samples cannot be told apart where they were held out (AUC "
            f"{found.auc_cross_fitted:.2f}, in training {found.auc_training:.2f}): the ranking is "
            "noise. If the labelled samples are a fair draw from the pool, choose by the "
            "uncertainty of your model instead, or for diversity alone with selection='greedy', "
            "selection__score_power=0",
            UninformativeDiscriminatorWarning,
            stacklevel=stacklevel,
        )


def _with_condition(posteriors: NDArray[np.float32], pool: Pool) -> NDArray[np.float32]:
    """What a discriminator reads: (n_samples, 2, latent_dim + condition_dim)."""
    if pool.condition is None:
        return posteriors
    return np.concatenate([posteriors, np.repeat(pool.condition[:, None], 2, axis=1)], axis=2)


def _of_vae(net: Any, posteriors: list[NDArray], pools: list[Pool]) -> dict[str, Any]:
    if net.ablation == "no_vae":
        return {"unit_variances": None, "kl_per_unit": None, "reconstruction_error": None}
    mu, std = np.concatenate(posteriors).transpose(1, 0, 2).astype(np.float64)
    kl = 0.5 * (mu**2 + std**2 - 1 - 2 * np.log(std))
    errors = np.concatenate([net.squared_errors(pool) for pool in pools])
    return {
        "unit_variances": mu.var(axis=0),
        "kl_per_unit": kl.mean(axis=0),
        "reconstruction_error": float(errors.mean(dtype=np.float64)),
    }


def _reconstructions(net: Any, pools: list[Pool], seed: int) -> NDArray[np.float32] | None:
    """Some samples of each pool, and their reconstructions, (2, n_samples, ...)."""
    if net.ablation == "no_vae":
        return None
    rng = np.random.RandomState(seed)
    both = []
    for pool in pools:
        rows = rng.permutation(len(pool))[:_N_SHOWN]
        condition = None if pool.condition is None else pool.condition[rows]
        shown = Pool(pool.take(rows), condition=condition)
        x = to_float(torch.from_numpy(shown.X), torch.device("cpu")).numpy()
        both.append(np.stack([x, net.reconstructions(shown)]))
    return np.concatenate(both, axis=1)


def _auc_error(n_labeled: int, n_unlabeled: int) -> float:
    """Standard deviation of the Mann-Whitney statistic, as a part of all pairs, by chance."""
    return float(np.sqrt((n_labeled + n_unlabeled + 1) / (12 * n_labeled * n_unlabeled)))
