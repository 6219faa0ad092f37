"""Nested parameters on a plain estimator."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from skvaal import TrainingDivergedError
from skvaal._utils.params import (
    Interval,
    NestedParamsMixin,
    SequenceOf,
    accepted_names,
    check_flag,
    describe,
    did_you_mean,
    naming,
    naming_foreign,
    renaming,
)


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


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("enigne__power", "did you mean 'engine'"),
        ("color", "of Car; did you mean 'colour'"),
        ("engine_power", "did you mean 'engine__power'"),
        ("engine__", ""),
    ],
)
def test_set_params_refuses_what_has_no_known_prefix(name, nearest):
    with pytest.raises(ValueError, match=f"Invalid parameter .*{nearest}"):
        Car().set_params(**{name: 5})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("engine__powr", "did you mean 'engine__power'"),
        ("engine__zzz", "known are engine__cylinders, engine__power"),
        ("color", "did you mean 'colour'"),
        ("engine_power", "did you mean 'engine__power'"),
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


# Values


@pytest.mark.parametrize("value", [1, 2**31 - 1, np.int64(3)])
def test_integers_that_are_taken(value):
    assert Interval(Integral, 1, None, closed="left").is_satisfied_by(value)


@pytest.mark.parametrize("value", [0, 2**31, 10**400, True, np.True_, 1.0, "1", None])
def test_integers_that_are_not_taken(value):
    assert not Interval(Integral, 1, None, closed="left").is_satisfied_by(value)


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [(1, True), (10**300, True), (np.float32(2), True), (10**400, False), (True, False),
     (np.nan, False), (np.inf, False)],
)  # fmt: skip
def test_numbers(value, is_taken):
    assert Interval(Real, 0, None, closed="left").is_satisfied_by(value) == is_taken


@pytest.mark.parametrize("value", [(), [1, 2], np.array([3]), range(1, 3)])
def test_sequences_that_are_taken(value):
    assert SequenceOf(Integral, 1, None, closed="left").is_satisfied_by(value)


@pytest.mark.parametrize("value", [1, "12", b"12", [0], [1.5], [[1]], {1}, np.array(1), None])
def test_sequences_that_are_not_taken(value):
    assert not SequenceOf(Integral, 1, None, closed="left").is_satisfied_by(value)


def test_length_of_a_sequence():
    pair = SequenceOf(Integral, 1, None, closed="left", length=2)
    assert pair.is_satisfied_by((1, 2))
    assert not pair.is_satisfied_by((1,))
    assert str(pair).startswith("a sequence of length 2, each item an int in the range [1, ")


class Motor:
    _parameter_constraints = {"power": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, power=1):
        pass


class Turbine(Motor):
    """Its power is a word."""


def test_declared_values_are_checked_under_the_name_of_the_user():
    with pytest.raises(ValueError, match="'engine__power' parameter of Motor .* Got 0"):
        Car(engine__power=0)._check_nested_params({"engine": Motor})
    Car(engine__power="much")._check_nested_params({"engine": Turbine})
    Car(engine__power=2)._check_nested_params({"engine": Motor})


@pytest.mark.parametrize("value", [True, False, np.True_, 0, 1])
def test_flags(value):
    check_flag(value, "shown")


@pytest.mark.parametrize("value", [2, 1.0, "yes", None, np.array([1, 2])])
def test_what_is_no_flag(value):
    with pytest.raises(TypeError, match="shown must be True or False"):
        check_flag(value, "shown")


# Errors of others


@pytest.mark.parametrize(
    ("error", "kind"),
    [(TypeError("no"), TypeError), (ValueError("no"), ValueError), (KeyError("no"), ValueError),
     (RuntimeError("no"), ValueError), (np.linalg.LinAlgError("no"), ValueError)],
)  # fmt: skip
def test_naming_begins_with_the_parameter(error, kind):
    with (
        pytest.raises(kind, match="^vae=Motor cannot be built: .*no") as caught,
        naming("vae=Motor cannot be built"),
    ):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error


class OwnError(ValueError):
    pass


@pytest.mark.parametrize(
    "error",
    [OwnError("no"), OSError(28, "disk full"), ImportError("no"), NotFittedError("no"),
     TrainingDivergedError("no"), UserWarning("no"), KeyboardInterrupt()],
)  # fmt: skip
def test_errors_that_somebody_may_want_to_catch_pass(error):
    with pytest.raises(type(error)) as caught, naming("vae=Motor cannot be built"):
        raise error
    assert caught.value is error


def test_an_error_without_a_text_is_named_by_its_class_and_a_text_is_made_when_needed():
    with pytest.raises(ValueError, match="^it fails: AssertionError$"), naming(lambda: "it fails"):
        raise AssertionError
    with naming(lambda: 1 / 0):
        pass


def test_objects_of_skvaal_are_not_foreign():
    with pytest.raises(KeyError), naming_foreign(NestedParamsMixin, "rule=own"):
        raise KeyError
    with pytest.raises(ValueError, match="rule=foreign"), naming_foreign(Motor(), "rule=foreign"):
        raise KeyError


def test_renaming_keeps_the_error_and_changes_whole_words():
    with (
        pytest.raises(TypeError, match="^X_pool is not X_unlabeled2$"),
        renaming({"X_unlabeled": "X_pool"}),
    ):
        raise TypeError("X_unlabeled is not X_unlabeled2")
    with pytest.raises(ValueError, match="^$"), renaming({"a": "b"}):
        raise ValueError


def test_description_of_a_component():
    assert describe("vae", Motor, {"power": 3}) == "vae=Motor with vae__power=3"
    assert describe("vae", Motor(), {}) == "vae=Motor"
