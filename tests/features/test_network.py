"""What a network sees, and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from skvaal import DeviceMemoryError
from skvaal._features.network import Network


def load(module, size=None):
    return Network.load(module, None, size, "cpu")


class Returns(nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


def test_pixels_are_scaled_and_normalised(pixels):
    module = nn.Identity()
    np.testing.assert_allclose(
        load(nn.Flatten()).features(pixels, 6), pixels.reshape(6, -1) / 255, rtol=1e-6
    )
    module.pretrained_cfg = {"mean": (0.1, 0.2, 0.3), "std": (0.5, 1.0, 2.0)}
    means = pixels.mean(axis=(2, 3)) / 255
    expected = (means - [0.1, 0.2, 0.3]) / [0.5, 1.0, 2.0]
    np.testing.assert_allclose(load(module).features(pixels, 6), expected, rtol=1e-5)


def test_images_of_another_size_are_cut_and_resized():
    images = np.zeros((1, 3, 40, 24), dtype=np.uint8)
    images[:, :, :8] = images[:, :, -8:] = 255  # beside the middle square
    seen = load(Returns(lambda x: x.flatten(1)), 12).features(images, 1)
    assert seen.shape == (1, 3 * 12 * 12)
    assert not seen.any()


def test_the_networks_own_size_and_another(pixels):
    module = Returns(lambda x: x.flatten(1))
    module.pretrained_cfg = {"input_size": (3, 10, 10)}
    assert load(module).features(pixels, 6).shape == (6, 300)
    assert load(module, 8).features(pixels, 6).shape == (6, 192)


def test_positions_are_averaged(pixels):
    expected = pixels.mean(axis=(2, 3)) / 255
    np.testing.assert_allclose(load(nn.Identity()).features(pixels, 6), expected, rtol=1e-5)


def test_a_module_is_copied_and_set_to_evaluation(pixels):
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.BatchNorm1d(960)).train()
    network = load(module)
    features = network.features(pixels, 6)
    np.testing.assert_allclose(network.features(pixels[:1], 6), features[:1], rtol=1e-5)
    assert module.training
    assert network.module is not module
    assert not module[2].num_batches_tracked


def test_no_gradient_is_kept(pixels):
    seen = []
    load(Returns(lambda x: seen.append(x) or x)).features(pixels, 6)
    assert seen[0].is_inference()


def test_half_precision_becomes_float32(pixels):
    features = load(Returns(lambda x: x.flatten(1).bfloat16())).features(pixels, 6)
    assert features.dtype == np.float32


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (lambda x: x.mean(dim=(1, 2, 3)), r"\(6,\)"),
        (lambda x: (x,), "tuple"),
        (lambda x: x.flatten(2), r"\(6, 3, 320\)"),
        (lambda x: x[:0].flatten(1), r"\(0, 960\)"),
        (lambda x: x[:2].flatten(1), r"\(2, 960\)"),
        (lambda x: x.flatten(1)[:, :0], r"\(6, 0\)"),
    ],
    ids=["numbers", "tuple", "three axes", "no row", "fewer rows", "no feature"],
)
def test_what_is_no_row_for_each_image(answer, shape, pixels):
    with pytest.raises(ValueError, match=rf"\(6, 3, 20, 16\) became {shape}; wrap it"):
        load(Returns(answer)).features(pixels, 6)


def test_what_is_not_finite(pixels):
    with pytest.raises(ValueError, match="NaN or infinite; check its weights"):
        load(Returns(lambda x: x.flatten(1) / 0)).features(pixels, 6)


def test_too_little_memory_names_the_batch(pixels):
    def fail(x):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried")

    with pytest.raises(DeviceMemoryError, match="batch_size=32; set a smaller batch_size, a small"):
        load(Returns(fail)).features(pixels, 32)


def test_what_features_depend_on_changes_the_fingerprint():
    def fingerprint(module, size=8, **config):
        module.pretrained_cfg = config
        return load(module, size).fingerprint()

    pools = [nn.AvgPool2d(2), nn.AvgPool2d(4), nn.MaxPool2d(2)]  # without weights
    prints = [fingerprint(module) for module in pools]
    prints.append(fingerprint(nn.AvgPool2d(2), 9))
    prints.append(fingerprint(nn.AvgPool2d(2), mean=(0.1, 0, 0)))
    prints.append(fingerprint(nn.AvgPool2d(2), std=(2, 1, 1)))
    prints += [fingerprint(nn.Conv2d(3, 2, 1)) for _ in range(2)]  # drawn anew
    assert len(set(prints)) == len(prints)
    assert fingerprint(nn.AvgPool2d(2)) == prints[0]


def test_a_device_that_there_is_not():
    with pytest.raises(ValueError, match="device='tpu9' is not a torch device"):
        Network.load(nn.Identity(), None, None, "tpu9")
