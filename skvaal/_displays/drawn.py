"""What every display does: it draws on one Axes, and shows itself in a notebook."""

from __future__ import annotations

from typing import Any

from skvaal._utils.figures import check_axes, make_figure, write_png


class DrawnDisplay:
    """Base of the displays; `ax_` and `figure_` are those of the last ``plot``."""

    ax_: Any
    figure_: Any

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
