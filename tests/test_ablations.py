"""The paper's ablations: what is trained, what ranks, what is kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping

from skvaal import DenseVAE, VAALQuery, VAALQueryStrategy
from skvaal._selection import SELECTIONS
from skvaal._training import HISTORY_TERMS

from .conftest import QUICK

ABLATIONS = ["no_vae", "frozen_vae", "no_discriminator"]
OF_VAE = {"vae_loss", "reconstruction_loss", "kl", "variance"}
OF_DISCRIMINATOR = {
    "discriminator_loss",
    "discriminator_accuracy_labeled",
    "discriminator_accuracy_unlabeled",
}


@pytest.fixture(scope="module")
def fitted(digits):
    return {name: VAALQueryStrategy(**QUICK, ablation=name).fit(*digits) for name in ABLATIONS}


class Weights(Callback):
    """Keeps a copy of all weights and statistics after every epoch."""

    kept: dict[str, list] = {}

    def on_train_begin(self, net, **kwargs):
        self.on_epoch_end(net)

    def on_epoch_end(self, net, **kwargs):
        for name, value in net.module_.state_dict().items():
            self.kept.setdefault(name, []).append(value.clone())


@pytest.mark.parametrize(
    ("ablation", "moves"),
    [
        # One entry before each phase, and one after each epoch.
        ("no_vae", {"vae": [0, 0], "discriminator": [1, 1]}),
        ("frozen_vae", {"vae": [1, 1, 0, 0, 0], "discriminator": [0, 0, 0, 1, 1]}),
        ("no_discriminator", {"vae": [1, 1], "discriminator": [0, 0]}),
    ],
)
def test_only_what_a_phase_trains_moves(digits, monkeypatch, ablation, moves):
    monkeypatch.setattr(Weights, "kept", {})
    VAALQueryStrategy(**QUICK, ablation=ablation, callbacks=[Weights()]).fit(*digits)
    for prefix, expected in moves.items():
        tensors = [states for name, states in Weights.kept.items() if name.startswith(prefix)]
        for epoch, moved in enumerate(expected):
            same = [torch.equal(states[epoch], states[epoch + 1]) for states in tensors]
            assert all(same) == (not moved), (prefix, epoch)


@pytest.mark.parametrize(
    ("ablation", "epochs"),
    [
        ("no_vae", [OF_DISCRIMINATOR] * 2),
        ("frozen_vae", [OF_VAE] * 2 + [OF_DISCRIMINATOR] * 2),
        ("no_discriminator", [OF_VAE] * 2),
    ],
)
def test_history_is_nan_for_what_has_no_part(fitted, ablation, epochs):
    strategy = fitted[ablation]
    assert strategy.n_iter_ == len(strategy.history_) == len(epochs)
    for i, terms in enumerate(epochs):
        finite = {term for term in HISTORY_TERMS if np.isfinite(strategy.history_[i, term])}
        assert finite == terms
        assert np.isfinite(strategy.history_[i, "train_loss"])
    assert np.isfinite(getattr(strategy.net_, "variance_", 1.0))


def test_without_a_vae_the_discriminator_reads_the_samples(fitted, digits, images):
    X, _ = digits
    strategy = fitted["no_vae"]
    np.testing.assert_array_equal(strategy.transform(X), X)
    np.testing.assert_array_equal(strategy.inverse_transform(X), X)
    with torch.no_grad():
        expected = strategy.net_.discriminator_(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(strategy.score_samples(X), expected, atol=1e-5)
    with pytest.raises(ValueError, match="no VAE to score"):
        strategy.score(X)
    of_images = VAALQueryStrategy(**QUICK, vae__width=2, ablation="no_vae").fit(*images)
    assert of_images.transform(images[0]).shape == (240, 64)
    assert of_images.inverse_transform(of_images.transform(images[0])).shape == (240, 1, 8, 8)


def test_without_a_vae_its_parameters_are_checked_all_the_same(digits):
    with pytest.raises(ValueError, match="did you mean 'vae__latent_dim'"):
        VAALQueryStrategy(ablation="no_vae", vae__latent_dims=3).fit(*digits)


def test_a_frozen_vae_is_the_vae_trained_alone(fitted, digits):
    alone, frozen = fitted["no_discriminator"].net_, fitted["frozen_vae"].net_
    for name, value in alone.vae_.state_dict().items():
        assert torch.equal(value, frozen.vae_.state_dict()[name])


def test_without_a_discriminator_the_distance_to_the_centroid_ranks(fitted, digits):
    X, y = digits
    strategy = fitted["no_discriminator"]
    vae = strategy.net_.vae_.eval()
    with torch.no_grad():
        mu, logvar = (t.double().numpy() for t in vae.encode(torch.from_numpy(X)))
    std = np.exp(logvar / 2)
    labeled = y != -1
    squared = np.square(mu - mu[labeled].mean(0)).sum(1)
    squared += np.square(std - std[labeled].mean(0)).sum(1)
    np.testing.assert_allclose(strategy.score_samples(X), -np.sqrt(squared), rtol=1e-3)
    assert strategy.query(X, 3).tolist() == np.argsort(squared)[::-1][:3].tolist()


def test_far_samples_are_queried_first_without_a_discriminator():
    rng = np.random.RandomState(0)
    X = rng.randn(360, 10).astype(np.float32)
    X[210:] += 4
    y = np.where(np.arange(360) < 60, 0, -1)
    strategy = VAALQueryStrategy(
        selection="topk", max_epochs=40, random_state=0, ablation="no_discriminator"
    )
    chosen = strategy.fit(X, y).query(X[60:], 50)
    assert (chosen >= 150).mean() > 0.9


@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize("selection", SELECTIONS)
def test_every_selection_works_and_is_saved(digits, tmp_path, ablation, selection):
    pytest.importorskip("safetensors")
    X, y = digits
    quick = {**QUICK, "max_epochs": 1}
    strategy = VAALQueryStrategy(**{**quick, "selection": selection}, ablation=ablation).fit(X, y)
    strategy.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.get_params() == strategy.get_params()
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))
    np.testing.assert_array_equal(loaded.score_samples(X), strategy.score_samples(X))


def test_early_stopping_of_the_vae_does_not_skip_the_discriminator(digits):
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9, threshold_mode="abs")
    strategy = VAALQueryStrategy(
        **{**QUICK, "max_epochs": 9}, ablation="frozen_vae", callbacks=[stop]
    ).fit(*digits)
    assert np.isfinite(strategy.history_[-1, "discriminator_loss"])
    assert strategy.n_iter_ < 18


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_several_steps_and_a_warm_start(digits, ablation):
    X, y = digits
    strategy = VAALQueryStrategy(
        **QUICK, ablation=ablation, n_vae_steps=2, n_discriminator_steps=2, warm_start=True
    ).fit(X, y)
    n_iter = strategy.n_iter_
    assert strategy.fit(X, y).n_iter_ == 2 * n_iter
    assert np.isfinite(strategy.score_samples(X)).all()


def test_a_discriminator_that_diverges_without_a_vae_is_found(digits):
    X, y = digits
    with pytest.raises(ValueError, match="training diverged"):
        VAALQueryStrategy(**QUICK, ablation="no_vae", lr=1e30).fit(X, y)


def test_unknown_ablation(digits):
    with pytest.raises(ValueError, match="The 'ablation' parameter"):
        VAALQueryStrategy(ablation="no_decoder").fit(*digits)


def test_no_labelled_sample(digits):
    X, _ = digits
    for ablation in ABLATIONS:
        strategy = VAALQueryStrategy(**QUICK, ablation=ablation).fit(X)
        assert np.isfinite(strategy.score_samples(X)).all()


def test_modal_and_networks_of_a_user(digits):
    X, _ = digits
    learner = type("Learner", (), {"X_training": X[:40]})()
    for ablation in ABLATIONS:
        query = VAALQuery(**QUICK, ablation=ablation, vae=DenseVAE)
        assert len(set(query(learner, X[40:], n_instances=4)[0])) == 4
