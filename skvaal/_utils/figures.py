"""Figures of matplotlib, which is imported when one is drawn; pyplot knows none of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

BLUE, ORANGE, GREY = "#3b82c4", "#d9772b", "#8c8c8c"  # on white and on black


def import_matplotlib() -> Any:
    """Import matplotlib, or raise an ImportError that says how to get it."""
    try:
        import matplotlib.figure
    except ImportError as error:
        raise ImportError("charts need matplotlib: pip install skvaal[report]") from error
    return matplotlib


def make_figure(width: float, height: float) -> Any:
    """A figure of so many inches that is gone when nobody holds it; pyplot would keep it."""
    return import_matplotlib().figure.Figure((width, height), layout="constrained")


def check_axes(ax: Any) -> None:
    """Raise a TypeError unless `ax` is an Axes."""
    if not hasattr(ax, "barh"):
        raise TypeError(f"ax must be an Axes of matplotlib, got {ax!r}")


def set_title(ax: Any, title: str) -> None:
    """Title of a chart, without a frame around it."""
    ax.set_title(title, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)


def write_png(figure: Any) -> bytes:
    """The figure as a PNG file."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=160)
    return stream.getvalue()
