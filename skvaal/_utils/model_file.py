"""Fitted strategies in one file: safetensors for the arrays, JSON in its header for the rest.

No code is stored and none is run on loading: classes are looked up by name in the namespaces that
the reader passes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skvaal._utils.exceptions import ModelFileError
from skvaal._version import __version__

FORMAT_VERSION = 2

Arrays = Mapping[str, NDArray]
# Classes that a file may name, by the key that marks them there, then by their name.
Namespaces = Mapping[str, Mapping[str, Any]]


def write_model_file(
    path: str | Path, kind: str, values: Mapping[str, Any], arrays: Arrays
) -> None:
    """Write what an estimator of the class `kind` has learned; `values` must be JSON-able."""
    safetensors = _import_safetensors()
    if Path(path).is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"no such folder: {Path(path).parent}")
    stored = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(values)
    metadata = {
        "format": "skvaal",
        "format_version": str(FORMAT_VERSION),
        "skvaal_version": __version__,
        "kind": kind,
        "values": text,
        "checksum": str(_compute_checksum(text, stored)),
    }
    safetensors.numpy.save_file(stored, str(path), metadata=metadata)


def read_model_file(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Read what :func:`write_model_file` wrote: values and arrays, or raise a ModelFileError.

    The arrays have memory of their own, so that the file may change or go.
    """
    safetensors = _import_safetensors()
    if not Path(path).is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with safetensors.safe_open(str(path), framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise ModelFileError(f"{path} is damaged, or no safetensors file: {error}") from error
    if metadata.get("format") != "skvaal":
        raise ModelFileError(f"{path} was not written by {kind}.save")
    if metadata.get("format_version") != str(FORMAT_VERSION):
        raise ModelFileError(
            f"{path} has format version {metadata.get('format_version')}, written by skvaal "
            f"{metadata.get('skvaal_version')}; skvaal {__version__} reads version "
            f"{FORMAT_VERSION}: load it with that release, or fit again"
        )
    if (held := metadata.get("kind")) != kind:
        raise ModelFileError(f"{path} holds a {held}, not a {kind}; load it with {held}.load")
    text = metadata.get("values", "")
    if metadata.get("checksum") != str(_compute_checksum(text, arrays)):
        raise ModelFileError(f"{path} is damaged: its content does not match its checksum")
    return json.loads(text), arrays


def encode_param(value: Any, namespaces: Namespaces) -> Any:
    """Turn a parameter into JSON; an object of the user's into a mark that it is missing.

    An estimator of a class in `namespaces` is stored by its parameters.

    >>> from skvaal._utils.model_file import decode_param, encode_param
    >>> encode_param((8, 4), {})
    {'tuple': [8, 4]}
    >>> decode_param("hidden", {"tuple": [8, 4]}, {}, "model.safetensors", "VAALQueryStrategy")
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
    if isinstance(value, dict):
        return {"dict": {key: encode(item) for key, item in value.items()}}
    try:
        json.dumps(value)
    except TypeError:
        return {"missing": f"{type(value).__name__} {getattr(value, '__name__', value)!s}"}
    return value


def decode_param(name: str, value: Any, namespaces: Namespaces, path: Any, kind: str) -> Any:
    """Inverse of :func:`encode_param`; `path` and `kind`, the estimator's class, are for messages.

    Raises a ModelFileError if the value is an object of the user's, or names an unknown class.
    """

    def decode(each: Any, its_name: str = name) -> Any:
        return decode_param(its_name, each, namespaces, path, kind)

    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {key: decode(item) for key, item in value["dict"].items()}
    if "tuple" in value:
        return tuple(decode(item) for item in value["tuple"])
    if "class" in value:
        return _look_up(value["class"], namespaces, path)
    if "object" in value:
        made_by = _look_up(value["object"], namespaces, path)
        return made_by(**{k: decode(v, f"{name}__{k}") for k, v in value["params"].items()})
    raise ModelFileError(
        f"{path} was saved with {name} of your own ({value.get('missing')}), which no file holds; "
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


def _look_up(named: Any, namespaces: Namespaces, path: Any) -> Any:
    try:
        key, name = named
        return namespaces[key][name]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} names an unknown class: {named!r}") from error


def _compute_checksum(text: str, arrays: Arrays) -> int:
    checksum = zlib.crc32(text.encode())
    for name in sorted(arrays):
        checksum = zlib.crc32(arrays[name].tobytes(), zlib.crc32(name.encode(), checksum))
    return checksum
