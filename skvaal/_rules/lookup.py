"""The aliases of the rules, and any form of the parameter `rule` as a rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sklearn.base import clone

from skvaal._rules.cluster import Cluster
from skvaal._rules.function import FunctionRule
from skvaal._rules.greedy import Greedy
from skvaal._rules.herding import Herding
from skvaal._rules.k_center import KCenter
from skvaal._rules.rule import SPACES, Reads, Rule
from skvaal._rules.stochastic import Stochastic
from skvaal._rules.top_k import TopK
from skvaal._utils.exceptions import UnusedParameterWarning, warn_user
from skvaal._utils.params import accepted_names, check_params, did_you_mean, naming

RULES: dict[str, type[Rule]] = {
    "topk": TopK,
    "herding": Herding,
    "k_center": KCenter,
    "stochastic": Stochastic,
    "cluster": Cluster,
    "greedy": Greedy,
}
# scores, Z, Z_labeled, n, random_state
_N_POSITIONAL = 5


def as_rule(
    rule: str | Rule | Callable[..., Any], params: Mapping[str, Any], *, warns: bool = True
) -> Rule:
    """Make a new rule of an alias, a rule or a function, with parameters set (without ``rule__``).

    Of a function, `space` says which coordinates it gets; other parameters are passed to it by
    keyword. A parameter that belongs to another rule has no effect, an UnusedParameterWarning if
    `warns`; one that no rule has is a ValueError.
    """
    made = _make_rule(rule)
    known = set(made.get_params()) - {"function"}
    options = _find_options(made.function) if isinstance(made, FunctionRule) else set()
    own, passed_on = {}, {}
    for name, value in params.items():
        if name in known:
            own[name] = value
        elif name != "uncertainty" and (options is None or name in options):
            passed_on[name] = value
        else:
            _check_is_anothers(name, known.union(options or ()))
            if warns:
                shown = getattr(made, "function", made)
                shown = getattr(shown, "__name__", shown)
                warn_user(f"rule__{name} has no effect with rule={shown}", UnusedParameterWarning)
    check_params(type(made), own, "rule__")
    made.set_params(**own)
    if isinstance(made, FunctionRule) and passed_on:
        made.function = partial(made.function, **passed_on)
    made._validate_params()
    _check_reads(made)
    return made


def _check_reads(rule: Rule) -> None:
    """Raise if a rule of the user's does not say what it reads, and where."""
    name, reads = f"rule={type(rule).__name__}", rule.reads
    if not isinstance(reads, Reads):
        raise TypeError(f"{name}: reads must be a Reads, got {reads!r}")
    if reads.coordinates and not SPACES.is_satisfied_by(getattr(rule, "space", None)):
        raise ValueError(f"{name} reads coordinates, so that it needs an attribute space: {SPACES}")


def _make_rule(rule: Any) -> Rule:
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(f"there is no rule {rule!r}; {did_you_mean(rule, RULES)}")
        return RULES[rule]()
    if isinstance(rule, Rule):
        with naming(f"rule={type(rule).__name__} cannot be copied"):
            return clone(rule)
    if inspect.isclass(rule):
        raise TypeError(f"rule must be an object, got a class: write rule={rule.__name__}()")
    if callable(rule):
        return FunctionRule(rule)
    raise TypeError(
        f"rule must be one of {sorted(RULES)}, a rule such as TopK(), or a function, got {rule!r}"
    )


def _find_options(function: Callable[..., Any]) -> set[str] | None:
    """Keyword arguments of a user's function beyond what every rule gets; None if any."""
    accepted = accepted_names(function)
    if accepted is None:
        return None
    parameters = inspect.signature(function).parameters.items()
    positional = [name for name, each in parameters if each.kind is not each.KEYWORD_ONLY]
    return accepted - set(positional[:_N_POSITIONAL]) - {"uncertainty"}


def _check_is_anothers(name: str, accepted: set[str]) -> None:
    """Raise if no other rule has the parameter either."""
    if name in ("uncertainty", "verbose"):
        raise ValueError(f"rule__{name} is no parameter of a rule; set {name}=... instead")
    if not any(name in each().get_params() for each in RULES.values()):
        meant = did_you_mean(name, accepted, prefix="rule__")
        raise ValueError(f"unknown parameter 'rule__{name}'; {meant}")
