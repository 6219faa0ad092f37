"""Trained nets score as they did when their scores were stored."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from skvaal._utils.seeds import draw_seed
from skvaal._vaal.candidates import NetReader
from skvaal._vaal.lookup import NETS

from .trained import paired, train

# Names under which scores are stored, with the net and its parameters.
STORED = {
    "plain": ("vaal", {}),
    "separate": ("separate_batches", {}),
    "published": ("published", {"n_vae_steps": 2}),
    "no_vae": ("no_vae", {}),
    "frozen_vae": ("frozen_vae", {}),
    "no_discriminator": ("no_discriminator", {}),
    "bernoulli": ("vaal", {"likelihood": "bernoulli"}),
    "steps": ("vaal", {"n_vae_steps": 2, "n_discriminator_steps": 2}),
    "pseudo_label": ("pseudo_label", {}),
    "task_loss": ("task_loss", {}),
    "relabel": ("relabeled", {}),
    "ta_vaal": ("ta_vaal", {}),
    "sraal": ("sraal", {}),
}
# The networks of the paper, without a linear path.
COMMON = {
    "batch_size": 32,
    "vae__latent_dim": 4,
    "vae__linear_path": False,
    "discriminator__hidden": (32,),
}


@pytest.fixture(scope="module")
def samples():
    X, y = load_digits(return_X_y=True)
    X, y = (X[:600] / 16).astype(np.float32), y[:600]
    forest = RandomForestClassifier(20, random_state=0).fit(X[:100], y[:100])
    images = (X * 255).astype(np.uint8).reshape(-1, 1, 8, 8)
    return {"rows": X, "images": images}, forest.predict_proba(X)


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("kind", ["rows", "images"])
@pytest.mark.slow
def test_scores_are_those_that_were_stored(samples, stored_choices, name, kind):
    X, proba = samples[0][kind], samples[1]
    net_name, params = STORED[name]
    if kind == "images":
        params = {**params, "vae__width": 4}
    y = np.where(np.arange(len(X)) < 100, 0, -1)
    proba = proba if NETS[net_name].prediction_needs.pool else None
    net = train(net_name, X, y, proba=proba, seed=draw_seed(0), **COMMON, **params)
    pool = paired(net_name, X, y, proba)[0].unlabeled
    scores = NetReader(net, "cpu").read_scores(pool, "X")
    stored = stored_choices["strategies"][f"{name} {kind} 0"]
    np.testing.assert_allclose(scores[stored["indices"]], stored["scores"], rtol=1e-4)
    # Samples with equal scores may stand in any order.
    np.testing.assert_allclose(np.sort(scores)[:15], np.sort(stored["scores"]), rtol=1e-4)
