"""Settings of the engine in a strategy: they change how it computes, not what."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from skvaal import DeviceMemoryError, VAALNet, VAALQueryStrategy

from ..conftest import QUICK

PARAMS = {"digits": {}, "images": {"vae__width": 4}}


def fitted(data: str, request: pytest.FixtureRequest, **params) -> tuple:
    X, y = request.getfixturevalue(data)
    return VAALQueryStrategy(**{**QUICK, **PARAMS[data], **params}).fit(X, y), X


# Precision


def test_half_precision_is_for_cuda(digits):
    strategy = VAALQueryStrategy(**QUICK, engine__precision="fp16")
    with pytest.raises(ValueError, match=r"engine__precision='fp16' is for CUDA.*'cpu'; use"):
        strategy.fit(*digits)
    assert not hasattr(strategy, "net_")


def test_unknown_precision(digits):
    with pytest.raises(ValueError, match="engine__precision='int8' must be one of"):
        VAALQueryStrategy(**QUICK, engine__precision="int8").fit(*digits)


@pytest.mark.parametrize("data", PARAMS)
def test_bfloat16_scores_what_float32_scores(data, request):
    exact, X = fitted(data, request)
    rounded, _ = fitted(data, request, engine__precision="bf16")
    rounded.net_.module_.load_state_dict(exact.net_.module_.state_dict())
    for method in ("score_samples", "transform"):
        expected, found = getattr(exact, method)(X), getattr(rounded, method)(X)
        assert found.dtype == np.float32
        assert not np.array_equal(found, expected)  # it is really computed otherwise
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max() + 1e-3)


@pytest.mark.parametrize("data", PARAMS)
@pytest.mark.slow
def test_bfloat16_trains_to_the_same_loss(data, request):
    losses = [
        fitted(data, request, engine__precision=precision, max_epochs=8)[0].history_[:, "vae_loss"]
        for precision in ("float32", "bf16")
    ]
    assert losses[0] != losses[1]
    gained = losses[0][0] - losses[0][-1]
    assert gained > 0
    np.testing.assert_allclose(losses[1], losses[0], atol=0.05 * gained)


def test_weights_stay_float32(digits):
    net = VAALQueryStrategy(**QUICK, engine__precision="bf16").fit(*digits).net_
    assert {p.dtype for p in net.module_.parameters()} == {torch.float32}


def test_scaled_losses_train_alike(digits, monkeypatch):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK, n_vae_steps=2).fit(X, y)
    build = VAALNet.initialize_optimizer

    def scaled(net, *args, **kwargs):
        build(net, *args, **kwargs)
        net.scaler_ = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        return net

    monkeypatch.setattr(VAALNet, "initialize_optimizer", scaled)
    strategy = VAALQueryStrategy(**QUICK, n_vae_steps=2).fit(X, y)
    assert strategy.net_.scaler_.get_scale() >= 2.0**10
    assert strategy.history_[:, "vae_loss"] == pytest.approx(plain.history_[:, "vae_loss"])


# Compilation; backend 'eager' needs no compiler


# torch's own, from within its compiler; elsewhere it is silenced by torch itself.
quiet = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


@pytest.fixture
def compiled(monkeypatch):
    """Names of the functions that were compiled."""
    names = []
    compile_ = torch.compile

    def spy(function, **kwargs):
        names.append(getattr(function, "__name__", type(function).__name__))
        return compile_(function, **kwargs)

    monkeypatch.setattr(torch, "compile", spy)
    yield names
    torch.compiler.reset()


@quiet
@pytest.mark.slow
def test_compiled_networks_do_the_same(digits, compiled):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK).fit(X, y)
    assert compiled == []
    strategy = VAALQueryStrategy(**QUICK, engine__compile={"backend": "eager"}).fit(X, y)
    np.testing.assert_allclose(strategy.score_samples(X), plain.score_samples(X), atol=1e-4)
    assert strategy.score(X) == pytest.approx(plain.score(X), rel=1e-4)
    assert sorted(compiled) == ["LatentDiscriminator", "decode", "encode"]  # once each


@quiet
def test_compiled_networks_pickle(digits, compiled):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, engine__compile={"backend": "eager"}).fit(X, y)
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_allclose(copy.score_samples(X), strategy.score_samples(X), atol=1e-5)


def test_unknown_option_of_the_compiler(digits):
    with pytest.raises(ValueError, match="engine__compile has an unknown option 'moode'.*'mode'"):
        VAALQueryStrategy(**QUICK, engine__compile={"moode": "default"}).fit(*digits)


# Memory


def out_of_memory(*args, **kwargs):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has")


def test_out_of_memory_in_training_names_the_batch_size(digits, monkeypatch):
    strategy = VAALQueryStrategy(**QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(VAALNet, "vae_step", out_of_memory)
        with pytest.raises(DeviceMemoryError, match=r"batch_size=32; .*\(CUDA out of memory\)"):
            strategy.fit(*digits)
    assert not hasattr(strategy, "net_")
    strategy.fit(*digits)


def test_out_of_memory_in_scoring_names_the_batch_size(digits, monkeypatch):
    strategy = VAALQueryStrategy(**QUICK).fit(*digits)
    expected = strategy.score_samples(digits[0])
    with monkeypatch.context() as patch:
        patch.setattr(VAALNet, "encode", out_of_memory)
        with pytest.raises(DeviceMemoryError, match="batch_size=32"):
            strategy.score_samples(digits[0])
    np.testing.assert_array_equal(strategy.score_samples(digits[0]), expected)
