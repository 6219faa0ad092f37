import numpy as np
import pytest

from skvaal.benchmark.estimators import ESTIMATORS, as_rows, get_estimator


def test_as_rows_scales_uint8_images():
    X = np.array([[[[0, 51], [102, 255]]]], dtype=np.uint8)

    rows = as_rows(X)

    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[0, 0.2, 0.4, 1]], rtol=1e-6)


def test_as_rows_leaves_rows_of_numbers_alone():
    X = np.array([[0.5, 300.0]])

    np.testing.assert_array_equal(as_rows(X), X)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_take_images_and_rows_alike(name):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 1, 4, 4), dtype=np.uint8)
    y = np.arange(30) % 3
    make = get_estimator(name)

    of_images = make(0).fit(images, y).predict_proba(images)
    of_rows = make(0).fit(as_rows(images), y).predict_proba(as_rows(images))

    np.testing.assert_array_equal(of_images, of_rows)


def test_unknown_estimator_offers_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'random_forest'"):
        get_estimator("forest")
