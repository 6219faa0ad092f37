"""Errors and notes of the library in the words of a command: ``--jobs`` for ``n_jobs``."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

Command = TypeVar("Command", bound=Callable[..., Any])

# What the library calls an option, where it is not what the command does.
_ALSO = {
    "n_jobs": "jobs",
    "image_size": "size",
    "n_seeds": "seeds",
    "protocol": "protocols",
    "name": "preset",
    "source": "pool",
}
# What stands before a name that is part of another word, of a path or of a quotation.
_NO_WORD = r"(?<![\w'\"./\\=&?$-])"


class Words:
    """How a command calls the arguments of the library.

    Parameters
    ----------
    command : function
        Of typer.
    values : mapping
        What it was given, by name. Where a text quotes them, they stay as they are.
    """

    def __init__(self, command: Callable[..., Any], values: Mapping[str, Any]) -> None:
        options = _options_of(command)
        for theirs, own in _ALSO.items():
            if own in options:
                options.setdefault(theirs, options[own])
        self._options = options
        given = [str(value) for value in values.values()]
        self._quoted = [text for text in given if text and self._rename(text) != text]

    def __call__(self, text: str) -> str:
        """Return a text with the command's own names in it."""
        if not self._quoted:
            return self._rename(text)
        quoted = "|".join(map(re.escape, self._quoted))
        parts = re.split(f"({quoted})", text)
        return "".join(part if i % 2 else self._rename(part) for i, part in enumerate(parts))

    def _rename(self, text: str) -> str:
        names = "|".join(sorted(map(re.escape, self._options), key=len, reverse=True)) or "(?!)"
        long = "|".join(name for name in self._options if "_" in name) or "(?!)"
        text = re.sub(rf"The '({names})' parameter of [\w.]+ must", self._option, text)
        text = re.sub(rf"\bwith ({names})=False\b", r"without \1=True", text)
        text = re.sub(rf"{_NO_WORD}({names})=True\b", self._option, text)
        text = re.sub(rf"{_NO_WORD}({names})=(?=[^\s=])", lambda m: self._option(m) + " ", text)
        return re.sub(rf"{_NO_WORD}({long})(?![\w'\"/=]|\.\w)", self._option, text)

    def _option(self, match: re.Match[str]) -> str:
        return self._options[match[1]] + (" must" if match[0].endswith(" must") else "")


def options_named(command: Command) -> Command:
    """Let errors that a command ends with name its options, not Python's arguments."""

    @functools.wraps(command)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ValueError, TypeError, OSError, ImportError) as error:
            if error.args and isinstance(text := error.args[0], str):
                error.args = (Words(command, kwargs)(text), *error.args[1:])
            raise

    return cast(Command, call)


def _options_of(command: Callable[..., Any]) -> dict[str, str]:
    """What each parameter of a command is called on its line."""
    options = {}
    for name, hint in get_type_hints(inspect.unwrap(command), include_extras=True).items():
        # Python 3.10 wraps the hint of an argument with the default None in an Optional.
        hints = [hint, *(each for each in get_args(hint) if hasattr(each, "__metadata__"))]
        for each in (one for one in hints for one in getattr(one, "__metadata__", ())):
            if isinstance(each, ArgumentInfo):
                options[name] = each.metavar or name.upper()
            elif isinstance(each, OptionInfo):
                # typer takes the first name for a default, where there is one.
                names = (each.default, *(each.param_decls or ()))
                declared = [one for one in names if isinstance(one, str) and one.startswith("-")]
                options[name] = declared[0] if declared else f"--{name.replace('_', '-')}"
    return options
