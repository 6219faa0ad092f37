"""Nested parameters on a plain estimator."""

from __future__ import annotations

import pytest
from sklearn.base import BaseEstimator, clone

from skvaal._utils.params import NestedParamsMixin, accepted_names, did_you_mean


class Engine:
    def __init__(self, power=1, cylinders=4):
        pass


class Any:
    def __init__(self, **anything):
        pass


class Car(NestedParamsMixin, BaseEstimator):
    _nested_prefixes = ("engine", "wheels")

    def __init__(self, colour="red", **net_params):
        self.colour = colour
        vars(self).update(net_params)


def test_nested_parameters_are_parameters():
    car = Car(engine__power=4)
    assert car.get_params() == {"colour": "red", "engine__power": 4}
    assert clone(car).get_params() == car.get_params()
    car.set_params(engine__power=5, wheels__size=0.1, colour="blue")
    assert car.get_params() == {"colour": "blue", "engine__power": 5, "wheels__size": 0.1}
    assert car._nested_params("engine") == {"power": 5}


@pytest.mark.parametrize("name", ["enigne__power", "color", "engine__"])
def test_set_params_refuses_what_has_no_known_prefix(name):
    with pytest.raises(ValueError, match="Invalid parameter"):
        Car().set_params(**{name: 5})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("engine__powr", "did you mean 'engine__power'"),
        ("engine__zzz", "known are engine__cylinders, engine__power"),
        ("color", "did you mean 'colour'"),
        ("enigne__power", "engine__"),
    ],
)
def test_an_unknown_parameter_is_an_error_with_the_nearest_name(name, nearest):
    with pytest.raises(ValueError, match=f"unknown parameter '{name}'.*{nearest}"):
        Car(**{name: 1})._check_nested_params({"engine": Engine})


def test_known_parameters_pass_and_a_component_may_take_any():
    Car(engine__power=1, wheels__size=3)._check_nested_params({"engine": Engine, "wheels": Any})
    assert accepted_names(Engine) == {"power", "cylinders"}
    assert accepted_names(lambda **kwargs: None) is None


def test_where_nothing_is_known_there_is_nothing_to_set():
    assert did_you_mean("power", []) == "there is nothing to set"
