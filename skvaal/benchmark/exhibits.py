"""What each strategy picked first: small pictures, or a map of the pool."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.preprocessing import minmax_scale

from skvaal import VAALQueryStrategy
from skvaal._files.archives import load_arrays
from skvaal._files.decoding import opened
from skvaal._utils.files import read_file, replace_file
from skvaal.benchmark.datasets import Dataset

MOST_PICTURES = 20  # of each strategy
MOST_POINTS = 2_000  # of the pool
_LONGEST_SIDE = 32  # of a picture, in pixels
_QUALITY = 85
_ITERATIONS = 100  # of VAAL's training: a map, not a query
_BLOCK = 8  # JPEG's, in pixels
_ARRAYS = ("y", "labeled", "strategies", "n_picks", "picks", "classes")
_SAMPLES = ("jpeg", "shape", "points")
_MOST_BYTES = 2**26  # of a file's arrays; it is some 100 kB
_FARTHEST = 1e30  # on a map, so that matplotlib can compute with it


@dataclass(frozen=True, eq=False, kw_only=True)
class Exhibit:
    """What each strategy picked in its first query, from one start.

    Parameters
    ----------
    samples : ndarray of shape (n, height, width, 1 or 3) or (n, 2)
        Small pictures of uint8, of the samples that were labelled at the start or picked; or the
        places of samples of the pool on a map.
    y : ndarray of shape (n,)
        Class of each sample, as an index into `classes`.
    labeled : ndarray of bool of shape (n,)
        Which samples were labelled at the start.
    picks : dict of str to ndarray of int
        For each strategy the samples that it picked, as indices into `samples`; the first choice
        first. Of pictures, the first 20.
    classes : tuple of str
        Names of the classes.

    Examples
    --------
    >>> exhibit = Exhibit(
    ...     samples=np.eye(2),
    ...     y=np.arange(2),
    ...     labeled=np.array([True, False]),
    ...     picks={"random": np.array([1])},
    ...     classes=("a", "b"),
    ... )
    >>> exhibit.has_pictures
    False
    """

    samples: NDArray
    y: NDArray
    labeled: NDArray
    picks: dict[str, NDArray]
    classes: tuple[str, ...]

    @property
    def has_pictures(self) -> bool:
        """Whether the samples are pictures, and not places on a map."""
        return self.samples.ndim == 4

    def save(self, path: str | Path) -> None:
        """Write the exhibit into an .npz file without pickles, at once; pictures as JPEG.

        Parameters
        ----------
        path : path
            The file; missing folders are made.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {
            "y": self.y,
            "labeled": self.labeled,
            "strategies": np.array(list(self.picks), dtype=np.str_),
            "n_picks": np.array([len(chosen) for chosen in self.picks.values()], dtype=np.intp),
            "picks": np.concatenate([*self.picks.values(), np.empty(0, np.intp)]).astype(np.intp),
            "classes": np.array(self.classes, dtype=np.str_),
        }
        if self.has_pictures:
            arrays |= {"jpeg": _to_jpeg(self.samples), "shape": np.array(self.samples.shape)}
        else:
            arrays["points"] = self.samples.astype(np.float32)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        replace_file(path, buffer.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> "Exhibit":
        """Read what :meth:`save` has written.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Exhibit
            Equal to the one saved, but for what JPEG changes in pictures.

        Raises
        ------
        ValueError
            If the file is damaged, or not one that :meth:`save` wrote.
        """
        content = io.BytesIO(read_file(path))
        try:
            arrays = load_arrays(content, _ARRAYS, _SAMPLES, most_bytes=_MOST_BYTES)
            samples = (
                _from_jpeg(arrays["jpeg"], tuple(arrays["shape"].tolist()))
                if "jpeg" in arrays
                else arrays["points"]
            )
            parts = np.split(arrays["picks"], np.cumsum(arrays["n_picks"])[:-1])
            exhibit = cls(
                samples=samples,
                y=arrays["y"],
                labeled=arrays["labeled"],
                picks=dict(zip(arrays["strategies"].tolist(), parts, strict=True)),
                classes=tuple(arrays["classes"].tolist()),
            )
            exhibit._check()
            return exhibit
        except Exception as error:  # numpy, zipfile and Pillow raise all kinds
            raise ValueError(
                f"{path} holds no exhibit, or a damaged one ({type(error).__name__}: {error}); "
                "delete it, and make it anew by Exhibit.save."
            ) from error

    def _check(self) -> None:
        """Raise a ValueError if this cannot be drawn."""
        n = len(self.samples)
        is_map = self.samples.dtype == np.float32 and self.samples.shape == (n, 2)
        if not (is_map or self.has_pictures) or not (np.abs(self.samples) < _FARTHEST).all():
            raise ValueError("samples are neither pictures nor places on a map")
        if self.labeled.shape != (n,) or self.labeled.dtype != bool:
            raise ValueError("labeled does not fit the samples")
        if self.y.shape != (n,) or not _are_indices(self.y, len(self.classes)):
            raise ValueError("y does not fit the samples and the classes")
        if not self.picks or not all(_are_indices(one, n) for one in self.picks.values()):
            raise ValueError("picks are not among the samples")
        for name in (*self.picks, *self.classes):
            name.encode()


def make_exhibit(
    dataset: Dataset,
    first_picks: Mapping[str, Sequence[int]],
    *,
    pool: ArrayLike,
    labeled: ArrayLike,
    random_state: int = 0,
) -> Exhibit:
    """Collect what each strategy picked first, from one start.

    Images become small pictures. Rows are put on a map: VAAL's latent means after a short training
    on the samples that are shown, then their two principal components.

    Parameters
    ----------
    dataset : Dataset
        The data.
    first_picks : mapping of str to sequence of int
        For each strategy the samples of its first query, as indices into ``dataset.X``.
    pool : array-like of int
        Samples that could be labelled, as such indices, the start included.
    labeled : array-like of int
        Samples labelled at the start, as such indices.
    random_state : int, default=0
        Seeds the training, and the draw of the samples shown of a large pool.

    Returns
    -------
    Exhibit
        Pictures of the start and of the first 20 picks of each strategy; or of up to 2,000
        samples of the pool, the start and the picks among them, the places.

    Raises
    ------
    ValueError
        If a pick or a labelled sample is not in the pool, or there is no strategy.

    Examples
    --------
    >>> from skvaal.benchmark import load_dataset
    >>> digits = load_dataset("digits")
    >>> picks = {"margin": [60, 61], "random": [70, 60]}
    >>> exhibit = make_exhibit(digits, picks, pool=range(100), labeled=range(20))
    >>> exhibit.samples.shape, exhibit.picks["random"].tolist()
    ((100, 2), [70, 60])
    """
    pool, labeled = np.unique(np.asarray(pool)), np.asarray(labeled)
    picks = {name: np.asarray(chosen, dtype=np.intp) for name, chosen in first_picks.items()}
    if not picks:
        raise ValueError("first_picks is empty; give the picks of at least one strategy.")
    for name, chosen in {"labeled": labeled, **picks}.items():
        if not np.isin(chosen, pool).all():
            raise ValueError(
                f"{name}: sample {chosen[~np.isin(chosen, pool)][0]} is not in the pool; "
                "give indices into dataset.X."
            )
    if dataset.kind == "images":
        picks = {name: chosen[:MOST_PICTURES] for name, chosen in picks.items()}
        shown = np.unique(np.concatenate([labeled[:MOST_PICTURES], *picks.values()]))
        samples = _thumbnails(np.asarray(dataset.X[shown]))
    else:
        shown = _drawn(pool, np.concatenate([labeled, *picks.values()]), random_state)
        samples = _latent_map(dataset.X[shown], np.isin(shown, labeled), random_state)
    return Exhibit(
        samples=samples,
        y=np.asarray(dataset.y)[shown],
        labeled=np.isin(shown, labeled),
        picks={name: np.searchsorted(shown, chosen) for name, chosen in picks.items()},
        classes=tuple(dataset.classes),
    )


def _are_indices(values: NDArray, n: int) -> bool:
    return bool(
        values.dtype.kind in "iu" and values.size and values.min() >= 0 and values.max() < n
    )


def _drawn(pool: NDArray, wanted: NDArray, random_state: int) -> NDArray:
    """Return the wanted samples and as many others of the pool as fit on the map."""
    wanted = np.unique(wanted)
    others = np.setdiff1d(pool, wanted)
    n_others = min(len(others), max(0, MOST_POINTS - len(wanted)))
    drawn = np.random.default_rng(random_state).choice(others, n_others, replace=False)
    return np.union1d(wanted, drawn)


def _latent_map(X: NDArray, labeled: NDArray, random_state: int) -> NDArray:
    X = minmax_scale(X).astype(np.float32)  # a user's rows may be on any scale
    strategy = VAALQueryStrategy(random_state=random_state, device="cpu")
    steps_of_an_epoch = math.ceil((len(X) - labeled.sum()) / strategy.batch_size)
    strategy.set_params(max_epochs=math.ceil(_ITERATIONS / max(1, steps_of_an_epoch)))
    means = strategy.fit(X, np.where(labeled, 0, -1)).transform(X)
    return PCA(n_components=2, svd_solver="full").fit_transform(means).astype(np.float32)


def _thumbnails(images: NDArray) -> NDArray:
    """Shrink images: (n, channels, height, width) -> uint8 (n, height, width, 1 or 3)."""
    if images.dtype != np.uint8:
        low, high = images.min(), images.max()
        images = np.round(255 * (images - low) / max(high - low, 1e-12)).astype(np.uint8)
    if images.shape[1] not in (1, 3):
        images = images.mean(axis=1, keepdims=True).astype(np.uint8)
    pictures = np.moveaxis(images, 1, -1)
    shrunk = []
    for picture in pictures:
        image = Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture)
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))  # never enlarges
        shrunk.append(np.atleast_3d(np.asarray(image)))
    return np.stack(shrunk)


def _to_jpeg(pictures: NDArray) -> NDArray:
    """Write pictures below each other into one JPEG, for a header each would outweigh them."""
    n, height, width, channels = pictures.shape
    # Whole blocks, so that no picture's colours leak into the next one.
    margins = [(0, -height % _BLOCK), (0, -width % _BLOCK)]
    tall = np.pad(pictures, [(0, 0), *margins, (0, 0)], mode="edge")
    tall = tall.reshape(n * tall.shape[1], tall.shape[2], channels)
    buffer = io.BytesIO()
    image = Image.fromarray(tall.squeeze(-1) if channels == 1 else tall)
    image.save(buffer, format="JPEG", quality=_QUALITY, subsampling=0)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def _from_jpeg(data: NDArray, shape: tuple[int, ...]) -> NDArray:
    n, height, width, channels = shape
    if min(shape) < 1 or max(height, width) > _LONGEST_SIDE or channels not in (1, 3):
        raise ValueError(f"no pictures are of shape {shape}")
    margin = _BLOCK - 1
    with opened(io.BytesIO(data.tobytes()), n * (height + margin) * (width + margin)) as image:
        tall = np.atleast_3d(np.asarray(image))
    return tall.reshape(n, -1, tall.shape[1], channels)[:, :height, :width]
