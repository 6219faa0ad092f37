"""A health report: what the VAE encodes, and what the discriminator knows.

References
----------
.. [1] Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016,
       arXiv 1509.00519.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.files import replace_file
from skvaal._utils.pages import Templates
from skvaal._vaal.diagnostics_display import Chart, DiagnosticsDisplay, list_charts

# A latent unit is active if the variance of its mu over the data is larger ([1]_, section 5.2).
_ACTIVE_VARIANCE = 0.01
# The scores are called noise below this AUC, even if it differs significantly from 1/2.
_USEFUL_AUC = 0.55
# A region without labels is found from this AUC on.
_FINDS_AUC = 0.7


@dataclass(frozen=True, eq=False, repr=False)
class Diagnostics:
    """What :meth:`VAALQueryStrategy.diagnose` found.

    ``print`` shows it as text. A notebook shows it with charts and reconstructions, and
    :meth:`to_html` writes them to a page. Charts need ``pip install skvaal[report]``.

    Attributes
    ----------
    n_labeled, n_unlabeled : int
        Sizes of the pools.
    unit_variances : array of shape (latent_dim,) or None
        Variance of mu over both pools. None without a VAE, like the next six.
    kl_per_unit : array of shape (latent_dim,) or None
        KL divergence of q(z|x) from the prior, in nats, averaged over both pools.
    reconstruction_error : float or None
        Mean squared error per number in X, with z at mu, in the units that the VAE sees (uint8
        images are scaled to [0, 1]).
    variance_explained : float or None
        Share of the samples' total variance that reconstructions with z at mu explain: 1 - mean
        squared error / variance. It is of both pools, which the VAE was fitted on; a sample that it
        has not seen may be explained less well. NaN if all samples are equal.
    variance_explained_linear : float or None
        The same of the VAE's linear path alone, encoder and decoder. None without that path.
    departure_from_components : float or None
        How far the decoded space departs from principal components, over both pools:
        ``sqrt(mean ||a - b||^2 / mean ||b||^2)``. Here a are the principal components of a sample's
        decoded mean, and b are those that the linear path alone would give it. It is 0 if the other
        layers of the VAE add nothing. Without the path, b are the sample's own principal
        components; None if the strategy kept no components either.
    reconstructions : array of shape (2, n, n_features) or (2, n, channels, height, width), or None
        Samples, and their reconstructions with z at mu, as the VAE sees them: float32, channels
        first, uint8 images scaled to [0, 1]. Up to four labelled samples come first, then up to
        four unlabelled ones.
    auc_training : float
        Area under the ROC curve of the scores that `query` uses, labelled against unlabelled:
        1/2 if they tell nothing, 1 if they separate the pools.
    auc_cross_fitted : float
        The same of discriminators that score samples which they were not trained on. They read mu
        of the trained VAE. NaN if a pool has a single sample.
    auc_missing_region : float
        Area under the ROC curve on simulated missing regions. k-means splits the labelled samples'
        mu into at most ten cells. For up to `n_folds` cells, discriminators are trained as if that
        cell had no label. Positives are the cell's samples, and negatives are labelled samples of
        the other cells; no discriminator was trained on either. Minus the score ranks them: 1 if a
        region without labels is found, 1/2 if not. The encoder has seen all samples, so this is an
        estimate of the discriminator on a given latent space. It is rough where labels are few, and
        NaN below 15 labelled samples.
    auc_error : float
        Standard error of an AUC of the two pools if they do not differ.
    score_exponent : float or None
        Exponent of the scores in the rule's weights; 0 if the rule does not read the scores, None
        if it reads them without an exponent, as :class:`TopK` does.
    score_exponent_reason : str
        Why, in words.
    score_std : float
        Standard deviation of the unlabelled samples' scores.
    tied_fraction : float
        Fraction of the unlabelled samples that share their score with another one.
    score_unit : str, default='log-odds'
        Unit of the scores: 'distance' where the net has no discriminator.
    missing_share : float or None, default=None
        How much of the pool lies where few labels are, or none; None if the rule does not ask.
    uncertainty_exponent : float or None, default=None
        Exponent of the task model's uncertainty in the weights of :class:`Herding`; None for other
        rules, and with ``uncertainty=None``.
    uncertainty_exponent_reason : str, default=''
        Why, in words.
    auc_missing_region_error : float, default=NaN
        Standard error of `auc_missing_region` over the cells; NaN of fewer than two cells.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import VAALQueryStrategy
    >>> X, y = load_digits(return_X_y=True)
    >>> seen = y < 5  # five digits have no label yet
    >>> strategy = VAALQueryStrategy(max_epochs=4, random_state=0)
    >>> strategy = strategy.fit_pools(X[seen] / 16, X[~seen] / 16)
    >>> diagnostics = strategy.diagnose(X[seen] / 16, X[~seen] / 16, n_folds=2)
    >>> diagnostics.auc_cross_fitted > 0.8
    True
    >>> diagnostics.variance_explained > 0.6
    True
    >>> x, x_hat = diagnostics.reconstructions
    >>> x.shape, x_hat.shape
    ((8, 64), (8, 64))
    >>> diagnostics.to_html()[:15]
    '<!DOCTYPE html>'
    """

    n_labeled: int
    n_unlabeled: int
    unit_variances: NDArray[np.float64] | None
    kl_per_unit: NDArray[np.float64] | None
    reconstruction_error: float | None
    variance_explained: float | None
    variance_explained_linear: float | None
    departure_from_components: float | None
    reconstructions: NDArray[np.float32] | None
    auc_training: float
    auc_cross_fitted: float
    auc_missing_region: float
    auc_error: float
    score_exponent: float | None
    score_exponent_reason: str
    score_std: float
    tied_fraction: float
    score_unit: str = "log-odds"
    missing_share: float | None = None
    uncertainty_exponent: float | None = None
    uncertainty_exponent_reason: str = ""
    auc_missing_region_error: float = np.nan

    @property
    def is_unit_active(self) -> NDArray[np.bool_] | None:
        """Whether mu varies by more than 0.01 over the data, (latent_dim,); None without a VAE."""
        return None if self.unit_variances is None else self.unit_variances > _ACTIVE_VARIANCE

    @property
    def active_units(self) -> int | None:
        """Number of active latent units; None without a VAE."""
        return None if self.is_unit_active is None else int(self.is_unit_active.sum())

    @property
    def has_collapsed(self) -> bool:
        """Whether no latent unit is active."""
        return self.active_units == 0

    @property
    def is_uninformative(self) -> bool:
        """Whether no difference of the pools is found, as a whole or in a part.

        Then the cross-fitted AUC is below 0.55, or below 1/2 plus two standard errors, and no part
        of the pool is known to lie where no label is.
        """
        return not self.missing_share and self.is_like_chance

    @property
    def is_like_chance(self) -> bool:
        """Whether the cross-fitted AUC is below 0.55, or below 1/2 plus two standard errors."""
        return bool(self.auc_cross_fitted < max(_USEFUL_AUC, 0.5 + 2 * self.auc_error))

    @property
    def finds_missing_regions(self) -> bool:
        """Whether the AUC on simulated missing regions is 0.7 or more."""
        return bool(self.auc_missing_region >= _FINDS_AUC)

    def __repr__(self) -> str:
        rows = self.list_rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)

    def _repr_html_(self) -> str:
        rows = self.list_rows()
        try:
            return render(rows, list_charts(self), is_page=False)
        except ImportError:
            cells = (f"<tr><th>{escape(name)}</th><td>{escape(v)}</td></tr>" for name, v in rows)
            return f"<table><tbody>{''.join(cells)}</tbody></table>"

    def plot(self, ax: Any = None) -> DiagnosticsDisplay:
        """Draw the charts, as :meth:`DiagnosticsDisplay.plot` does on `ax`."""
        return DiagnosticsDisplay(self).plot(ax)

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
        ImportError
            If jinja2 or matplotlib is missing: ``pip install skvaal[report]``.
        OSError
            If the file cannot be written.
        """
        text = render(self.list_rows(), list_charts(self), is_page=True)
        if path is None:
            return text
        replace_file(path, text.encode())
        return None

    def list_rows(self) -> list[tuple[str, str]]:
        """Return what ``print`` and the page show, as words.

        Returns
        -------
        list of tuple (str, str)
            Names and values.
        """
        rows = [("samples", f"{self.n_labeled} labelled, {self.n_unlabeled} unlabelled")]
        if self.unit_variances is not None and self.kl_per_unit is not None:
            collapsed = " (the posterior has collapsed)" if self.has_collapsed else ""
            kl = np.sort(self.kl_per_unit)[::-1]
            rows += [
                ("active latent units", f"{self.active_units} of {len(kl)}{collapsed}"),
                ("KL by unit, nats", " ".join(f"{value:.2f}" for value in kl)),
                ("reconstruction error", f"{self.reconstruction_error:.3g} (mean squared)"),
                ("variance explained", self._describe_variance()),
            ]
        if self.departure_from_components is not None:
            moved = "how far the VAE moves samples from plain principal components"
            departure = f"{self.departure_from_components:.1%} ({moved})"
            rows.append(("departure from components", departure))
        noise = " (the scores are noise)" if self.is_uninformative else ""
        held_out = f"{self.auc_cross_fitted:.3f} +- {self.auc_error:.3f}{noise}"
        missing = f"{self.auc_missing_region:.3f}"
        if not np.isnan(self.auc_missing_region_error):
            missing += f" +- {self.auc_missing_region_error:.3f}"
        missing += " (simulated)"
        exponent = "none" if self.score_exponent is None else f"{self.score_exponent:.2g}"
        exponent += " (0: D ignored)" if self.score_exponent else ""
        of_model = []
        if self.uncertainty_exponent is not None:
            trust = f"{self.uncertainty_exponent:.2g}: {self.uncertainty_exponent_reason}"
            of_model = [("exponent of uncertainty", trust)]
        return [
            *rows,
            ("AUC in training", f"{self.auc_training:.3f}"),
            ("AUC held out", "unknown" if np.isnan(self.auc_cross_fitted) else held_out),
            ("AUC, missing regions", "unknown" if np.isnan(self.auc_missing_region) else missing),
            ("exponent of the scores", f"{exponent}: {self.score_exponent_reason}"),
            *of_model,
            ("spread of the scores", f"{self.score_std:.3g} ({self.score_unit})"),
            ("tied scores", f"{self.tied_fraction:.1%}"),
        ]

    def _describe_variance(self) -> str:
        linear = self.variance_explained_linear
        of_path = "" if linear is None else f", {linear:.1%} by its linear path"
        return f"{self.variance_explained:.1%} by the VAE{of_path}"


def render(rows: Sequence[tuple[str, str]], charts: Sequence[Chart], *, is_page: bool) -> str:
    """Make a page that needs no other file, or what a notebook shows: its body with its styles."""
    templates = Templates("skvaal._vaal")
    return templates.render(
        "diagnostics.html.j2" if is_page else "diagnostics_part.html.j2",
        {
            "title": "Health report of a VAAL strategy",
            "rows": rows,
            "charts": charts,
            "encode": lambda png: b64encode(png).decode("ascii"),
        },
        styles={"diagnostics.css": templates.read("diagnostics.css")},
    )
