"""Accuracy over labels."""

from __future__ import annotations

from types import NoneType
from typing import Any

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skvaal._displays.drawn import DrawnDisplay, as_floats
from skvaal._utils.figures import check_axes, set_title

_WIDTH, _HEIGHT = 5.0, 3.4  # inches


class LearningCurveDisplay(DrawnDisplay):
    """Accuracy of a model by the number of labels.

    Make one with :meth:`from_estimator`. To compare strategies, draw the curve of each on the same
    Axes. It needs ``pip install skvaal[report]``.

    Parameters
    ----------
    n_labeled : array of int of shape (n_points,)
        How many labels the model had.
    accuracy : array of float of shape (n_points,)
        Its accuracy.
    name : str, default=None
        What the legend calls the curve; None shows no legend.

    Attributes
    ----------
    line_ : matplotlib.lines.Line2D
        The curve of the last :meth:`plot`.
    ax_ : matplotlib.axes.Axes
        Where it drew.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skvaal import ActiveLearningClassifier, HerdingQuery, LearningCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> params = {"initial_size": 6, "batch_size": 5, "n_rounds": 3, "random_state": 0}
    >>> active = ActiveLearningClassifier(LogisticRegression(), HerdingQuery(), **params).fit(X, y)
    >>> display = LearningCurveDisplay.from_estimator(active, name="herding")
    >>> display.line_.get_xdata().tolist()
    [6.0, 11.0, 16.0, 21.0]
    """

    def __init__(
        self, n_labeled: ArrayLike, accuracy: ArrayLike, *, name: str | None = None
    ) -> None:
        self.n_labeled = n_labeled
        self.accuracy = accuracy
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, name: str | None = None, ax: Any = None, **line_kw: Any
    ) -> LearningCurveDisplay:
        """Draw the learning curve of a classifier that played labelling rounds.

        Parameters
        ----------
        estimator : ActiveLearningClassifier
            Fitted. With `X_val` in ``fit`` the curve is that of held-out samples, else of all.
        name : str, default=None
            What the legend calls the curve.
        ax : matplotlib.axes.Axes, default=None
            As in :meth:`plot`.
        **line_kw : dict
            Of :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        LearningCurveDisplay

        Raises
        ------
        TypeError, NotFittedError
            If `estimator` is no ActiveLearningClassifier, or not fitted.
        """
        if not hasattr(estimator, "n_rounds"):
            raise TypeError(
                f"estimator={estimator!r} plays no rounds; pass a fitted ActiveLearningClassifier"
            )
        if ax is not None:
            check_axes(ax)
        check_is_fitted(estimator)
        curve = estimator.learning_curve_
        return cls(curve["n_labeled"], curve["accuracy"], name=name).plot(ax, **line_kw)

    def plot(self, ax: Any = None, **line_kw: Any) -> LearningCurveDisplay:
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            May hold other curves. None makes a figure of its own, which pyplot does not know.
        **line_kw : dict
            Of :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        n_labeled = as_floats(self.n_labeled, "n_labeled", (None,))
        accuracy = as_floats(self.accuracy, "accuracy", (len(n_labeled),))
        if not isinstance(self.name, str | NoneType):
            raise TypeError(f"name={self.name!r} must be a text")
        ax = self._begin(ax, _WIDTH, _HEIGHT)
        options = {"marker": "o", "markersize": 4, "label": self.name, **line_kw}
        (self.line_,) = ax.plot(n_labeled, accuracy, **options)
        ax.set(xlabel="labels", ylabel="accuracy")
        ax.xaxis.get_major_locator().set_params(integer=True)
        if self.line_.get_label() and not self.line_.get_label().startswith("_"):
            ax.legend(fontsize="small", loc="lower right")
        set_title(ax, "accuracy by number of labels")
        return self
