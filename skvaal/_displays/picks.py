"""What was chosen: a contact sheet of images, or bars of what made rows worth it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skvaal._displays.drawn import DrawnDisplay, as_floats
from skvaal._pipelines import last_step, transform_front
from skvaal._pool.containers import take_rows
from skvaal._rules.explanation import check_chosen
from skvaal._utils.figures import BLUE, GREY, ORANGE, check_axes, set_title
from skvaal._utils.params import renaming

# Of the columns that explain a choice, those that bars show, and their colours.
_BARS = {"gain": BLUE, "uncertainty": ORANGE, "score": GREY}
_MOST_COLUMNS = 8  # of a contact sheet
# In inches: an image with the gap beside it, a small letter, a line of them.
_CELL, _LETTER_WIDTH, _LINE_HEIGHT = 1.25, 0.065, 0.125
_LINES = 2.8  # above and below an image, with a caption of one line
_MOST_LINES = 3  # of a caption below an image
_MOST_LETTERS = 32  # of a caption beside bars


class PicksDisplay(DrawnDisplay):
    """The chosen samples, the most wanted first.

    Images become a contact sheet: above each its rank, below it the reason or what it was chosen
    by. Of rows, bars show the gain, the uncertainty and the discriminator's score, as a share of
    the largest. Make one with :meth:`from_estimator`. It needs ``pip install skvaal[report]``.

    Parameters
    ----------
    columns : mapping of str to array of shape (n,)
        Of what ``explain`` returns: 'gain', 'uncertainty', 'score', those that there are.
    images : array of uint8 or float of shape (n, channels, height, width), default=None
        The chosen images; floats are shown from their smallest to their largest.
    captions : sequence of n str, default=None
        What to write below each image, or beside each row; None writes the first column's numbers,
        or the row's.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the last :meth:`plot` drew.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skvaal import HerdingQueryStrategy, PicksDisplay
    >>> X = (load_digits().images * 15).astype("uint8")[:, None]  # (n, 1, 8, 8)
    >>> strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:50], X[50:])
    >>> indices = strategy.query(X[50:], n=12)
    >>> display = PicksDisplay.from_estimator(strategy, X[50:], indices)
    >>> len(display.ax_.images), display.ax_.get_title()
    (12, '12 chosen, the most wanted first')
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        *,
        images: NDArray[Any] | None = None,
        captions: Sequence[str] | None = None,
    ) -> None:
        self.columns = columns
        self.images = images
        self.captions = captions

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X_unlabeled: Any,
        indices: ArrayLike,
        *,
        proba: Any = None,
        captions: Sequence[str] | None = None,
        ax: Any = None,
    ) -> PicksDisplay:
        """Explain a choice, and draw it.

        Parameters
        ----------
        estimator : HerdingQueryStrategy, VAALQueryStrategy or Pipeline that ends in one
            Fitted.
        X_unlabeled : array-like of shape (n_samples, ...)
            The pool that ``query`` chose from. Images in a 4-D array, or LazyImages, are shown.
        indices : array-like of int of shape (n,)
            What ``query`` returned.
        proba : array-like, default=None
            What ``query`` got.
        captions : sequence of n str, default=None
            Names or reasons, one for each of `indices`.
        ax : matplotlib.axes.Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        PicksDisplay

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If the strategy is not fitted, or the pool or the indices do not fit it.
        """
        if ax is not None:
            check_axes(ax)
        with renaming({"strategy": "estimator"}):
            last = last_step(estimator)
        table = last.explain(transform_front(estimator, X_unlabeled), indices, proba=proba)
        columns = {name: np.asarray(table[name]) for name in _BARS if name in table.columns}
        images = None
        if len(getattr(X_unlabeled, "shape", ())) == 4:
            rows = np.asarray(take_rows(X_unlabeled, np.asarray(indices)))
            images = np.moveaxis(rows, -1, 1) if _is_channels_last(last, rows) else rows
        rows = check_chosen(indices, len(X_unlabeled))
        if captions is None and images is None:
            captions = [f"row {row}" for row in rows]
        return cls(columns, images=images, captions=captions).plot(ax)

    @classmethod
    def from_picks(cls, picks: Any, *, ax: Any = None) -> PicksDisplay:
        """Draw what ``skvaal query`` chose, with its reasons.

        Parameters
        ----------
        picks : Picks
            With ``known.samples``, ``rows``, ``columns`` and ``reasons``.
        ax : matplotlib.axes.Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        PicksDisplay
        """
        if not hasattr(picks, "known"):
            raise TypeError(f"picks={picks!r} must be what skvaal.project.choose returns")
        samples = picks.known.samples.take(picks.rows)
        columns = {name: picks.columns[name] for name in _BARS if name in picks.columns}
        if samples.kind == "images":
            return cls(columns, images=np.asarray(samples.X), captions=picks.reasons).plot(ax)
        return cls(columns, captions=[str(name) for name in samples.names]).plot(ax)

    def _draw(self, ax: Any) -> None:
        n = self._count()
        if self.images is None:
            self._draw_bars(ax, n)
        else:
            self._draw_images(ax, n)
        set_title(self.ax_, f"{n} chosen, the most wanted first")

    def _count(self) -> int:
        if not isinstance(self.columns, Mapping):
            raise TypeError(f"columns={self.columns!r} must map names to arrays")
        captions = () if self.captions is None else self.captions
        is_sequence = isinstance(captions, Sequence) and not isinstance(captions, str)
        if not is_sequence or not all(isinstance(text, str) for text in captions):
            raise TypeError(f"captions={self.captions!r} must be a sequence of texts")
        if self.images is None and not self.columns:
            raise ValueError(
                "there is nothing to draw: no images, and the strategy's rule tells no gain, "
                "uncertainty or score; Herding() does"
            )
        n = 0
        for name, values in self.columns.items():
            n = len(as_floats(values, f"columns[{name!r}]", (n or None,)))
        if self.images is not None:
            shape = np.shape(self.images)
            if len(shape) != 4 or not shape[0] or (n and shape[0] != n):
                raise ValueError(
                    f"images must have the shape ({n or 'n'}, channels, height, width)"
                )
            n = shape[0]
        if self.captions is not None and len(self.captions) != n:
            raise ValueError(f"captions has {len(self.captions)} texts for {n} samples")
        return n

    def _draw_images(self, ax: Any, n: int) -> None:
        images = _shown(np.asarray(self.images))  # (n, height, width, 3)
        height, width = np.array(images.shape[1:3]) / max(images.shape[1:3])
        n_columns, cell = min(n, _MOST_COLUMNS), _CELL
        if ax is not None:
            check_axes(ax)
            n_columns, cell = _fit_into(ax, n, height)
        captions = self._captions_of_images(n, int(cell / _LETTER_WIDTH))
        # From here on in units of the longer side of an image.
        line = 1.1 * _LINE_HEIGHT / cell
        n_rows = math.ceil(n / n_columns)
        pitch = height + line * (_LINES + max(text.count("\n") for text in captions))
        ax = self._begin(ax, max(3.0, cell * n_columns), 0.5 + cell * pitch * n_rows / 1.1)
        for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
            row, column = divmod(i, n_columns)
            left, top = 1.1 * column, pitch * row
            ax.imshow(image, extent=(left, left + width, top + height, top))
            where = {"ha": "left", "fontsize": "x-small", "parse_math": False}
            ax.text(left, top - 0.1 * line, f"{i + 1}", va="bottom", **where)
            ax.text(left, top + height + 0.2 * line, caption, va="top", **where)
        ax.set(xlim=(-0.05, 1.1 * n_columns), ylim=(pitch * n_rows, -1.5 * line))
        ax.set_axis_off()

    def _captions_of_images(self, n: int, n_letters: int) -> list[str]:
        if self.captions is not None:
            return [_in_lines(text, n_letters, _MOST_LINES) for text in self.captions]
        for name, values in self.columns.items():
            return [f"{name} {value:.3g}" for value in values]
        return [""] * n

    def _draw_bars(self, ax: Any, n: int) -> None:
        ax = self._begin(ax, 5.0, 0.8 + 0.22 * n * len(self.columns))
        height = 0.8 / len(self.columns)
        for i, (name, values) in enumerate(self.columns.items()):
            largest = float(np.abs(values).max()) or 1.0
            ax.barh(
                np.arange(n) - 0.4 + height * (i + 0.5),
                values / largest,
                height=height,
                color=_BARS.get(name, GREY),
                label=f"{name} (1 is {largest:.3g})",
            )
        captions = self.captions or [str(i + 1) for i in range(n)]
        texts = [_in_lines(text, _MOST_LETTERS, 1) for text in captions]
        ax.set_yticks(np.arange(n), texts, fontsize="small", parse_math=False)
        ax.invert_yaxis()
        ax.set_xlabel("share of the largest")
        ax.legend(fontsize="small", loc="best")


def _is_channels_last(strategy: Any, images: NDArray[Any]) -> bool:
    """Whether images of a pool have their channels at the end."""
    if images.shape[1] in (1, 3, 4):
        return False
    return getattr(strategy, "data_format", "") == "channels_last" or images.shape[3] in (1, 3)


def _fit_into(ax: Any, n: int, height: float) -> tuple[int, float]:
    """Number of columns, and inches of one, that make n images as large as an Axes allows."""
    box, figure = ax.get_position(), ax.figure
    inches = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    best = 1, 0.0
    for n_columns in range(1, n + 1):
        n_rows = math.ceil(n / n_columns)
        high = 1.1 * (inches[1] / n_rows - _LINES * _LINE_HEIGHT) / height
        cell = min(inches[0] / n_columns, high)
        if cell > best[1]:
            best = n_columns, cell
    # On an Axes too small for any, they overlap.
    return best if best[1] else (math.ceil(math.sqrt(n)), inches[0] / math.ceil(math.sqrt(n)))


def _in_lines(text: str, n_letters: int, most_lines: int) -> str:
    """A text in a few lines; bytes that are no letters, as in names of files, become signs."""
    readable = str(text).encode("utf-8", "replace").decode()
    return "\n".join(wrap(readable, n_letters, max_lines=most_lines, placeholder="..."))


def _shown(images: NDArray[Any]) -> NDArray[np.floating]:
    """Images (n, c, h, w) as matplotlib shows them, (n, h, w, 3) in [0, 1]."""
    if images.dtype == np.uint8:
        pixels = images / 255
    else:
        images = np.nan_to_num(images.astype(np.float64), posinf=0.0, neginf=0.0)
        low, high = images.min(), images.max()
        pixels = (images - low) / ((high - low) or 1.0)
    pixels = pixels if pixels.shape[1] in (1, 3) else pixels[:, :1]
    return np.moveaxis(np.broadcast_to(pixels, (len(pixels), 3, *pixels.shape[2:])), 1, -1)
