"""Data sets in .npz files."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._images import LazyImages
from skvaal.benchmark.datasets._options import DATA_VARIABLE, Options
from skvaal.benchmark.datasets._texts import split_texts, text_features


def fashion_mnist(options: Options) -> Dataset:
    """Grey images of 28x28, from fashion_mnist.npz."""
    arrays = _read_named(
        "fashion_mnist", options, keys=("x_train", "y_train", "x_test", "y_test", "classes")
    )
    return Dataset(
        name="fashion_mnist",
        X=arrays["x_train"][:, None],  # (n, 28, 28) -> (n, 1, 28, 28)
        y=arrays["y_train"].astype(np.intp),
        kind="images",
        classes=_names(arrays["classes"]),
        X_test=arrays["x_test"][:, None],
        y_test=arrays["y_test"].astype(np.intp),
    )


def cifar10_jpeg(options: Options) -> Dataset:
    """CIFAR-10 as JPEG of quality 75, from cifar10.npz."""
    keys = [f"{key}_{part}" for part in ("train", "test") for key in ("jpeg_bytes", "offsets", "y")]
    arrays = _read_named("cifar10", options, keys=(*keys, "classes"))
    X, X_test = (_images(arrays, "cifar10", suffix=f"_{part}") for part in ("train", "test"))
    return Dataset(
        name="cifar10",
        X=X,
        y=arrays["y_train"].astype(np.intp),
        kind="images",
        classes=_names(arrays["classes"]),
        X_test=X_test,
        y_test=arrays["y_test"].astype(np.intp),
    )


def caltech101_64(options: Options) -> Dataset:
    """Caltech-101 without the background class, 64x64, from caltech101_64.npz."""
    arrays = _read_named(
        "caltech101_64", options, keys=("jpeg_bytes", "offsets", "y", "split", "classes")
    )
    X = _images(arrays, "caltech101_64", image_size=options.image_size)
    y = arrays["y"].astype(np.intp)
    train, test = np.flatnonzero(arrays["split"] == 0), np.flatnonzero(arrays["split"] == 1)
    np.random.default_rng(options.random_state).shuffle(train)  # the file is sorted by class
    return Dataset(
        name="caltech101_64",
        X=X.take(train),
        y=y[train],
        kind="images",
        classes=_names(arrays["classes"]),
        X_test=X.take(test),
        y_test=y[test],
    )


def cifar10_features(options: Options) -> Dataset:
    """Features of CIFAR-10 (JPEG) by a network trained on ImageNet, from cifar10_features.npz."""
    keys = ("x_train", "y_train", "x_test", "y_test", "classes")
    arrays = _read_named("cifar10_features", options, keys=keys)
    with _naming("cifar10_features"):
        X, X_test = (_features(arrays, f"x_{part}") for part in ("train", "test"))
        greatest = X.max()
        # One scale for all features keeps the network's distances.
        return _from_splits("cifar10_features", X / greatest, X_test / greatest, arrays)


def ag_news_small(options: Options) -> Dataset:
    """News items in English as 200 features of their words, from ag_news_small.npz."""
    parts = ("train", "test")
    keys = [f"{key}_{part}" for part in parts for key in ("text_bytes", "offsets", "y")]
    arrays = _read_named("ag_news_small", options, keys=(*keys, "classes"))
    with _naming("ag_news_small"):
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
    try:
        return Dataset.from_arrays(X, y, name=path.stem, **arrays)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_named(name: str, options: Options, *, keys: tuple[str, ...]) -> dict[str, NDArray]:
    path = options.folder(name, wanted=f"{name}.npz") / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: there is no file {path}; point {DATA_VARIABLE} to the folder that holds it."
        )
    return _read(path, keys=keys)


def _read(
    path: Path, *, keys: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, NDArray]:
    if not is_zipfile(path):
        raise ValueError(f"{path} is no .npz file, or is damaged; write it by numpy.savez.")
    try:
        return _read_arrays(path, keys, optional)
    except (BadZipFile, zlib.error, OSError) as error:
        raise ValueError(f"{path} is damaged ({error}); get or write it once more.") from error


def _read_arrays(
    path: Path, keys: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, NDArray]:
    with np.load(path, allow_pickle=False) as archive:
        missing = [key for key in keys if key not in archive]
        if missing:
            raise ValueError(f"{path} lacks {', '.join(missing)}; it must hold {', '.join(keys)}.")
        arrays = {}
        for key in (*keys, *optional):
            if key not in archive:
                continue
            try:
                arrays[key] = archive[key]
            except ValueError as error:  # numpy's text says allow_pickle, or what is damaged
                raise ValueError(
                    f"{path}: {key} cannot be read ({error}); save it as an array of numbers or "
                    "of text."
                ) from error
    return arrays


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let an error about the arrays of a file say which file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}.npz is damaged, get it once more: {error}") from error


def _from_splits(name: str, X: NDArray, X_test: NDArray, arrays: dict[str, NDArray]) -> Dataset:
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


def _images(
    arrays: dict[str, NDArray], name: str, *, suffix: str = "", image_size: int | None = None
) -> LazyImages:
    data, offsets = arrays[f"jpeg_bytes{suffix}"], arrays[f"offsets{suffix}"]
    n_labels = len(arrays[f"y{suffix}"])
    if len(offsets) != n_labels + 1:
        raise ValueError(
            f"{name}.npz: y{suffix} has {n_labels} labels, and offsets{suffix} {len(offsets)} "
            "entries; there must be one entry more than labels. Get the file once more."
        )
    return LazyImages.from_bytes(data, offsets, image_size=image_size)


def _names(classes: NDArray) -> tuple[str, ...]:
    return tuple(str(label) for label in classes)
