"""The expected gain on curves with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from skvaal._stopping.power_law import expect_gain

SIZES = np.arange(20, 201, 20)


def power_law(asymptote, rise, power):
    return lambda n: asymptote - rise * (np.asarray(n) / 20) ** -power


@pytest.mark.parametrize("power", [0.3, 1.0, 1.8])
def test_precise_curves_give_the_true_gain(draw_curve, power):
    accuracy = power_law(0.95, 0.5, power)
    gain = expect_gain(draw_curve(accuracy, SIZES, n_tested=20_000), 20)
    truth = accuracy(220) - accuracy(200)
    assert gain.mean == pytest.approx(truth, rel=0.25)
    assert gain.low <= truth <= gain.high
    assert gain.high - gain.low < 0.003


def test_intervals_hold_the_truth_as_often_as_they_say(draw_curve):
    covered = []
    for seed in range(30):
        rng = np.random.RandomState(seed)
        accuracy = power_law(rng.uniform(0.7, 0.98), rng.uniform(0.2, 0.5), rng.uniform(0.4, 1.5))
        gain = expect_gain(draw_curve(accuracy, SIZES, n_tested=200, seed=seed), 20, 0.9)
        covered.append(gain.low <= accuracy(220) - accuracy(200) <= gain.high)
    assert np.mean(covered) >= 0.8


def test_a_flat_curve_gains_next_to_nothing(draw_curve):
    gain = expect_gain(draw_curve(lambda n: 0.8, SIZES, n_tested=2000), 20)
    assert gain.mean < 0.003
    assert gain.low < 1e-3
    falling = expect_gain(draw_curve(lambda n: 0.9 - n / 1000, SIZES, n_tested=2000), 20)
    assert 0 <= falling.mean < 0.003


def test_more_labels_gain_more_and_fewer_tests_tell_less(draw_curve):
    accuracy = power_law(0.95, 0.5, 0.8)
    rough, fine = (draw_curve(accuracy, SIZES, n_tested=n) for n in (100, 10_000))
    assert expect_gain(fine, 100).mean > 2 * expect_gain(fine, 20).mean
    gains = [expect_gain(points, 20) for points in (rough, fine)]
    assert gains[0].high - gains[0].low > 2 * (gains[1].high - gains[1].low)
    wide, narrow = (expect_gain(rough, 20, level) for level in (0.99, 0.5))
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_points_that_scatter_more_widely_than_their_errors_widen_the_interval(draw_curve):
    points = draw_curve(power_law(0.95, 0.5, 0.8), SIZES, n_tested=10_000)
    jumps = np.where(np.arange(len(SIZES)) % 2, 0.05, -0.05)
    scattered = draw_curve(
        lambda n: power_law(0.9, 0.5, 0.8)(n) + jumps[n // 20 - 1], SIZES, n_tested=10_000
    )
    narrow, wide = (expect_gain(each, 20) for each in (points, scattered))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_an_accuracy_of_one_is_no_certainty(draw_curve):
    gain = expect_gain(draw_curve(lambda n: 1.0, SIZES, n_tested=50), 20)
    assert 0 <= gain.low <= gain.mean <= gain.high < 0.05


def test_three_points_are_too_few(draw_curve):
    with pytest.raises(ValueError, match="curve has 3 points; a power law needs 4"):
        expect_gain(draw_curve(lambda n: 0.5, SIZES[:3], n_tested=10), 20)
