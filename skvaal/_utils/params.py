"""Nested parameters, ``vae__latent_dim``, on a plain scikit-learn estimator."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

# Private in scikit-learn, stable since 1.2, and imported here only.
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

__all__ = ["HasMethods", "Interval", "NestedParamsMixin", "StrOptions"]


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


class NestedParamsMixin:
    """Lets an estimator take ``<prefix>__<name>`` for each of its `_nested_prefixes`.

    The estimator's ``__init__`` ends in ``**net_params`` and updates ``vars(self)`` with them; they
    are ordinary parameters from then on (``get_params``, ``set_params``, ``clone``, grid search).
    scikit-learn wants no error before ``fit``, which calls :meth:`_check_nested_params`.
    """

    _nested_prefixes: tuple[str, ...] = ()
    # Prefixes whose nested parameters belong to one object: another object begins without them.
    _replaced_prefixes: tuple[str, ...] = ()

    def _is_nested(self, name: str) -> bool:
        prefix, separator, rest = name.partition("__")
        return bool(separator and rest) and prefix in self._nested_prefixes

    def _get_param_names(self) -> list[str]:
        return sorted(
            k
            for k in vars(self)
            if self._is_nested(k) or not (k.startswith("_") or k.endswith("_"))
        )

    def set_params(self, **params: Any) -> NestedParamsMixin:
        """Set parameters, nested ones included."""
        for prefix in set(self._replaced_prefixes) & set(params):
            for name in self._nested_params(prefix):
                delattr(self, f"{prefix}__{name}")
        for name in list(filter(self._is_nested, params)):
            setattr(self, name, params.pop(name))
        return super().set_params(**params)  # type: ignore[misc]

    def _nested_params(self, prefix: str) -> dict[str, Any]:
        """Parameters of one component, without the prefix."""
        prefix += "__"
        return {k[len(prefix) :]: v for k, v in vars(self).items() if k.startswith(prefix)}

    def _check_nested_params(self, components: Mapping[str, Callable]) -> None:
        """Raise if a parameter does not exist, and name the nearest one that does."""
        plain = set(inspect.signature(type(self)).parameters) - {"net_params"}
        for name in self._get_param_names():
            if name not in plain and not self._is_nested(name):
                names = plain | {f"{prefix}__" for prefix in self._nested_prefixes}
                raise ValueError(f"unknown parameter {name!r}; {did_you_mean(name, names)}")
        for prefix, component in components.items():
            known = accepted_names(component)
            for name in self._nested_params(prefix):
                if known is not None and name not in known:
                    raise ValueError(
                        f"unknown parameter '{prefix}__{name}' "
                        f"({getattr(component, '__name__', component)} takes no {name!r}); "
                        + did_you_mean(name, known, prefix=f"{prefix}__")
                    )
