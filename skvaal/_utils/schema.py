"""What a file may hold: forms of plain values and tests of arrays, before anything is built.

Each failure is a ValueError that names the entry or the array; the reader adds the path.
"""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Takes any value of JSON and its path of keys; raises a ValueError that names the path.
Form = Callable[[Any, str], None]

# Above it float64, as other readers of JSON have it, holds no longer each int.
_LARGEST = 2**53 - 1


def one_that(is_good: Callable[[Any], bool], wanted: str) -> Form:
    """A value for which a function returns True."""

    def check(value: Any, key: str) -> None:
        if not is_good(value):
            raise ValueError(f"{key or 'it'} is {reprlib.repr(value)}, not {wanted}")

    return check


def whole(least: int, most: int = _LARGEST) -> Form:
    """An int of a range; True is none."""
    wanted = f"a whole number from {least}" + (f" to {most}" if most < _LARGEST else "")
    return one_that(lambda value: type(value) is int and least <= value <= most, wanted)


def number(least: float, most: float = sys.float_info.max) -> Form:
    """A finite number of a range."""
    wanted = f"a finite number from {least:g}"
    wanted += f" to {most:g}" if most < sys.float_info.max else ""
    return one_that(lambda value: type(value) in (int, float) and least <= value <= most, wanted)


def one_of(*values: Any) -> Form:
    """One of some values, by `==` within their type."""
    return one_that(
        lambda value: any(type(value) is type(each) and value == each for each in values),
        " or ".join(map(repr, values)),
    )


def maybe(form: Form) -> Form:
    """None, or a value of a form."""
    return lambda value, key: None if value is None else form(value, key)


def list_of(form: Form, lengths: Iterable[int] | None = None) -> Form:
    """A list of values of one form, of any length or of some lengths."""
    sized = LIST
    if lengths is not None:
        known = tuple(lengths)
        wanted = f"a list of length {' or '.join(map(str, known))}"
        sized = one_that(lambda value: type(value) is list and len(value) in known, wanted)

    def check(value: Any, key: str) -> None:
        sized(value, key)
        for i, one in enumerate(value):
            form(one, f"{key}[{i}]")

    return check


def table_of(form: Form) -> Form:
    """A dict of any keys, with values of one form."""

    def check(value: Any, key: str) -> None:
        TABLE(value, key)
        for name, one in value.items():
            form(one, _within(key, name))

    return check


def entries(
    needed: Mapping[str, Form], optional: Mapping[str, Form] | None = None, *, others: bool = True
) -> Form:
    """A dict of these keys, each of its form; whether it may have others."""
    known = {**needed, **(optional or {})}

    def check(value: Any, key: str) -> None:
        TABLE(value, key)
        for name in needed:
            if name not in value:
                raise ValueError(f"{_within(key, name)} is missing")
        for name, one in value.items():
            if name in known:
                known[name](one, _within(key, name))
            elif not others:
                raise ValueError(f"{_within(key, name)} is a key that this version does not know")

    return check


def _within(key: str, name: str) -> str:
    shown = name if name.isprintable() else ascii(name)
    return f"{key}.{shown}" if key else shown


ANYTHING = one_that(lambda value: True, "anything")
NOTHING = one_that(lambda value: value is None, "None")
TRUTH = one_that(lambda value: type(value) is bool, "true or false")
TEXT = one_that(lambda value: type(value) is str, "text")
LIST = one_that(lambda value: type(value) is list, "a list")
TABLE = one_that(lambda value: type(value) is dict, "a table of keys and values")
COUNT = whole(0)
POSITIVE = whole(1)
SHARE = number(0, 1)


def check_array(
    arrays: Mapping[str, NDArray], name: str, dtype: DTypeLike, shape: Iterable[int | None]
) -> NDArray:
    """Return an array of a type, of finite numbers and of a shape; None is any size from 1."""
    if name not in arrays:
        raise ValueError(f"it holds no array {name}")
    array, sizes = arrays[name], tuple(shape)
    shown = f"its array {name} of {array.dtype} and shape {array.shape}"
    is_shaped = array.ndim == len(sizes) and all(
        size >= 1 if wanted is None else size == wanted
        for size, wanted in zip(array.shape, sizes, strict=True)
    )
    if array.dtype != dtype or not is_shaped:
        wanted = ", ".join("any" if size is None else str(size) for size in sizes)
        raise ValueError(f"{shown} must be of {np.dtype(dtype)} and shape ({wanted})")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{shown} holds numbers that are not finite")
    return array


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise if an array is there that nothing reads."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"it holds an array {unknown[0]!r}, which is unknown here")
