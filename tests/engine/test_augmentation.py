"""Flips and crops: what they make of an image, and when."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skvaal import VAALQueryStrategy
from skvaal._engine.augmentation import augment

from ..conftest import QUICK


def of(x, *drawn, kind):
    return augment(x, torch.tensor([drawn] * len(x)), kind)


@pytest.fixture
def x():
    return torch.rand(3, 2, 8, 9, generator=torch.manual_seed(0))


def test_flip_mirrors_below_a_half(x):
    torch.testing.assert_close(of(x, 0.49, 0.5, 0.5, kind="flip"), x.flip(-1))
    torch.testing.assert_close(of(x, 0.5, 0.5, 0.5, kind="flip"), x)


@pytest.mark.parametrize("down", [0.0, 0.34, 0.99])
@pytest.mark.parametrize("right", [0.0, 0.34, 0.99])
def test_crop_cuts_the_size_out_of_the_padded_image(x, down, right):
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    top, left = int(3 * down), int(3 * right)  # one pixel is padded, 8 / 8
    found = of(x, 0.9, down, right, kind="crop")
    np.testing.assert_array_equal(found.numpy(), padded[:, :, top : top + 8, left : left + 9])


def test_each_image_has_its_own_numbers(x):
    drawn = torch.tensor([[0.1, 0.5, 0.5], [0.9, 0.0, 0.5], [0.1, 0.99, 0.0]])
    found = augment(x, drawn, "flip_crop")
    for i, each in enumerate(drawn.tolist()):
        torch.testing.assert_close(found[i : i + 1], of(x[i : i + 1], *each, kind="flip_crop"))


def test_training_sees_changed_images_and_scoring_does_not(images):
    X, y = images
    plain, flipped, again = (
        VAALQueryStrategy(vae__width=2, engine__augmentation=kind, **QUICK).fit(X, y)
        for kind in (None, "flip_crop", "flip_crop")
    )
    assert not np.array_equal(flipped.score_samples(X), plain.score_samples(X))
    np.testing.assert_array_equal(again.score_samples(X), flipped.score_samples(X))
    np.testing.assert_array_equal(flipped.score_samples(X), flipped.score_samples(X))
    mirrored = flipped.score_samples(np.ascontiguousarray(X[..., ::-1]))
    assert not np.array_equal(mirrored, flipped.score_samples(X))


def test_rows_cannot_be_flipped(digits):
    with pytest.raises(ValueError, match="augmentation='flip' is for images"):
        VAALQueryStrategy(engine__augmentation="flip", **QUICK).fit(*digits)
    with pytest.raises(ValueError, match="augmentation"):
        VAALQueryStrategy(engine__augmentation="rotate", **QUICK).fit(*digits)
