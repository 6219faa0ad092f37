"""How much of a pool lies where no label is: right numbers on pools of which that is known."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import beta
from sklearn.base import clone

from skvaal import Herding, VAALQueryStrategy
from skvaal._vaal.missing_share import missing_share


def draw(n, seed=0, n_dims=5):
    return np.random.RandomState(seed).randn(n, n_dims).astype(np.float32)


def cluster(n, seed=1, n_dims=5):
    """Samples of a part of the space that `draw` does not reach."""
    return draw(n, seed, n_dims) + np.float32([9] + [0] * (n_dims - 1))


def estimate(Z_labeled, Z, seed=0):
    return missing_share(Z_labeled, Z, np.random.RandomState(seed))


@pytest.mark.parametrize("seed", range(5))
def test_a_random_draw_misses_nothing(seed):
    assert estimate(draw(200, seed), draw(2000, 100 + seed), seed) < 0.02


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_part_without_a_label_is_counted(share):
    Z = np.concatenate([draw(round(2000 * (1 - share)), 2), cluster(round(2000 * share))])
    found = estimate(draw(300), Z)
    # A tenth of the rest is less labelled than nine tenths of the labels, as well. What is taken
    # off is what one in a hundred draws exceeds: of the 30th of 300 order statistics.
    by_chance = beta(30, 271).ppf(0.99)
    assert found == pytest.approx(share + (1 - share) * 0.1 - by_chance, abs=0.04)


def test_labels_that_are_more_concentrated_miss_little():
    shrunk = draw(300) * np.float32(0.8)
    assert estimate(shrunk, draw(2000, 3)) < estimate(draw(300), cluster(2000)) / 4


@pytest.mark.parametrize(("n_labeled", "n"), [(0, 50), (2, 50), (9, 50), (50, 0), (50, 9)])
def test_pools_too_small_to_tell(n_labeled, n):
    assert estimate(draw(n_labeled), cluster(n)) == 0


@pytest.mark.parametrize(("n_labeled", "n"), [(10, 50), (20, 400), (40, 400), (40, 10), (200, 20)])
@pytest.mark.slow
def test_chance_seldom_finds_a_part(n_labeled, n):
    found = [
        estimate(draw(n_labeled, seed, 10), draw(n, 1000 + seed, 10), seed) for seed in range(80)
    ]
    assert np.mean(np.array(found) > 0) < 0.08


@pytest.mark.parametrize("n_labeled", [50, 100])
def test_a_row_that_stands_often_is_no_missing_part(n_labeled):
    def draw_sparse(n, seed):
        rng = np.random.RandomState(seed)
        return draw(n, seed, 8) * (rng.random_sample((n, 1)) < 0.1).astype(np.float32)

    found = [
        estimate(draw_sparse(n_labeled, s), draw_sparse(500, 100 + s), s) > 0 for s in range(30)
    ]
    assert np.mean(found) < 0.1


def test_equal_samples():
    assert estimate(np.ones((30, 4), np.float32), np.ones((90, 4), np.float32)) == 0


def test_few_labels_are_no_evidence():
    assert estimate(draw(4), cluster(200)) < estimate(draw(40), cluster(200))


def test_a_part_of_many_samples_is_enough():
    """More than 2,000 labels and ten others for each: a draw of both, with no more memory."""
    Z = np.concatenate([draw(28_000, 2), cluster(12_000)])
    assert estimate(draw(9_000), Z) == pytest.approx(0.27, abs=0.05)


@pytest.mark.parametrize("scale", [1e-30, 1e15])
def test_the_unit_does_not_matter(scale):
    Z_labeled, Z = draw(90), np.concatenate([draw(200, 2), cluster(90)])
    of_scaled = estimate(Z_labeled * np.float32(scale), Z * np.float32(scale))
    assert of_scaled == pytest.approx(estimate(Z_labeled, Z), abs=0.01)


def test_the_callers_modes_and_generators_do_not_matter():
    Z_labeled, Z = draw(60), cluster(200)
    expected = estimate(Z_labeled, Z)
    before = torch.get_rng_state()
    with torch.inference_mode():
        assert estimate(Z_labeled, Z) == expected
    with torch.no_grad(), torch.autocast("cpu"):
        assert estimate(Z_labeled, Z) == expected
    np.testing.assert_array_equal(torch.get_rng_state(), before)
    found = []
    other = threading.Thread(target=lambda: found.append(estimate(Z_labeled, Z)))
    other.start()
    other.join()
    assert found == [expected]


# In a strategy


@pytest.fixture(scope="module")
def strategy():
    return VAALQueryStrategy(
        max_epochs=2,
        vae__hidden=(8,),
        discriminator__hidden=(8,),
        device="cpu",
        random_state=0,
    )


@pytest.mark.parametrize("seed", range(5))
def test_copies_of_labelled_samples_have_a_label(seed):
    X_labeled = draw(100, seed)
    copies = np.concatenate([np.repeat(X_labeled[:1], 300, axis=0), X_labeled])
    assert estimate(X_labeled, copies, seed) == 0
    others = draw(300, seed + 50)
    assert estimate(X_labeled, np.concatenate([others, copies]), seed) <= 0.05
    with_part = np.concatenate([others, copies, cluster(200)])
    assert 0.02 < estimate(X_labeled, with_part, seed) <= 200 / len(with_part) + 0.02


@pytest.mark.parametrize("missing", [False, True])
def test_scores_count_where_a_part_has_no_label(strategy, missing):
    X_labeled = draw(90)
    X = np.concatenate([draw(200, 2), cluster(100)]) if missing else draw(300, 2)
    strategy.fit_pools(X_labeled, X)
    found = strategy.diagnose(X_labeled, X, n_folds=2)
    with_scores = strategy.query(X, 20)
    strategy.set_params(rule=Herding(score_power=found.score_exponent or 1e-9))
    assert strategy.query(X, 20).tolist() == with_scores.tolist()
    strategy.set_params(rule=Herding())
    if missing:
        assert found.score_exponent == 0.5
        assert found.uncertainty_exponent == 1
        assert "1: 3 by 90 labels, but a part of the pool has few, or none" in str(found)
        assert found.missing_share > 0.1
        # A part without labels may hardly change the AUC of the whole pool.
        blurred = replace(found, auc_cross_fitted=0.5, auc_error=0.05)
        assert blurred.is_like_chance
        assert not blurred.is_uninformative
        assert "% of the pool lie where few labels are, or none" in found.score_exponent_reason
    else:
        assert found.score_exponent == 0
        assert found.missing_share == 0
        assert found.uncertainty_exponent == pytest.approx(3)  # by 90 labels
        told = "exponent of uncertainty    3: 90 labels; from 1 with few to 4 with many"
        assert told in str(found)
        assert "no part of the pool is known" in found.score_exponent_reason


def test_the_exponent_of_uncertainty_is_told_only_where_it_counts(strategy):
    X_labeled, X = draw(90), draw(300, 2)
    strategy = clone(strategy).set_params(rule=Herding(uncertainty_power=7.5))
    strategy.fit_pools(X_labeled, X)
    found = strategy.diagnose(X_labeled, X, n_folds=2)
    assert "exponent of uncertainty    7.5: the rule's uncertainty_power" in str(found)
    strategy.set_params(uncertainty=None)
    found = strategy.diagnose(X_labeled, X, n_folds=2)
    assert found.uncertainty_exponent is None
    assert "exponent of uncertainty" not in str(found)


def test_no_score_is_read_where_none_counts(strategy, monkeypatch):
    X_labeled, X = draw(90), draw(300, 2)
    strategy.fit_pools(X_labeled, X)
    monkeypatch.setattr(type(strategy.net_), "scores", None)
    assert len(strategy.query(X, 5)) == 5
