"""A dozen wrong values for each argument, and what must become of them."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skvaal import TrainingDivergedError


class Unheard:
    """A class that nothing here takes."""


VALUES = {
    "None": lambda: None,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1.5": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "10**30": lambda: 10**30,
    "10**400": lambda: 10**400,
    "''": lambda: "",
    "'no such'": lambda: "no such",
    "True": lambda: True,
    "[]": list,
    "{}": dict,
    "object()": object,
    "a class": lambda: Unheard,
    "array": lambda: np.array([1, 2]),
    "bytes": lambda: b"x",
}
REFUSALS = (ValueError, TypeError, NotFittedError)


@dataclass(frozen=True)
class Case:
    """An argument, and how to hand over a value for it."""

    where: str  # what takes it, "VAALQueryStrategy.query"
    argument: str  # as the user writes it
    use: Callable[[Any], Any]
    allows: tuple[type[Exception], ...] = REFUSALS
    values: tuple[str, ...] = tuple(VALUES)
    also: tuple[str, ...] = ()  # other names that a message may give it

    @property
    def id(self) -> str:
        return f"{self.where}-{self.argument}"

    def fault(self, value: Any) -> str | None:
        """What is wrong with how a value is answered; None where it works or is refused well."""
        try:
            with warnings.catch_warnings():
                # What a legal value makes the library warn of is no concern here.
                for category in (UserWarning, FutureWarning, DeprecationWarning):
                    warnings.filterwarnings("ignore", category=category)
                self.use(value)
        except TrainingDivergedError:
            return None  # the value is legal, and what became of it is said
        except self.allows as error:
            names = (self.argument, *self.also)
            if self.argument in ("path", "folder", "out", "name"):
                names += (str(value),)
            if not any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error)) for name in names):
                return f"no name: {type(error).__name__}: {str(error)[:200]}"
        except Exception as error:
            return f"other exception: {type(error).__name__}: {str(error)[:200]}"
        return None

    def faults(self) -> list[str]:
        found = {name: self.fault(VALUES[name]()) for name in self.values}
        return [f"{self.argument}={name}: {what}" for name, what in found.items() if what]


def arguments_of(function: Callable, but: Iterable[str] = ()) -> list[str]:
    """Names of the arguments of a function or class, without self and those of any name."""
    parameters = inspect.signature(function).parameters.values()
    named = (p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))
    return [name for name in named if name != "self" and name not in set(but)]


def cases_of(
    where: str,
    function: Callable,
    given: Mapping[str, Any],
    then: Callable[[Any], Any] = lambda made: None,
    *,
    but: Iterable[str] = (),
    **options: Any,
) -> Iterator[Case]:
    """One for each argument of a function; the others have the values in `given`."""
    for name in arguments_of(function, but):

        def use(value: Any, name: str = name) -> Any:
            return then(function(**{**given, name: value}))

        yield Case(where, name, use, **options)


def parametrize(cases: Iterable[Case]) -> Any:
    """Mark a test that gets every case."""
    cases = list(cases)
    return pytest.mark.parametrize("case", cases, ids=[case.id for case in cases])
