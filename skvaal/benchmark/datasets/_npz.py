"""Data sets in .npz files."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.archives import load_arrays
from skvaal._files.decoding import open_regular
from skvaal._files.images import LazyImages
from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._options import DATA_VARIABLE, Options
from skvaal.benchmark.datasets._texts import split_texts, text_features
from skvaal.benchmark.machine import memory_gib


def fashion_mnist(options: Options) -> Dataset:
    """Grey images of 28x28, from fashion_mnist.npz."""
    arrays = read_named(
        "fashion_mnist", options, keys=("x_train", "y_train", "x_test", "y_test", "classes")
    )
    with damage_of("fashion_mnist"):
        X, X_test = (_grey_images(arrays, f"x_{part}") for part in ("train", "test"))
        return _from_splits("fashion_mnist", X, X_test, arrays)


def cifar10_jpeg(options: Options) -> Dataset:
    """CIFAR-10 as JPEG of quality 75, from cifar10.npz."""
    keys = [f"{key}_{part}" for part in ("train", "test") for key in ("jpeg_bytes", "offsets", "y")]
    arrays = read_named("cifar10", options, keys=(*keys, "classes"))
    with damage_of("cifar10"):
        X, X_test = (_images(arrays, suffix=f"_{part}") for part in ("train", "test"))
        return _from_splits("cifar10", X, X_test, arrays)


def caltech101_64(options: Options) -> Dataset:
    """Caltech-101 without the background class, 64x64, from caltech101_64.npz."""
    arrays = read_named(
        "caltech101_64", options, keys=("jpeg_bytes", "offsets", "y", "split", "classes")
    )
    with damage_of("caltech101_64"):
        X = _images(arrays, image_size=options.image_size, max_pixels=options.most_pixels)
        y, split = arrays["y"], arrays["split"]
        train, test = np.flatnonzero(split == 0), np.flatnonzero(split == 1)
        np.random.default_rng(options.random_state).shuffle(train)  # the file is sorted by class
        splits = {"y_train": y[train], "y_test": y[test], "classes": arrays["classes"]}
        return _from_splits("caltech101_64", X.take(train), X.take(test), splits)


def cifar10_features(options: Options) -> Dataset:
    """Features of CIFAR-10 (JPEG) by a network trained on ImageNet, from cifar10_features.npz."""
    keys = ("x_train", "y_train", "x_test", "y_test", "classes")
    arrays = read_named("cifar10_features", options, keys=keys)
    with damage_of("cifar10_features"):
        X, X_test = (_features(arrays, f"x_{part}") for part in ("train", "test"))
        greatest = X.max()
        # One scale for all features keeps the network's distances.
        return _from_splits("cifar10_features", X / greatest, X_test / greatest, arrays)


def ag_news_small(options: Options) -> Dataset:
    """News items in English as 200 features of their words, from ag_news_small.npz."""
    parts = ("train", "test")
    keys = [f"{key}_{part}" for part in parts for key in ("text_bytes", "offsets", "y")]
    arrays = read_named("ag_news_small", options, keys=(*keys, "classes"))
    with damage_of("ag_news_small"):
        texts, texts_test = (_texts(arrays, part) for part in parts)
        X, X_test = text_features(texts, texts_test)
        return _from_splits("ag_news_small", X, X_test, arrays)


def own_npz(path: Path) -> Dataset:
    """Read a file of the user's.

    Parameters
    ----------
    path : Path
        An .npz file of X and y, and perhaps X_test, y_test and classes, as in
        :meth:`Dataset.from_arrays`.

    Returns
    -------
    Dataset
        Called as the file is, without the ending.

    Raises
    ------
    ValueError
        If the file is damaged, lacks an array or holds pickles, or its arrays do not fit together.
    """
    arrays = _read(path, keys=("X", "y"), optional=("X_test", "y_test", "classes"))
    X, y = arrays.pop("X"), arrays.pop("y")
    with _naming(f"{path}: "):
        name = os.fsencode(path.stem).decode("utf-8", "backslashreplace")
        return Dataset.from_arrays(X, y, name=name, **arrays)  # type: ignore[arg-type]


def read_named(name: str, options: Options, *, keys: tuple[str, ...]) -> dict[str, NDArray]:
    path = options.folder(name, wanted=f"{name}.npz") / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: there is no file {path}; point {DATA_VARIABLE} to the folder that holds it."
        )
    return _read(path, keys=keys)


def _read(
    path: Path, *, keys: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, NDArray]:
    with open_regular(path) as file, _naming(f"{path} is refused: "):
        memory = memory_gib()
        most_bytes = np.inf if memory is None else memory * 2**30
        return load_arrays(file, keys, optional, most_bytes=most_bytes)


@contextmanager
def _naming(start: str) -> Iterator[None]:
    """Let an error about the arrays of a file say which file."""
    try:
        yield
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"{start}{error}") from error


def damage_of(name: str) -> AbstractContextManager[None]:
    return _naming(f"{name}.npz is damaged, get it once more: ")


def _from_splits(name: str, X: Any, X_test: Any, arrays: dict[str, NDArray]) -> Dataset:
    y, y_test = arrays["y_train"], arrays["y_test"]
    classes = _names(arrays["classes"])
    return Dataset.from_arrays(X, y, name=name, X_test=X_test, y_test=y_test, classes=classes)


def _features(arrays: dict[str, NDArray], key: str) -> NDArray[np.float32]:
    features = arrays[key]
    if features.ndim != 2 or features.dtype.kind != "f" or not features.size:
        raise ValueError(
            f"{key} is {features.dtype} of shape {features.shape}, not floats of (n, features)."
        )
    if not (features.min() >= 0 and 0 < features.max() < np.inf):
        raise ValueError(f"{key} must be finite, at least 0, and not 0 throughout.")
    return features.astype(np.float32)


def _texts(arrays: dict[str, NDArray], part: str) -> list[str]:
    try:
        return split_texts(arrays[f"text_bytes_{part}"], arrays[f"offsets_{part}"])
    except ValueError as error:
        raise ValueError(f"of the {part} split, {error}") from error


def _grey_images(arrays: dict[str, NDArray], key: str) -> NDArray:
    images = arrays[key]
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"{key} is {images.dtype} of shape {images.shape}, not uint8 of (n, height, width)."
        )
    return images[:, None]  # (n, height, width) -> (n, 1, height, width)


def _images(arrays: dict[str, NDArray], *, suffix: str = "", **sizes: Any) -> LazyImages:
    data, offsets = arrays[f"jpeg_bytes{suffix}"], arrays[f"offsets{suffix}"]
    n_labels = len(arrays[f"y{suffix}"])
    if len(offsets) != n_labels + 1:
        raise ValueError(
            f"y{suffix} has {n_labels} labels, and offsets{suffix} {len(offsets)} entries; there "
            "must be one entry more than labels."
        )
    return LazyImages.from_bytes(data, offsets, **sizes)


def _names(classes: NDArray) -> tuple[str, ...]:
    return tuple(str(label) for label in classes)
