"""Charts of a health report: what each shows, what to say of it, and all of them in a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.figures import (
    BLUE,
    GREY,
    ORANGE,
    import_matplotlib,
    make_figure,
    set_title,
    write_png,
)

_INK = {"light": ("#ffffff", "#1f1f1f"), "dark": ("#121212", "#e8e8e8")}  # ground, text
_MAX_POINTS = 200  # of a line
# Samples of each pool that a report keeps with their reconstructions.
N_RECONSTRUCTED = 4


class DiagnosticsDisplay:
    """Charts of what :meth:`VAALQueryStrategy.diagnose` found.

    It draws the AUCs and, where there is a VAE, the KL divergence and the variance of mu by
    latent unit, and samples of both pools with their reconstructions. Make one with
    :meth:`from_estimator` or :meth:`Diagnostics.plot`. It needs ``pip install skvaal[report]``.

    Parameters
    ----------
    diagnostics : Diagnostics

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure of the last :meth:`plot`.
    axes_ : array of matplotlib.axes.Axes of shape (n_charts,)
        One for each chart: 5, or 1 without a VAE.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import DiagnosticsDisplay, VAALQueryStrategy
    >>> X = np.random.RandomState(0).randn(60, 4)
    >>> strategy = VAALQueryStrategy(max_epochs=1, random_state=0)
    >>> strategy = strategy.fit_pools(X[:20], X[20:] + 5)
    >>> display = DiagnosticsDisplay.from_estimator(strategy, X[:20], X[20:] + 5, n_folds=2)
    >>> [ax.get_title() for ax in display.axes_][:2]
    ['labelled against unlabelled', 'KL divergence by latent unit']
    """

    def __init__(self, diagnostics: Any) -> None:
        self.diagnostics = diagnostics

    @classmethod
    def from_estimator(
        cls, estimator: Any, X_labeled: Any, X_unlabeled: Any, *, ax: Any = None, **kwargs: Any
    ) -> DiagnosticsDisplay:
        """Examine a fitted strategy, and draw what was found.

        Parameters
        ----------
        estimator : VAALQueryStrategy
            Fitted.
        X_labeled, X_unlabeled : array-like
            As in :meth:`VAALQueryStrategy.diagnose`.
        ax : matplotlib.axes.Axes or sequence of them, default=None
            As in :meth:`plot`.
        **kwargs : dict
            Of :meth:`VAALQueryStrategy.diagnose`.
        """
        if not hasattr(estimator, "diagnose"):
            raise TypeError(f"estimator={estimator!r} cannot be examined; pass a VAALQueryStrategy")
        _check_axes(ax)
        return cls(estimator.diagnose(X_labeled, X_unlabeled, **kwargs)).plot(ax)

    def plot(self, ax: Any = None) -> DiagnosticsDisplay:
        """Draw the charts.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or sequence of them, default=None
            One for each chart: 5, or 1 without a VAE. None makes a figure of its own, which pyplot
            does not know.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If `ax` has not one Axes for each chart.
        """
        if not hasattr(self.diagnostics, "kl_per_unit"):
            raise TypeError(
                f"diagnostics={self.diagnostics!r} is not what a strategy's diagnose found"
            )
        _check_axes(ax)
        charts = list_charts(self.diagnostics)
        if ax is None:
            n_columns = min(3, len(charts))
            n_rows = -(-len(charts) // n_columns)
            size = (4.2 * n_columns, 2.8 * n_rows)
            figure = make_figure(*size)
            ax = [figure.add_subplot(n_rows, n_columns, 1 + i) for i in range(len(charts))]
            self._owned = figure
        axes = np.ravel(np.asarray(ax, dtype=object))
        if len(axes) != len(charts):
            raise ValueError(
                f"ax has {len(axes)} Axes, but there are {len(charts)} charts; pass one Axes for "
                "each chart, or None"
            )
        for chart, each in zip(charts, axes, strict=True):
            chart.draw(each)
        self.figure_ = axes[0].figure
        self.axes_ = axes
        return self

    def _repr_png_(self) -> bytes | None:
        # pyplot shows the figures that it knows; a notebook would show them twice.
        owned = getattr(self, "_owned", None)
        return None if owned is None or owned is not self.figure_ else write_png(owned)


def _check_axes(ax: Any) -> None:
    axes: Any = () if ax is None else np.ravel(np.asarray(ax, dtype=object))
    if not all(hasattr(each, "barh") for each in axes):
        raise TypeError(f"ax must be Axes of matplotlib, or a sequence of them, got {ax!r}")


@dataclass(frozen=True)
class Chart:
    """One chart: how to draw it, and what to say of it."""

    draw: Callable[[Any], None]  # on an Axes
    alt: str  # for a reader who cannot see it
    caption: str
    height: float = 2.3  # inches in a page, where charts are 3.6 inches wide

    def to_png(self, scheme: str) -> bytes:
        """Draw it for a page, in the scheme 'light' or 'dark'."""
        ground, text = _INK[scheme]
        inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        grounds = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
        colors = dict.fromkeys(inked, text) | dict.fromkeys(grounds, ground)
        matplotlib = import_matplotlib()
        with matplotlib.rc_context(colors):
            figure = matplotlib.figure.Figure((3.6, self.height), layout="constrained")
            self.draw(figure.add_subplot())
            return write_png(figure)


def list_charts(diagnostics: Any) -> list[Chart]:
    """Describe the charts: the AUCs and, if there is a VAE, its units and samples."""
    if diagnostics.kl_per_unit is None:
        return [_chart_aucs(diagnostics)]
    # NaN and infinities, which cannot be drawn, become 0.
    both = np.nan_to_num(diagnostics.reconstructions, posinf=0.0, neginf=0.0).astype(np.float64)
    n_labeled = min(N_RECONSTRUCTED, diagnostics.n_labeled)
    chart_samples = _chart_rows if both.ndim == 3 else _chart_images
    return [
        _chart_aucs(diagnostics),
        _chart_units(
            diagnostics,
            diagnostics.kl_per_unit,
            ("KL divergence by latent unit", "nats"),
            "KL divergence of q(z|x) from the prior by latent unit, the largest first.",
        ),
        _chart_units(
            diagnostics,
            diagnostics.unit_variances,
            ("variance of mu by latent unit", "variance"),
            "Variance of mu over the data by latent unit, in the order of the KL divergence.",
        ),
        chart_samples(both, slice(n_labeled), "labelled samples"),
        chart_samples(both, slice(n_labeled, None), "unlabelled samples"),
    ]


def _chart_aucs(diagnostics: Any) -> Chart:
    names = ["in training", "held out", "missing regions"]
    values = np.array(
        [diagnostics.auc_training, diagnostics.auc_cross_fitted, diagnostics.auc_missing_region]
    )
    labels = [f"{value:.3f}" if np.isfinite(value) else "unknown" for value in values]

    def draw(ax: Any) -> None:
        chance = 0.5 + 2 * diagnostics.auc_error * np.array([-1, 1])
        # Behind the first two bars, which are of the two pools.
        ax.axvspan(*chance.clip(0, 1), ymin=1 / 3, color=GREY, alpha=0.35, lw=0)
        ax.barh(names, np.nan_to_num(values), height=0.6, color=BLUE)
        for row, label in enumerate(labels):
            ax.text(1.03, row, label, verticalalignment="center")
        ax.axvline(0.5, color=GREY, linestyle="--", linewidth=1)
        ax.invert_yaxis()
        ax.set(xlim=(0, 1.25), xticks=[0, 0.5, 1], xlabel="AUC (shaded: chance)")
        set_title(ax, "labelled against unlabelled")

    return Chart(
        draw,
        f"Bar chart: AUC {labels[0]} in training, {labels[1]} held out, {labels[2]} on missing "
        "regions",
        "Area under the ROC curve, labelled against unlabelled; shaded: two standard errors around "
        "1/2, where the pools do not differ. On simulated missing regions: labelled samples whose "
        "region was left without labels, against others.",
    )


def _chart_units(
    diagnostics: Any, values: NDArray[np.float64], title_and_unit: tuple[str, str], caption: str
) -> Chart:
    """Bars by latent unit, the largest KL divergence first."""
    title, unit = title_and_unit
    order = np.argsort(-diagnostics.kl_per_unit, kind="stable")
    is_active = diagnostics.is_unit_active[order]
    heights = np.nan_to_num(values[order], posinf=0.0, neginf=0.0).clip(min=0)

    def draw(ax: Any) -> None:
        ax.bar(np.arange(len(order)), heights, color=np.where(is_active, BLUE, GREY))
        named = _spread(len(order), 8)
        ax.set_xticks(named, order[named])
        grey = "" if is_active.all() else " (grey: not active)"
        ax.set(xlabel=f"latent unit{grey}", ylabel=unit)
        set_title(ax, title)

    return Chart(
        draw,
        f"Bar chart: {title}, {heights.min():.3g} to {heights.max():.3g}; {is_active.sum()} of "
        f"{len(order)} units are active",
        caption + ("" if is_active.all() else " Grey: not active, a variance of 0.01 or less."),
    )


def _chart_rows(both: NDArray[np.float64], part: slice, title: str) -> Chart:
    """Lines of samples and reconstructions, (2, n_samples, n_features), one below the other."""
    low, high = both.min(), both.max()
    drawn = both[:, part]
    n_features = both.shape[2]
    kept = _spread(n_features, _MAX_POINTS)

    def draw(ax: Any) -> None:
        spacing = 1.1 * ((high - low) or 1.0)
        marker = "o" if n_features == 1 else None  # a line of one point cannot be seen
        for i in range(drawn.shape[1]):
            x, x_hat = drawn[:, i, kept] - low - i * spacing
            ax.plot(kept, x, color=BLUE, linewidth=1.2, marker=marker)
            ax.plot(kept, x_hat, color=ORANGE, linewidth=1.2, linestyle="--", marker=marker)
        ax.set(yticks=[], xlabel="feature (solid: sample, dashed: reconstruction)")
        ax.xaxis.get_major_locator().set_params(integer=True)
        set_title(ax, title)

    over = f"{len(kept)} of {n_features}" if len(kept) < n_features else "all"
    return Chart(
        draw,
        f"Line charts: {drawn.shape[1]} {title} and their reconstructions",
        f"{title.capitalize()} (blue, solid) and their reconstructions with z at mu (orange, "
        f"dashed), over {over} features, from {low:.3g} to {high:.3g}.",
    )


def _chart_images(both: NDArray[np.float64], part: slice, title: str) -> Chart:
    """Samples beside each other, each above its reconstruction, (2, n_samples, c, h, w)."""
    n_channels, height, width = both.shape[2:]
    shown = both if n_channels in (1, 3) else both[:, :, :1]
    low, high = shown[0].min(), shown[0].max()  # of the samples: reconstructions are cut to it
    pixels = np.moveaxis(np.clip((shown[:, part] - low) / ((high - low) or 1.0), 0, 1), 2, -1)

    def draw(ax: Any) -> None:
        opaque = np.ones((*pixels.shape[:-1], 4))
        opaque[..., :3] = pixels  # one channel becomes three
        gaps = max(1, height // 12), max(1, width // 12)  # transparent
        tiles = np.pad(opaque, ((0, 0), (0, 0), (0, gaps[0]), (0, gaps[1]), (0, 0)))
        mosaic = tiles.transpose(0, 2, 1, 3, 4).reshape(2 * (height + gaps[0]), -1, 4)
        ax.imshow(mosaic[: -gaps[0], : -gaps[1]])
        ax.set_axis_off()
        set_title(ax, f"{title}, reconstructions below")

    note = "" if n_channels in (1, 3) else f" The first of {n_channels} channels."
    return Chart(
        draw,
        f"Images: {pixels.shape[1]} {title}, and below each its reconstruction",
        f"{title.capitalize()}, and below each its reconstruction with z at mu. Black is "
        f"{low:.3g}, full brightness {high:.3g}, as the VAE sees them.{note}",
        # Two rows of images and a title, however high the images are.
        height=float(np.clip(0.3 + 7 / pixels.shape[1] * height / width, 1.0, 4.0)),
    )


def _spread(n: int, n_max: int) -> NDArray[np.intp]:
    """Up to `n_max` positions of n, evenly apart, the first and the last among them."""
    return np.linspace(0, n - 1, min(n, n_max)).round().astype(int)
