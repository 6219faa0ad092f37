"""What every display does: it draws on one Axes, and shows itself in a notebook."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.figures import check_axes, make_figure, write_png

_Display = TypeVar("_Display", bound="DrawnDisplay")


def as_floats(values: Any, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float64]:
    """Finite numbers of a shape, where None is any size from 1; or a ValueError that names them."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} cannot be read as numbers: {error}") from error
    fits = array.ndim == len(shape) and all(
        size >= 1 if wanted is None else size == wanted
        for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits or not np.isfinite(array).all():
        wanted_shape = ", ".join("n" if size is None else str(size) for size in shape)
        raise ValueError(
            f"{name} must hold finite numbers of the shape ({wanted_shape}), got {array.shape}"
        )
    return array


class DrawnDisplay:
    """Base of the displays; `ax_` and `figure_` are those of the last ``plot``."""

    ax_: Any
    figure_: Any

    def plot(self: _Display, ax: Any = None) -> _Display:
        """Draw what the display holds.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            None makes a figure of its own, which pyplot does not know.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError, TypeError
            If what it holds cannot be drawn.
        """
        self._draw(ax)
        return self

    def _draw(self, ax: Any) -> None:
        """Draw on an Axes that `_begin` returns."""
        raise NotImplementedError

    def _begin(self, ax: Any, width: float, height: float) -> Any:
        """The Axes to draw on: the one that was passed, or of a new figure of so many inches."""
        if ax is None:
            self._owned = make_figure(width, height)
            ax = self._owned.add_subplot()
        check_axes(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return ax

    def _repr_png_(self) -> bytes | None:
        # pyplot shows the figures that it knows; a notebook would show them twice.
        owned = getattr(self, "_owned", None)
        return None if owned is None or owned is not self.figure_ else write_png(owned)
