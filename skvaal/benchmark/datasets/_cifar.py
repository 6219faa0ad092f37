"""CIFAR-10 and CIFAR-100 in the official form for Python."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal.benchmark.datasets._dataset import Dataset
from skvaal.benchmark.datasets._npz import cifar10_jpeg
from skvaal.benchmark.datasets._options import DATA_VARIABLE, Options
from skvaal.benchmark.datasets._pickles import read_pickle

CIFAR10_FOLDER, CIFAR100_FOLDER = "cifar-10-batches-py", "cifar-100-python"


def cifar10(options: Options) -> Dataset:
    """CIFAR-10, from its official folder, or else from cifar10.npz."""
    wanted = f"{CIFAR10_FOLDER}/ or cifar10.npz"
    parent = options.folder("cifar10", wanted=wanted)
    folder = parent / CIFAR10_FOLDER
    if not folder.is_dir():
        if not (parent / "cifar10.npz").is_file():
            raise FileNotFoundError(
                f"cifar10: there is neither {CIFAR10_FOLDER} nor a file cifar10.npz in {parent}; "
                f"point {DATA_VARIABLE} to the folder that holds one."
            )
        return cifar10_jpeg(options)
    classes = _texts(folder / "batches.meta", b"label_names")
    batches = [_samples(folder / f"data_batch_{i}", b"labels", len(classes)) for i in range(1, 6)]
    X_test, y_test = _samples(folder / "test_batch", b"labels", len(classes))
    return Dataset(
        name="cifar10",
        X=np.concatenate([X for X, _ in batches]),
        y=np.concatenate([y for _, y in batches]),
        kind="images",
        classes=classes,
        X_test=X_test,
        y_test=y_test,
    )


def cifar100(options: Options) -> Dataset:
    """CIFAR-100, from its official folder, with its 20 superclasses."""
    folder = options.folder("cifar100", wanted=f"{CIFAR100_FOLDER}/") / CIFAR100_FOLDER
    if not folder.is_dir():
        raise FileNotFoundError(
            f"cifar100: there is no folder {folder}; point {DATA_VARIABLE} to the folder that "
            "holds it."
        )
    classes = _texts(folder / "meta", b"fine_label_names")
    groups = _texts(folder / "meta", b"coarse_label_names")
    X, y = _samples(folder / "train", b"fine_labels", len(classes))
    _, group_of_sample = _samples(folder / "train", b"coarse_labels", len(groups))
    X_test, y_test = _samples(folder / "test", b"fine_labels", len(classes))
    superclasses = np.full(len(classes), -1, dtype=np.intp)
    superclasses[y] = group_of_sample
    if np.any(superclasses < 0) or np.any(superclasses[y] != group_of_sample):
        raise ValueError(f"{folder / 'train'}: coarse_labels do not group the fine_labels.")
    return Dataset(
        name="cifar100",
        X=X,
        y=y,
        kind="images",
        classes=classes,
        X_test=X_test,
        y_test=y_test,
        superclasses=superclasses,
    )


def _samples(path: Path, labels: bytes, n_classes: int) -> tuple[NDArray, NDArray[np.intp]]:
    content = _content(path, b"data", labels)
    X, numbers = content[b"data"], content[labels]
    if not isinstance(X, np.ndarray):
        raise ValueError(f"{path}: data are a {type(X).__name__}, not an array.")
    if X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != 3 * 32 * 32:
        raise ValueError(f"{path}: data are {X.dtype} of shape {X.shape}, not uint8 of (n, 3072).")
    known = range(n_classes)
    is_list = isinstance(numbers, list) and len(numbers) == len(X)
    if not is_list or not all(isinstance(one, int) and one in known for one in numbers):
        raise ValueError(
            f"{path}: {labels.decode()} must be {len(X)} whole numbers below {n_classes}."
        )
    return X.reshape(-1, 3, 32, 32), np.array(numbers, dtype=np.intp)


def _texts(path: Path, key: bytes) -> tuple[str, ...]:
    names = _content(path, key)[key]
    if not isinstance(names, list) or not all(isinstance(name, bytes | str) for name in names):
        raise ValueError(f"{path}: {key.decode()} must be a list of text.")
    return tuple(n.decode(errors="replace") if isinstance(n, bytes) else n for n in names)


def _content(path: Path, *keys: bytes) -> dict[bytes, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; unpack the archive once more.")
    content = read_pickle(path)
    missing = [key.decode() for key in keys if key not in content]
    if missing:
        raise ValueError(f"{path} is not an official file: it lacks {', '.join(missing)}.")
    return content
