"""Small charts as SVG that stands in a page as it is, instead of a plotting library.

Text and axes take the colour of the text around them, so that they can be read on dark pages too.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

BLUE, ORANGE, GREY = "#4a83c4", "#d9772b", "#a0a0a0"  # on white and on black


def bar_chart(
    values: NDArray[np.float64], *, names: Sequence[str], dim: NDArray[np.bool_], title: str
) -> str:
    """Draw upright bars from 0.

    Parameters
    ----------
    values : array of shape (n_bars,)
        What is negative or not finite is drawn as 0.
    names : sequence of str
        One a bar, shown with its value where the pointer rests.
    dim : array of bool of shape (n_bars,)
        The bars that are grey.
    title : str
        What a reader who cannot see it should know.

    Returns
    -------
    str
    """
    left, top, height, width = 58, 8, 100, 226
    heights = np.nan_to_num(values, posinf=0.0, neginf=0.0).clip(min=0)
    largest = float(heights.max()) or 1.0
    step = min(20.0, width / len(heights))
    bars = []
    for i, (name, value) in enumerate(zip(names, heights, strict=True)):
        tall = height * value / largest
        bars.append(
            f'<rect x="{left + i * step:.2f}" y="{top + height - tall:.2f}" '
            f'width="{0.85 * step:.2f}" height="{tall:.2f}" fill="{GREY if dim[i] else BLUE}">'
            f"<title>{escape(f'{name}: {value:.3g}')}</title></rect>"
        )
    axis = (
        f'<path d="M{left - 4} {top}H{left}V{top + height}H{left + width}" '
        'fill="none" stroke="currentColor"/>'
        + _text(left - 7, top + 4, f"{largest:.3g}", "end")
        + _text(left - 7, top + height + 2, "0", "end")
    )
    return _svg(left + width + 4, top + height + 8, title, "".join(bars) + axis)


def gauge(values: Sequence[tuple[str, float]], *, band: tuple[float, float], title: str) -> str:
    """Draw level bars from 0 to 1, with a mark at 1/2.

    Parameters
    ----------
    values : sequence of (str, float)
        Name and value of each bar, in [0, 1]; NaN is written as unknown.
    band : (float, float)
        What is shaded, within [0, 1].
    title : str
        What a reader who cannot see it should know.

    Returns
    -------
    str
    """
    left, top, width, step = 72, 8, 180, 26
    bottom = top + step * len(values)
    low, high = np.clip(band, 0, 1)
    body = (
        f'<rect x="{left + low * width:.2f}" y="{top}" width="{(high - low) * width:.2f}" '
        f'height="{bottom - top}" fill="{GREY}" fill-opacity="0.35"/>'
    )
    for i, (name, value) in enumerate(values):
        y = top + i * step
        known = bool(np.isfinite(value))
        length = width * value if known else 0.0
        body += (
            f'<rect x="{left}" y="{y + 4}" width="{length:.2f}" height="{step - 8}" '
            f'fill="{BLUE}"/>'
            + _text(left - 7, y + 17, name, "end")
            + _text(left + length + 5, y + 17, f"{value:.3f}" if known else "unknown", "start")
        )
    body += f'<path d="M{left} {top}V{bottom}H{left + width}" fill="none" stroke="currentColor"/>'
    body += (
        f'<path d="M{left + width / 2} {top}V{bottom}" stroke="currentColor" '
        'stroke-dasharray="3 3"/>'
    )
    for value, label in ((0.0, "0"), (0.5, "1/2"), (1.0, "1")):
        body += _text(left + value * width, bottom + 14, label, "middle")
    return _svg(left + width + 44, bottom + 20, title, body)


def line_plot(
    lines: NDArray[np.float64],
    *,
    colours: Sequence[str],
    low: float,
    high: float,
    width: int,
    height: int,
    title: str,
) -> str:
    """Draw lines over equidistant points.

    Parameters
    ----------
    lines : array of shape (n_lines, n_points)
        Finite.
    colours : sequence of str
        One a line.
    low, high : float
        The values at the lower and the upper edge.
    width, height : int
        In CSS pixels.
    title : str
        What a reader who cannot see it should know.

    Returns
    -------
    str
    """
    if lines.shape[1] == 1:  # a point would not be seen
        lines = np.repeat(lines, 2, axis=1)
    edge = 2
    x = edge + (width - 2 * edge) * np.linspace(0, 1, lines.shape[1])
    y = height - edge - (height - 2 * edge) * (lines - low) / ((high - low) or 1.0)
    frame = (
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" fill="none" '
        f'stroke="{GREY}"/>'
    )
    drawn = [
        f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, line, strict=True))}" '
        f'fill="none" stroke="{escape(colour)}" stroke-width="1.5"/>'
        for line, colour in zip(y, colours, strict=True)
    ]
    return _svg(width, height, title, frame + "".join(drawn))


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, title: str, body: str) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" style="max-width:100%" font-family="sans-serif" '
        f'font-size="11" fill="currentColor">{body}</svg>'
    )
