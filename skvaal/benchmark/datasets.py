"""Data sets of the comparison, by name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from skvaal.benchmark._lookup import lookup

DATA_VARIABLE = "SKVAAL_DATA"


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Samples with their classes.

    Parameters
    ----------
    name : str
        Name for tables and files.
    X : ndarray of shape (n, features) or (n, channels, height, width)
        Samples: rows of numbers in [0, 1], or images of uint8.
    y : ndarray of shape (n,)
        Class of each sample, as an index into `classes`.
    kind : {"rows", "images"}
        What a sample is: a row of features or an image.
    classes : tuple of str
        Names of the classes.
    X_test, y_test : ndarray or None
        The official test split, of the same kind; None where the data have none.

    Examples
    --------
    >>> Dataset(name="two", X=np.eye(2), y=np.arange(2), kind="rows", classes=("a", "b")).name
    'two'
    """

    name: str
    X: NDArray
    y: NDArray
    kind: Literal["rows", "images"]
    classes: tuple[str, ...]
    X_test: NDArray | None = None
    y_test: NDArray | None = None


def load_dataset(name: str, *, data_dir: str | Path | None = None) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : {"digits", "fashion_mnist"}
        Which one. The digits come with scikit-learn; the others are read from a folder.
    data_dir : path or None, default=None
        Folder of the .npz files; None takes the environment variable SKVAAL_DATA.

    Returns
    -------
    Dataset
        The samples, with the official test split where there is one.

    Raises
    ------
    ValueError
        If the name is not known, or the file lacks an array.
    FileNotFoundError
        If the folder is not set, or the file is not in it.

    Examples
    --------
    >>> digits = load_dataset("digits")
    >>> digits.X.shape, float(digits.X.max())
    ((1797, 64), 1.0)
    """
    return lookup(DATASETS, name, argument="data")(data_dir)


def _digits(data_dir: str | Path | None) -> Dataset:
    X, y = load_digits(return_X_y=True)
    X = (X / 16.0).astype(np.float32)  # 17 grey levels, 0 to 16
    return Dataset(name="digits", X=X, y=y, kind="rows", classes=tuple("0123456789"))


def _fashion_mnist(data_dir: str | Path | None) -> Dataset:
    arrays = _read_npz(
        "fashion_mnist", data_dir, keys=("x_train", "y_train", "x_test", "y_test", "classes")
    )
    return Dataset(
        name="fashion_mnist",
        X=arrays["x_train"][:, None],  # (n, 28, 28) -> (n, 1, 28, 28)
        y=arrays["y_train"].astype(np.intp),
        kind="images",
        classes=tuple(str(label) for label in arrays["classes"]),
        X_test=arrays["x_test"][:, None],
        y_test=arrays["y_test"].astype(np.intp),
    )


def _read_npz(
    name: str, data_dir: str | Path | None, *, keys: tuple[str, ...]
) -> dict[str, NDArray]:
    path = _data_folder(name, data_dir) / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"{name}: there is no file {path}; point {DATA_VARIABLE} to the folder that holds it."
        )
    with np.load(path, allow_pickle=False) as archive:
        missing = [key for key in keys if key not in archive]
        if missing:
            raise ValueError(f"{path} lacks {', '.join(missing)}; it must hold {', '.join(keys)}.")
        return {key: archive[key] for key in keys}


def _data_folder(name: str, data_dir: str | Path | None) -> Path:
    folder = data_dir or os.environ.get(DATA_VARIABLE)
    if not folder:
        raise FileNotFoundError(
            f"{name}: set the environment variable {DATA_VARIABLE} to the folder that holds "
            f"{name}.npz, or use the data 'digits', which need no file."
        )
    return Path(folder)


DATASETS: dict[str, Callable[[str | Path | None], Dataset]] = {
    "digits": _digits,
    "fashion_mnist": _fashion_mnist,
}
