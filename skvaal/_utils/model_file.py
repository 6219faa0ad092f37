"""Fitted strategies in one file: safetensors for the arrays, JSON in its header for the rest.

No code is stored and none is run on loading: classes are looked up by name in the namespaces that
the reader passes.
"""

from __future__ import annotations

import json
import reprlib
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skvaal._utils.exceptions import ModelFileError
from skvaal._utils.files import read_file, replace_file
from skvaal._utils.schema import LIST, TABLE, TEXT, entries, list_of
from skvaal._version import __version__

FORMAT_VERSION = 4
# Versions 2 and 3 store the same; what they leave at its default was another default.
_READABLE = (2, 3, FORMAT_VERSION)

Arrays = Mapping[str, NDArray]
# Classes that a file may name, by the key that marks them there, then by their name.
Namespaces = Mapping[str, Mapping[str, Any]]
_NAME = list_of(TEXT, [2])
# How a file writes what JSON has no form for.
_MARKS = {
    "dict": {"dict": TABLE},
    "tuple": {"tuple": LIST},
    "class": {"class": _NAME},
    "object": {"object": _NAME, "params": TABLE},
    "missing": {"missing": TEXT},
}


def write_model_file(
    path: str | Path, kind: str, values: Mapping[str, Any], arrays: Arrays
) -> None:
    """Write what an estimator of the class `kind` has learned; `values` must be JSON-able.

    The same values and arrays always give the same bytes.
    """
    safetensors = _import_safetensors()
    stored = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = json.dumps(values)
    metadata = {
        "format": "skvaal",
        "format_version": str(FORMAT_VERSION),
        "skvaal_version": __version__,
        "kind": kind,
        "values": text,
        "checksum": str(_compute_checksum(text, stored)),
    }
    replace_file(path, _sort_header(safetensors.numpy.save(stored, metadata=metadata)))


class ModelFile(NamedTuple):
    """What a file holds, and the version of its format.

    The arrays have memory of their own, so that the file may change or go.
    """

    values: dict[str, Any]
    arrays: dict[str, NDArray]
    version: int


def read_model_file(path: str | Path, kind: str) -> ModelFile:
    """Read what :func:`write_model_file` wrote, or raise a ModelFileError."""
    safetensors = _import_safetensors()
    content = read_file(path)
    try:
        held = safetensors.numpy.load(content)
        metadata = _read_header(content)[0].get("__metadata__", {})
    except Exception as error:  # whatever the parsers raise
        raise ModelFileError(f"{path} is damaged, or no safetensors file: {error}") from error
    if metadata.get("format") != "skvaal":
        raise ModelFileError(f"{path} was not written by {kind}.save")
    versions = {str(version): version for version in _READABLE}
    if (version := metadata.get("format_version")) not in versions:
        raise ModelFileError(
            f"{path} has format version {version}, written by skvaal "
            f"{metadata.get('skvaal_version')}; skvaal {__version__} reads versions "
            f"{' and '.join(versions)}: load it with that release, or fit again"
        )
    if (its_kind := metadata.get("kind")) != kind:
        raise ModelFileError(
            f"{path} holds a {its_kind}, not a {kind}; load it with {its_kind}.load"
        )
    with naming_file(path):
        arrays = {name: np.array(array) for name, array in held.items()}
        text = metadata.get("values", "")
        checksum = _compute_checksum(text, arrays)
    if metadata.get("checksum") != str(checksum):
        raise ModelFileError(f"{path} is damaged: its content does not match its checksum")
    with naming_file(path):
        return ModelFile(json.loads(text), arrays, versions[version])


@contextmanager
def naming_file(path: str | Path) -> Iterator[None]:
    """Turn whatever a file's content leads to into a ModelFileError that names the file."""
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ModelFileError(f"{path} cannot be loaded: {reason}") from error


def encode_param(value: Any, namespaces: Namespaces) -> Any:
    """Turn a parameter into JSON; an object of the user's into a mark that it is missing.

    An estimator of a class in `namespaces` is stored by its parameters.

    >>> from skvaal._utils.model_file import decode_param, encode_param
    >>> encode_param((8, 4), {})
    {'tuple': [8, 4]}
    >>> decode_param("hidden", {"tuple": [8, 4]}, {}, "VAALQueryStrategy")
    (8, 4)
    """

    def encode(each: Any) -> Any:
        return encode_param(each, namespaces)

    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, type):
        named = _find_class(value, namespaces)
        return {"class": named} if named else {"missing": f"class {value.__name__}"}
    if isinstance(value, BaseEstimator) and (named := _find_class(type(value), namespaces)):
        params = value.get_params(deep=False)
        return {"object": named, "params": {k: encode(v) for k, v in params.items()}}
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encode(item) for key, item in value.items()}}
    if isinstance(value, str | int | float | None):
        return value
    return {"missing": f"{type(value).__name__} {getattr(value, '__name__', value)!s}"}


def are_stored_alike(one: Any, other: Any) -> bool:
    """Whether a file holds the same for two parameters, which may be arrays or hold some.

    >>> from skvaal._utils.model_file import are_stored_alike
    >>> are_stored_alike(np.array([8, 4]), [8, 4]), are_stored_alike((8, 4), [8, 4])
    (True, False)
    """
    return one is other or bool(encode_param(one, {}) == encode_param(other, {}))


def decode_param(name: str, value: Any, namespaces: Namespaces, kind: str) -> Any:
    """Inverse of :func:`encode_param`; `kind`, the estimator's class, is for messages.

    Raises a ValueError if the value is an object of the user's, or names an unknown class.
    """

    def decode(each: Any, its_name: str = name) -> Any:
        return decode_param(its_name, each, namespaces, kind)

    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    mark = next((each for each in _MARKS if set(value) == set(_MARKS[each])), None)
    if mark is None:
        raise ValueError(f"its parameter {name} is {reprlib.repr(value)}, which means nothing")
    entries(_MARKS[mark])(value, f"params.{name}")
    if mark == "dict":
        return {key: decode(item) for key, item in value["dict"].items()}
    if mark == "tuple":
        return tuple(decode(item) for item in value["tuple"])
    if mark == "class":
        return _look_up(value["class"], namespaces)
    if mark == "object":
        made_by = _look_up(value["object"], namespaces)
        if not issubclass(made_by, BaseEstimator):
            raise ValueError(f"its parameter {name} is no rule, but a {made_by.__name__}")
        return made_by(**{k: decode(v, f"{name}__{k}") for k, v in value["params"].items()})
    raise ValueError(
        f"it was saved with {name} of your own ({value['missing']}), which no file holds; "
        f"pass it: {kind}.load(path, {name}=...)"
    )


def _import_safetensors() -> Any:
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ImportError(
            "save and load need the package safetensors; run pip install 'skvaal[saving]'"
        ) from error
    return safetensors


def _find_class(wanted: type, namespaces: Namespaces) -> list[str] | None:
    name = wanted.__name__
    return next(([key, name] for key in namespaces if namespaces[key].get(name) is wanted), None)


def _look_up(named: list[str], namespaces: Namespaces) -> type:
    key, name = named
    found: type | None = namespaces.get(key, {}).get(name)
    if found is None:
        raise ValueError(f"it names an unknown class: {named!r}")
    return found


def _read_header(content: bytes) -> tuple[dict[str, Any], int]:
    """Header of a safetensors file, and where it ends."""
    end = 8 + int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8:end])
    return header, end


def _sort_header(content: bytes) -> bytes:
    """Write the header with its keys in order; safetensors writes them in any order."""
    header, end = _read_header(content)
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)  # so that the arrays begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[end:]


def _compute_checksum(text: str, arrays: Arrays) -> int:
    checksum = zlib.crc32(text.encode())
    for name in sorted(arrays):
        checksum = zlib.crc32(arrays[name].tobytes(), zlib.crc32(name.encode(), checksum))
    return checksum
