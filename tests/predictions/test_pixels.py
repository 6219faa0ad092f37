"""Uncertainty of images from the probabilities of their pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skvaal import HerdingQueryStrategy, UnsurePixels, VAALQuery, VAALQueryStrategy
from skvaal._predictions import pixels, predictions
from skvaal._predictions.predictions import Predictions, measure_uncertainty
from tests.conftest import SMALL

RNG = np.random.RandomState(0)
# (n_samples, n_classes, height, width)
PROBA = RNG.dirichlet(np.ones(5), (12, 8, 9)).transpose(0, 3, 1, 2).astype(np.float32)
X = RNG.randint(0, 256, (12, 3, 8, 8)).astype(np.uint8)


def by_pixel(measure, proba):
    """The measure of samples, of each pixel."""
    rows = np.moveaxis(proba, 1, -1)
    values = getattr(predictions, measure)(rows.reshape(-1, rows.shape[-1]))
    return values.reshape(rows.shape[:-1])


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of one image and three of its rows."""
    monkeypatch.setattr(pixels, "_BLOCK_NUMBERS", 5 * 9 * 3)


@pytest.mark.parametrize("measure", ["margin", "entropy", "least_confident"])
def test_an_image_has_the_mean_of_its_pixels(measure, small_blocks):
    found = measure_uncertainty(measure, Predictions.of(PROBA, 12))
    np.testing.assert_allclose(found, by_pixel(measure, PROBA).mean(axis=(1, 2)), rtol=1e-5)
    assert found.dtype == np.float64


@pytest.mark.parametrize("measure", ["margin", "entropy", "least_confident"])
def test_closed_forms(measure):
    sure, unsure = np.zeros((1, 4, 2, 2)), np.full((1, 4, 2, 2), 0.25)
    sure[:, 2] = 1
    half = np.concatenate([sure[..., :1], unsure[..., :1]], axis=-1)
    most = {"margin": 1, "entropy": np.log(4), "least_confident": 0.75}[measure]
    found = measure_uncertainty(measure, Predictions.of(np.concatenate([sure, half, unsure]), 3))
    np.testing.assert_allclose(found, [0, most / 2, most], rtol=1e-6)


def test_auto_is_the_margin_and_none_is_nothing():
    of_pixels = Predictions.of(PROBA, 12)
    np.testing.assert_array_equal(
        measure_uncertainty("auto", of_pixels), measure_uncertainty("margin", of_pixels)
    )
    assert measure_uncertainty(None, of_pixels) is None


def test_a_single_class_is_certain():
    of_pixels = Predictions.of(np.ones((2, 1, 3, 3)), 2)
    for measure in pixels.MEASURES:
        assert measure_uncertainty(measure, of_pixels).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("measure", "threshold"), [("margin", 0.6), ("entropy", 1.2), ("least_confident", 0.5)]
)
def test_share_of_unsure_pixels(measure, threshold, small_blocks):
    uncertainty = UnsurePixels(threshold=threshold, measure=measure)
    found = measure_uncertainty(uncertainty, Predictions.of(PROBA, 12))
    np.testing.assert_allclose(found, (by_pixel(measure, PROBA) > threshold).mean(axis=(1, 2)))
    assert len(np.unique(found)) > 3


def test_a_function_gets_blocks_of_whole_images_as_copies(small_blocks):
    shapes = []

    def first_class(block):
        shapes.append(block.shape)
        answer = block[:, 0].mean(axis=(1, 2))
        block[:] = 0
        return answer

    before = PROBA.copy()
    found = measure_uncertainty(first_class, Predictions.of(PROBA, 12))
    np.testing.assert_allclose(found, PROBA[:, 0].mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(PROBA, before)
    assert shapes == [(1, 5, 8, 9)] * 12


@pytest.mark.parametrize("answer", [np.zeros((1, 8, 9)), [np.nan]])
def test_a_function_that_gives_no_number_an_image(answer, small_blocks):
    with pytest.raises(ValueError, match="must return one finite number a sample"):
        measure_uncertainty(lambda block: answer, Predictions.of(PROBA, 12))


def test_probabilities_are_not_copied(tmp_path):
    stored = np.memmap(tmp_path / "proba", np.float32, "w+", shape=PROBA.shape)
    stored[:] = PROBA
    kept = Predictions.of(stored, 12).pixels
    assert np.shares_memory(kept, stored)


def test_tensors_and_low_precision():
    whole = torch.from_numpy(PROBA)
    for proba in (whole, whole.half(), whole.bfloat16()):
        found = measure_uncertainty("margin", Predictions.of(proba, 12))
        expected = by_pixel("margin", PROBA).mean(axis=(1, 2))
        np.testing.assert_allclose(found, expected, atol=5e-3)


def changed(place, value):
    proba = PROBA.copy()
    proba[place] = value
    return proba


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (changed((7, 2, 4, 5), 3), r"mine\[7, :, 4, 5\] is no distribution .*over axis 1"),
        (changed((0, 2, 0, 0), np.nan), r"mine\[0, :, 0, 0\] holds NaN or infinity"),
        (changed((11, 4, 7, 8), -1), r"mine\[11, :, 7, 8\] holds a negative number"),
        (PROBA[:3], "has 3 images, but there are 12"),
        (PROBA[:, :0], "is empty; at least one class and one pixel"),
        (PROBA[..., :0], "is empty"),
        # skorch's own softmax is over the last axis.
        (torch.softmax(torch.from_numpy(PROBA), -1), r"mine\[0, :, 0, 0\] is no distribution"),
        (np.full(PROBA.shape, "a"), "mine must hold real numbers"),
        (PROBA[None], r"\(n_samples, n_classes, height, width\) for pixels, got \(1, 12, 5, 8, 9"),
    ],
)
def test_error_names_the_pixel(proba, message, small_blocks):
    with pytest.raises(ValueError, match=message):
        Predictions.of(proba, 12, "mine")


def test_members_by_pixel_are_no_committee():
    with pytest.raises(ValueError, match="compares the members of a committee.*'margin'"):
        measure_uncertainty("disagreement", Predictions.of(PROBA, 12))


@pytest.mark.parametrize(
    ("params", "message"), [({"threshold": -1}, "threshold"), ({"measure": "size"}, "measure")]
)
def test_parameters_are_checked(params, message):
    with pytest.raises(ValueError, match=message):
        UnsurePixels(**params)(PROBA)


def test_probabilities_of_whole_samples_have_no_pixels():
    with pytest.raises(ValueError, match="counts pixels: proba must have the shape"):
        HerdingQueryStrategy(uncertainty=UnsurePixels()).fit_pools(X[:3], X[3:]).query(
            X[3:], proba=np.full((9, 2), 0.5)
        )


@pytest.mark.parametrize("uncertainty", ["auto", "entropy", UnsurePixels(0.7)])
def test_strategies_choose_as_by_the_uncertainty_itself(uncertainty):
    u = measure_uncertainty(uncertainty, Predictions.of(PROBA[3:], 9))
    strategy = HerdingQueryStrategy(uncertainty=uncertainty, random_state=0)
    chosen = strategy.fit_query(X[:3], X[3:], 4, proba=PROBA[3:])
    strategy = HerdingQueryStrategy(uncertainty=lambda p: u, random_state=0)
    expected = strategy.fit_query(X[:3], X[3:], 4, proba=np.full((9, 2), 0.5))
    np.testing.assert_array_equal(chosen, expected)


def test_strategy_with_unsure_pixels_is_cloned_and_saved(tmp_path):
    strategy = VAALQueryStrategy(uncertainty=UnsurePixels(0.25), **SMALL)
    strategy = clone(strategy).fit_pools(X[:3], X[3:])
    strategy.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.uncertainty.threshold == 0.25
    again = loaded.query(X[3:], 4, proba=PROBA[3:])
    np.testing.assert_array_equal(strategy.query(X[3:], 4, proba=PROBA[3:]), again)
    herding = HerdingQueryStrategy(uncertainty=UnsurePixels(0.25)).fit_pools(X[:3], X[3:])
    herding.save(tmp_path / "herding")
    assert HerdingQueryStrategy.load(tmp_path / "herding").uncertainty.threshold == 0.25


class Learner:
    """What a learner of modAL has, of a segmentation model."""

    X_training = X[:3]
    asked = 0

    def predict_proba(self, X_asked):
        self.asked += 1
        return PROBA[: len(X_asked)]


def test_modal_asks_a_segmentation_model_once():
    learner = Learner()
    chosen, _ = VAALQuery(**SMALL)(learner, X[3:], 4)
    assert learner.asked == 1
    strategy = VAALQueryStrategy(**SMALL)
    np.testing.assert_array_equal(chosen, strategy.fit_query(X[:3], X[3:], 4, proba=PROBA[:9]))


@pytest.mark.parametrize("net", ["pseudo_label", "relabeled", "ta_vaal"])
def test_nets_that_train_on_predictions_refuse_pixels(net):
    learner = Learner()
    learner.y_training = np.zeros(3)
    with pytest.raises(ValueError, match="needs class probabilities of whole samples.*net='vaal'"):
        VAALQuery(net=net, **{**SMALL, "rule": "topk"})(learner, X[3:], 4)
