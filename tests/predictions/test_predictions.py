"""A task model's predictions, and how unsure it is."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from skvaal._predictions.predictions import (
    UNCERTAINTIES,
    Predictions,
    describe_uncertainty,
    disagreement,
    is_explicit,
    margin,
    measure_uncertainty,
)

RNG = np.random.RandomState(0)
MEMBERS = RNG.dirichlet(np.ones(4), (3, 30))
PROBA = MEMBERS.mean(axis=0)


def test_members_are_averaged():
    predictions = Predictions.of(MEMBERS, 30)
    np.testing.assert_allclose(predictions.proba, PROBA)
    np.testing.assert_array_equal(predictions.members, MEMBERS)
    assert Predictions.of(PROBA, 30).members is None
    assert Predictions.of(None, 30).proba is None
    assert Predictions.of(predictions, 30) is predictions


def test_followed_by_undoes_rows():
    predictions = Predictions(PROBA, MEMBERS, PROBA[:, 0])
    first, second = predictions.rows(np.arange(12)), predictions.rows(np.arange(12, 30))
    again = first.followed_by(second)
    for name in ("proba", "members", "loss"):
        np.testing.assert_array_equal(getattr(again, name), getattr(predictions, name))
    assert first.followed_by(Predictions()).proba is None


def test_uncertainty_by_name_function_or_none():
    predictions = Predictions.of(MEMBERS, 30)
    np.testing.assert_array_equal(
        measure_uncertainty("auto", predictions), margin(predictions.proba)
    )
    np.testing.assert_array_equal(
        measure_uncertainty("disagreement", predictions), disagreement(MEMBERS)
    )
    np.testing.assert_array_equal(
        measure_uncertainty(lambda p: p[:, 1], predictions), predictions.proba[:, 1]
    )
    assert measure_uncertainty(None, predictions) is None
    assert measure_uncertainty("auto", Predictions()) is None


def test_a_function_cannot_change_the_probabilities():
    predictions = Predictions.of(PROBA, 30)

    def in_place(proba):
        proba[:] = 0
        return proba[:, 0]

    measure_uncertainty(in_place, predictions)
    np.testing.assert_array_equal(predictions.proba, PROBA)


@pytest.mark.parametrize(
    ("uncertainty", "message"),
    [
        ("disagreement", r"\(n_members, n_samples, n_classes\), got.*\(30, 4\)"),
        (lambda p: p[:, 0] + 1j, "<lambda> returns must hold real numbers, but is of dtype compl"),
        (lambda p: p[:, 0].astype("M8[s]"), "<lambda> returns must hold .* of dtype datetime64"),
        (lambda p: p[:, 0].astype(str), "<lambda> returns must hold real numbers"),
        (lambda p: list(1j * p[:, 0].astype(object)), "<lambda> returns must hold real numbers"),
        (lambda p: {}["margin"], "uncertainty=<lambda> failed: 'margin'"),
        (lambda p: p.no_such_thing, "uncertainty=<lambda> failed: .*no_such_thing"),
        (lambda p: p, r"uncertainty=<lambda> must return .*\(30,\), got shape \(30, 4\)"),
        (lambda p: p[:, 0] * np.nan, "NaN or infinity in it"),
        (lambda p: None, r"got shape \(\)"),
    ],
)
def test_bad_uncertainty(uncertainty, message):
    with pytest.raises(ValueError, match=message):
        measure_uncertainty(uncertainty, Predictions.of(PROBA, 30))


def test_kinds_of_uncertainty():
    for name in UNCERTAINTIES:
        assert is_explicit(name)
    assert is_explicit(margin)
    assert not is_explicit("auto")
    assert not is_explicit(None)
    assert describe_uncertainty("margin") == "uncertainty='margin'"
    assert describe_uncertainty(margin) == "uncertainty=margin"


# Rounding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_low_precision_may_round_more_and_sums_to_1_then(dtype):
    rounded = np.array([[0.5, 0.45], [0.5, 0.5]], dtype)
    proba = Predictions.of(rounded, 2).proba
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(proba[0], [10 / 19, 9 / 19], rtol=1e-3)
    with pytest.raises(ValueError, match=r"proba\[0\] is no distribution"):
        Predictions.of(rounded.astype(np.float64), 2)


@pytest.mark.parametrize(
    "wrong",
    [
        1 / (1 + np.exp(-RNG.randn(30, 4))),  # a sigmoid for each class
        RNG.randn(30, 4),
        np.log(PROBA),
        PROBA * 100,
        np.repeat([[0.5, 0.5, 1.0]], 30, axis=0),
    ],
    ids=["sigmoids", "logits", "logarithms", "per cent", "doubled"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_no_distribution_is_found_at_any_precision(wrong, dtype):
    with pytest.raises(ValueError, match="softmax of logits"):
        Predictions.of(wrong.astype(dtype), 30)


def test_naive_bayes_in_float32_is_read_or_told_what_to_do():
    rng = np.random.RandomState(0)
    X, y = rng.rand(200, 60).astype(np.float32), rng.randint(0, 3, 200)
    X[:, :3] = X[:, :3] > 0.5
    model = GaussianNB().fit(X[:50], y[:50])
    proba = Predictions.of(model.predict_proba(X), 200).proba
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-3)
    with pytest.raises(
        ValueError, match="if a model in float32 rounds so, give it float64 samples"
    ):
        Predictions.of(np.array([[1.0, 1.0]], np.float32), 1)
