import json
from functools import partial

import numpy as np
import pytest
from sklearn.feature_selection import f_classif

from skvaal import HerdingQueryStrategy
from skvaal.benchmark._values import describe, plain, text_of

THRESHOLD = 1


def at_threshold(x):
    return x > THRESHOLD


def through_another(x):
    return at_threshold(x)


def holding(value):
    return lambda x: x == value


def forgetful(x, power=2, *, shift=0):
    return x**power + shift


class Own:
    def __init__(self, scale):
        self.scale = scale

    def __repr__(self):
        return f"Own({self.scale})"

    def scaled(self, x):
        return self.scale * x


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x: x + 1, lambda x: x - 1),
        (lambda x: x + 1, lambda x: x + 2),
        (lambda x: x.min(), lambda x: x.max()),
        (lambda x, a=1: x + a, lambda x, a=2: x + a),
        (lambda x, *, a=1: x + a, lambda x, *, a=2: x + a),
        (lambda x: [i + 1 for i in x], lambda x: [i + 2 for i in x]),
        (holding(1), holding(2)),
        (holding(np.arange(5000)), holding(np.arange(5000) + 1)),
        (holding(holding(1)), holding(holding(2))),
        (partial(holding(1), 3), partial(holding(2), 3)),
        (Own(1).scaled, Own(2).scaled),
    ],
)
def test_functions_differ_by_their_code_and_what_they_hold(one, other):
    assert text_of(one) == text_of(one)
    assert text_of(one) != text_of(other)
    queries = [describe(HerdingQueryStrategy(uncertainty=own)) for own in (one, other)]
    assert queries[0]["uncertainty"] != queries[1]["uncertainty"]


def test_equal_functions_have_equal_texts():
    assert text_of(holding([1, {"a": 2}])) == text_of(holding([1, {"a": 2}]))


@pytest.mark.parametrize("function", [at_threshold, through_another])
def test_numbers_of_its_module_are_a_part_of_a_function(function, monkeypatch):
    before = text_of(function)
    monkeypatch.setitem(globals(), "THRESHOLD", 2)

    assert text_of(function) != before


def test_functions_of_installed_modules_keep_their_names():
    assert text_of(json.dumps) == "json.dumps"
    assert text_of(f_classif) == "sklearn.feature_selection._univariate_selection.f_classif"
    assert text_of(describe) == "skvaal.benchmark._values.describe"
    assert text_of(len) == "builtins.len"
    assert text_of(forgetful).startswith(f"{__name__}.forgetful (code ")


def test_a_function_that_holds_itself_has_a_text():
    def countdown(n):
        return countdown(n - 1) if n else later

    early = text_of(countdown)
    later = 3

    assert early != text_of(countdown)
    assert later == countdown(1)


def test_what_is_not_a_number_comes_back_from_json_the_same():
    found = plain({"missing": float("nan"), "sizes": (1, 2.5)})

    assert found == json.loads(json.dumps(found)) == {"missing": "nan", "sizes": [1, 2.5]}
