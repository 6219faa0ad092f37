"""Arrays of a user in .npy and .npz files; nothing is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.archives import load_arrays
from skvaal._files.decoding import open_regular
from skvaal._files.reading import listed, naming
from skvaal._utils.files import memory_bytes

ARRAY_ENDINGS = (".npy", ".npz")
NAMES = "names"  # array of an .npz file that says which sample each row belongs to


def read_samples(path: str | Path) -> NDArray[Any]:
    """Read an array of features, one row a sample, or of texts.

    Parameters
    ----------
    path : str or Path
        A .npy file, which stays on disk (memory-mapped), or an .npz file that holds `X`, or one
        array only beside `names`.

    Returns
    -------
    array of shape (n, n_features), or object array of n str
        More than two axes are flattened to two.
    """
    array = _map(path) if Path(path).suffix.lower() == ".npy" else _unpack(path)
    with naming(path):
        if array.ndim == 1 and array.dtype.kind == "U":
            return array.astype(object)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"its array is of {array.dtype}, not of numbers or of texts")
        if array.ndim < 2 or not array.size:
            raise ValueError(
                f"its array has the shape {array.shape}; it must be (n_samples, n_features)"
            )
        return array.reshape(len(array), -1)


def read_names(path: str | Path) -> NDArray[np.object_] | None:
    """Read the names of samples that an .npz file holds beside its rows, (n,); None without any."""
    if Path(path).suffix.lower() != ".npz":
        return None
    with open_regular(path) as file, naming(path):
        held = _names(file)
        if NAMES not in held:
            # One of them may be the names, called in another way or damaged there.
            if len(held) > 1:
                raise ValueError(
                    f"it holds {listed(held, len(held))}; call the names of the rows {NAMES}, and "
                    "take out what is neither rows nor names"
                )
            return None
        file.seek(0)
        names = load_arrays(file, (NAMES,), most_bytes=memory_bytes())[NAMES]
        if names.ndim != 1 or names.dtype.kind not in "Uiu":
            raise ValueError(
                f"its array {NAMES} is of {names.dtype} and shape {names.shape}; it must hold a "
                "text or a whole number for each row"
            )
        return names.astype(str).astype(object)


def _map(path: str | Path) -> NDArray[Any]:
    with open_regular(path) as file, naming(path):
        if file.read(6) != b"\x93NUMPY":
            raise ValueError("it is no .npy file, or is damaged")
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    # numpy parses the header as Python; what is damaged fails by whatever error it comes to.
    except Exception as error:
        with naming(path):
            raise ValueError(
                f"it cannot be read ({error}); save it as an array of numbers"
            ) from error


def _unpack(path: str | Path) -> NDArray[Any]:
    with open_regular(path) as file, naming(path):
        names = _names(file)
        others = [name for name in names if name != NAMES]
        if "X" not in names and len(others) != 1:
            raise ValueError(
                f"it holds {listed(names, len(names)) or 'no array'}; the samples must be called "
                "X, or be the only array"
            )
        name = "X" if "X" in names else others[0]
        file.seek(0)
        return load_arrays(file, (name,), most_bytes=memory_bytes())[name]


def _names(file: Any) -> list[str]:
    from zipfile import ZipFile

    try:
        with ZipFile(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except Exception as error:  # zipfile raises all kinds
        raise ValueError(f"it is no .npz file, or is damaged ({error})") from error
