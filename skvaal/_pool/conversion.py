"""From tensors, lists of them and masked arrays to arrays of numpy, or to an error that names them.

torch is not imported: a tensor says of itself what is asked here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.kinds import is_picture, is_tensor
from skvaal._pool.mapping import check_not_cut


def as_array(X: Any, name: str, dtype: Any = None) -> NDArray:
    """Read what lies in memory as an array; what is no array of one shape is a ValueError.

    A masked entry is a ValueError, too. Without a `dtype`, numpy's own choice is taken.
    """
    X = unwrap(X, name)
    if hasattr(X, "toarray"):
        raise ValueError(f"{name} is a sparse matrix; pass {name}.toarray()")
    try:
        return np.asarray(X, dtype=dtype)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ValueError(
            f"{name} cannot be read as an array: {describe(error)}; pass one of a single shape"
        ) from error


def as_real_numbers(X: Any, name: str) -> NDArray:
    """The same for real numbers, in their own type; objects are numbers of float64.

    Complex numbers, dates and texts are a ValueError: numpy makes numbers of some.
    """
    array = as_array(X, name)
    others = (each for each in array.flat if not is_real(each)) if array.dtype == object else ()
    for other in others:
        what = "texts" if isinstance(other, str) else f"a value of type {type(other).__name__}"
        raise ValueError(f"{name} must hold real numbers, but holds {what}; convert it to float64")
    if array.dtype.kind not in "biufO":
        raise ValueError(
            f"{name} must hold real numbers, but is of dtype {array.dtype}; convert it to float64"
        )
    return as_array(array, name, np.float64) if array.dtype == object else array


def is_real(value: Any) -> bool:
    """Whether ``float(value)`` is the whole of an object: not of a complex number, date or text."""
    if isinstance(value, np.generic | np.ndarray):
        return value.dtype.kind in "biuf"
    is_complex = is_tensor(value) and value.is_complex()
    return not is_complex and not isinstance(value, complex | str | bytes)


def unwrap(X: Any, name: str) -> Any:
    """X, with arrays in the place of tensors; also those in a list. Raise if an entry is masked."""
    if is_tensor(X):
        return tensor_to_numpy(X, name)
    if isinstance(X, list | tuple) and any(map(_is_wrapped, X)):
        if pictures := [each for each in X if is_picture(each)]:
            _check_pictures(pictures, name)
        return [unwrap(each, f"{name}[{i}]") for i, each in enumerate(X)]
    check_intact(X, name)
    return X


def check_intact(X: Any, name: str) -> None:
    """Raise if an entry is masked, or is mapped from a part of a file that was cut."""
    check_mask(X, name)
    check_not_cut(X, name)


def check_mask(X: Any, name: str, start: int = 0) -> None:
    """Raise if an entry is masked, since computations would read what is below.

    The first row of X is the row `start` of what has that name.
    """
    # A structured array has a mask for each field, and is refused anyway.
    is_plain = isinstance(X, np.ma.MaskedArray) and X.dtype.names is None
    if is_plain and np.ma.is_masked(X):
        where = np.argwhere(np.ma.getmaskarray(X))[0].tolist()
        where[:1] = [start + each for each in where[:1]]
        raise ValueError(
            f"{name}{where or ''} is masked; put a value there first, {name}.filled(...), or leave "
            "such rows out"
        )


def tensor_to_numpy(x: Any, name: str) -> NDArray:
    """Bring a tensor of any device and dtype to numpy, which has no bfloat16."""
    if x.device.type == "meta":
        raise ValueError(
            f"{name} is a tensor on the device 'meta', which holds no numbers; pass one on a "
            "device that holds them, such as 'cpu'"
        )
    if x.is_nested:
        raise ValueError(
            f"{name} is a nested tensor; pad it to rows of one length: {name}.to_padded_tensor(0.0)"
        )
    if x.is_quantized:
        raise ValueError(f"{name} is a quantized tensor; pass {name}.dequantize()")
    if str(x.layout) != "torch.strided":
        raise ValueError(
            f"{name} is a tensor of the layout {x.layout}; pass {name}.to_dense(), or a sparse "
            "matrix of scipy"
        )
    x = x.detach().cpu().resolve_conj().resolve_neg()
    try:
        return np.asarray(x.numpy())
    except TypeError:
        if x.is_floating_point():
            return np.asarray(x.float().numpy())
        raise ValueError(
            f"{name} is a tensor of {x.dtype}, which numpy does not know; pass {name}.float()"
        ) from None


def describe(error: Exception) -> str:
    """First line of a message, without a full stop, to be part of another one."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _is_wrapped(X: Any) -> bool:
    return is_tensor(X) or isinstance(X, np.ma.MaskedArray | np.memmap) or is_picture(X)


def _check_pictures(pictures: list[Any], name: str) -> None:
    modes = sorted({each.mode for each in pictures})
    if modes == ["P"] or len(modes) > 1:
        raise ValueError(
            f"{name} holds images of PIL of the mode {', '.join(modes)}; convert all to one that "
            "holds colours, such as image.convert('RGB')"
        )
