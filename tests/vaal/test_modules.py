"""The networks: parameter counts of the paper, every size of image, the interface checks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skvaal import ConvVAE, DenseVAE, LatentDiscriminator
from skvaal._vaal.module_checks import check_discriminator, check_vae, condition_dim_of
from skvaal._vaal.modules import reparameterize


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_published_network_has_its_number_of_parameters():
    vae = ConvVAE((3, 32, 32), latent_dim=32, width=128)
    assert count(vae.encoder) == 11_020_032
    assert count(vae.fc_mu) == count(vae.fc_logvar) == 131_104
    assert count(vae.decoder) == 11_552_899
    assert count(vae) == 22_835_139
    assert count(LatentDiscriminator(32)) == 280_065


@pytest.mark.parametrize(
    "shape",
    [
        (1, 8, 8),
        (3, 9, 13),
        (1, 28, 28),
        (2, 31, 33),
        (3, 32, 32),
        (5, 8, 64),
        (1, 100, 17),
        (3, 180, 240),
        (3, 256, 256),
    ],
)
def test_conv_vae_takes_any_size(shape):
    vae = ConvVAE(shape, latent_dim=6, width=4)
    x = torch.zeros(2, *shape)
    mu, logvar = vae.encode(x)
    assert mu.shape == logvar.shape == (2, 6)
    assert vae.decode(mu).shape == x.shape


def test_conv_vae_grows_with_width_and_not_with_latent_size():
    narrow, wide = (ConvVAE((1, 16, 16), width=width) for width in (4, 8))
    assert count(wide) > 2 * count(narrow)
    sizes = [
        [p.shape for p in ConvVAE((1, 16, 16), width=4, latent_dim=z).encoder.parameters()]
        for z in (2, 200)
    ]
    assert sizes[0] == sizes[1]


def test_conv_vae_refuses_small_images():
    with pytest.raises(ValueError, match="at least 8x8 pixels, got 7x30"):
        ConvVAE((1, 7, 30))


def test_every_parameter_gets_a_gradient():
    for vae, x in [(ConvVAE((1, 9, 12), width=4), torch.rand(4, 1, 9, 12)),
                   (DenseVAE((5,)), torch.rand(4, 5))]:  # fmt: skip
        mu, logvar = vae.encode(x)
        vae.decode(reparameterize(mu, logvar)).square().sum().backward()
        assert all(p.grad is not None for p in vae.parameters())


def test_dense_vae_takes_any_hidden_layers():
    vae = DenseVAE((7,), latent_dim=2, hidden=(20, 10))
    assert [m.out_features for m in vae.encoder.modules() if isinstance(m, nn.Linear)] == [20, 10]
    mu, _ = vae.encode(torch.zeros(3, 7))
    assert vae.decode(mu).shape == (3, 7)


def test_reparameterize_draws_from_the_posterior():
    torch.manual_seed(0)
    mu, logvar = torch.full((20_000, 1), 3.0), torch.full((20_000, 1), 2.0).log()
    z = reparameterize(mu, logvar)
    assert float(z.mean()) == pytest.approx(3, abs=0.05)
    assert float(z.var()) == pytest.approx(2, abs=0.1)


class OwnVAE(nn.Module):
    def __init__(self, encoded=None, decoded=None):
        super().__init__()
        self.encoded, self.decoded = encoded, decoded

    def encode(self, x):
        return (x[:, :2], x[:, :2]) if self.encoded is None else self.encoded(x)

    def decode(self, z):
        return torch.cat([z, z], 1) if self.decoded is None else self.decoded(z)


def test_check_vae_finds_the_latent_size_of_any_module():
    assert check_vae(OwnVAE(), (4,)) == 2


@pytest.mark.parametrize(
    ("vae", "error", "message"),
    [
        (nn.Linear(2, 2), TypeError, "no method 'encode'"),
        (OwnVAE(encoded=lambda x: x), TypeError, "pair"),
        (OwnVAE(encoded=lambda x: (x, x[:, :1])), ValueError, "latent_dim"),
        (OwnVAE(decoded=lambda z: z), ValueError, r"shape \(2, 2\) for x of shape \(2, 4\)"),
    ],
)
def test_check_vae_says_what_is_wrong(vae, error, message):
    with pytest.raises(error, match=message):
        check_vae(vae, (4,))


def test_checks_leave_the_mode_and_the_statistics_alone():
    vae = ConvVAE((1, 8, 8), width=2).train()
    before = {name: buffer.clone() for name, buffer in vae.named_buffers()}
    check_vae(vae, (1, 8, 8))
    assert vae.training
    assert all(torch.equal(buffer, before[name]) for name, buffer in vae.named_buffers())


def test_check_discriminator_wants_one_logit_a_sample():
    check_discriminator(nn.Linear(3, 1), 3)
    with pytest.raises(ValueError, match="one logit a sample"):
        check_discriminator(nn.Linear(3, 2), 3)


@pytest.mark.parametrize(
    "vae", [DenseVAE((6,), condition_dim=2), ConvVAE((1, 8, 8), condition_dim=2)]
)
def test_a_conditioned_decoder_reads_z_and_the_condition(vae):
    vae.eval()
    torch.nn.init.ones_(vae.decoder[-1].weight)  # beside a linear path it begins at 0
    assert check_vae(vae, vae.input_shape, 2) == vae.latent_dim
    z = torch.zeros(3, vae.latent_dim)
    same = [torch.cat([z, torch.full((3, 2), value)], dim=1) for value in (0.0, 1.0)]
    assert not torch.equal(vae.decode(same[0]), vae.decode(same[1]))
    with pytest.raises(ValueError, match="decode fails on latent vectors of size"):
        check_vae(vae, vae.input_shape)


@pytest.mark.parametrize(
    ("vae", "component", "expected"),
    [
        (DenseVAE((6,), condition_dim=3), DenseVAE, 3),
        (DenseVAE((6,)), DenseVAE((6,)), 0),  # an instance that was built without
        (OwnVAE(), OwnVAE, 0),
        (OwnVAE(), lambda condition_dim: OwnVAE(), 3),
    ],
)
def test_columns_that_a_decoder_reads(vae, component, expected):
    assert condition_dim_of(vae, component, 3) == expected


def test_convolutions_are_laid_out_channels_last():
    vae = ConvVAE((3, 8, 8), width=4)
    for weight in (vae.encoder[1][0].weight, vae.decoder[2][0].weight):
        assert weight.is_contiguous(memory_format=torch.channels_last)
        assert not weight.is_contiguous()


def test_checks_restore_the_mode_after_an_error():
    vae = OwnVAE(decoded=lambda z: z).train()
    with pytest.raises(ValueError, match="has shape"):
        check_vae(vae, (4,))
    assert vae.training


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DenseVAE((4,), latent_dim=10**9), "'latent_dim' parameter of DenseVAE"),
        (lambda: DenseVAE((4,), hidden=(2**20, 2**20)), "layer from 1048576 to 1048576 numbers"),
        (lambda: ConvVAE((1, 8, 8), width=10**9), "'width' parameter of ConvVAE"),
        (lambda: LatentDiscriminator(2, hidden=(2**20, 2**20)), "choose smaller layers"),
        (lambda: DenseVAE((1, 8, 8)), "'input_shape' parameter of DenseVAE .* length 1"),
    ],
    ids=["latent_dim", "hidden", "width", "discriminator", "shape"],
)
def test_networks_that_no_memory_holds_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
