"""Objects of the user's that misbehave end in an error that names their argument."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator
from torch import nn

from skvaal import DenseVAE, HerdingQuery, HerdingQueryStrategy, VAALNet, VAALQueryStrategy
from skvaal._rules.rule import Reads, Rule

X = np.random.RandomState(0).rand(20, 3)
Y = np.repeat([0, -1], 10)
PROBA = np.full((20, 2), 0.5)
TINY = {"max_epochs": 1, "batch_size": 8, "device": "cpu", "random_state": 0}


def fit_and_query(**params):
    strategy = VAALQueryStrategy(**{**TINY, **params})
    return strategy.fit(X, Y).query(X, 2, proba=PROBA)


class OwnVAE(DenseVAE):
    """What it returns is changed by a function."""

    def __init__(self, input_shape, change_code=None, change_sample=None):
        super().__init__(input_shape, latent_dim=2, hidden=(4,), linear_path=False)
        self.change_code, self.change_sample = change_code, change_sample

    def encode(self, x):
        encoded = super().encode(x)
        return encoded if self.change_code is None else self.change_code(*encoded)

    def decode(self, z):
        x_hat = super().decode(z)
        return x_hat if self.change_sample is None else self.change_sample(x_hat)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mu, logvar: None, "pair"),
        (lambda mu, logvar: mu, "pair"),
        (lambda mu, logvar: (mu, None), "logvar as a tensor of floats, got NoneType"),
        (lambda mu, logvar: (mu.numpy(), logvar), "mu as a tensor of floats, got ndarray"),
        (lambda mu, logvar: (mu.long(), logvar), "mu as a tensor of floats, got torch.int64"),
        (lambda mu, logvar: (mu, logvar[:, :1]), r"\(2, 2\) and \(2, 1\)"),
        (lambda mu, logvar: (mu[0], logvar[0]), r"shape \(n_samples, latent_dim\)"),
        (lambda mu, logvar: mu["no"], "encode fails"),
        (lambda mu, logvar: {}["no"], "encode fails on samples of shape .*'no'"),
        (lambda mu, logvar: (mu / 0 * 0, logvar), "not finite|diverged"),
        # Only two samples pass, as many as it is tried on.
        (lambda mu, logvar: (mu.view(2, 2), logvar.view(2, 2)), "encode fails on a batch"),
    ],
)
def test_what_encode_returns(change, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        fit_and_query(vae=OwnVAE, vae__change_code=change)
    assert "vae=OwnVAE" in str(caught.value) or "diverged" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: None, "x_hat as a tensor of floats, got NoneType"),
        (lambda x: x.numpy(), "x_hat as a tensor of floats, got ndarray"),
        (lambda x: x[:, :1], r"shape \(2, 1\) for x of shape \(2, 3\)"),
        (lambda x: x.view(2, 3), "decode fails on a batch"),
        (lambda x: x.nonsense, "decode fails on latent vectors"),
    ],
)
def test_what_decode_returns(change, message):
    with pytest.raises((ValueError, TypeError), match=f"vae=OwnVAE.*{message}"):
        fit_and_query(vae=OwnVAE, vae__change_sample=change)


class OwnDiscriminator(nn.Module):
    """Its logits are changed by a function."""

    def __init__(self, latent_dim, change):
        super().__init__()
        self.layer, self.change = nn.Linear(latent_dim, 1), change

    def forward(self, mu):
        return self.change(self.layer(mu))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda logits: None, "logits as a tensor of floats, got NoneType"),
        (lambda logits: logits > 0, "logits as a tensor of floats, got torch.bool"),
        (lambda logits: torch.cat([logits, logits], dim=1), "one logit a sample"),
        (lambda logits: logits.view(2), "forward fails on a batch"),
        (lambda logits: logits.nonsense, "fails on latent vectors"),
    ],
)
def test_what_a_discriminator_returns(change, message):
    with pytest.raises((ValueError, TypeError), match=f"discriminator=OwnDis.*{message}"):
        fit_and_query(discriminator=OwnDiscriminator, discriminator__change=change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda input_shape: None, "makes a NoneType"),
        (lambda input_shape: nn.Linear(3, 3), "no method 'encode'"),
        (lambda input_shape: input_shape["no"], "cannot be built"),
        (lambda: 1 / 0, "cannot be built: division by zero"),
    ],
)
def test_what_a_function_in_the_place_of_a_class_returns(make, message):
    with pytest.raises((ValueError, TypeError), match=f"vae=.*{message}"):
        fit_and_query(vae=make)


# Functions


def returning(answer):
    return lambda *args: answer


@pytest.mark.parametrize(
    "answer",
    [None, [0], [0, 0], [0, 20], [-1, 0], [0.0, 1.0], [np.nan, 1], "01", [True, False], [[0], []]],
    ids=str,
)
def test_rows_that_a_function_returns(answer):
    with pytest.raises((ValueError, TypeError), match="rule=.* must return"):
        fit_and_query(rule=returning(answer))


def test_a_function_that_fails_is_named():
    with pytest.raises(ValueError, match=r"rule=<lambda>.* fails: division by zero"):
        fit_and_query(rule=lambda *args: 1 / 0)
    with pytest.raises(TypeError, match=r"rule=<lambda>.* fails: .*takes 0 positional arguments"):
        fit_and_query(rule=lambda: 1)


class OwnError(Exception):
    """What a user's code may want to catch."""


def test_an_error_of_the_users_own_passes():
    def stop(*args):
        raise OwnError

    for name in ("rule", "uncertainty"):
        with pytest.raises(OwnError):
            fit_and_query(**{name: stop})


@pytest.mark.parametrize(
    "answer", [None, 1.0, np.zeros(19), np.full(20, np.nan), np.zeros((20, 1)), ["a"] * 20], ids=str
)
@pytest.mark.parametrize("cls", [HerdingQueryStrategy, VAALQueryStrategy])
def test_uncertainty_that_a_function_returns(cls, answer):
    params = TINY if cls is VAALQueryStrategy else {}
    strategy = cls(uncertainty=returning(answer), **params).fit(X, Y)
    with pytest.raises((ValueError, TypeError), match="uncertainty="):
        strategy.query(X, 2, proba=PROBA)


# Subclasses


READS = Reads(scores=True)


class OwnRule(Rule):
    """Says and returns what it is told."""

    def __init__(self, answer=((0, 1), (1.0, 2.0)), declared=READS):
        self.answer = answer
        self.declared = declared

    @property
    def reads(self):
        return self.declared

    def _choose(self, candidates, n, random_state, utilities):
        return self.answer


def test_what_a_rule_returns():
    assert fit_and_query(rule=OwnRule()).tolist() == [0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (0, 1, 2),
        ((0, 1), None),
        ((0, 1), (1.0,)),
        ((0, 1), (1.0, np.nan)),
        ((0, 1), "ab"),
        ((0, 0), (1.0, 2.0)),
        ((0, 20), (1.0, 2.0)),
        ((0,), (1.0,)),
        (None, (1.0, 2.0)),
    ],
    ids=str,
)
def test_a_rule_that_returns_no_batch(answer):
    with pytest.raises((ValueError, TypeError), match="rule=OwnRule: _choose must return"):
        fit_and_query(rule=OwnRule(answer))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (None, "reads must be a Reads, got None"),
        ({"scores"}, "reads must be a Reads"),
        (Reads(scores=True, coordinates=True), "needs an attribute space"),
    ],
)
def test_a_rule_that_does_not_say_what_it_reads(declared, message):
    with pytest.raises((ValueError, TypeError), match=f"rule=OwnRule.*{message}"):
        fit_and_query(rule=OwnRule(declared=declared))


class ChangingRule(OwnRule):
    """Its constructor changes what it gets, so that it cannot be cloned."""

    def __init__(self, answer=()):
        super().__init__(answer=[answer])


def test_a_rule_that_cannot_be_cloned():
    with pytest.raises(ValueError, match="rule=ChangingRule cannot be copied"):
        fit_and_query(rule=ChangingRule((0, 1)))


class FailingNet(VAALNet):
    """A method that a variant may override fails."""

    def discriminator_step(self, mu, pair):
        return {}["no"]


def test_a_net_that_fails_is_named():
    with pytest.raises(ValueError, match="net=FailingNet fails: 'no'"):
        fit_and_query(net=FailingNet)


class Classifier(BaseEstimator):
    """Its probabilities are none."""

    def __init__(self, answer=None):
        self.answer = answer

    def predict_proba(self, X):
        return self.answer


@pytest.mark.parametrize(
    "answer", [np.zeros((20, 2)), np.full((20, 2), np.nan), np.ones(20), "x", [[1.0]] * 3], ids=str
)
def test_what_predict_proba_returns(answer):
    learner = SimpleNamespace(X_training=X, estimator=Classifier(answer), predict_proba=None)
    learner.predict_proba = learner.estimator.predict_proba
    with pytest.raises((ValueError, TypeError), match="predict_proba of Classifier"):
        HerdingQuery()(learner, X, 2)


# Keywords of adapters


@pytest.mark.parametrize("name", ["VAALSampling", "HerdingSampling"])
def test_an_unknown_keyword_of_a_sampling_is_an_error_of_its_own(name):
    adapters = pytest.importorskip("skvaal.skactiveml")
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) got an unexpected .*'batch'"):
        getattr(adapters, name)(batch=3)


def test_an_unknown_keyword_of_a_query_names_the_nearest():
    with pytest.raises(TypeError, match="^HerdingQuery has no .*'band'.*mean 'bandwidth'"):
        HerdingQuery(band=3)
    with pytest.raises(TypeError, match=r"^HerdingQuery\.__init__\(\) takes from 1 to 2"):
        HerdingQuery(None, 3)
