"""Closed forms of the measures; what is no probability is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvaal._predictions import predictions
from skvaal._predictions.predictions import check_proba

UNIFORM = np.full((1, 4), 0.25)
CERTAIN = np.eye(4)
FUNCTIONS = ("margin", "entropy", "least_confident", "state_indicator")


@pytest.mark.parametrize(
    ("name", "of_uniform"),
    [("margin", 1), ("entropy", np.log(4)), ("least_confident", 0.75), ("state_indicator", 0.75)],
)
def test_of_the_uniform_vector_and_of_certainty(name, of_uniform):
    function = getattr(predictions, name)
    assert function(UNIFORM) == pytest.approx(of_uniform)
    np.testing.assert_allclose(function(CERTAIN), 0, atol=1e-12)
    # The limit, from nearby.
    near = UNIFORM + 1e-7 * np.array([[3, -1, -1, -1]])
    assert function(near) == pytest.approx(of_uniform, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("margin", 1 - (0.6 - 0.3)),
        ("entropy", -(0.6 * np.log(0.6) + 0.3 * np.log(0.3) + 0.1 * np.log(0.1))),
        ("least_confident", 0.4),
        # VAR of (.6, .3, .1) about 1/3, MINVAR that of (.6, .2, .2).
        ("state_indicator", 1 - np.var([0.6, 0.2, 0.2]) / np.var([0.6, 0.3, 0.1]) * 0.6),
    ],
)
def test_closed_forms_whatever_the_order_of_classes(name, expected):
    function = getattr(predictions, name)
    np.testing.assert_allclose(function(np.array([[0.6, 0.3, 0.1], [0.1, 0.6, 0.3]])), expected)


def test_indicator_is_that_of_the_maximum_alone_where_the_rest_is_even():
    # VAR is MINVAR then.
    proba = np.array([[m, *[(1 - m) / 3] * 3] for m in (0.25001, 0.4, 0.7, 0.99)])
    np.testing.assert_allclose(predictions.state_indicator(proba), 1 - proba[:, 0], rtol=1e-6)


def test_disagreement_is_entropy_of_the_mean_less_mean_entropy():
    members = np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.3, 0.7], [0.5, 0.5]]])

    def h(p):
        return -p * np.log(p) - (1 - p) * np.log(1 - p)

    expected = [h(0.6) - (h(0.9) + h(0.3)) / 2, 0]
    np.testing.assert_allclose(predictions.disagreement(members), expected, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_single_class_is_certain(name):
    assert getattr(predictions, name)(np.ones((2, 1))).tolist() == [0, 0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_samples(name):
    assert getattr(predictions, name)(np.empty((0, 3))).shape == (0,)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6).filter(lambda p: sum(p) > 0.1))
def test_bounds(weights):
    proba = np.array([weights]) / sum(weights)
    c = len(weights)
    bounds = {"margin": 1, "entropy": np.log(c), "least_confident": 1 - 1 / c, "state_indicator": 1}
    for name, most in bounds.items():
        value = float(getattr(predictions, name)(proba)[0])
        assert -1e-9 <= value <= most + 1e-9, name


def test_probabilities_are_taken_as_they_are():
    proba = np.array([[0.5, 0.4995], [1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(check_proba(proba, 2), proba)
    members = np.full((3, 5, 2), 0.5)
    assert check_proba(members.tolist(), 5).shape == (3, 5, 2)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        ([[0.5, 0.5], [0.6, 0.6]], r"mine\[1\] is no distribution \(its sum is 1\.2\).*softmax"),
        ([[0.5, 0.498], [0.5, 0.5]], r"mine\[0\] is no distribution \(its sum is 0\.998\)"),
        ([[0.5, 0.5], [1.5, -0.5]], r"mine\[1\] holds a negative number \(its sum is 1\)"),
        ([[0.5, 0.5], [np.nan, 0.5]], r"mine\[1\] holds NaN or infinity"),
        ([[np.inf, 0.5], [0.5, 0.5]], r"mine\[0\] holds NaN or infinity"),
        ([[[0.5, 0.5], [1, 0]], [[1, 0], [1, 1]]], r"mine\[1, 1\] is no distribution"),
        ([0.5, 0.5], r"mine must have the shape \(n_samples, n_classes\).*got \(2,\)"),
        ([[1.0]], r"mine of shape \(1, 1\) has 1 samples, but there are 2"),
        (np.ones((2, 1, 1)), "has 1 samples, but there are 2.*members first"),
        (np.ones((2, 0)), "at least one class"),
        (np.ones((0, 2, 1)), "is empty"),
        (np.array([[0.5 + 0j, 0.5], [1, 0]], object), "holds a value of type complex"),
        (np.array([[b"0.5", b"0.5"], [b"1", b"0"]], object), "holds a value of type bytes"),
        ([["a", "b"], ["c", "d"]], "mine must hold real numbers, but is of dtype <U1"),
        ([[0.5, 0.5], [1]], "mine cannot be read as an array"),
    ],
)
def test_error_names_what_is_no_probability(proba, message):
    with pytest.raises(ValueError, match=message):
        check_proba(proba, 2, "mine")
