"""The pickles of CIFAR's official files, read without running what a pickle may name."""

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._utils.files import read_file


def read_pickle(path: Path) -> dict[bytes, Any]:
    """Read a dict of lists, numbers, text and arrays from a pickle.

    A pickle may name any function and call it, and even NumPy's own may be called such that they
    read any memory. This reader calls none of them: it notes what is said of an array, and makes
    the array from that if it is one of numbers.

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
    content = read_file(path)
    try:
        loaded = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        if not isinstance(loaded, dict):
            raise TypeError("it holds no dict")
        return {
            key.encode() if isinstance(key, str) else key: _as_array(value)
            for key, value in loaded.items()
        }
    except Exception as error:  # what an unpickler comes upon in damaged bytes may be anything
        raise ValueError(f"{path} is not an official file, or is damaged: {error}.") from error


class _Array:
    """What a pickle says of an array."""

    def __init__(self, *ignored: Any) -> None:
        self.state: tuple = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _DType(_Array):
    """What a pickle says of a dtype."""

    def __init__(self, kind: Any, *ignored: Any) -> None:
        super().__init__()
        self.kind = kind


def _encode(text: str, encoding: str) -> bytes:
    # How Python 3 writes bytes in protocol 2. The real codecs.encode takes any codec.
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {encoding!r}")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,  # since NumPy 2
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
}


# The one in Python: that in C reserves memory for whatever size or number a pickle claims.
_Unpickler: Any = pickle._Unpickler


class _ArraysOnly(_Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which no array needs, and which was not run"
            )
        return _ALLOWED[module, name]

    def load_build(self) -> None:
        if not isinstance(self.stack[-2], _Array):
            raise pickle.UnpicklingError("it changes something that is no array")
        super().load_build()

    dispatch = {**_Unpickler.dispatch, pickle.BUILD[0]: load_build}


def _as_array(value: Any) -> Any:
    if not isinstance(value, _Array):
        return value
    _, shape, dtype, is_fortran, content = value.state
    kind = dtype.kind.decode() if isinstance(dtype.kind, bytes) else dtype.kind
    if kind not in ("u1", "i1", "i2", "i4", "i8", "f4", "f8"):
        raise TypeError(f"it holds an array of {kind!r}")
    order: Any = dtype.state[1].decode() if isinstance(dtype.state[1], bytes) else dtype.state[1]
    array: NDArray = np.frombuffer(content, dtype=np.dtype(kind).newbyteorder(order))
    if math.prod(shape) != array.size:
        raise ValueError(f"it holds {array.size} numbers for an array of shape {shape}")
    return array.reshape(shape, order="F" if is_fortran else "C").copy()
