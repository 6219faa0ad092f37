import cloudpickle
import numpy as np
import pytest
from sklearn.base import clone

from skvaal.benchmark.estimators import (
    ESTIMATORS,
    IMAGE_ESTIMATORS,
    SEEDED_ESTIMATORS,
    TORCH_ESTIMATORS,
    as_rows,
    get_estimator,
)

ROW_ESTIMATORS = [name for name in ESTIMATORS if name not in IMAGE_ESTIMATORS]


def with_marks(names):
    """Parameters, of which the large network is slow."""
    slow = pytest.mark.slow
    return [pytest.param(name, marks=slow) if name == "resnet18" else name for name in names]


def quick(name, random_state=0):
    """The task model; a network trains for four steps only."""
    model = get_estimator(name)(random_state)
    states = [key for key in model.get_params() if key.endswith("n_iter")]
    return model.set_params(**dict.fromkeys(states, 4))


@pytest.mark.parametrize("name", ROW_ESTIMATORS)
def test_estimators_of_rows_take_images_alike(name, images):
    X, y = images

    of_images = quick(name).fit(X, y).predict_proba(X)
    of_rows = quick(name).fit(as_rows(X), y).predict_proba(as_rows(X))

    np.testing.assert_array_equal(of_images, of_rows)


@pytest.mark.parametrize("name", with_marks(IMAGE_ESTIMATORS))
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_estimators_of_images_take_both_dtypes_alike(name, dtype, images):
    X, y = images
    scaled = X / np.float32(255) if dtype == np.float32 else X

    proba = quick(name).fit(scaled, y).predict_proba(scaled)

    np.testing.assert_allclose(proba, quick(name).fit(X, y).predict_proba(X), atol=1e-3)


@pytest.mark.parametrize("name", with_marks(ESTIMATORS))
def test_a_class_of_one_sample_is_a_class(name, images):
    X, y = images
    y = np.where(np.arange(60) == 7, 9, y)

    model = quick(name).fit(X, y)
    proba = model.predict_proba(X)

    assert model.classes_.tolist() == [0, 1, 2, 9]
    assert proba.shape == (60, 4)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(model.predict(X), model.classes_[proba.argmax(axis=1)])


@pytest.mark.parametrize("name", with_marks(ESTIMATORS))
def test_random_state_makes_another_model_of_those_that_are_seeded(name, images):
    X, y = images

    first, again, other = (quick(name, seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) == (name not in SEEDED_ESTIMATORS)


@pytest.mark.parametrize("name", with_marks(ESTIMATORS))
def test_fitted_estimators_can_be_pickled(name, images):
    X, y = images
    model = quick(name).fit(X, y)

    loaded = cloudpickle.loads(cloudpickle.dumps(model))

    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(loaded), "classes_")


def test_names_that_need_torch_or_images_are_estimators():
    assert set(IMAGE_ESTIMATORS) < set(TORCH_ESTIMATORS) < set(SEEDED_ESTIMATORS) < set(ESTIMATORS)


@pytest.mark.parametrize("name", with_marks(IMAGE_ESTIMATORS))
def test_rows_are_refused_by_estimators_of_images(name, images):
    X, y = images

    with pytest.raises(ValueError, match=r"wants images .*shape \(60, 64\).*estimator 'mlp'"):
        quick(name).fit(as_rows(X), y)


def test_unknown_estimator_offers_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'random_forest'"):
        get_estimator("forest")
