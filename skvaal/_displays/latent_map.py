"""A flat map of what a strategy chooses from."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state

from skvaal._displays.drawn import DrawnDisplay, as_floats
from skvaal._pipelines import last_step, transform_front
from skvaal._pool.containers import count_rows, take_rows
from skvaal._rules.explanation import check_chosen
from skvaal._utils.figures import BLUE, GREY, ORANGE, check_axes, set_title
from skvaal._utils.params import Interval, checked, renaming

_WIDTH, _HEIGHT = 5.0, 4.0  # inches


class LatentMapDisplay(DrawnDisplay):
    """Map of the pool, the labelled samples and the chosen ones.

    Its axes are the two principal components of the strategy's coordinates over the pool: of
    decoded means where there is a VAE, else of what ``transform`` returns. Make one with
    :meth:`from_estimator`. It needs ``pip install skvaal[report]``.

    Parameters
    ----------
    unlabeled : array of shape (n_unlabeled, 2)
        Positions of the pool, or of a part of it.
    labeled : array of shape (n_labeled, 2), default=None
        Positions of the labelled samples.
    chosen : array of shape (n_chosen, 2), default=None
        Positions of the chosen samples, in the order of choosing.
    explained : tuple of two float, default=None
        Share of the variance that each axis explains.
    n_unlabeled : int, default=None
        Size of the pool, if `unlabeled` is a part of it.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the last :meth:`plot` drew.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import HerdingQueryStrategy, LatentMapDisplay
    >>> X = load_digits().data
    >>> strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:50], X[50:])
    >>> indices = strategy.query(X[50:], n=10)
    >>> display = LatentMapDisplay.from_estimator(strategy, X[50:], X[:50], indices)
    >>> display.ax_.get_title()
    '1,747 in the pool, 50 labelled, 10 chosen'
    """

    def __init__(
        self,
        unlabeled: NDArray[np.floating],
        *,
        labeled: NDArray[np.floating] | None = None,
        chosen: NDArray[np.floating] | None = None,
        explained: tuple[float, float] | None = None,
        n_unlabeled: int | None = None,
    ) -> None:
        self.unlabeled = unlabeled
        self.labeled = labeled
        self.chosen = chosen
        self.explained = explained
        self.n_unlabeled = n_unlabeled

    @classmethod
    @checked(max_points=[Interval(Integral, 1, None, closed="left")], random_state=["random_state"])
    def from_estimator(
        cls,
        estimator: Any,
        X_unlabeled: Any,
        X_labeled: Any = None,
        indices: ArrayLike | None = None,
        *,
        max_points: int = 5000,
        random_state: Any = 0,
        ax: Any = None,
    ) -> LatentMapDisplay:
        """Compute the map of a fitted strategy, and draw it.

        Parameters
        ----------
        estimator : HerdingQueryStrategy, VAALQueryStrategy or Pipeline that ends in one
            Fitted.
        X_unlabeled, X_labeled : array-like
            The pools, as in ``fit_pools``; without the second, no labelled sample is shown.
        indices : array-like of int of shape (n,), default=None
            What ``query`` returned for `X_unlabeled`.
        max_points : int, default=5000
            Of a larger pool, so many samples are drawn at random, beside the chosen ones.
        random_state : int, RandomState instance or None, default=0
            Seeds that draw.
        ax : matplotlib.axes.Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LatentMapDisplay

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If the strategy is not fitted, or the pools or the indices do not fit it.
        """
        if ax is not None:
            check_axes(ax)
        with renaming({"strategy": "estimator"}):
            last_step(estimator)
        n_pool = count_rows(X_unlabeled, "X_unlabeled")
        chosen = None if indices is None else check_chosen(indices, n_pool)
        rows = np.arange(n_pool)
        if n_pool > max_points:
            rng = check_random_state(random_state)
            rows = np.sort(rng.choice(n_pool, max_points, replace=False))
        with renaming({"X": "X_unlabeled"}):
            Z = coordinates_of(estimator, take_rows(X_unlabeled, rows))
        n_axes = min(2, *Z.shape)
        with np.errstate(invalid="ignore"):  # of one sample, or equal ones, the variance is 0 / 0
            pca = PCA(n_axes, svd_solver="full").fit(Z)

        def place(X: Any) -> NDArray[np.floating]:
            return _two_columns(pca.transform(coordinates_of(estimator, X)))

        shares = [*np.nan_to_num(pca.explained_variance_ratio_), 0.0]
        labeled = None
        if X_labeled is not None and count_rows(X_labeled, "X_labeled"):
            with renaming({"X": "X_labeled"}):
                labeled = place(X_labeled)
        display = cls(
            _two_columns(pca.transform(Z)),
            labeled=labeled,
            chosen=None if chosen is None else place(take_rows(X_unlabeled, chosen)),
            explained=(float(shares[0]), float(shares[1])),
            n_unlabeled=n_pool,
        )
        return display.plot(ax)

    def _draw(self, ax: Any) -> None:
        unlabeled = as_floats(self.unlabeled, "unlabeled", (None, 2))
        labeled, chosen = (
            None if points is None else as_floats(points, name, (None, 2))
            for points, name in ((self.labeled, "labeled"), (self.chosen, "chosen"))
        )
        shares: Any = [None, None]
        if self.explained is not None:
            shares = as_floats(self.explained, "explained", (2,))
        ax = self._begin(ax, _WIDTH, _HEIGHT)
        n_pool = len(unlabeled) if self.n_unlabeled is None else self.n_unlabeled
        parts = [f"{n_pool:,} in the pool"]
        ax.scatter(*unlabeled.T, s=6, color=GREY, lw=0, label="pool")
        if labeled is not None:
            ax.scatter(*labeled.T, s=14, color=BLUE, lw=0, label="labelled")
            parts.append(f"{len(labeled):,} labelled")
        if chosen is not None:
            ax.scatter(
                *chosen.T, s=36, marker="X", color=ORANGE, ec="black", lw=0.5, label="chosen"
            )
            parts.append(f"{len(chosen):,} chosen")
        for share, number, set_label in zip(
            shares, ("first", "second"), (ax.set_xlabel, ax.set_ylabel), strict=True
        ):
            of_all = "" if share is None else f", {share:.0%} of the variance"
            set_label(f"{number} component{of_all}")
        ax.legend(fontsize="small", loc="best")
        set_title(ax, ", ".join(parts))


def coordinates_of(strategy: Any, X: Any) -> NDArray[np.floating]:
    """Decoded means where there is a VAE, else what ``transform`` returns, as rows."""
    X = transform_front(strategy, X)
    last = last_step(strategy)
    Z: NDArray[np.floating] = last.transform(X)
    net = getattr(last, "net_", None)
    if net is not None and net.has_vae and net.n_decoder_inputs_ == Z.shape[1]:
        Z = last.inverse_transform(Z).reshape(len(Z), -1).astype(np.float32)
    return Z


def _two_columns(Z: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.pad(Z, ((0, 0), (0, 2 - Z.shape[1])))
