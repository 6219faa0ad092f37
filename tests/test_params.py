"""Nested parameters on a plain estimator."""

from __future__ import annotations

import pytest
import torch
from sklearn.base import clone

from skvaal import VAALQueryStrategy


def test_nested_parameters_are_parameters():
    strategy = VAALQueryStrategy(vae__latent_dim=4)
    assert strategy.get_params()["vae__latent_dim"] == 4
    assert clone(strategy).get_params() == strategy.get_params()
    strategy.set_params(vae__latent_dim=5, optimizer_vae__lr=0.1, beta=2)
    assert strategy.get_params()["vae__latent_dim"] == 5
    assert strategy.get_params()["optimizer_vae__lr"] == 0.1
    assert strategy.beta == 2


def test_set_params_refuses_what_has_no_known_prefix():
    with pytest.raises(ValueError, match="vea__latent_dim|'vea'"):
        VAALQueryStrategy().set_params(vea__latent_dim=5)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("vae__latent_dimm", "vae__latent_dim"),
        ("discriminator__hiden", "discriminator__hidden"),
        ("optimizer_vae__learning_rate", "optimizer_vae__lr"),
        ("optimizer_discriminator__weightdecay", "optimizer_discriminator__weight_decay"),
        ("iterator_train__workers", "iterator_train__num_workers"),
        ("betta", "beta"),
        ("callbacks__epoch_time__x", "callbacks__epoch_timer"),
        ("vea__latent_dim", "vae__"),
    ],
)
def test_unknown_parameter_fails_in_fit_with_the_nearest_name(name, nearest, digits, quick):
    strategy = VAALQueryStrategy(**{**quick, name: 1})
    with pytest.raises(ValueError, match=f"unknown parameter '{name}'") as error:
        strategy.fit(*digits)
    assert nearest in str(error.value)
    assert not hasattr(strategy, "net_")


def test_option_of_another_selection(digits, quick):
    left_over = VAALQueryStrategy(**{**quick, "selection": "topk", "selection__score_power": 1.0})
    with pytest.raises(ValueError, match=r"topk takes no 'score_power'\); there is nothing to set"):
        left_over.fit(*digits)


def test_nested_parameters_reach_the_components(digits, quick):
    strategy = VAALQueryStrategy(
        **{**quick, "vae__hidden": (9,), "optimizer_vae__lr": 0.25}, optimizer_vae=torch.optim.SGD
    ).fit(*digits)
    assert strategy.net_.vae_.fc_mu.in_features == 9
    assert isinstance(strategy.net_.optimizer_vae_, torch.optim.SGD)
    assert strategy.net_.optimizer_vae_.param_groups[0]["lr"] == 0.25
    assert strategy.net_.optimizer_discriminator_.param_groups[0]["lr"] == 5e-4
