import numpy as np
import pytest

from skvaal.benchmark.strategies._information import (
    mutual_information,
    predictive_entropy,
    variation_ratio,
)

LOG2 = np.log(2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("draws", "entropy", "information", "ratio"),
    [
        # All sure, and of one mind.
        ([[1, 0]] * 4, 0, 0, 0),
        # All unsure in the same way: uncertain, but the draws tell nothing.
        ([[0.5, 0.5]] * 4, LOG2, 0, 0),
        # All sure, half of them of each class: the draws tell all.
        ([[1, 0], [0, 1]] * 2, LOG2, LOG2, 0.5),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.log(3), np.log(3), 2 / 3),
        # Half sure of the first class, half undecided between two others.
        ([[1, 0, 0], [0, 0.5, 0.5]], 1.5 * LOG2, LOG2, 0.5),
        ([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.1, 0.9]], None, None, 0.25),
    ],
)
def test_closed_forms(draws, entropy, information, ratio, dtype):
    proba = np.array(draws, dtype=dtype)[:, None]  # of one sample

    if entropy is not None:
        np.testing.assert_allclose(predictive_entropy(proba), [entropy], atol=1e-7)
        np.testing.assert_allclose(mutual_information(proba), [information], atol=1e-7)
    np.testing.assert_allclose(variation_ratio(proba), [ratio], atol=1e-12)


@pytest.mark.parametrize("measure", [predictive_entropy, mutual_information, variation_ratio])
def test_samples_are_measured_one_by_one(measure):
    proba = np.random.default_rng(0).dirichlet(np.ones(4), size=(7, 5))

    one_by_one = [measure(proba[:, [i]])[0] for i in range(5)]

    np.testing.assert_allclose(measure(proba), one_by_one)


def test_information_is_between_nothing_and_the_entropy():
    proba = np.random.default_rng(0).dirichlet(np.full(5, 0.3), size=(9, 200))

    information = mutual_information(proba)

    assert (information > 0).all()
    assert (information < predictive_entropy(proba)).all()
