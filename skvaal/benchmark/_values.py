"""Values in words that are the same in each process, and differ where the values do."""

import dis
import hashlib
import inspect
import re
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np


def describe(value: Any) -> Any:
    """Describe what has parameters by its class and those that are set, all else by its text."""
    if not _has_params(value):
        return text_of(value)
    return {"kind": type(value).__name__, **plain(_set_params(value))}


def plain(value: Any) -> Any:
    """Return what JSON can hold, and gives back as it was, for any value."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    is_plain = value is None or isinstance(value, bool | int | float | str)
    is_nan = isinstance(value, float) and value != value
    return value if is_plain and not is_nan else text_of(value)


def text_of(value: Any) -> str:
    """Represent a value without addresses; of a function that is not installed, its code too."""
    return _Writer().text(value)


class _Writer:
    """Writes a value and what it holds, each once within itself."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def text(self, value: Any) -> str:
        if id(value) in self._open:
            return "..."
        self._open.append(id(value))
        try:
            return self._text(value)
        finally:
            self._open.pop()

    def _text(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return f"[{self._joined(value)}]"
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(map(self.text, value)))}}}"
        if isinstance(value, dict):
            items = (f"{self.text(key)}: {self.text(one)}" for key, one in value.items())
            return f"{{{', '.join(items)}}}"
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, partial):
            params = "".join(f", {key}={self.text(one)}" for key, one in value.keywords.items())
            return f"partial({self._joined((value.func, *value.args))}{params})"
        if inspect.isroutine(value):
            return self._function(value)
        if _has_params(value):
            items = (f"{key}={self.text(one)}" for key, one in _set_params(value).items())
            return f"{type(value).__name__}({', '.join(items)})"
        return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))

    def _joined(self, values: Any) -> str:
        return ", ".join(map(self.text, values))

    def _array(self, array: Any) -> str:
        if array.dtype.hasobject:
            return f"array({self.text(array.tolist())})"
        return f"array({array.dtype}, {array.shape}, {_digest(array.tobytes())})"

    def _function(self, function: Any) -> str:
        name = f"{function.__module__}.{function.__qualname__}"
        code = getattr(function, "__code__", None)
        if code is None or _is_installed(function):
            return name
        held = [*self._code(code), self.text(function.__defaults__)]
        held.append(self.text(function.__kwdefaults__))
        held.extend(map(self._cell, function.__closure__ or ()))
        held.extend(self._globals(function))
        if inspect.ismethod(function):
            held.append(self.text(function.__self__))
        return f"{name} (code {_digest(repr(held).encode())})"

    def _code(self, code: CodeType) -> Iterator[str]:
        yield code.co_code.hex()
        yield self.text(code.co_names)
        for one in code.co_consts:
            yield from self._code(one) if isinstance(one, CodeType) else [self.text(one)]

    def _cell(self, cell: Any) -> str:
        try:
            return self.text(cell.cell_contents)
        except ValueError:  # nothing is in it yet
            return "empty"

    def _globals(self, function: Any) -> Iterator[str]:
        """Numbers, words and functions of its module that a function uses."""
        for name in sorted(_global_names(function.__code__)):
            value = function.__globals__.get(name)
            if isinstance(value, int | float | str) or inspect.isroutine(value):
                yield f"{name}={self.text(value)}"


def _global_names(code: CodeType) -> set[str]:
    names = {one.argval for one in dis.get_instructions(code) if one.opname == "LOAD_GLOBAL"}
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return names.union(*map(_global_names, inner))


def _is_installed(function: Any) -> bool:
    """Whether its name finds a function, in the standard library or an installed package."""
    found = module = sys.modules.get(function.__module__ or "")
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not function:
        return False
    if function.__module__.split(".")[0] == "skvaal":
        return True
    file = Path(getattr(module, "__file__", None) or "").resolve()
    paths = sysconfig.get_paths()
    folders = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {site.getusersitepackages()}
    return any(file.is_relative_to(Path(folder).resolve()) for folder in folders)


def _has_params(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _set_params(estimator: Any) -> dict[str, Any]:
    """Parameters that differ from the defaults, without random states: a run sets its own."""
    params = estimator.get_params(deep=False)
    params.pop("random_state", None)
    try:
        defaults = type(estimator)().get_params(deep=False)
    except TypeError:  # a parameter has no default
        defaults = {}
    return {
        name: value
        for name, value in params.items()
        if name not in defaults or text_of(value) != text_of(defaults[name])
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]
