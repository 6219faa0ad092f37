"""Data sets of street scenes with a class for each pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.images import MIN_IMAGE_SIZE
from skvaal._files.scenes import Encoded, LazyMasks, LazyScenes, Size, resize_mask
from skvaal.benchmark._lookup import lookup
from skvaal.benchmark.datasets._npz import damage_of, read_named
from skvaal.benchmark.datasets._options import DATA_VARIABLE, Options, check_pixels

IGNORED = 255
STREET_CLASSES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign"),
    *("vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train"),
    *("motorcycle", "bicycle"),
)
# Cityscapes' numbers in *_labelIds.png of the 19 classes, in their order.
_CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_N_CITYSCAPES_IDS = 34
_N_SHOWN = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenes:
    """Images with a class for each pixel.

    Parameters
    ----------
    name : str
        Name for tables and files.
    X : array-like of uint8, shape (n, 3, height, width)
        Images to learn from. They are decoded when they are asked for: ``X[indices]`` is an
        ndarray.
    y : array-like of uint8, shape (n, height, width)
        Class of each pixel, as an index into `classes`, or `ignore_index`.
    X_test, y_test : array-like of uint8
        The same, to test on.
    classes : tuple of str
        Names of the classes.
    ignore_index : int
        Marks pixels of no class; they count neither in a loss nor in a score.
    X_val, y_val : array-like or None, default=None
        A second split to choose settings on; None where the data have none.

    Examples
    --------
    >>> image, mask = np.zeros((1, 3, 8, 8), np.uint8), np.zeros((1, 8, 8), np.uint8)
    >>> Scenes(
    ...     name="one", X=image, y=mask, X_test=image, y_test=mask, classes=("road",),
    ...     ignore_index=255,
    ... ).name
    'one'
    """

    name: str
    X: LazyScenes | NDArray[np.uint8]
    y: LazyMasks | NDArray[np.uint8]
    X_test: LazyScenes | NDArray[np.uint8]
    y_test: LazyMasks | NDArray[np.uint8]
    classes: tuple[str, ...]
    ignore_index: int
    X_val: LazyScenes | NDArray[np.uint8] | None = None
    y_val: LazyMasks | NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class _Source:
    load: Callable[[Options, Size], Scenes]
    size: Size


def load_scenes(
    name: str,
    *,
    data_dir: str | Path | None = None,
    size: tuple[int, int] | None = None,
    max_pixels: int | None = None,
) -> Scenes:
    """Load a data set for semantic segmentation.

    Parameters
    ----------
    name : {"cityscapes", "bdd100k", "camvid"}
        One of these, in `data_dir` or in a folder of that name in it:

        - "cityscapes": ``leftImg8bit/{train,val}/CITY/*_leftImg8bit.png`` and
          ``gtFine/{train,val}/CITY/*_gtFine_labelIds.png``, whose numbers become those of the 19
          classes for training. ``val`` is for testing.
        - "bdd100k": ``images/10k/{train,val}/*.jpg`` and
          ``labels/sem_seg/masks/{train,val}/*.png``, with the same 19 classes. ``val`` is for
          testing.
        - "camvid": camvid_small_q95.npz, 11 classes, with a split for validation.
    data_dir : path or None, default=None
        Folder of the data; None takes the environment variable SKVAAL_DATA.
    size : tuple (height, width) or None, default=None
        Size of the images in pixels, at least 8; None takes 128x256 for Cityscapes, 90x160 for
        BDD100K and 90x120 for CamVid, which keep the proportions. Label maps are resized by the
        nearest pixel.
    max_pixels : int or None, default=None
        How many pixels an image file may have; None takes 50 million.

    Returns
    -------
    Scenes
        Images in the order of their names, of CamVid in that of the frames. Files are opened when
        they are asked for; one that cannot be decoded is an error then, with its name.

    Raises
    ------
    ValueError
        If the name is not known, the size too small, a file damaged, or an image without a label
        map or a map without an image.
    FileNotFoundError
        If the folder is not set, or something is not in it.

    Examples
    --------
    >>> load_scenes("cityscapes", data_dir="no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: cityscapes: there is no folder leftImg8bit/train in no/such/folder; ...
    """
    source = lookup(_SOURCES, name, argument="name")
    options = Options(data_dir=data_dir, max_pixels=max_pixels)
    check_pixels(max_pixels, "max_pixels", MIN_IMAGE_SIZE**2)
    return source.load(options, source.size if size is None else _checked_size(size))


def _checked_size(size: Any) -> Size:
    is_pair = isinstance(size, tuple | list) and len(size) == 2
    if not is_pair or any(
        isinstance(each, bool) or not isinstance(each, Integral) or each < MIN_IMAGE_SIZE
        for each in size
    ):
        raise ValueError(
            f"size={size!r} must be (height, width), whole numbers of pixels, {MIN_IMAGE_SIZE} or "
            "more."
        )
    return int(size[0]), int(size[1])


def _cityscapes(options: Options, size: Size) -> Scenes:
    root = _root("cityscapes", options, "leftImg8bit/train")
    ids = dict.fromkeys((*range(_N_CITYSCAPES_IDS), IGNORED), IGNORED)
    ids |= {number: label for label, number in enumerate(_CITYSCAPES_IDS)}
    pairs = [
        _pairs(
            "cityscapes",
            (root / "leftImg8bit" / split, "*/*_leftImg8bit.png"),
            (root / "gtFine" / split, "*/*_gtFine_labelIds.png"),
        )
        for split in ("train", "val")
    ]
    return _of_files("cityscapes", pairs, size, ids, options.most_pixels)


def _bdd100k(options: Options, size: Size) -> Scenes:
    root = _root("bdd100k", options, "images/10k/train")
    labels = {number: number for number in (*range(len(STREET_CLASSES)), IGNORED)}
    pairs = [
        _pairs(
            "bdd100k",
            (root / "images" / "10k" / split, "*.jpg"),
            (root / "labels" / "sem_seg" / "masks" / split, "*.png"),
        )
        for split in ("train", "val")
    ]
    return _of_files("bdd100k", pairs, size, labels, options.most_pixels)


def _camvid(options: Options, size: Size) -> Scenes:
    splits = ("train", "val", "test")
    keys = [f"{key}_{split}" for split in splits for key in ("jpeg_bytes", "offsets", "y")]
    name = "camvid_small_q95"
    arrays = read_named(name, options, keys=(*keys, "classes", "ignore_index"))
    with damage_of(name):
        ignore_index = int(arrays["ignore_index"])
        classes = tuple(str(each) for each in arrays["classes"][:ignore_index])
        X: dict[str, LazyScenes] = {}
        y: dict[str, NDArray[np.uint8]] = {}
        for split in splits:
            files = _encoded(arrays[f"jpeg_bytes_{split}"], arrays[f"offsets_{split}"])
            X[split] = LazyScenes(files, size, max_pixels=options.most_pixels)
            y[split] = _maps(arrays[f"y_{split}"], len(files), size, ignore_index)
    return Scenes(
        name="camvid",
        X=X["train"],
        y=y["train"],
        X_val=X["val"],
        y_val=y["val"],
        X_test=X["test"],
        y_test=y["test"],
        classes=classes,
        ignore_index=ignore_index,
    )


_SOURCES = {
    "cityscapes": _Source(_cityscapes, (128, 256)),
    "bdd100k": _Source(_bdd100k, (90, 160)),
    "camvid": _Source(_camvid, (90, 120)),
}


def _root(name: str, options: Options, first: str) -> Path:
    parent = options.folder(name, wanted=f"{first}/")
    for root in (parent / name, parent):
        if (root / first).is_dir():
            return root
    raise FileNotFoundError(
        f"{name}: there is no folder {first} in {parent}; point {DATA_VARIABLE} to the folder that "
        f"holds it, or {name}/{first}."
    )


def _pairs(
    name: str, images: tuple[Path, str], maps: tuple[Path, str]
) -> tuple[list[Path], list[Path]]:
    """Files of the images and of their label maps, by the part of the name that both have."""
    found = []
    for folder, pattern in (images, maps):
        if not folder.is_dir():
            raise FileNotFoundError(f"{name}: there is no folder {folder}.")
        ending = pattern.rpartition("*")[2]
        # Archives packed on macOS bring files such as ._aachen_000000_leftImg8bit.png.
        paths = [path for path in folder.glob(pattern) if not path.name.startswith(".")]
        found.append({str(path.relative_to(folder))[: -len(ending)]: path for path in paths})
    by_image, by_map = found
    _check_same(name, by_image, by_map, "a label map")
    _check_same(name, by_map, by_image, "an image")
    if not by_image:
        raise ValueError(f"{name}: {images[0]} holds no file {images[1]}.")
    keys = sorted(by_image)
    return [by_image[key] for key in keys], [by_map[key] for key in keys]


def _check_same(name: str, files: dict[str, Path], others: dict[str, Path], lacking: str) -> None:
    alone = [files[key] for key in sorted(files.keys() - others.keys())]
    if alone:
        shown = ", ".join(str(path) for path in alone[:_N_SHOWN])
        shown += f" and {len(alone) - _N_SHOWN} more" if len(alone) > _N_SHOWN else ""
        raise ValueError(
            f"{name}: {len(alone)} files are without {lacking}: {shown}; unpack the whole archive, "
            "or remove them."
        )


def _of_files(
    name: str,
    pairs: Sequence[tuple[list[Path], list[Path]]],
    size: Size,
    labels: dict[int, int],
    max_pixels: int,
) -> Scenes:
    X, X_test = (LazyScenes(images, size, max_pixels=max_pixels) for images, _ in pairs)
    y, y_test = (LazyMasks(maps, size, labels=labels, max_pixels=max_pixels) for _, maps in pairs)
    return Scenes(
        name=name,
        X=X,
        y=y,
        X_test=X_test,
        y_test=y_test,
        classes=STREET_CLASSES,
        ignore_index=IGNORED,
    )


def _encoded(data: NDArray, offsets: NDArray) -> list[Encoded]:
    rise = offsets.ndim == 1 and len(offsets) > 1 and offsets.dtype.kind in "iu"
    if data.ndim != 1 or data.dtype != np.uint8 or not rise:
        raise ValueError("jpeg_bytes must be uint8 of (n,), offsets whole numbers of (n + 1,).")
    if offsets[0] < 0 or offsets[-1] > len(data) or np.any(offsets[1:] <= offsets[:-1]):
        raise ValueError(f"offsets must rise from 0 or more to at most {len(data)}.")
    return [data[a:b] for a, b in pairwise(offsets)]


def _maps(y: NDArray, n: int, size: Size, ignore_index: int) -> NDArray[np.uint8]:
    if y.ndim != 3 or y.dtype != np.uint8 or len(y) != n:
        raise ValueError(f"y is {y.dtype} of shape {y.shape}, not uint8 of ({n}, height, width).")
    if y.size and y.max() > ignore_index:
        raise ValueError(f"y holds {y.max()}, more than ignore_index={ignore_index}.")
    return np.stack([resize_mask(each, size) for each in y])
