"""The pickles of CIFAR's official files, read without running what a pickle may name."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_FAILURES = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    TypeError,
    UnicodeDecodeError,
    ValueError,
)


def read_pickle(path: Path) -> dict[bytes, Any]:
    """Read a dict of lists, numbers, text and arrays from a pickle.

    A pickle may name any function and call it. This reader knows those that build an array and
    refuses all others.

    Parameters
    ----------
    path : Path
        A file written by Python 2 or 3.

    Returns
    -------
    dict
        Text of Python 2, keys included, as bytes.

    Raises
    ------
    ValueError
        If the pickle names anything else, is damaged or is no dict.
    """
    try:
        with open(path, "rb") as file:
            content = _ArraysOnly(file, encoding="bytes").load()
    except _FAILURES as error:
        raise ValueError(f"{path} is not an official file, or is damaged: {error}.") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not an official file: it holds no dict.")
    return {key.encode() if isinstance(key, str) else key: content[key] for key in content}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which no array needs, and which was not run"
            )
        return _ALLOWED[module, name]


def _dtype(kind: Any, align: Any = False, copy: Any = False) -> np.dtype:
    # Pickles hold 0 and 1 here, about which NumPy 2.4 warns.
    return np.dtype(kind, bool(align), bool(copy))


def _encode(text: str, encoding: str) -> bytes:
    # How Python 3 writes bytes in protocol 2. The real codecs.encode takes any codec.
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {encoding!r}")
    return text.encode("latin1")


_reconstruct: Any = np.empty(0).__reduce__()[0]  # in another module since NumPy 2
_ALLOWED: dict[tuple[str, str], Callable] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
}
