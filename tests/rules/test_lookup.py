"""Aliases, objects and functions as the parameter `rule`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import skvaal
from skvaal import Herding, KCenter, TopK, UnusedParameterWarning
from skvaal._rules.function import FunctionRule
from skvaal._rules.lookup import RULES, as_rule
from tests.rules.candidates import select

Z = np.zeros((5, 1), np.float32)


def last_rows(scores, Z, Z_labeled, n, random_state, *, step=1, uncertainty=None):
    return np.arange(len(scores))[::-step][:n]


@pytest.mark.parametrize("alias", RULES)
def test_aliases(alias):
    rule = as_rule(alias, {})
    assert type(rule) is RULES[alias]
    assert rule.get_params() == RULES[alias]().get_params()
    assert getattr(skvaal, RULES[alias].__name__) is RULES[alias]


def test_parameters_are_set():
    params = {"candidates_factor": 3.0, "space": "components"}
    assert as_rule("k_center", params).get_params() == params


def test_an_object_is_left_as_it_is():
    given = Herding(bandwidth=0.5, score_power=2)
    rule = as_rule(given, {"score_power": 1})
    assert rule.get_params() == given.get_params() | {"score_power": 1}
    assert given.score_power == 2
    assert as_rule(given, {}) is not given


def test_a_function_is_wrapped():
    rule = as_rule(last_rows, {"space": "components", "step": 2})
    assert isinstance(rule, FunctionRule)
    assert rule.space == "components"
    assert rule.reads.uncertainty
    assert select(rule, 2, Z=Z).tolist() == [4, 2]
    assert as_rule(last_rows, {}).function is last_rows
    # As an object, too.
    again = as_rule(FunctionRule(last_rows), {"step": 3})
    assert select(again, 2, Z=Z).tolist() == [4, 1]


def test_a_function_with_any_keyword_gets_all():
    seen = {}

    def function(scores, Z, Z_labeled, n, random_state, **options):
        seen.update(options)
        return np.arange(n)

    select(as_rule(function, {"verbose": 1, "bandwidth": 2}), 1, Z=Z)
    assert seen == {"verbose": 1, "bandwidth": 2}


@pytest.mark.parametrize(
    ("rule", "name", "shown"),
    [
        ("topk", "bandwidth", "TopK()"),
        (TopK(), "space", "TopK()"),
        (Herding(bandwidth=0.5), "temperature", "Herding(bandwidth=0.5)"),
        (last_rows, "bandwidth", "last_rows"),
    ],
)
def test_a_parameter_of_another_rule_warns(rule, name, shown):
    message = f"rule__{name} has no effect with rule={shown}"
    with pytest.warns(UnusedParameterWarning) as caught:
        made = as_rule(rule, {name: 0.5})
    assert str(caught[0].message) == message
    assert made.get_params() == as_rule(rule, {}).get_params()


def test_a_parameter_of_its_own_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rule in RULES.values():
            as_rule(rule(), rule().get_params())


@pytest.mark.parametrize(
    ("rule", "name", "message"),
    [
        ("herding", "bandwith", "'rule__bandwith'; did you mean 'rule__bandwidth'"),
        ("topk", "nothing", "'rule__nothing'; there is nothing to set"),
        (last_rows, "stepp", "'rule__stepp'; did you mean 'rule__step'"),
        (last_rows, "scores", "'rule__scores'"),
        (last_rows, "function", "'rule__function'"),
        (last_rows, "uncertainty", "rule__uncertainty is no parameter .* set uncertainty="),
        ("herding", "uncertainty", "rule__uncertainty is no parameter .* set uncertainty="),
        ("herding", "verbose", "rule__verbose is no parameter .* set verbose="),
    ],
)
def test_an_unknown_parameter_is_an_error(rule, name, message):
    with pytest.raises(ValueError, match=message):
        as_rule(rule, {name: 1})


@pytest.mark.parametrize(
    ("rule", "name"), [("herding", "bandwidth"), (KCenter(), "space"), (last_rows, "space")]
)
def test_a_wrong_value_is_an_error(rule, name):
    with pytest.raises(ValueError, match=f"'rule__{name}' parameter of"):
        as_rule(rule, {name: 0})


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        ("k_centre", ValueError, "there is no rule 'k_centre'; did you mean 'k_center'"),
        (TopK, TypeError, r"write rule=TopK\(\)"),
        (3, TypeError, "rule must be one of .*'topk'.* got 3"),
        (None, TypeError, "got None"),
    ],
)
def test_no_rule(rule, error, message):
    with pytest.raises(error, match=message):
        as_rule(rule, {})
