"""Defaults are those that the documentation tells, and the same wherever a parameter is shared."""

from __future__ import annotations

import inspect
import re
from importlib.util import find_spec

import pytest
import torch

import skvaal
from skvaal import VAALNet, VAALQueryStrategy
from skvaal._vaal.net import SHARED_CONSTRAINTS


def public_classes() -> list[type]:
    """Classes that tell defaults of their parameters."""
    classes = [getattr(skvaal, name) for name in sorted(skvaal.__all__)]
    if find_spec("skactiveml"):
        from skvaal import skactiveml

        classes += [getattr(skactiveml, name) for name in skactiveml.__all__]
    return [each for each in classes if inspect.isclass(each) and documented_defaults(each)]


def documented_defaults(component: type) -> dict[str, str]:
    """Text of each default by parameter; a line may tell two: "a, b : float, default=1 and 2"."""
    told = {}
    of_class = (inspect.getdoc(component) or "").partition("Attributes\n")[0]
    for names, defaults in re.findall(r"^(\w[\w, ]*) : .*default=(.*)$", of_class, re.MULTILINE):
        each, values = names.split(", "), defaults.split(" and ")
        told.update(zip(each, values * (len(each) // len(values)), strict=True))
    return told


def defaults_of(component: type) -> dict[str, object]:
    parameters = inspect.signature(component).parameters.items()
    return {name: each.default for name, each in parameters}


@pytest.mark.parametrize("component", public_classes(), ids=lambda each: each.__name__)
def test_defaults_are_those_documented(component):
    known = {"torch": torch, "MISSING_LABEL": float("nan")}
    defaults = defaults_of(component)
    for name, told in documented_defaults(component).items():
        assert repr(defaults[name]) == repr(eval(told, known)), name


def test_the_net_has_the_defaults_of_the_strategy():
    of_net, of_strategy = defaults_of(VAALNet), defaults_of(VAALQueryStrategy)
    for name in SHARED_CONSTRAINTS:
        assert of_net[name] == of_strategy[name], name
