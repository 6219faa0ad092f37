"""Nested parameters, ``vae__latent_dim``, on a plain scikit-learn estimator."""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from difflib import get_close_matches
from numbers import Integral
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.exceptions import NotFittedError

# Private in scikit-learn, stable since 1.2, and imported here only.
from sklearn.utils import _param_validation as validation
from sklearn.utils._param_validation import HasMethods, StrOptions

from skvaal._utils.signals import raised_by_signal

__all__ = ["HasMethods", "Interval", "NestedParamsMixin", "SequenceOf", "StrOptions"]

# Packages whose errors do not say which of skvaal's parameters they are about.
_WRAPPED = {"builtins", "numpy", "sklearn", "skorch", "torch"}


class Interval(validation.Interval):
    """scikit-learn's, where a bool is no number, and no integer is too large to be computed with.

    An integer without another limit is at most 2 ** 31 - 1.
    """

    def __init__(self, type: Any, left: Any, right: Any, *, closed: str) -> None:
        if type is Integral and right is None:
            right, closed = 2**31 - 1, "both"
        super().__init__(type, left, right, closed=closed)

    def is_satisfied_by(self, value: Any) -> bool:
        """Whether it is a number in the interval."""
        if isinstance(value, bool | np.bool_):
            return False
        if isinstance(value, Integral) and abs(int(value)) > sys.float_info.max:
            return False
        try:
            return bool(super().is_satisfied_by(value))
        except TypeError:  # a number that NumPy does not know, such as a Fraction
            return False


# Of arguments that several functions have.
PATH = [str, os.PathLike]
WHOLE = [Interval(Integral, -(2**31), None, closed="left")]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class SequenceOf(Interval):
    """A sequence of numbers in an interval; of a given length, if there is one."""

    def __init__(
        self, type: Any, left: Any, right: Any, *, closed: str, length: int | None = None
    ) -> None:
        super().__init__(type, left, right, closed=closed)
        self.length = length

    def is_satisfied_by(self, value: Any) -> bool:
        """Whether it is such a sequence."""
        is_sequence = isinstance(value, Sequence) or (isinstance(value, np.ndarray) and value.ndim)
        if not is_sequence or isinstance(value, str | bytes):
            return False
        is_long_enough = self.length is None or len(value) == self.length
        return is_long_enough and all(super(SequenceOf, self).is_satisfied_by(x) for x in value)

    def __str__(self) -> str:
        length = "" if self.length is None else f" of length {self.length}"
        return f"a sequence{length}, each item {super().__str__()}"


def check_params(component: Any, values: Mapping[str, Any], prefix: str = "") -> None:
    """Raise if a value is none that a class declares in its own `_parameter_constraints`.

    A parameter of a subclass may mean something else: the constraints of its bases do not count.
    """
    constraints = vars(component).get("_parameter_constraints", {})
    named = {f"{prefix}{name}": constraints[name] for name in values if name in constraints}
    given = {name: values[name.removeprefix(prefix)] for name in named}
    validation.validate_parameter_constraints(named, given, component.__name__)


def checked(**constraints: list[Any]) -> Callable[[_Function], _Function]:
    """Let a function raise an error that names the argument if a value is not as declared."""

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            declared = {name: each for name, each in constraints.items() if name in given}
            validation.validate_parameter_constraints(declared, given, function.__qualname__)
            for name, types in declared.items():
                # An empty path, as of a shell's variable that is not set, is the working directory.
                value = given[name]
                if os.PathLike in types and isinstance(value, str) and not value:
                    raise ValueError(f"{name}='' is no name of a file or folder")
            return function(*args, **kwargs)

        return cast(_Function, call)

    return decorate


def check_flag(value: Any, name: str) -> None:
    """Raise unless a value is True or False, or 1 or 0."""
    if not isinstance(value, bool | np.bool_ | Integral) or value not in (0, 1):
        raise TypeError(f"{name} must be True or False, got {value!r}")


def describe(name: str, component: Any, params: Mapping[str, Any]) -> str:
    """A component as the user set it, for messages: "vae=DenseVAE with vae__hidden=(4,)"."""
    shown = component if isinstance(component, str) else getattr(component, "__name__", None)
    shown = shown or type(component).__name__
    options = ", ".join(f"{name}__{key}={value!r}" for key, value in params.items())
    return f"{name}={shown}" + (f" with {options}" if options else "")


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """End of an error message: the nearest known name, or all of them, behind a prefix."""
    by_lower_case = {each.lower(): each for each in sorted(known)}
    if not by_lower_case:
        return "there is nothing to set"
    near = get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=0.5)
    if near:
        return f"did you mean {prefix + by_lower_case[near[0]]!r}?"
    return f"known are {', '.join(prefix + each for each in by_lower_case.values())}"


def accepted_names(component: Callable) -> set[str] | None:
    """Keyword arguments that a class or function takes; None where it takes any."""
    parameters = inspect.signature(component).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


@contextmanager
def naming(failure: str | Callable[[], str]) -> Iterator[None]:
    """Begin what a user's component raises with `failure`, as a TypeError or a ValueError.

    `failure` names the parameter and what was tried: "optimizer_vae=Adam cannot be built"; or it is
    a function that does, called only if something is raised. An error of a class that another
    library or the user defines passes: somebody may want to catch it. So does an error of the
    operating system, and one that tells of too little memory of a GPU.
    """
    try:
        yield
    except (OSError, ImportError, NotFittedError, Warning):
        raise
    except Exception as error:
        package = type(error).__module__.partition(".")[0]
        if package not in _WRAPPED or type(error).__name__ == "OutOfMemoryError":
            raise
        if raised_by_signal(error):
            raise
        kind = TypeError if type(error) is TypeError else ValueError
        begin = failure if isinstance(failure, str) else failure()
        raise kind(f"{begin}: {str(error) or type(error).__name__}") from error


def naming_foreign(component: Any, failure: str) -> AbstractContextManager[None]:
    """The same for an object, or a class, that is not skvaal's; skvaal's own errors say enough."""
    cls = component if isinstance(component, type) else type(component)
    is_own = cls.__module__.startswith("skvaal.")
    return nullcontext() if is_own else naming(failure)


@contextmanager
def renaming(names: Mapping[str, str]) -> Iterator[None]:
    """Write other names of arguments into the errors that are raised inside."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if error.args and isinstance(text := error.args[0], str):
            for name, other in names.items():
                text = re.sub(rf"\b{name}\b", other, text)
            error.args = (text, *error.args[1:])
        raise


class NestedParamsMixin:
    """Lets an estimator take ``<prefix>__<name>`` for each of its `_nested_prefixes`.

    The estimator's ``__init__`` ends in ``**net_params`` and hands them to `_keep_params`; they are
    ordinary parameters from then on (``get_params``, ``set_params``, ``clone``, grid search).
    scikit-learn wants no error before ``fit``, which calls :meth:`_check_nested_params`.
    """

    _nested_prefixes: tuple[str, ...] = ()
    # Prefixes whose nested parameters belong to one object: another object begins without them.
    _replaced_prefixes: tuple[str, ...] = ()

    def _keep_params(self, params: Mapping[str, Any]) -> None:
        """Keep the keywords of ``__init__`` that have no name there."""
        if taken := [name for name in params if hasattr(type(self), name)]:
            raise TypeError(f"{type(self).__name__} has {taken[0]!r}, but not as a parameter")
        vars(self).update(params)
        # Named like attributes, they would be taken for fitted or private ones, and never checked.
        if hidden := [name for name in params if name.startswith("_") or name.endswith("_")]:
            self._hidden_params = hidden

    def _is_nested(self, name: str) -> bool:
        prefix, separator, rest = name.partition("__")
        return bool(separator and rest) and prefix in self._nested_prefixes

    def _get_param_names(self) -> list[str]:
        hidden = vars(self).get("_hidden_params", ())
        # As of scikit-learn's estimators: what a subclass does not take, it sets itself.
        taken = accepted_names(type(self))
        return sorted(
            k
            for k in vars(self)
            if self._is_nested(k) or k in hidden or not (k.startswith("_") or k.endswith("_"))
            if taken is None or k in taken
        )

    def set_params(self, **params: Any) -> NestedParamsMixin:
        """Set parameters, nested ones included; a wrong name is a ValueError that suggests one."""
        known = self._get_param_names()
        for name in params:
            own = name.partition("__")[0]
            if own not in known and not self._is_nested(name):
                suggestion = self._suggest(own, [*known, *self._nested_prefixes])
                raise ValueError(
                    f"Invalid parameter {own!r} of {type(self).__name__}; {suggestion}"
                )
        for prefix in set(self._replaced_prefixes) & set(params):
            for name in self._nested_params(prefix):
                delattr(self, f"{prefix}__{name}")
        for name in list(filter(self._is_nested, params)):
            setattr(self, name, params.pop(name))
        return super().set_params(**params)  # type: ignore[misc]

    def _suggest(self, name: str, known: Iterable[str]) -> str:
        """End of an error message: the nearest name, or the nested one with two underscores."""
        for prefix in sorted(self._nested_prefixes, key=len, reverse=True):
            rest = name.removeprefix(f"{prefix}_")
            if rest and rest != name:
                return f"did you mean '{prefix}__{rest}'?"
        return did_you_mean(name, known)

    def _nested_params(self, prefix: str) -> dict[str, Any]:
        """Parameters of one component, without the prefix."""
        prefix += "__"
        return {k[len(prefix) :]: v for k, v in vars(self).items() if k.startswith(prefix)}

    def _check_nested_params(self, components: Mapping[str, Callable]) -> None:
        """Raise if a parameter does not exist, and name the nearest one that does.

        So too if a component declares what it takes, and a value is not that.
        """
        plain = set(inspect.signature(type(self)).parameters) - {"net_params"}
        for name in self._get_param_names():
            if name not in plain and not self._is_nested(name):
                names = plain | {f"{prefix}__" for prefix in self._nested_prefixes}
                raise ValueError(f"unknown parameter {name!r}; {self._suggest(name, names)}")
        for prefix, component in components.items():
            known = accepted_names(component)
            for name in self._nested_params(prefix):
                if known is not None and name not in known:
                    raise ValueError(
                        f"unknown parameter '{prefix}__{name}' "
                        f"({describe(prefix, component, {})} takes no {name!r}); "
                        + did_you_mean(name, known, prefix=f"{prefix}__")
                    )
            if isinstance(component, type):
                check_params(component, self._nested_params(prefix), f"{prefix}__")
