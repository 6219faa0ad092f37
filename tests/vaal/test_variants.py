"""Variants of the net: what each trains, what ranks, what it reads, what is kept."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping
from torch import nn

from skvaal import DenseVAE, LatentDiscriminator, VAALNet
from skvaal._engine.batches import Pair
from skvaal._pool.pool import Pool
from skvaal._predictions.predictions import Predictions
from skvaal._vaal.lookup import NETS
from skvaal._vaal.training import HISTORY_TERMS
from skvaal._vaal.variants.published import SeparateBatchesNet

from .trained import build, draw_proba, paired, train

ABLATIONS = ["no_vae", "frozen_vae", "no_discriminator"]
OF_VAE = {"vae_loss", "reconstruction_loss", "kl", "variance"}
OF_DISCRIMINATOR = {
    "discriminator_loss",
    "discriminator_accuracy_labeled",
    "discriminator_accuracy_unlabeled",
}
RNG = np.random.RandomState(0)
PAIR = Pair(*torch.from_numpy(RNG.randn(2, 8, 6).astype(np.float32)), None)


def proba_for(name: str, n_samples: int) -> np.ndarray | None:
    return draw_proba(n_samples) if NETS[name].prediction_needs.pool else None


def train_on(name, digits, **params) -> VAALNet:
    return train(name, *digits, proba=proba_for(name, len(digits[0])), **params)


@pytest.fixture(scope="module")
def fitted(digits):
    return {name: train_on(name, digits) for name in NETS}


# What a variant is made of


def overridden(cls: type[VAALNet]) -> set[str]:
    """Methods of VAALNet that a class defines anew, and does not inherit from a variant."""
    methods = {
        name
        for name, value in vars(cls).items()
        if callable(value) or isinstance(value, classmethod)
    }
    return methods & set(dir(VAALNet))


@pytest.mark.parametrize("name", NETS)
def test_a_variant_overrides_few_methods(name):
    for cls in NETS[name].__mro__[: NETS[name].__mro__.index(VAALNet)]:
        assert len(overridden(cls)) <= 4, (cls, overridden(cls))


def test_what_each_has():
    assert {name for name, net in NETS.items() if not net.has_vae} == {"no_vae"}
    assert {name for name, net in NETS.items() if not net.has_discriminator} == {"no_discriminator"}
    assert {name for name, net in NETS.items() if net.scores_depend_on_batch} == {"published"}
    assert {name for name, net in NETS.items() if net.reads_uncertainty} == {
        "task_loss",
        "ta_vaal",
    }
    for name, net in NETS.items():
        needs = net.prediction_needs
        assert needs.required_by == (f"net={name!r}" if needs.pool else None)


# The paper's ablations


class Weights(Callback):
    """Keeps a copy of all weights and statistics after every epoch."""

    kept: dict[str, list] = {}

    def on_train_begin(self, net, **kwargs):
        self.on_epoch_end(net)

    def on_epoch_end(self, net, **kwargs):
        for name, value in net.module_.state_dict().items():
            self.kept.setdefault(name, []).append(value.clone())


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        # One entry before each phase, and one after each epoch.
        ("no_vae", {"vae": [0, 0], "discriminator": [1, 1]}),
        ("frozen_vae", {"vae": [1, 1, 0, 0, 0], "discriminator": [0, 0, 0, 1, 1]}),
        ("no_discriminator", {"vae": [1, 1], "discriminator": [0, 0]}),
    ],
)
def test_only_what_is_trained_moves(digits, monkeypatch, name, moves):
    monkeypatch.setattr(Weights, "kept", {})
    train_on(name, digits, callbacks=[Weights()])
    for prefix, expected in moves.items():
        tensors = [states for key, states in Weights.kept.items() if key.startswith(prefix)]
        for epoch, moved in enumerate(expected):
            same = [torch.equal(states[epoch], states[epoch + 1]) for states in tensors]
            assert all(same) == (not moved), (prefix, epoch)


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        ("no_vae", [OF_DISCRIMINATOR] * 2),
        ("frozen_vae", [OF_VAE] * 2 + [OF_DISCRIMINATOR] * 2),
        ("no_discriminator", [OF_VAE] * 2),
    ],
)
def test_history_is_nan_for_what_has_no_part(fitted, name, epochs):
    history = fitted[name].history
    assert len(history) == len(epochs)
    for i, terms in enumerate(epochs):
        assert {term for term in HISTORY_TERMS if np.isfinite(history[i, term])} == terms
        assert np.isfinite(history[i, "train_loss"])
    assert np.isfinite(getattr(fitted[name], "variance_", 1.0))


def test_without_a_vae_the_discriminator_reads_the_samples(fitted, digits, images):
    X, _ = digits
    net = fitted["no_vae"]
    np.testing.assert_array_equal(net.means(Pool(X)), X)
    np.testing.assert_array_equal(net.reconstruct(X), X)
    with torch.no_grad():
        expected = net.discriminator_(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(net.scores(Pool(X)), expected, atol=1e-5)
    of_images = train_on("no_vae", images)
    means = of_images.means(Pool(images[0]))
    assert means.shape == (240, 64)
    assert of_images.reconstruct(means).shape == (240, 1, 8, 8)


def test_a_frozen_vae_is_the_vae_trained_alone(fitted):
    alone, frozen = fitted["no_discriminator"], fitted["frozen_vae"]
    for name, value in alone.vae_.state_dict().items():
        assert torch.equal(value, frozen.vae_.state_dict()[name])


def test_without_a_discriminator_the_distance_to_the_centroid_ranks(fitted, digits):
    X, y = digits
    net = fitted["no_discriminator"]
    vae = net.vae_.eval()
    with torch.no_grad():
        mu, logvar = (t.double().numpy() for t in vae.encode(torch.from_numpy(X)))
    std = np.exp(logvar / 2)
    labeled = y != -1
    squared = np.square(mu - mu[labeled].mean(0)).sum(1)
    squared += np.square(std - std[labeled].mean(0)).sum(1)
    np.testing.assert_allclose(net.scores(Pool(X)), -np.sqrt(squared), rtol=1e-3)


def test_far_samples_score_lowest_without_a_discriminator():
    rng = np.random.RandomState(0)
    X = rng.randn(360, 10).astype(np.float32)
    X[210:] += 4
    y = np.where(np.arange(360) < 60, 0, -1)
    params = {"max_epochs": 40, "batch_size": 64, "vae__latent_dim": 16}
    net = train("no_discriminator", X, y, **params, vae__linear_path=False)  # as in the paper
    lowest = np.argsort(net.scores(Pool(X[60:])))[:50]
    assert (lowest >= 150).mean() > 0.9


def test_early_stopping_of_the_vae_does_not_skip_the_discriminator(digits):
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9, threshold_mode="abs")
    net = train_on("frozen_vae", digits, max_epochs=9, callbacks=[stop])
    assert np.isfinite(net.history[-1, "discriminator_loss"])
    assert len(net.history) < 18


@pytest.mark.parametrize("name", NETS)
def test_several_steps_and_another_fit_from_the_same_weights(digits, name):
    X, y = digits
    pools, extra = paired(name, X, y, proba_for(name, len(X)))
    params = {"n_vae_steps": 2, "n_discriminator_steps": 2, "extra": extra}
    first = build(name, X.shape[1:], **params).fit(pools)
    second = build(name, X.shape[1:], **params).initialize()
    second.take_over(first)
    second.partial_fit(pools)
    assert len(second.history) == 2 * len(first.history)
    assert np.isfinite(second.scores(pools.unlabeled)).all()


def test_a_discriminator_that_diverges_without_a_vae_is_found(digits):
    with pytest.raises(ValueError, match="training diverged"):
        train_on(
            "no_vae",
            digits,
            optimizer_discriminator=torch.optim.SGD,
            optimizer_discriminator__lr=1e30,
        )


# One pool at a time, and the authors' code


def test_separate_batches_are_normalised_apart():
    # Standardised by its own statistics, each pool has mean zero before the first activation.
    apart = Pair(PAIR.labeled + 3, PAIR.unlabeled, None)
    seen = {}
    for name in ("vaal", "separate_batches"):
        net = build(name, (6,)).initialize()
        net._set_training(True)
        means = seen[name] = []
        net.vae_.encoder[0][1].register_forward_hook(
            lambda *args, means=means: means.append(args[2][:8].mean(0).abs().max().item())
        )
        net.vae_step(apart)
    assert len(seen["vaal"]) == 1
    assert len(seen["separate_batches"]) == 2
    assert seen["vaal"][0] > 0.5
    assert max(seen["separate_batches"]) < 1e-5


def test_published_weighting_sums_the_kl_over_the_batch_of_a_pool():
    net = build("published", (6,), beta=0.5).initialize()
    net.vae_.eval(), net.discriminator_.eval()
    torch.manual_seed(1)
    _, terms = net.vae_step(PAIR)
    # The recorded variance is the mean squared error, the KL the mean over both pools.
    expected = 2 * terms["variance"] + 0.5 * 16 * terms["kl"] + terms["adversarial_loss"]
    assert float(terms["vae_loss"]) == pytest.approx(float(expected), rel=1e-5)


def test_the_published_weighting_lets_the_posterior_collapse(images):
    params = {"max_epochs": 15, "vae__width": 4, "lr": 4e-3, "batch_size": 64}
    params |= {"vae__latent_dim": 32, "vae__linear_path": False}  # which cannot collapse
    variances = {
        name: train_on(name, images, **params).means(Pool(images[0])).var(axis=0).max()
        for name in ("vaal", "published")
    }
    assert variances["published"] < 0.1 < variances["vaal"]


def test_the_published_weighting_has_no_bernoulli_likelihood():
    with pytest.raises(ValueError, match="'published' is a squared error; use likelihood"):
        build("published", (6,), likelihood="bernoulli").initialize()


def test_published_scores_depend_on_the_batch_and_on_nothing_else(fitted, digits):
    X, _ = digits
    net = fitted["published"]
    before = {name: value.clone() for name, value in net.module_.state_dict().items()}
    alone, in_company = net.scores(Pool(X[:2])), net.scores(Pool(X))[:2]
    assert not np.allclose(alone, in_company, atol=1e-3)
    np.testing.assert_array_equal(net.scores(Pool(X[:2])), alone)
    for name, value in net.module_.state_dict().items():
        assert value.equal(before[name]), name
    # A batch of one has no statistics; means never use them.
    assert np.isfinite(net.scores(Pool(X[:1]))).all()
    np.testing.assert_allclose(net.means(Pool(X[:2])), net.means(Pool(X))[:2], atol=1e-4)


def test_published_scores_are_those_of_the_batch_statistics(digits):
    net = train_on("published", digits)
    rows = Pool(digits[0][:16])  # one batch
    expected = net.scores(rows)
    for module in net.vae_.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    np.testing.assert_allclose(net.log_odds(rows), expected, atol=1e-5)


def test_published_scores_take_the_batches_of_the_training(fitted, monkeypatch):
    seen = []
    encode = DenseVAE.encode
    monkeypatch.setattr(DenseVAE, "encode", lambda self, x: seen.append(len(x)) or encode(self, x))
    fitted["published"].scores(Pool(np.zeros((40, 64), dtype=np.float32)))
    assert seen == [32, 8]


# A condition beside mu, and soft targets


def conditioned(name: str, **params) -> tuple[VAALNet, Pair]:
    """A net whose samples all have one class, and a pair of them with another."""
    extra = NETS[name].learn_extra(*[Predictions.of(draw_proba(8, 2), 8)] * 2, None)
    net = build(name, (6,), extra=extra, **params).initialize()
    if net.n_decoder_inputs_ > net.latent_dim_:
        nn.init.ones_(net.vae_.decoder[-1].weight)  # beside a linear path it begins at 0
    net.history.new_epoch(), net.history.new_batch()
    return net, PAIR._replace(extra=torch.zeros(16, extra.dim))


@pytest.mark.parametrize("name", ["pseudo_label", "task_loss", "ta_vaal"])
def test_both_losses_of_a_conditional_net_read_the_condition(name):
    net, pair = conditioned(name)
    assert net.latent_dim_ == 3
    assert net.n_decoder_inputs_ == net.n_discriminator_inputs_ == 3 + net.extra.dim
    net._set_training(False)
    weights = {key: value.clone() for key, value in net.module_.state_dict().items()}
    terms = []
    for value in (0.0, 1.0):
        net.module_.load_state_dict(weights)
        with_it = pair._replace(extra=torch.full_like(pair.extra, value))
        torch.manual_seed(1)  # the same z
        _, of_vae = net.vae_step(with_it)
        of_discriminator = net.discriminator_step(torch.zeros(16, 3), with_it)
        terms.append(of_vae | of_discriminator)
    assert terms[0]["kl"] == terms[1]["kl"]  # the encoder does not read it
    for term in ("reconstruction_loss", "adversarial_loss", "discriminator_loss"):
        assert terms[0][term] != terms[1][term]


class OwnVAE(nn.Module):
    """A VAE of a user, without any knowledge of a condition."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 3), nn.Linear(6, 3), nn.Linear(3, 6)

    def encode(self, x):
        return self.a(x), self.b(x)

    def decode(self, z):
        return self.c(z)


def test_a_decoder_that_has_no_such_parameter_does_not_read_the_condition():
    extra = NETS["pseudo_label"].learn_extra(*[Predictions.of(draw_proba(8, 2), 8)] * 2, None)
    net = NETS["pseudo_label"](
        OwnVAE, LatentDiscriminator, input_shape=(6,), extra=extra, discriminator__hidden=(8,)
    ).initialize()
    assert (net.n_decoder_inputs_, net.n_discriminator_inputs_) == (3, 5)
    net.history.new_epoch(), net.history.new_batch()
    net.vae_step(PAIR._replace(extra=torch.zeros(16, 2)))


@pytest.mark.parametrize("indicator", [0.0, 0.3, 1.0])
def test_loss_of_the_discriminator_with_soft_targets(indicator):
    extra = NETS["relabeled"].learn_extra(Predictions(), Predictions.of(draw_proba(8), 8), None)
    net = build("relabeled", (6,), extra=extra).initialize()
    net._set_training(True)
    net.history.new_epoch(), net.history.new_batch()
    mu = torch.from_numpy(RNG.randn(16, 3).astype(np.float32))
    labeled, unlabeled = net.logits(mu).detach().chunk(2)
    bce = nn.functional.binary_cross_entropy_with_logits
    expected = bce(labeled, torch.ones(8)) + bce(unlabeled, torch.full((8,), 1 - indicator))
    # The labelled samples' indicators are not read.
    column = torch.cat([torch.full((8, 1), 0.5), torch.full((8, 1), indicator)])
    loss = net.discriminator_step(mu, PAIR._replace(extra=column))["discriminator_loss"]
    torch.testing.assert_close(loss, expected)


def test_indicators_are_one_without_predictions(digits):
    pool = Pool(digits[0])
    extra = NETS["sraal"].learn_extra(Predictions(), Predictions.of(draw_proba(8), 8), None)
    net = build("sraal", (64,), extra=extra)
    net.attach_extra(pool, Predictions())
    assert pool.extra.tolist() == [[1.0]] * 240


@pytest.mark.parametrize("name", ["pseudo_label", "task_loss", "relabeled", "ta_vaal", "sraal"])
def test_predictions_that_are_missing_or_do_not_match(name):
    cls = NETS[name]
    known = Predictions.of(draw_proba(8), 8)
    names = ("proba_labeled", "proba_unlabeled")
    with pytest.raises(ValueError, match=f"net='{name}' needs .*pass proba_unlabeled="):
        cls.learn_extra(known, Predictions(), None, names)
    if cls.prediction_needs.labeled:
        with pytest.raises(ValueError, match=f"net='{name}' needs .*pass proba_labeled="):
            cls.learn_extra(Predictions(), known, None, names)
    with pytest.raises(ValueError, match="proba_labeled has 3 classes, proba_unlabeled has 2"):
        cls.learn_extra(known, Predictions.of(draw_proba(8, 2), 8), None, names)


@pytest.mark.parametrize("name", ["pseudo_label", "task_loss"])
def test_a_query_needs_predictions_with_the_classes_that_were_fitted(fitted, digits, name):
    pool = Pool(digits[0])
    with pytest.raises(ValueError, match=f"net='{name}' needs class probabilities.*pass proba="):
        fitted[name].attach_extra(pool, Predictions())
    with pytest.raises(ValueError, match="proba has 2 classes, but 3 were fitted"):
        fitted[name].attach_extra(pool, Predictions.of(draw_proba(240, 2), 240))


def test_losses_of_a_head_are_ranked_before_the_uncertainty():
    proba = draw_proba(4)
    losses = Predictions(proba, loss=np.array([4.0, 1.0, 3.0, 2.0]))
    parts = losses.rows(np.arange(2)), losses.rows(np.arange(2, 4))
    extra = NETS["task_loss"].learn_extra(*parts, None)
    assert extra.columns(losses, 4)[:, 0].tolist() == [1.0, 0.25, 0.75, 0.5]
    with pytest.raises(ValueError, match="probabilities cannot stand for"):
        extra.columns(Predictions(proba), 4)


# State, and classes of a user


@pytest.mark.parametrize("name", NETS)
def test_exported_state_rebuilds_the_net(fitted, digits, name):
    X, y = digits
    net = fitted[name]
    pools, _ = paired(name, X, y, proba_for(name, len(X)))
    values, arrays = net.export_state()
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    extra = NETS[name].restore_extra(values, arrays)
    other = build(name, (64,), extra=extra).initialize()
    other.restore_state(values, arrays)
    pool = Pool(X, pools.unlabeled.rows)
    other.attach_extra(pool, Predictions.of(draw_proba(240)[pool.rows], len(pool)))
    np.testing.assert_array_equal(other.scores(pool), net.scores(pools.unlabeled))
    if net.has_vae:
        np.testing.assert_array_equal(other.elbo(pool), net.elbo(pools.unlabeled))


def test_state_of_other_modules_is_refused(fitted):
    values, arrays = fitted["vaal"].export_state()
    other = build("vaal", (64,), vae__latent_dim=5).initialize()
    with pytest.raises(ValueError, match="these are not the weights of vae"):
        other.restore_state(values, arrays)
    left = {name: array for name, array in arrays.items() if not name.startswith("disc")}
    same = build("vaal", (64,)).initialize()
    with pytest.raises(ValueError, match="these are not the weights of discriminator"):
        same.restore_state(values, left)


@pytest.mark.parametrize("name", NETS)
def test_a_copy_for_evaluation_scores_the_same(fitted, digits, name):
    X, y = digits
    pools, _ = paired(name, X, y, proba_for(name, len(X)))
    sent = pickle.loads(pickle.dumps(fitted[name].for_evaluation()))
    np.testing.assert_array_equal(
        sent.scores(pools.unlabeled), fitted[name].scores(pools.unlabeled)
    )


def test_a_variant_of_a_user(digits):
    class Doubled(SeparateBatchesNet):
        def score_encoded(self, batch):
            return 2 * super().score_encoded(batch)

    net = train(Doubled, *digits)
    pool = Pool(digits[0])
    np.testing.assert_array_equal(net.scores(pool), 2 * net.log_odds(pool))
