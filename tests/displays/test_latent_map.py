"""The map: what lies where, and who is on it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import HerdingQueryStrategy, LatentMapDisplay, VAALQueryStrategy

from ..conftest import QUICK

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def pools(digits):
    return digits[0][:30], digits[0][30:150]


@pytest.fixture(scope="module")
def herding(pools):
    return HerdingQueryStrategy(random_state=0).fit_pools(*pools)


def test_positions_are_the_two_components_of_the_coordinates(herding, pools):
    labeled, unlabeled = pools
    indices = np.array([7, 3])
    display = LatentMapDisplay.from_estimator(herding, unlabeled, labeled, indices)
    pca = PCA(2, svd_solver="full").fit(herding.transform(unlabeled))
    expected = pca.transform(herding.transform(unlabeled))
    np.testing.assert_allclose(display.unlabeled, expected, atol=1e-5)
    np.testing.assert_allclose(display.chosen, expected[indices], atol=1e-4)
    np.testing.assert_allclose(
        display.labeled, pca.transform(herding.transform(labeled)), atol=1e-4
    )
    np.testing.assert_allclose(display.explained, pca.explained_variance_ratio_, rtol=1e-4)
    shown = [part.get_offsets().data for part in display.ax_.collections]
    for points, positions in zip(
        shown, (display.unlabeled, display.labeled, display.chosen), strict=True
    ):
        np.testing.assert_allclose(points, positions)
    assert display.ax_.get_title() == "120 in the pool, 30 labelled, 2 chosen"
    share = f"{display.explained[0]:.0%}"
    assert display.ax_.get_xlabel() == f"first component, {share} of the variance"


def test_a_vae_maps_what_it_decodes(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled, unlabeled)
    decoded = strategy.inverse_transform(strategy.transform(unlabeled))
    expected = PCA(2, svd_solver="full").fit_transform(decoded)
    display = LatentMapDisplay.from_estimator(strategy, unlabeled)
    np.testing.assert_allclose(np.abs(display.unlabeled), np.abs(expected), atol=1e-3)


def test_images_are_flattened_where_they_are_decoded(images):
    X = images[0][:60]
    strategy = VAALQueryStrategy(**QUICK, vae__width=2).fit_pools(X[:20], X[20:])
    assert LatentMapDisplay.from_estimator(strategy, X[20:], X[:20]).unlabeled.shape == (40, 2)


def test_no_label_yet(herding, pools):
    display = LatentMapDisplay.from_estimator(herding, pools[1], pools[0][:0])
    assert display.ax_.get_title() == "120 in the pool"
    assert display.labeled is None


def test_a_large_pool_is_drawn_in_part(herding, pools):
    options = {"max_points": 50, "random_state": 1}
    display = LatentMapDisplay.from_estimator(herding, pools[1], None, [119], **options)
    assert display.unlabeled.shape == (50, 2)
    assert display.chosen.shape == (1, 2)
    assert display.ax_.get_title() == "120 in the pool, 1 chosen"
    again = LatentMapDisplay.from_estimator(herding, pools[1], None, [119], **options)
    np.testing.assert_array_equal(again.unlabeled, display.unlabeled)


def test_a_pipeline(pools):
    labeled, unlabeled = pools
    pipeline = make_pipeline(StandardScaler(), HerdingQueryStrategy(random_state=0))
    pipeline[-1].fit_pools(*(pipeline[:-1].fit(unlabeled).transform(X) for X in pools))
    display = LatentMapDisplay.from_estimator(pipeline, unlabeled, labeled, [0])
    direct = LatentMapDisplay.from_estimator(pipeline[-1], pipeline[:-1].transform(unlabeled))
    np.testing.assert_allclose(display.unlabeled, direct.unlabeled, atol=1e-5)


def test_one_feature_and_one_sample():
    X = np.arange(9.0)[:, None]
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:2], X[2:])
    display = LatentMapDisplay.from_estimator(strategy, X[2:], X[:2])
    assert not display.unlabeled[:, 1].any()
    one = LatentMapDisplay.from_estimator(strategy, X[2:3], X[:2], [0])
    assert one.unlabeled.shape == (1, 2)
    assert np.isfinite(one.labeled).all()


def test_bad_input(herding, pools):
    show = LatentMapDisplay.from_estimator
    with pytest.raises(NotFittedError):
        show(HerdingQueryStrategy(), pools[1])
    with pytest.raises(TypeError, match="Pipeline that ends in one, got StandardScaler"):
        show(StandardScaler(), pools[1])
    with pytest.raises(ValueError, match="indices must return|must be different rows|120"):
        show(herding, pools[1], None, [120])
    with pytest.raises(ValueError, match="features"):
        show(herding, pools[1][:, :5])
    with pytest.raises(TypeError, match="ax must be an Axes"):
        show(herding, pools[1], ax="here")


def test_the_pool_can_be_seen_on_white_and_on_black():
    pool = LatentMapDisplay(np.eye(4)[:, :2]).plot().ax_.collections[0]

    (colour,) = pool.get_facecolors()
    assert colour[3] == 1
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = np.dot([0.2126, 0.7152, 0.0722], linear)
    assert 1.05 / (luminance + 0.05) >= 3  # contrast, as WCAG 2.2 defines it
    assert (luminance + 0.05) / 0.05 >= 3
