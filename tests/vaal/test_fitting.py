"""From plain values to a net, and from one net to the next."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skorch.callbacks import EarlyStopping

from skvaal import ConvVAE, DenseVAE, LatentDiscriminator, VAALNet
from skvaal._engine.processes import OneProcess
from skvaal._engine.settings import EngineSettings
from skvaal._predictions.predictions import Predictions
from skvaal._utils.params import accepted_names
from skvaal._utils.progress import may_show
from skvaal._vaal.fitting import NetRecipe, TrainingBar, check_callback_names
from skvaal._vaal.lookup import NETS

from .trained import build, draw_proba, train

ADAM = {"optimizer_vae": torch.optim.Adam, "optimizer_discriminator": torch.optim.Adam}
CPU = torch.device("cpu")


def recipe(net_class=VAALNet, **params) -> NetRecipe:
    defaults = {"vae": "auto", "discriminator": "auto", "sample_shape": (6,)}
    return NetRecipe(net_class, **{**defaults, "params": ADAM, "nested": {}, **params})


@pytest.mark.parametrize(("shape", "expected"), [((6,), DenseVAE), ((3, 8, 8), ConvVAE)])
def test_auto_goes_by_the_samples(shape, expected):
    of_shape = recipe(sample_shape=shape)
    net = of_shape.build(CPU)
    assert (net.vae, net.discriminator) == (expected, LatentDiscriminator)
    components = of_shape.components()
    assert components["vae"] is expected
    assert components["optimizer_vae"] is torch.optim.Adam
    assert set(components) == {"vae", "discriminator", "net", *ADAM}


def test_an_instance_is_known_by_its_class():
    vae = DenseVAE((6,), latent_dim=2)
    components = recipe(vae=vae, discriminator=LatentDiscriminator(2)).components()
    assert components["vae"] is DenseVAE
    assert components["discriminator"] is LatentDiscriminator


def test_parameters_that_a_subclass_adds_are_known():
    class Tempered(VAALNet):
        def __init__(self, *args, temperature=1.0, **kwargs):
            self.temperature = temperature
            super().__init__(*args, **kwargs)

    tempered = recipe(Tempered, nested={"net": {"temperature": 2.0}})
    assert accepted_names(tempered.components()["net"]) == {"temperature"}
    assert accepted_names(recipe().components()["net"]) == set()
    assert tempered.build(CPU).initialize().temperature == 2.0


def test_callbacks_are_copied():
    stop = EarlyStopping(patience=3)
    net = recipe(callbacks=[stop]).build(CPU)
    assert net.callbacks[0] is not stop
    assert net.callbacks[0].patience == 3


class Second(OneProcess):
    is_main = False


@pytest.mark.parametrize(
    ("verbose", "processes", "shows"),
    [
        (0, OneProcess(), False),
        (1, OneProcess(), True),
        (2, Second(), False),
        ("auto", OneProcess(), False),  # stderr is no terminal here
    ],
)
def test_only_the_main_process_shows_progress(verbose, processes, shows):
    net = recipe(verbose=verbose).build(CPU, processes=processes)
    assert net.verbose == shows
    assert may_show(net.progress) == shows
    assert any(isinstance(each, TrainingBar) for each in net.callbacks) == shows


def test_everything_reaches_the_net():
    engine = EngineSettings(precision="float32")
    params = {"beta": 3.0, "lr": 0.5, "optimizer_vae": torch.optim.SGD}
    nested = {"vae": {"latent_dim": 2}, "optimizer_vae": {"momentum": 0.5}}
    given = recipe(engine=engine, params=params, nested=nested)
    net = given.build(CPU, max_epochs=7).initialize()
    assert (net.engine, net.max_epochs, net.beta, net.latent_dim_) == (engine, 7, 3.0, 2)
    assert net.optimizer_vae_.param_groups[0]["momentum"] == 0.5
    assert net.optimizer_vae_.param_groups[0]["lr"] == 0.5


def test_a_callback_that_does_not_exist_is_named():
    net = recipe(callbacks=[("stop", EarlyStopping())]).build(CPU).initialize()
    check_callback_names(net, {"stop__patience": 3})
    with pytest.raises(ValueError, match="no callback 'stopp'.*did you mean 'callbacks__stop'"):
        check_callback_names(net, {"stopp__patience": 3})


def test_weights_that_do_not_fit_are_not_gone_on_from():
    previous = build("vaal", (6,)).initialize()
    with pytest.raises(ValueError, match=r"shape \(5,\), but warm_start=True .*for \(6,\)"):
        build("vaal", (5,)).initialize().take_over(previous)
    wanted = r"do not fit the present net, vae or discriminator: vae\.fc_mu differs; .* anew$"
    with pytest.raises(ValueError, match=wanted):
        build("vaal", (6,), vae__latent_dim=5).initialize().take_over(previous)
    known = Predictions.of(draw_proba(8), 8)
    extra = NETS["pseudo_label"].learn_extra(known, known, None)
    other = build("pseudo_label", (6,), extra=extra).initialize()
    with pytest.raises(ValueError, match="the condition has 3 columns, but .* weights for 0"):
        other.take_over(previous)


def test_another_variant_with_the_same_weights_is_gone_on_from(digits):
    previous = train("frozen_vae", *digits)
    net = build("vaal", (64,)).initialize()
    net.take_over(previous)
    for name, value in previous.module_.state_dict().items():
        assert torch.equal(net.module_.state_dict()[name], value)
    assert len(net.history) == 4
    assert np.isfinite(net.history[0, "vae_loss"])
