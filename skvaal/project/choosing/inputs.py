"""What a choice is made from: samples as a strategy reads them, and as a task model does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._features.lookup import PIXELS, make_features
from skvaal._files.images import LazyImages
from skvaal._files.loading import load_images
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pool_files import files_of
from skvaal._files.reading import shown
from skvaal.project.choosing.positions import match

# Side of the pixels that a task model reads: means over squares of the image's own.
_MOST_PIXELS = 16
_AT_ONCE = 1_000
# Of a table's numbers: squares must not overflow.
_LARGEST = 1e100


@dataclass(frozen=True)
class Inputs:
    """Samples as numbers.

    Parameters
    ----------
    X : array of shape (n, 3, size, size) or (n, n_features)
        What a strategy reads: uint8 images, or features on a common scale.
    rows : array of shape (n, n_features)
        What a task model reads.
    name : str
        What they are, in words: 'pixels', 'features by resnet18'.
    suit_linear : bool
        Whether a linear model suits the rows, as it does features of networks and texts.
    positions : dict or None, default=None
        Of given features that belong to samples by their position alone, the fingerprint.
    notes : sequence of str
        What the user should know of how given features were found.
    """

    X: NDArray[Any]
    rows: NDArray[np.float32]
    name: str
    suit_linear: bool
    positions: Mapping[str, str] | None = None
    notes: Sequence[str] = ()

    def part(self, rows: NDArray[np.intp]) -> Any:
        """Some of the samples, as a strategy takes them; what lies on disk stays there."""
        return _Part(self.X, rows) if isinstance(self.X, np.memmap) else self.X[rows]


class _Part:
    """Rows of an array that is larger than the memory may be."""

    def __init__(self, X: NDArray[Any], rows: NDArray[np.intp]) -> None:
        self._X, self._rows = X, rows
        self.shape, self.dtype, self.ndim = (len(rows), *X.shape[1:]), X.dtype, X.ndim

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        return np.asarray(self._X[self._rows[key]])


def make_inputs(
    samples: NamedSamples, features: Any = None, *, device: str = "auto", progress: Any = 0
) -> Inputs:
    """Turn samples into numbers.

    Parameters
    ----------
    samples : NamedSamples
        Images must be decoded, unless `features` are of a network.
    features : str, array or None
        As ``--features``: None takes pixels, TF-IDF, or a table's columns, each standardised. What
        a network or a file gives is centred, and divided by one number.
    device : str
        For networks.
    progress : {'auto'} or int
        As `verbose` of the strategies.

    Raises
    ------
    ValueError
        If features do not fit the samples.
    """
    if features is None and samples.kind == "features":
        X = _standardised(samples)
        return Inputs(X, X, name="columns", suit_linear=False)
    if isinstance(features, np.ndarray):
        made: Any = features
    else:
        made = make_features(features, samples.kind, device=device, progress=progress)
    positions = None
    notes: list[str] = []
    if isinstance(made, np.ndarray):
        name = "given features"
        X, positions, notes = match(made, f"features={_named(features)}", features, samples)
    elif samples.kind == "images" and features in (None, PIXELS):
        return Inputs(samples.X, small_pixels(samples.X), name="pixels", suit_linear=False)
    else:
        X = made.fit_transform(_readable(samples))
        name = f"features by {features or 'TF-IDF'}"
    X = _rescaled(np.asarray(X, dtype=np.float32))
    return Inputs(X, X, name=name, suit_linear=True, positions=positions, notes=notes)


def reads_pixels(samples: NamedSamples, features: Any) -> bool:
    """Whether images are decoded for the choice."""
    return samples.kind == "images" and (
        features is None or (isinstance(features, str) and features == PIXELS)
    )


def decode(
    samples: NamedSamples, *, n_jobs: int = 1, progress: bool = False
) -> tuple[NamedSamples, NamedSamples]:
    """Decode images; those that are whole as they were, and with their pixels in the place of X."""
    decoded = load_images(samples, n_jobs=n_jobs, progress=progress)
    if len(decoded) == len(samples):
        return samples, decoded
    whole = np.flatnonzero(np.isin(samples.names.astype(str), decoded.names.astype(str)))
    return replace(samples.take(whole), left_out=decoded.left_out), decoded


def small_pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows of at most 3 * 16 * 16 numbers in [0, 1], means over squares of pixels.

    Examples
    --------
    >>> small_pixels(np.full((2, 3, 40, 40), 255, np.uint8)).shape
    (2, 507)
    """
    n, channels, size, _ = images.shape
    step = -(-size // _MOST_PIXELS)
    side = size // step
    margin = (size - side * step) // 2
    inside = slice(margin, margin + side * step)
    rows = np.empty((n, channels * side * side), dtype=np.float32)
    for start in range(0, n, _AT_ONCE):
        some = np.asarray(images[start : start + _AT_ONCE, :, inside, inside])
        squares = some.reshape(len(some), channels, side, step, side, step)
        rows[start : start + len(some)] = squares.mean(axis=(3, 5)).reshape(len(some), -1) / 255
    return rows


def _readable(samples: NamedSamples) -> Any:
    """What a transformer of features takes: paths of images, else the samples."""
    if isinstance(samples.X, LazyImages) and samples.X.paths is not None:
        return files_of(samples)[: len(samples)]
    return samples.X


def _standardised(samples: NamedSamples) -> NDArray[np.float32]:
    """Columns of mean 0 and variance 1; those that are constant become 0."""
    X = np.asarray(samples.X, dtype=np.float64)
    good = np.abs(X) < _LARGEST  # NaN is not
    if not good.all():
        row, column = np.argwhere(~good)[0]
        raise ValueError(
            f"{shown(samples.source)}: row {row} has {X[row, column]:g} in column {column}, which "
            "cannot be computed with; put another number there, or take the row or the column away"
        )
    deviation = X.std(axis=0)
    # A constant column may vary by a rounding error.
    varies = deviation > 1e-12 * np.abs(X).max(axis=0)
    scaled = (X - X.mean(axis=0)) / np.where(varies, deviation, np.inf)
    rows: NDArray[np.float32] = scaled.astype(np.float32)
    return rows


def _rescaled(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred, and divided by one number, so that columns have variance 1 on average."""
    centred = X - X.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.sqrt(np.square(centred, dtype=np.float64).mean()))
    return centred / np.float32(scale) if scale > 0 else centred


def _named(features: Any) -> str:
    return repr(features) if isinstance(features, str) else "an array"
