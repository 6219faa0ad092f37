"""Folded encoders encode the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skvaal import ConvVAE, DenseVAE
from skvaal._engine.folding import fold


class OwnConvVAE(ConvVAE):
    """It looks for its normalisations."""

    def encode(self, x):
        assert isinstance(self.encoder[0][1], nn.BatchNorm2d)
        return super().encode(x)


def after_batches(module: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """The module with statistics and scales of batch normalisation unlike the initial ones."""
    torch.manual_seed(0)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 2.0)
            nn.init.normal_(layer.bias)
    getattr(module.train(), "encode", module)(torch.randn(32, *shape))
    return module.eval()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 20, 17)])
def test_folded_encoder_encodes_the_same(shape):
    vae = after_batches(ConvVAE(shape, latent_dim=4, width=4), shape)
    new, x = vae.folded(), torch.randn(5, *shape)
    assert not [m for m in new.modules() if isinstance(m, nn.BatchNorm2d)]
    for found, expected in zip(new.encode(x), vae.encode(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_folded_dense_encoder_encodes_the_same():
    vae = after_batches(DenseVAE((6,), latent_dim=2, hidden=(8, 7)), (6,))
    new, x = vae.folded(), torch.randn(5, 6)
    assert not [m for m in new.modules() if isinstance(m, nn.BatchNorm1d)]
    torch.testing.assert_close(new.encode(x), vae.encode(x), rtol=1e-4, atol=1e-5)


def test_folding_changes_nothing_in_the_vae():
    vae = after_batches(ConvVAE((1, 8, 8), width=4), (1, 8, 8))
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    vae.folded()
    torch.testing.assert_close(dict(vae.state_dict()), before, rtol=0, atol=0)
    assert vae.decode(torch.zeros(1, 32)).shape == (1, 1, 8, 8)


def test_a_vae_with_an_encode_of_its_own_is_not_folded():
    vae = OwnConvVAE((3, 8, 8), width=4).eval()
    assert vae.folded() is vae
    vae.encode(torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize(
    ("layers", "n_left"),
    [
        ([nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU()], 2),
        ([nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Tanh()], 2),
        ([nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4)], 3),
        ([nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4)], 1),
        ([nn.BatchNorm1d(3), nn.Linear(3, 4)], 2),
        ([nn.Linear(3, 4), nn.BatchNorm1d(4, track_running_stats=False)], 2),
        ([], 0),
    ],
)
def test_only_a_normalisation_right_behind_a_layer_is_folded(layers, n_left):
    network = after_batches(nn.Sequential(*layers), (3,))
    folded, x = fold(network), torch.randn(5, 3)
    assert len(folded) == n_left
    torch.testing.assert_close(folded(x), network(x), rtol=1e-4, atol=1e-5)
