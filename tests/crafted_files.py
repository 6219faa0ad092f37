"""Model files as nobody saved them, with the right checksum: each one thing away from a real one.

>>> from tests.saved_models import FOLDER
>>> files = crafted((FOLDER / "herding.safetensors").read_bytes())
>>> name, make = files[0]
>>> name, len(make()) > 500
('values are no JSON', True)
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from skvaal import EmptyPoolWarning, ModelFileError
from skvaal._utils.model_file import _compute_checksum

Arrays = dict[str, np.ndarray]

#: Stands for the absence of a value.
GONE = object()
DEEP: Any = []
for _ in range(400):
    DEEP = [DEEP]
#: What takes the place of each value in turn.
WRONG_VALUES: dict[str, Any] = {
    "None": None,
    "True": True,
    "-1": -1,
    "0": 0,
    "3": 3,
    "1e6": 10**6,
    "1e9": 10**9,
    "1e30": 10**30,
    "0.5": 0.5,
    "1e308": 1e308,
    "NaN": float("nan"),
    "-inf": -float("inf"),
    "''": "",
    "'auto'": "auto",
    "'nothing'": "no\nthing",
    "[]": [],
    "[1e6, 1e6]": [10**6, 10**6],
    "['a', None]": ["a", None],
    "nested": DEEP,
    "{}": {},
    "dict": {"dict": {"a": 1}},
    "tuple": {"tuple": [10**9]},
    "bad tuple": {"tuple": 3},
    "bad dict": {"dict": [1]},
    "missing": {"missing": "function f"},
    "class": {"class": ["skvaal", "DenseVAE"]},
    "optimizer": {"class": ["torch.optim", "LBFGS"]},
    "no class": {"class": ["torch.optim", "load"]},
    "other module": {"class": ["os", "system"]},
    "half a class": {"class": ["skvaal"]},
    "rule": {"object": ["skvaal", "TopK"], "params": {}},
    "large object": {"object": ["skvaal", "DenseVAE"], "params": {"input_shape": [10**9]}},
    "half an object": {"object": ["skvaal", "Herding"]},
    "wrong rule": {"object": ["skvaal", "Herding"], "params": {"space": 3}},
    "unknown": {"object": ["skvaal", "Herding"], "params": {"spice": 3}},
    "gone": GONE,
}


def read_model(content: bytes) -> tuple[dict[str, str], Arrays]:
    """Metadata and arrays of a file."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    arrays = {name: each.copy() for name, each in safetensors.numpy.load(content).items()}
    return header["__metadata__"], arrays


def write_model(metadata: dict[str, str], arrays: Arrays) -> bytes:
    """Content of a file, with the checksum of what it holds."""
    checksum = str(_compute_checksum(metadata["values"], arrays))
    return bytes(safetensors.numpy.save(arrays, {**metadata, "checksum": checksum}))


def crafted(content: bytes) -> list[tuple[str, Callable[[], bytes]]]:
    """What is changed, and a function that makes the content; hundreds of files of a real one."""
    metadata, arrays = read_model(content)
    values = json.loads(metadata["values"])
    texts = {"no JSON": "{", "deep": "[" * 100_000, "digits": "9" * 5_000, "empty": ""}
    texts["many layers"] = json.dumps(_replaced(values, ("params", "vae__hidden"), [1] * 300))

    def write(text: str) -> bytes:
        return write_model({**metadata, "values": text}, arrays)

    return [
        *((f"values are {name}", partial(write, text)) for name, text in texts.items()),
        *_crafted_values(values, lambda *change: write(json.dumps(_replaced(values, *change)))),
        *_crafted_arrays(arrays, lambda change: write_model(metadata, change(arrays))),
    ]


def open_and_use(strategy: type, path: Path, use: Callable[[Any], Any]) -> str:
    """'refused', 'works', or 'cannot be used' with a ValueError; any other error passes."""
    try:
        loaded = strategy.load(path)
    except ModelFileError as error:
        if str(path) not in str(error):
            raise AssertionError(f"does not name the file: {error}") from error
        return "refused"
    with warnings.catch_warnings():
        # A file may say that one of its pools was empty.
        warnings.simplefilter("ignore", EmptyPoolWarning)
        try:
            use(loaded)
        except ValueError:
            return "cannot be used"
    return "works"


def _crafted_values(values: Any, make: Callable) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each value in turn, at any depth, replaced by each of the wrong ones; and one too many."""
    for place in _places(values):
        for name, wrong in WRONG_VALUES.items():
            if wrong is not GONE or place:
                yield f"{_shown(place)} = {name}", partial(make, place, wrong)
        if isinstance(_find(values, place), dict):
            for extra in ("extra", "_seed", "query", "net_", "__class__", "vae__", "vae__x__y"):
                yield f"{_shown(place)} has {extra}", partial(make, (*place, extra), 5)


def _places(value: Any, place: tuple = ()) -> Iterator[tuple]:
    yield place
    items = value.items() if isinstance(value, dict) else ()
    items = list(enumerate(value))[:2] if isinstance(value, list) else items
    for key, item in items:
        yield from _places(item, (*place, key))


def _find(value: Any, place: tuple) -> Any:
    for key in place:
        value = value[key]
    return value


def _replaced(values: Any, place: tuple, wrong: Any) -> Any:
    if not place:
        return wrong
    values = copy.deepcopy(values)
    holder = _find(values, place[:-1])
    if wrong is GONE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = wrong
    return values


def _shown(place: tuple) -> str:
    return ".".join(["values", *map(str, place)])


def _crafted_arrays(arrays: Arrays, make: Callable) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each array in turn, of other shapes, types and numbers; gone; and one too many."""

    def change(name: str, wrong: np.ndarray) -> Callable[[], bytes]:
        return partial(make, lambda arrays: {**arrays, name: wrong})

    def rename(name: str, other: str | None) -> Callable[[], bytes]:
        renamed = {key: other if key == name else key for key in arrays}
        return partial(make, lambda arrays: {renamed[k]: arrays[k] for k in arrays if renamed[k]})

    for name, array in arrays.items():
        for what, wrong in _wrong_arrays(array).items():
            yield f"{name} {what}", change(name, wrong)
        yield f"{name} is gone", rename(name, None)
        yield f"{name} is renamed", rename(name, f"{name}x")
    for extra in ("extra", "vae.extra", "discriminator.extra", "extra.extra", "space.extra"):
        yield f"{extra} is there", change(extra, np.zeros(3, np.float32))


@np.errstate(all="ignore")  # numbers that a smaller type has no place for
def _wrong_arrays(array: np.ndarray) -> Arrays:
    wrong = {
        "is flat": array.reshape(-1),
        "is transposed": array.T,
        "has one more axis": array[None],
        "has no row": array.reshape(-1)[:0],
        "has a row less": np.atleast_1d(array)[:-1],
        "has a row more": np.concatenate([np.atleast_1d(array)] * 2)[: np.size(array) + 1],
        "is one number": np.zeros((), array.dtype),
        "is of int8": array.astype(np.int8),
        "is of bool": array.astype(bool),
        "is of float16": array.astype(np.float16),
        "is of float64": array.astype(np.float64),
        "is of int64": array.astype(np.int64),
    }
    same = {
        name
        for name, each in wrong.items()
        if each.shape == array.shape and each.dtype == array.dtype
    }
    if array.dtype.kind == "f" and array.size:
        for name, value in (("NaN", np.nan), ("inf", np.inf), ("1e38", 1e38), ("-1", -1)):
            wrong[f"begins with {name}"] = array.copy()
            wrong[f"begins with {name}"].flat[0] = value
        wrong["is 0"] = np.zeros_like(array)
        wrong["is 1e38"] = np.full_like(array, 1e38)
    return {name: np.ascontiguousarray(each) for name, each in wrong.items() if name not in same}
