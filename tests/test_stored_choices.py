"""Choices of whole strategies that must not change: see data/README.md."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from skvaal import HerdingQuery, HerdingQueryStrategy, VAALQueryStrategy

NETS = {
    "plain": {},
    "separate": {"net": "separate_batches"},
    "published": {"net": "published", "n_vae_steps": 2},
    "no_vae": {"net": "no_vae"},
    "frozen_vae": {"net": "frozen_vae"},
    "no_discriminator": {"net": "no_discriminator"},
    "bernoulli": {"likelihood": "bernoulli"},
    "steps": {"n_vae_steps": 2, "n_discriminator_steps": 2},
    "pseudo_label": {"net": "pseudo_label"},
    "task_loss": {"net": "task_loss"},
    "relabel": {"net": "relabeled"},
    "ta_vaal": {"net": "ta_vaal"},
    "sraal": {"net": "sraal"},
}
# Other versions of NumPy add in another order, and samples with the same gain change places.
OF_STORED_NUMPY = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
READ_PREDICTIONS = {"pseudo_label", "task_loss", "relabel", "ta_vaal", "sraal"}


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16).astype(np.float32)[:600], y[:600]
    return X, (X * 255).astype(np.uint8).reshape(-1, 1, 8, 8), y


@pytest.fixture(scope="module")
def proba(data):
    X, _, y = data
    return RandomForestClassifier(20, random_state=0).fit(X[:100], y[:100]).predict_proba(X)


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")  # vae__* without a VAE
@pytest.mark.parametrize("kind", ["rows", "images"])
@pytest.mark.parametrize("name", NETS)
@pytest.mark.slow
def test_top_k_of_every_net(stored_choices, data, proba, name, kind):
    X = data[kind == "images"]
    reads_at_query = name in READ_PREDICTIONS - {"relabel", "sraal"}
    for seed in (0, 1):
        strategy = VAALQueryStrategy(
            rule="topk",
            uncertainty=None,
            max_epochs=2,
            batch_size=32,
            vae__latent_dim=4,
            vae__linear_path=False,  # stored before there was one
            discriminator__hidden=(32,),
            device="cpu",
            random_state=seed,
            **NETS[name],
        )
        if kind == "images":
            strategy.set_params(vae__width=4)
        given = {}
        if name in READ_PREDICTIONS:
            given = {"proba_labeled": proba[:100], "proba_unlabeled": proba[100:]}
        strategy.fit_pools(X[:100], X[100:], **given)
        indices, scores = strategy.query(
            X[100:], 15, proba=proba[100:] if reads_at_query else None, return_scores=True
        )
        expected = stored_choices["strategies"][f"{name} {kind} {seed}"]
        assert indices.tolist() == expected["indices"]
        np.testing.assert_allclose(scores, expected["scores"], rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["digits", "images", "wine"])
def test_herding_in_components(stored_choices, data, name, seed):
    rows, images, y = data
    X = {"digits": rows, "images": images}.get(name)
    if name == "wine":
        X, y = StandardScaler().fit_transform(load_wine().data), load_wine().target
    flat = X.reshape(len(X), -1)
    order = np.random.RandomState(seed).permutation(len(X))
    labeled, pool = order[:40], order[40:]
    model = RandomForestClassifier(30, random_state=seed).fit(flat[labeled], y[labeled])
    learner = SimpleNamespace(
        X_training=X[labeled],
        predict_proba=lambda Z: model.predict_proba(Z.reshape(len(Z), -1)),
    )

    proba = model.predict_proba(flat[pool])

    def expect(indices, strategy, key):
        stored = stored_choices["herding"][f"{name} {seed} {key}"]
        if OF_STORED_NUMPY or indices.tolist() == stored:
            assert indices.tolist() == stored
            return
        at = int(np.argmax(indices != stored))
        choice = strategy.choose(X[pool], 20, proba=proba, keep_utilities=True)
        gains = choice.utilities[at]
        assert gains[stored[at]] == pytest.approx(gains[indices[at]], rel=1e-6)

    for key, params in (("learner", {"uncertainty_power": 1.0}), ("none", {"uncertainty": None})):
        query = HerdingQuery(random_state=seed, **params)
        expect(query(learner, X[pool], 20)[0], query.strategy_, key)
    strategy = HerdingQueryStrategy(
        random_state=seed, uncertainty="entropy", uncertainty_power=1.0, bandwidth=0.5
    )
    expect(strategy.fit_query(X[labeled], X[pool], 20, proba=proba), strategy, "entropy")
    expect(strategy.query(X[pool], 20, proba=proba), strategy, "entropy")
