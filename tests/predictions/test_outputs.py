"""Several labels and standard deviations: what is read, what it means, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from skvaal import AmbiguousInputWarning, HerdingQueryStrategy, MissingProbabilitiesWarning
from skvaal._predictions.outputs import read_predictions
from skvaal._predictions.predictions import Predictions, disagreement, entropy, measure_uncertainty

RNG = np.random.RandomState(0)
LABELS = RNG.rand(30, 3)  # probabilities of three labels
OUTPUTS = [RNG.dirichlet(np.ones(k), 30) for k in (2, 3, 4)]
MEMBERS = RNG.rand(5, 30, 3)


def read(proba, uncertainty="auto", multilabel="mean", n_samples=30):
    how = {"uncertainty": uncertainty, "multilabel": multilabel}
    return read_predictions(proba, n_samples, "mine", **how)


def measure(proba, uncertainty="auto", multilabel="mean"):
    return measure_uncertainty(uncertainty, read(proba, uncertainty, multilabel), multilabel)


# What a label means ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uncertainty", "of_label"),
    [
        ("auto", lambda p: 1 - np.abs(2 * p - 1)),
        ("margin", lambda p: 1 - np.abs(2 * p - 1)),
        ("entropy", lambda p: -p * np.log(p) - (1 - p) * np.log(1 - p)),
        ("least_confident", lambda p: np.minimum(p, 1 - p)),
        (lambda two: two[:, 1] ** 2, lambda p: p**2),
    ],
    ids=["auto", "margin", "entropy", "least_confident", "a function"],
)
def test_a_label_counts_as_two_classes(uncertainty, of_label):
    expected = of_label(LABELS)
    np.testing.assert_allclose(measure(LABELS, uncertainty), expected.mean(axis=1))
    np.testing.assert_allclose(measure(LABELS, uncertainty, "max"), expected.max(axis=1))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_certain_label_is_certain(p):
    for uncertainty in ("margin", "entropy", "least_confident"):
        assert measure(np.full((30, 2), p), uncertainty).tolist() == [0] * 30


def test_outputs_have_classes_of_their_own():
    expected = np.mean([entropy(each) for each in OUTPUTS], axis=0)
    np.testing.assert_allclose(measure(OUTPUTS, "entropy"), expected)
    np.testing.assert_allclose(measure(tuple(OUTPUTS), "entropy"), expected)


def test_members_of_labels():
    two = np.stack([1 - MEMBERS, MEMBERS], axis=-1)
    expected = np.mean([disagreement(two[:, :, k]) for k in range(3)], axis=0)
    np.testing.assert_allclose(measure(MEMBERS, "disagreement"), expected)
    by_output = [two[:, :, k] for k in range(3)]
    np.testing.assert_allclose(measure(by_output, "disagreement"), expected)
    np.testing.assert_allclose(measure(MEMBERS), measure(MEMBERS.mean(axis=0)))


def test_rows_and_followed_by():
    first, second = (read(LABELS).rows(rows) for rows in (np.arange(9), np.arange(9, 30)))
    assert not first.are_missing
    assert len(first.outputs[0].proba) == 9
    np.testing.assert_array_equal(second.outputs[2].proba[:, 1], LABELS[9:, 2])
    std = read(LABELS[:, 0], "std").rows(np.arange(4))
    np.testing.assert_array_equal(std.deviation, LABELS[:4, 0])


@pytest.mark.parametrize(
    "container",
    [
        pd.DataFrame,
        lambda p: torch.tensor(p, dtype=torch.float32),
        lambda p: p.tolist(),
        list,
        lambda p: p.astype(object),
    ],
    ids=["DataFrame", "tensor", "lists", "rows", "objects"],
)
def test_labels_in_any_container(container):
    np.testing.assert_allclose(measure(container(LABELS)), measure(LABELS), rtol=1e-5)


@pytest.mark.parametrize("container", [pd.DataFrame, torch.tensor])
def test_outputs_in_any_container(container):
    np.testing.assert_allclose(measure([container(each) for each in OUTPUTS]), measure(OUTPUTS))


# Nothing is guessed ---------------------------------------------------------------------------


def test_an_array_is_one_label_unless_the_parameter_says_otherwise():
    with pytest.raises(ValueError, match=r"mine\[0\] is no distribution.*set multilabel='mean'"):
        read(LABELS, multilabel="auto")
    assert read(OUTPUTS[1], multilabel="auto").outputs is None


@pytest.mark.parametrize("wrong", [LABELS * 3, -LABELS, LABELS * np.nan])
def test_what_no_label_could_be_is_not_told_of_labels(wrong):
    with pytest.raises(ValueError, match=r"mine\[0\]") as error:
        read(wrong, multilabel="auto")
    assert "multilabel" not in str(error.value)


def test_a_list_may_be_of_outputs_or_of_members():
    with pytest.raises(ValueError, match=r"list of 2 arrays.*multilabel='mean'.*numpy.stack\(mine"):
        read([OUTPUTS[0], OUTPUTS[0]], multilabel="auto")
    assert read(np.stack([OUTPUTS[0]] * 2), multilabel="auto").members.shape == (2, 30, 2)
    # Only members can disagree, so that it is no question.
    assert read([OUTPUTS[0]] * 2, "disagreement", "auto").members.shape == (2, 30, 2)


def test_a_list_of_images_is_of_pixels():
    pixels = RNG.dirichlet(np.ones(3), (30, 2, 4)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(read(list(pixels), multilabel="auto").pixels, pixels)


def test_class_probabilities_read_as_labels():
    with pytest.warns(AmbiguousInputWarning, match="every row of mine sums to 1.*its 4 columns"):
        read(OUTPUTS[2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(LABELS)
        read(np.ones((30, 1)))
        read(OUTPUTS)


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (
            [OUTPUTS[0], OUTPUTS[1][:-1]],
            r"mine\[1\] of shape \(29, 3\) has 29 samples.*there are 3",
        ),
        ([OUTPUTS[0], OUTPUTS[1] * 2], r"mine\[1\]\[0\] is no distribution"),
        ([OUTPUTS[0], OUTPUTS[1] * np.nan], r"mine\[1\]\[0\] holds NaN"),
        ([OUTPUTS[0], np.ones((30, 0))], r"mine\[1\] of shape \(30, 0\) is empty"),
        (LABELS[:-1], r"mine of shape \(29, 3\) has 29 samples, but there are 30"),
        (LABELS * 2, r"mine\[0, 0\] is 1.09763, but the probability of a label is from 0 to 1"),
        (LABELS - 1, r"mine\[0, 0\] is -0.451186"),
        (np.where(LABELS[3, 2] == LABELS, np.nan, LABELS), r"mine\[3, 2\] is nan"),
        (LABELS[:, :0], "at least one label is needed"),
        (LABELS[:, 0], r"shape \(n_samples, n_labels\).*got \(30,\)"),
        (LABELS[:, :, None, None], r"got \(30, 3, 1, 1\)"),
        ([], r"got \(0,\)"),
        (LABELS.astype(str), "mine must hold real numbers"),
        (LABELS + 0j, "mine must hold real numbers"),
        (np.ma.masked_array(LABELS, LABELS > 0.5), r"mine\[0, 0\] is masked"),
    ],
)
def test_error_names_what_is_no_label(proba, message):
    with pytest.raises(ValueError, match=message):
        read(proba)


@pytest.mark.parametrize(
    ("std", "message"),
    [
        (np.r_[np.ones(29), np.nan], r"mine\[29\] is nan, but a standard deviation is finite"),
        (np.r_[np.ones(29), np.inf], r"mine\[29\] is inf"),
        (np.r_[np.ones(29), -1], r"mine\[29\] is -1"),
        (np.c_[np.ones(30), -np.ones(30)], r"mine\[0, 1\] is -1"),
        (np.ones(29), r"mine of shape \(29,\) has 29 samples, but there are 30"),
        (np.ones((30, 2, 2)), r"standard deviations of the shape \(n_samples,\).*got \(30, 2, 2\)"),
        (np.float64(1), r"got \(\)"),
        (np.ones((30, 0)), r"mine of shape \(30, 0\)"),
        (["a"] * 30, "mine must hold real numbers"),
    ],
)
def test_error_names_what_is_no_standard_deviation(std, message):
    with pytest.raises(ValueError, match=message):
        read(std, "std")


@pytest.mark.parametrize("std", [np.ones(30), np.zeros(30), np.ones((30, 2)) * [1, 3]])
def test_a_standard_deviation_that_says_nothing(std):
    with pytest.warns(MissingProbabilitiesWarning, match="mine is [01] for every sample"):
        read(std, "std")


def test_standard_deviations_of_several_targets():
    np.testing.assert_allclose(measure(LABELS, "std"), LABELS.mean(axis=1))
    np.testing.assert_allclose(measure(LABELS, "std", "max"), LABELS.max(axis=1))
    assert read(LABELS[:1, 0], "std", n_samples=1).deviation.shape == (1,)


def test_a_function_gets_standard_deviations_of_its_own():
    std = LABELS[:, 0].copy()

    def squared(given):
        given **= 2
        return given

    found = measure_uncertainty(squared, Predictions(deviation=std))
    np.testing.assert_allclose(found, LABELS[:, 0] ** 2)
    np.testing.assert_array_equal(std, LABELS[:, 0])


# In a strategy --------------------------------------------------------------------------------

X = RNG.rand(40, 4)


def test_the_choice_follows_the_labels():
    strategy = HerdingQueryStrategy(multilabel="max", random_state=0).fit_pools(X[:10], X[10:])
    proba = np.full((30, 2), 0.01)
    proba[17, 1] = 0.5
    assert strategy.query(X[10:], proba=proba).tolist() == [17]
    by_output = [np.stack([1 - p, p], axis=1) for p in proba.T]
    assert strategy.query(X[10:], proba=by_output).tolist() == [17]
    table = strategy.explain(X[10:], [17], proba=proba)
    assert list(table["uncertainty"]) == [1.0]


def test_the_choice_follows_the_standard_deviation():
    strategy = HerdingQueryStrategy(uncertainty="std", random_state=0).fit_pools(X[:10], X[10:])
    std = np.full(30, 1e-3)
    std[17] = 40
    assert strategy.query(X[10:], proba=std).tolist() == [17]
    with pytest.raises(ValueError, match="uncertainty='std' needs .* pass proba"):
        strategy.query(X[10:])


def test_other_labels_than_in_fit():
    y = np.zeros((40, 3), dtype=int)
    y[10:] = -1
    strategy = HerdingQueryStrategy(multilabel="mean", random_state=0)
    message = "proba has 2 labels, but fit had 3"
    for rows in (y, pd.DataFrame(y)):
        with pytest.raises(ValueError, match=message):
            strategy.fit(X, rows).query(X[10:], proba=LABELS[:, :2])
    assert len(strategy.query(X[10:], 2, proba=LABELS)) == 2
    with pytest.raises(ValueError, match=message):
        strategy.fit(X, y, proba=np.tile(LABELS[0, :2], (40, 1)))
    pools = {"proba_labeled": LABELS[:10], "proba_unlabeled": LABELS[:, :2]}
    with pytest.raises(ValueError, match="proba_labeled has 3 labels, proba_unlabeled has 2"):
        strategy.fit_pools(X[:10], X[10:], **pools)
    with pytest.raises(ValueError, match="proba_labeled has 3 labels, proba has 2"):
        strategy.fit_query(
            X[:10], X[10:], proba=LABELS[:, :2], proba_labeled=pools["proba_labeled"]
        )
    strategy.fit_pools(X[:10], X[10:], proba_unlabeled=LABELS[:, :2])
    with pytest.raises(ValueError, match="proba has 3 labels, but fit had 2"):
        strategy.query(X[10:], proba=LABELS)
    # Of another fit, the number is forgotten.
    assert len(strategy.fit_pools(X[:10], X[10:]).query(X[10:], 2, proba=LABELS)) == 2


def test_a_list_of_the_labels_that_a_sample_has():
    y = [[0, 2], [1], [0, 1]] * 3 + [[2]] + [-1] * 30
    strategy = HerdingQueryStrategy(multilabel="mean", random_state=0).fit(X, y)
    assert len(strategy.query(X[10:], 2, proba=LABELS)) == 2


def test_one_hot_labels_go_with_class_probabilities():
    y = np.eye(3, dtype=int)[np.arange(40) % 3]
    y[10:] = -1
    strategy = HerdingQueryStrategy(random_state=0).fit(X, y)
    assert len(strategy.query(X[10:], 2, proba=OUTPUTS[2])) == 2


@pytest.mark.parametrize("value", ["sum", None, 1])
def test_bad_parameter(value):
    with pytest.raises(ValueError, match="'multilabel' parameter"):
        HerdingQueryStrategy(multilabel=value).fit_pools(X[:10], X[10:])
