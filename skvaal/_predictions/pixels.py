"""How unsure a segmentation model is of an image, from the probabilities of its pixels.

All is computed in blocks of images and of rows of them, in float32: the probabilities may be a
``numpy.memmap`` that is larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skvaal._utils.params import Interval, StrOptions

# Numbers that are converted, and compared, at once: 32 MiB of them.
_BLOCK_NUMBERS = 2**23
# A pixel's sum may be this far from 1; bfloat16, which arrives as float32, rounds by 1 in 256.
_TOLERANCE, _LOW_PRECISION_TOLERANCE = 1e-3, 1e-2
_SHAPE = "(n_samples, n_classes, height, width)"


def margin(proba: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 - (p1 - p2) of each pixel, (n, height, width), from (n, n_classes, height, width)."""
    first = proba[:, 0].copy()
    second = np.zeros_like(first)
    for p in np.moveaxis(proba[:, 1:], 1, 0):
        np.maximum(second, np.minimum(first, p), out=second)
        np.maximum(first, p, out=first)
    return 1 - (first - second)


def entropy(proba: NDArray[np.float32]) -> NDArray[np.float32]:
    """Entropy of each pixel, in nats."""
    total = np.zeros_like(proba[:, 0])
    for p in np.moveaxis(proba, 1, 0):
        total -= p * np.log(p, out=np.zeros_like(p), where=p > 0)  # 0 log 0 is 0
    return np.maximum(total, 0)


def least_confident(proba: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 - the largest probability of each pixel."""
    return 1 - proba.max(axis=1)


MEASURES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confident": least_confident,
}


def check_pixel_proba(proba: NDArray, n_samples: int, name: str) -> NDArray:
    """Raise unless these are class probabilities of pixels; they are returned as they are."""
    if proba.shape[0] != n_samples:
        raise ValueError(
            f"{name} of shape {proba.shape} has {proba.shape[0]} images, but there are "
            f"{n_samples}; pass the probabilities of the same images, {_SHAPE}"
        )
    if 0 in proba.shape[1:]:
        raise ValueError(
            f"{name} of shape {proba.shape} is empty; at least one class and one pixel are needed"
        )
    is_precise = proba.dtype.kind != "f" or proba.dtype.itemsize > 4
    tolerance = _TOLERANCE if is_precise else _LOW_PRECISION_TOLERANCE
    for images, rows in _blocks(proba):
        _check_block(_read(proba, images, rows), (images.start, rows.start), name, tolerance)
    return proba


def _check_block(
    block: NDArray[np.float32], start: tuple[int, int], name: str, tolerance: float
) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        sums = block.sum(axis=1)
        bad = ~((block >= 0).all(axis=1) & (np.abs(sums - 1) <= tolerance))
    if not bad.any():
        return
    i, y, x = (int(each) for each in np.argwhere(bad)[0])
    pixel = block[i, :, y, x]
    what = "is no distribution"
    if not np.isfinite(pixel).all() or (pixel < 0).any():
        what = "holds a negative number" if np.isfinite(pixel).all() else "holds NaN or infinity"
    where = f"[{start[0] + i}, :, {start[1] + y}, {x}]"
    raise ValueError(
        f"{name}{where} {what} (its sum is {sums[i, y, x]:.6g}), but the "
        "class probabilities of a pixel are from 0 to 1 and sum to 1; pass a softmax of the logits "
        f"over axis 1, the classes, in the shape {_SHAPE}"
    )


def mean_over_pixels(measure: str, proba: NDArray) -> NDArray[np.float64]:
    """Mean of a measure over the pixels of each image, (n_samples,)."""
    return _mean(proba, MEASURES[measure])


def measure_by_function(
    function: Callable[[NDArray], Any], proba: NDArray, read: Callable[[Any, int], NDArray]
) -> NDArray[np.float64]:
    """What a user's function says of each image; it gets float32 copies of blocks of whole images.

    `read` makes an array of an answer, of so many images.
    """
    n_images = max(1, _BLOCK_NUMBERS // max(1, proba[0].size)) if len(proba) else 1
    parts = [np.empty(0)]
    for start in range(0, len(proba), n_images):
        block = np.array(proba[start : start + n_images], dtype=np.float32)
        parts.append(read(function(block), len(block)))
    return np.concatenate(parts)


class UnsurePixels(BaseEstimator):
    """Uncertainty of an image: the share of its pixels that a segmentation model is unsure of.

    For the parameter `uncertainty` of a strategy. It reads class probabilities of pixels.

    Parameters
    ----------
    threshold : float, default=0.5
        A pixel counts if its uncertainty is above it; at least 0. For 'margin', 0.5 means that the
        two largest probabilities are less than 0.5 apart.
    measure : {'margin', 'entropy', 'least_confident'}, default='margin'
        Uncertainty of a pixel: one minus the difference of the two largest probabilities, the
        entropy in nats, or one minus the largest probability.

    Examples
    --------
    >>> import numpy as np
    >>> from skvaal import UnsurePixels
    >>> sky = np.array([[0.9, 0.6], [0.5, 1.0]])  # of an image of 2 x 2 pixels
    >>> proba = np.stack([sky, 1 - sky])[None]  # (n_samples, n_classes, height, width)
    >>> UnsurePixels(threshold=0.5)(proba)
    array([0.5])
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, 0, None, closed="left")],
        "measure": [StrOptions(set(MEASURES))],
    }

    def __init__(self, threshold: float = 0.5, measure: str = "margin") -> None:
        self.threshold = threshold
        self.measure = measure

    def __call__(self, proba: NDArray) -> NDArray[np.float64]:
        """Share of unsure pixels.

        Parameters
        ----------
        proba : array of shape (n_samples, n_classes, height, width)
            Class probabilities of pixels.

        Returns
        -------
        array of float of shape (n_samples,)
            From 0 to 1.

        Raises
        ------
        ValueError
            If a parameter is out of range, or these are no probabilities of pixels.
        """
        self._validate_params()
        proba = np.asarray(proba)
        if proba.ndim != 4:
            raise ValueError(
                f"uncertainty={self!r} counts pixels: proba must have the shape {_SHAPE}, got "
                f"{proba.shape}; take another uncertainty, such as 'margin'"
            )
        measure = MEASURES[self.measure]
        return _mean(proba, lambda block: measure(block) > self.threshold)


def _mean(proba: NDArray, measure: Callable[[NDArray[np.float32]], NDArray]) -> NDArray[np.float64]:
    sums = np.zeros(len(proba))
    for images, rows in _blocks(proba):
        sums[images] += measure(_read(proba, images, rows)).sum(axis=(1, 2), dtype=np.float64)
    return sums / (proba.shape[2] * proba.shape[3])


def _blocks(proba: NDArray) -> Iterator[tuple[slice, slice]]:
    """Images and rows of pixels that are read at once."""
    n, n_classes, height, width = proba.shape
    n_rows = min(height, max(1, _BLOCK_NUMBERS // (n_classes * width)))
    n_images = max(1, _BLOCK_NUMBERS // (n_classes * width * n_rows))
    for image in range(0, n, n_images):
        for row in range(0, height, n_rows):
            yield slice(image, image + n_images), slice(row, row + n_rows)


def _read(proba: NDArray, images: slice, rows: slice) -> NDArray[np.float32]:
    return np.asarray(proba[images, :, rows], dtype=np.float32)
