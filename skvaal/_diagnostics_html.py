"""The health report as HTML: the table, charts, samples with their reconstructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._png import data_uri, encode_png
from skvaal._svg import BLUE, ORANGE, bar_chart, gauge, line_plot

_SIDE = 80  # of an image's longer side, in CSS pixels
_MOST_PIXELS = 2 * _SIDE  # of an image's longer side, as it is embedded
_MOST_POINTS = 200  # of a line

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 1rem auto; max-width: 62rem; padding: 0 1rem;
  font: 1rem/1.5 system-ui, sans-serif; }}
th {{ font-weight: normal; padding-right: 1.5rem; white-space: nowrap; vertical-align: top; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_TITLE = "Health report of a VAAL strategy"


def page(body: str) -> str:
    """Make a page that needs no other file.

    Parameters
    ----------
    body : str
        HTML, as :func:`fragment` returns it.

    Returns
    -------
    str
    """
    return _PAGE.format(title=escape(_TITLE), body=body)


def fragment(
    found: Any, rows: Iterable[tuple[str, str]], *, active_variance: float, n_labeled: int
) -> str:
    """Show a health report, for a page or a notebook.

    Parameters
    ----------
    found : Diagnostics
    rows : iterable of (str, str)
        The table: names and values.
    active_variance : float
        A latent unit of more is active.
    n_labeled : int
        How many of the reconstructed samples are labelled; they come first.

    Returns
    -------
    str
        With styles of its own, since a notebook has no place for a style sheet.
    """
    charts, samples = _aucs(found), ""
    if found.unit_variances is not None:
        charts += _units(found, active_variance)
        samples = _reconstructions(found.reconstructions, n_labeled)
    charts = f'<div style="display:flex;flex-wrap:wrap;gap:0 1.5em">{charts}</div>'
    return f'<div class="skvaal-diagnostics">{_table(rows)}{charts}{samples}</div>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><tbody>{cells}</tbody></table>"


def _aucs(found: Any) -> str:
    values = [("in training", found.auc_training), ("held out", found.auc_cross_fitted)]
    spread = 2 * found.auc_error
    chart = gauge(values, band=(0.5 - spread, 0.5 + spread), title="AUC in training and held out")
    return _figure(
        chart,
        "AUC, labelled against unlabelled; shaded: two standard errors around 1/2, where the pools "
        "do not differ",
    )


def _units(found: Any, active_variance: float) -> str:
    """Both charts have the units in one order, the largest KL divergence first."""
    order = np.argsort(-found.kl_per_unit, kind="stable")
    names = [f"unit {unit}" for unit in order]
    dim = found.unit_variances[order] <= active_variance
    charts = [
        (found.kl_per_unit, "KL by latent unit, nats"),
        (found.unit_variances, "variance of mu by latent unit, in the same order"),
    ]
    grey = f"; grey: not active, variance of {active_variance:g} or less" if dim.any() else ""
    return "".join(
        _figure(bar_chart(values[order], names=names, dim=dim, title=title), escape(title + grey))
        for values, title in charts
    )


def _reconstructions(both: NDArray[np.float32], n_labeled: int) -> str:
    shown = np.nan_to_num(both, posinf=0.0, neginf=0.0).astype(np.float64)
    draw, caption = _as_lines(shown) if shown.ndim == 3 else _as_images(shown)
    groups = "".join(
        '<div style="display:inline-block;vertical-align:top;margin-right:1em">'
        f"<div>{name}</div>{''.join(_side_by_side(draw(i, name)) for i in samples)}</div>"
        for name, samples in (
            ("labelled", range(n_labeled)),
            ("unlabelled", range(n_labeled, shown.shape[1])),
        )
    )
    return _figure(groups, caption, width="60em")


def _side_by_side(content: str) -> str:
    return f'<div style="display:inline-block;margin:0 4px 4px 0">{content}</div>'


def _as_images(both: NDArray[np.float64]) -> tuple[Callable[[int, str], str], str]:
    """A function that shows a sample above its reconstruction, and what to say below."""
    n_channels, height, width = both.shape[2:]
    channels = both if n_channels in (1, 3) else both[:, :, :1]
    low, high = channels[0].min(), channels[0].max()
    pixels = np.clip((channels - low) / ((high - low) or 1.0), 0, 1)
    shown = _SIDE / max(height, width)
    size = f"width:{max(1, round(shown * width))}px;height:{max(1, round(shown * height))}px"

    def draw(i: int, name: str) -> str:
        images = (
            f'<img src="{_image_source(pixels[which, i])}" alt="{alt}" style="display:block;'
            f'margin:2px 0;{size};image-rendering:pixelated">'
            for which, alt in enumerate((f"{name} sample", "its reconstruction"))
        )
        return "".join(images)

    of = "" if n_channels in (1, 3) else f"; the first of {n_channels} channels"
    return draw, (
        f"samples, and below each its reconstruction with z at mu; black is {low:.3g}, full "
        f"brightness {high:.3g}, as the VAE sees them{of}"
    )


def _image_source(image: NDArray[np.float64]) -> str:
    """Data URI of an image of shape (channels, height, width) in [0, 1]."""
    step = -(-max(image.shape[1:]) // _MOST_PIXELS)
    if step > 1 and min(image.shape[1:]) >= step:
        channels, height, width = image.shape
        rows, columns = height // step, width // step
        image = image[:, : rows * step, : columns * step]
        image = image.reshape(channels, rows, step, columns, step).mean(axis=(2, 4))
    levels = np.moveaxis((image * 255).round().astype(np.uint8), 0, -1)
    return data_uri(encode_png(levels[..., 0] if levels.shape[-1] == 1 else levels))


def _as_lines(both: NDArray[np.float64]) -> tuple[Callable[[int, str], str], str]:
    """A function that draws a sample and its reconstruction, and what to say below."""
    n_features = both.shape[2]
    kept = np.linspace(0, n_features - 1, min(n_features, _MOST_POINTS)).round().astype(int)
    low, high = both.min(), both.max()

    def draw(i: int, name: str) -> str:
        return line_plot(
            both[:, i, kept],
            colours=(BLUE, ORANGE),
            low=low,
            high=high,
            width=180,
            height=_SIDE,
            title=f"{name} sample and its reconstruction",
        )

    over = f"{len(kept)} of {n_features}" if len(kept) < n_features else "their"
    return draw, (
        f"{_coloured(BLUE, 'samples')} and their {_coloured(ORANGE, 'reconstructions')} with z at "
        f"mu, over {over} features; all from {low:.3g} to {high:.3g}"
    )


def _coloured(colour: str, text: str) -> str:
    return f'<b style="color:{colour}">{escape(text)}</b>'


def _figure(content: str, caption: str, width: str = "21em") -> str:
    """Content and caption are HTML; the caption has a width in CSS."""
    return (
        f'<figure style="margin:1em 0;max-width:100%;font-size:85%">{content}'
        f'<figcaption style="max-width:{width}">{caption}</figcaption></figure>'
    )
