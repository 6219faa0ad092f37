"""Nested parameters on a plain estimator."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skvaal import DenseVAE, UnusedParameterWarning, VAALNet, VAALQueryStrategy


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("vae__latent_dimm", "vae__latent_dim"),
        ("discriminator__hiden", "discriminator__hidden"),
        ("optimizer_vae__learning_rate", "optimizer_vae__lr"),
        ("optimizer_discriminator__weightdecay", "optimizer_discriminator__weight_decay"),
        ("engine__precison", "engine__precision"),
        ("net__shift", "there is nothing to set"),
        ("rule__bandwith", "rule__bandwidth"),
        ("bandwidth", "rule__bandwidth"),
        ("class_balance", "rule__class_balance"),
        ("betta", "beta"),
        ("vae_latent_dim", "vae__latent_dim"),
        ("optimizer_vae_lr", "optimizer_vae__lr"),
        ("callbacks__epoch_time__x", "callbacks__epoch_timer"),
        ("vea__latent_dim", "vae__"),
        ("iterator_train__num_workers", "known are"),
        # Named like fitted and private attributes.
        ("beta_", "'beta'"),
        ("_beta", "'beta'"),
        ("net_", "net"),
        ("seconds_", "did you mean|known are"),
        ("_seed", "did you mean|known are"),
        ("_vae__latent_dim", "did you mean"),
        ("vae__latent_dim_", "vae__latent_dim"),
        ("vae__", "vae__"),
    ],
)
def test_unknown_parameter_fails_in_fit_with_the_nearest_name(name, nearest, digits, quick):
    strategy = VAALQueryStrategy(**{**quick, "rule": "herding", name: 1})
    for each in (strategy, clone(strategy)):
        with pytest.raises(ValueError, match=f"unknown parameter '{name}'.*({nearest})"):
            each.fit(*digits)
        with pytest.raises((ValueError, NotFittedError)):
            each.query(digits[0])


def test_a_parameter_cannot_stand_in_for_a_method():
    with pytest.raises(TypeError, match="VAALQueryStrategy has 'query', but not as a parameter"):
        VAALQueryStrategy(query=3)


def test_parameter_of_another_rule_warns(digits, quick):
    left_over = VAALQueryStrategy(**{**quick, "rule": "topk", "rule__score_power": 1.0})
    message = r"rule__score_power has no effect with rule=TopK\(\)"
    with pytest.warns(UnusedParameterWarning, match=message) as of_fit:
        left_over.fit(*digits)
    with pytest.warns(UnusedParameterWarning, match=message) as of_query:
        chosen = left_over.query(digits[0], 5)
    for warned in (of_fit, of_query):
        assert [each.filename for each in warned] == [__file__]
    expected = VAALQueryStrategy(**{**quick, "rule": "topk"}).fit(*digits).query(digits[0], 5)
    np.testing.assert_array_equal(chosen, expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"net": "no_vae", "beta": 2.0}, "beta has no effect with net='no_vae'"),
        ({"net": "no_vae", "vae__hidden": (4,)}, "vae__hidden has no effect with net='no_vae'"),
        ({"net": "no_vae", "vae": DenseVAE}, "vae has no effect with net='no_vae'"),
        ({"net": "no_vae", "optimizer_vae__lr": 1.0}, "optimizer_vae__lr has no effect"),
        ({"net": "frozen_vae", "lambda2": 2.0}, "lambda2 has no effect with net='frozen_vae'"),
        (
            {"net": "no_discriminator", "n_discriminator_steps": 2},
            "n_discriminator_steps has no effect with net='no_discriminator'",
        ),
        (
            {"likelihood": "bernoulli", "variance": 0.5},
            "variance has no effect with likelihood='bernoulli'",
        ),
    ],
)
def test_parameters_without_effect_warn_once_at_the_line_that_fits(digits, params, message):
    strategy = VAALQueryStrategy(max_epochs=1, random_state=0, rule="topk", **params)
    with pytest.warns(UnusedParameterWarning, match=message) as warned:
        strategy.fit(*digits)
    assert len(warned) == 1
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    "params",
    [
        {"net": "no_vae"},
        {"net": "no_vae", "beta": 1, "variance": "optimal", "lr": 1e-3},
        {"net": "frozen_vae", "lambda1": 2.0},
        {"net": "no_discriminator", "beta": 2.0},
        {"likelihood": "bernoulli"},
        {"rule": "greedy", "rule__typicality_power": 2.0},
    ],
)
def test_defaults_and_parameters_with_effect_do_not_warn(digits, params):
    VAALQueryStrategy(**{"max_epochs": 1, "rule": "topk", **params}).fit(*digits)  # or an error


# A net of the user's


class ShiftedNet(VAALNet):
    """Log-odds plus a constant."""

    def __init__(self, *args, shift=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.shift = shift

    def logits(self, mu, extra=None, discriminator=None):
        return super().logits(mu, extra, discriminator) + self.shift


def test_parameters_of_a_net_of_your_own(digits, quick):
    X, y = digits
    plain = VAALQueryStrategy(**quick).fit(X, y)
    same = VAALQueryStrategy(**quick, net=ShiftedNet).fit(X, y)
    np.testing.assert_array_equal(same.score_samples(X), plain.score_samples(X))
    strategy = clone(same).set_params(net__shift=5.0).fit(X, y)
    assert type(strategy.net_) is ShiftedNet
    assert strategy.net_.shift == 5.0
    assert strategy.net_.get_params()["shift"] == 5.0
    assert clone(strategy).get_params()["net__shift"] == 5.0
    assert not np.allclose(strategy.score_samples(X), plain.score_samples(X))
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_array_equal(copy.score_samples(X), strategy.score_samples(X))


@pytest.mark.parametrize("name", ["net__shft", "net__beta", "net__batch_size"])
def test_what_a_net_of_your_own_does_not_take(digits, quick, name):
    strategy = VAALQueryStrategy(**quick, net=ShiftedNet, **{name: 1})
    with pytest.raises(ValueError, match=f"unknown parameter '{name}' .*net__shift"):
        strategy.fit(*digits)


@pytest.mark.parametrize("net", [DenseVAE, ShiftedNet(DenseVAE, "auto", input_shape=(64,)), 7])
def test_what_is_no_net(digits, quick, net):
    with pytest.raises((TypeError, ValueError), match="net"):
        VAALQueryStrategy(**quick, net=net).fit(*digits)


def test_nested_parameters_reach_the_components(digits, quick):
    strategy = VAALQueryStrategy(
        **{**quick, "vae__hidden": (9,), "optimizer_vae__lr": 0.001}, optimizer_vae=torch.optim.SGD
    ).fit(*digits)
    assert strategy.net_.vae_.fc_mu.in_features == 9
    assert isinstance(strategy.net_.optimizer_vae_, torch.optim.SGD)
    assert strategy.net_.optimizer_vae_.param_groups[0]["lr"] == 0.001
    assert strategy.net_.optimizer_discriminator_.param_groups[0]["lr"] == 5e-4
