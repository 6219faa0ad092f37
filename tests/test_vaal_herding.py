"""What the default of VAALQueryStrategy depends on, and what herding in the decoded space does."""

from __future__ import annotations

from copy import deepcopy
from operator import attrgetter

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn

from skvaal import (
    Herding,
    HerdingQueryStrategy,
    TrainingDivergedError,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._pool.pool import Pool
from skvaal._vaal.candidates import NetReader

# Small networks that learn fast; the default in all that decides the choice, but for the rule.
SMALL_NETS = {
    "max_epochs": 8,
    "batch_size": 32,
    "lr": 3e-3,
    "vae__hidden": (32,),
    "discriminator__hidden": (16,),
    "random_state": 0,
    "device": "cpu",
}
DECODED = {"rule__space": "decoded", "rule__score_power": "n_labeled"}
PARAMS = {**SMALL_NETS, **DECODED}
LONG = {**PARAMS, "max_epochs": 20}
PROBA = np.random.RandomState(0).dirichlet(np.ones(3), 240)
N = 25


@pytest.fixture(scope="module")
def pools(digits):
    X, _ = digits
    return X[:40], X[40:]


@pytest.fixture(scope="module")
def trained(pools):
    return VAALQueryStrategy(**PARAMS).fit_pools(*pools)


@pytest.fixture
def fitted(trained):
    """A copy, whose networks a test may change."""
    return deepcopy(trained)


def choose(strategy, pools, proba=PROBA[40:]):
    """Indices and gains; what the rule draws is always the same."""
    strategy._seed = 0
    return strategy.query(pools[1], N, proba=proba, return_scores=True)


def draw_weights(module, seed=1, scale=0.5):
    """Other weights in the place of those that were trained."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            weights.copy_(scale * torch.randn(weights.shape, generator=generator))


def locate(strategy, pool):
    return strategy.net_.decoded_coordinates(pool, strategy.components_)


def assert_chooses_differently(found, expected):
    """Neither the same samples in the same order, nor by the same gains."""
    assert found[0].tolist() != expected[0].tolist()
    assert not np.allclose(found[1], expected[1], rtol=0.01)


@pytest.fixture(scope="module")
def chosen(pools):
    return choose(VAALQueryStrategy(**LONG).fit_pools(*pools), pools)


# The default


@pytest.fixture(scope="module")
def half_labeled(digits):
    """Labels of the digits 0 to 2 alone, and a pool of all."""
    X, _ = digits
    classes = load_digits(n_class=10).target[: len(X)]
    labeled = np.flatnonzero(classes < 3)[:60]
    return X[labeled], np.delete(X, labeled, axis=0)


def test_the_default_rule_covers_components_and_reads_scores_where_labels_lack(pools):
    rule = VAALQueryStrategy()._make_rule()
    assert isinstance(rule, Herding)
    assert (rule.space, rule.bandwidth) == ("components", 1.0)
    assert rule.score_power == rule.uncertainty_power == "missing_share"
    strategy = VAALQueryStrategy(**SMALL_NETS).fit_pools(*pools)
    expected = strategy.components_.project(Pool(pools[0]))
    np.testing.assert_allclose(strategy.labeled_coordinates_, expected, rtol=1e-5, atol=1e-6)


def test_the_default_is_herding_where_no_part_of_the_pool_lacks_labels(digits):
    X = np.random.RandomState(0).permutation(digits[0])
    pools = X[:40], X[40:]
    strategy = VAALQueryStrategy(**SMALL_NETS).fit_pools(*pools)
    herding = HerdingQueryStrategy(random_state=0).fit_pools(*pools)
    assert strategy.diagnose(*pools, n_folds=2).score_exponent == 0
    found, expected = choose(strategy, pools), choose(herding, pools)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-4)
    draw_weights(strategy.net_.discriminator_)
    np.testing.assert_array_equal(choose(strategy, pools), found)


def test_the_default_reads_both_networks_where_a_part_of_the_pool_lacks_labels(half_labeled):
    strategy = VAALQueryStrategy(**SMALL_NETS).fit_pools(*half_labeled)
    assert strategy.diagnose(*half_labeled, n_folds=2).score_exponent > 0.2
    expected = choose(strategy, half_labeled, None)
    herding = HerdingQueryStrategy(random_state=0).fit_pools(*half_labeled)
    assert_chooses_differently(choose(herding, half_labeled, None), expected)
    for path in ("discriminator_", "vae_.encoder"):
        other = deepcopy(strategy)
        draw_weights(attrgetter(path)(other.net_))
        assert_chooses_differently(choose(other, half_labeled, None), expected)
    draw_weights(strategy.net_.vae_.decoder)
    np.testing.assert_array_equal(choose(strategy, half_labeled, None), expected)


# The parts of a choice in the decoded space


def test_coordinates_are_those_of_decoded_means(fitted, pools):
    np.testing.assert_allclose(
        fitted.labeled_coordinates_, locate(fitted, Pool(pools[0])), rtol=1e-5, atol=1e-6
    )
    decoded = fitted.inverse_transform(fitted.transform(pools[0]))
    expected = (decoded - fitted.components_.mean) @ fitted.components_.components.T
    np.testing.assert_allclose(fitted.labeled_coordinates_, expected, rtol=1e-4, atol=1e-5)


def test_another_discriminator_chooses_differently(fitted, pools):
    expected = choose(fitted, pools)
    Z = locate(fitted, Pool(pools[1]))
    draw_weights(fitted.net_.discriminator_)
    assert_chooses_differently(choose(fitted, pools), expected)
    np.testing.assert_array_equal(locate(fitted, Pool(pools[1])), Z)  # by its scores alone


def test_another_decoder_chooses_differently(fitted, pools):
    expected, scores = choose(fitted, pools), fitted.score_samples(pools[1])
    draw_weights(fitted.net_.vae_.decoder)
    fitted.labeled_coordinates_ = locate(fitted, Pool(pools[0]))
    assert_chooses_differently(choose(fitted, pools), expected)
    np.testing.assert_array_equal(fitted.score_samples(pools[1]), scores)  # by its means alone


def test_another_linear_path_chooses_differently(fitted, pools):
    expected = choose(fitted, pools)
    with torch.no_grad():
        fitted.net_.vae_.linear_path.decoder_scale[:4] = 0
    fitted.labeled_coordinates_ = locate(fitted, Pool(pools[0]))
    assert_chooses_differently(choose(fitted, pools), expected)


def test_another_learner_chooses_differently(fitted, pools):
    expected = choose(fitted, pools)
    assert_chooses_differently(choose(fitted, pools, PROBA[:200]), expected)
    assert_chooses_differently(choose(fitted, pools, None), expected)


@pytest.mark.parametrize(
    "params",
    [
        {"random_state": 1},
        {"lambda2": 0},
        {"rule__score_power": 0},
        {"rule__space": "components"},
        {"rule__space": "components", "rule__score_power": "missing_share"},
        {"rule__space": "latent"},
        {"vae__linear_path": False},
    ],
    ids=str,
)
@pytest.mark.slow
def test_another_training_or_rule_chooses_differently(chosen, pools, params):
    strategy = VAALQueryStrategy(**{**LONG, **params}).fit_pools(*pools)
    assert_chooses_differently(choose(strategy, pools), chosen)


def test_the_same_training_and_rule_choose_the_same(chosen, pools):
    np.testing.assert_array_equal(
        choose(VAALQueryStrategy(**LONG).fit_pools(*pools), pools), chosen
    )


def test_top_k_reads_the_discriminator_and_no_decoder(pools):
    strategy = VAALQueryStrategy(**SMALL_NETS, rule="topk", uncertainty=None).fit_pools(*pools)
    expected = choose(strategy, pools)
    np.testing.assert_array_equal(choose(strategy, pools, None), expected)
    draw_weights(strategy.net_.vae_.decoder)
    np.testing.assert_array_equal(choose(strategy, pools), expected)
    draw_weights(strategy.net_.discriminator_)
    assert_chooses_differently(choose(strategy, pools), expected)


# Within a learner of modAL


def learn(pools, query, y=None):
    models = pytest.importorskip("modAL.models")
    y = np.arange(40) % 3 if y is None else y
    return models.ActiveLearner(LogisticRegression(), query, pools[0], y)


def test_a_query_of_modal_covers_the_decoded_space(pools):
    query = VAALQuery(**PARAMS)
    learner = learn(pools, query)
    indices, _ = learner.query(pools[1], n_instances=N)
    strategy = query.strategy_
    np.testing.assert_allclose(
        strategy.labeled_coordinates_,
        locate(strategy, Pool(learner.X_training)),
        rtol=1e-5,
        atol=1e-6,
    )
    proba = learner.predict_proba(pools[1])
    np.testing.assert_array_equal(strategy.query(pools[1], N, proba=proba), indices)
    other = learn(pools, VAALQuery(**PARAMS), y=np.arange(40) // 20)
    assert other.query(pools[1], n_instances=N)[0].tolist() != indices.tolist()


def test_a_decoder_that_reads_the_predicted_class_places_samples_by_it(pools):
    query = VAALQuery(**PARAMS, net="pseudo_label")
    learner = learn(pools, query)
    indices, _ = learner.query(pools[1], n_instances=N)
    strategy, net = query.strategy_, query.strategy_.net_
    assert (net.latent_dim_, net.n_decoder_inputs_) == (32, 35)
    proba = learner.predict_proba(pools[0])
    classes = np.eye(3, dtype=np.float32)[proba.argmax(axis=1)]
    Z = np.column_stack([strategy.transform(pools[0]), classes])
    of_mean, axes = strategy.components_.mean, strategy.components_.components
    expected = (strategy.inverse_transform(Z) - of_mean) @ axes.T
    np.testing.assert_allclose(strategy.labeled_coordinates_, expected, rtol=1e-4, atol=1e-5)
    Z = np.column_stack([strategy.transform(pools[0]), np.roll(classes, 1, axis=1)])
    of_other_classes = (strategy.inverse_transform(Z) - of_mean) @ axes.T
    assert not np.allclose(strategy.labeled_coordinates_, of_other_classes, atol=1e-3)
    proba = learner.predict_proba(pools[1])
    np.testing.assert_array_equal(strategy.query(pools[1], N, proba=proba), indices)
    with pytest.raises(ValueError, match="needs class probabilities"):
        strategy.query(pools[1], N)


def test_a_decoder_that_reads_the_predicted_class_needs_it_without_scores_too(pools):
    params = {**PARAMS, "net": "pseudo_label", "rule__score_power": 0}
    strategy = VAALQueryStrategy(**params)
    strategy.fit_pools(*pools, proba_labeled=PROBA[:40], proba_unlabeled=PROBA[40:])
    assert len(set(strategy.query(pools[1], N, proba=PROBA[40:]).tolist())) == N
    with pytest.raises(ValueError, match="needs class probabilities"):
        strategy.query(pools[1], N)


# Other nets and modules


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_without_a_vae_the_decoded_space_is_that_of_the_samples(pools, likelihood):
    params = {name: value for name, value in PARAMS.items() if not name.startswith("vae__")}
    strategy = VAALQueryStrategy(**params, net="no_vae", likelihood=likelihood).fit_pools(*pools)
    for X in pools:
        expected = strategy.components_.project(Pool(X))
        np.testing.assert_allclose(locate(strategy, Pool(X)), expected, rtol=1e-4, atol=1e-5)
    expected = choose(strategy, pools)
    draw_weights(strategy.net_.discriminator_)
    assert_chooses_differently(choose(strategy, pools), expected)


def test_the_published_net_takes_the_default_rule(pools):
    strategy = VAALQueryStrategy(**PARAMS, net="published").fit_pools(*pools)
    indices, gains = choose(strategy, pools)
    assert len(set(indices.tolist())) == N
    assert (gains > 0).all()
    np.testing.assert_array_equal(choose(strategy, pools)[0], indices)
    np.testing.assert_allclose(
        strategy.labeled_coordinates_, locate(strategy, Pool(pools[0])), rtol=1e-5, atol=1e-6
    )


class PlainVAE(nn.Module):
    """No linear path."""

    def __init__(self, input_shape, latent_dim=3):
        super().__init__()
        self.encoder = nn.Linear(input_shape[0], 2 * latent_dim)
        self.decoder = nn.Linear(latent_dim, input_shape[0])

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z)


@pytest.mark.parametrize("vae", [PlainVAE, PlainVAE((64,), 5)], ids=["class", "instance"])
def test_a_vae_of_the_users_takes_the_default_rule(pools, vae):
    params = {name: value for name, value in PARAMS.items() if not name.startswith("vae__")}
    strategy = VAALQueryStrategy(vae, **params).fit_pools(*pools)
    assert strategy.labeled_coordinates_.shape == (40, 32)
    expected = choose(strategy, pools)
    draw_weights(strategy.net_.vae_.decoder)
    strategy.labeled_coordinates_ = locate(strategy, Pool(pools[0]))
    assert_chooses_differently(choose(strategy, pools), expected)


# A warm start


def count_iterations(strategy):
    return [len(batches) for batches in strategy.history_[:, "batches"]]


def test_a_warm_start_takes_a_quarter_of_the_iterations(pools):
    params = {**PARAMS, "max_epochs": "auto", "warm_start": True}
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**params).fit_pools(labeled, unlabeled)
    first, n_epochs = sum(count_iterations(strategy)), strategy.n_iter_
    assert first == pytest.approx(200, abs=7)  # whole epochs of 7 iterations
    components, scores = strategy.components_, strategy.score_samples(unlabeled)

    X = np.concatenate(pools)
    strategy.fit_pools(X[:60], X[60:])
    assert sum(count_iterations(strategy)[n_epochs:]) == pytest.approx(50, abs=7)
    assert strategy.components_ is components
    assert strategy.labeled_coordinates_.shape == (60, 32)
    assert not np.array_equal(strategy.score_samples(unlabeled), scores)

    anew = VAALQueryStrategy(**{**params, "warm_start": False}).fit_pools(X[:60], X[60:])
    assert sum(count_iterations(anew)) > 3 * sum(count_iterations(strategy)[n_epochs:])


def test_a_warm_start_from_query_to_query(pools):
    query = VAALQuery(**{**PARAMS, "max_epochs": "auto"}, warm_start=True)
    learner = learn(pools, query)
    X_pool, n_epochs, iterations, axes = pools[1], 0, [], []
    for _ in range(3):
        indices, samples = learner.query(X_pool, n_instances=N)
        strategy = query.strategy_
        iterations.append(sum(count_iterations(strategy)[n_epochs:]))
        n_epochs, X_pool = strategy.n_iter_, np.delete(X_pool, indices, axis=0)
        axes.append(strategy.components_)
        learner.teach(samples, np.arange(N) % 3)
    assert iterations[0] == pytest.approx(200, abs=7)
    assert iterations[1:] == pytest.approx([50, 50], abs=7)
    assert axes[1] is axes[0]
    assert axes[2] is axes[0]
    assert strategy.labeled_coordinates_.shape == (40 + 2 * N, 32)


def test_a_warm_start_fits_components_where_the_last_fit_had_none(pools):
    params = {**SMALL_NETS, "vae__linear_path": False, "warm_start": True, "max_epochs": 1}
    strategy = VAALQueryStrategy(**params, rule="topk").fit_pools(*pools)
    assert not hasattr(strategy, "components_")
    strategy.set_params(rule="herding", **DECODED).fit_pools(*pools)
    assert len(strategy.components_.components) == 32
    assert len(set(choose(strategy, pools)[0].tolist())) == N


@pytest.mark.parametrize("columns", [30, 50])
def test_a_warm_start_on_samples_of_another_shape_is_told(pools, columns):
    strategy = VAALQueryStrategy(**{**PARAMS, "max_epochs": 1}, warm_start=True).fit_pools(*pools)
    labeled, unlabeled = (X[:, :columns] for X in pools)
    with pytest.raises(ValueError, match=rf"shape \({columns},\), but warm_start=True .*\(64,\)"):
        strategy.fit_pools(labeled, unlabeled)


def test_a_warm_start_with_another_latent_size_is_told(pools):
    strategy = VAALQueryStrategy(**{**PARAMS, "max_epochs": 1}, warm_start=True).fit_pools(*pools)
    strategy.set_params(vae__latent_dim=40)
    with pytest.raises(ValueError, match="which do not fit the present net, vae or discrim"):
        strategy.fit_pools(*pools)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (1.0, TrainingDivergedError, "networks place samples of X_labeled too far .*; lower lr"),
        (1e9, ValueError, r"X_labeled\[2\] is too large for distances"),
    ],
)
def test_samples_that_networks_place_too_far_away(monkeypatch, trained, value, error, message):
    Z = np.zeros((3, 4), np.float32)
    Z[2] = 1e30
    monkeypatch.setattr(NetReader, "evaluate", lambda *args: Z)
    reader = NetReader(trained.net_, "cpu")
    with pytest.raises(error, match=message) as caught:
        reader.place(Pool(np.full((3, 4), value)), "latent", None, "X_labeled")
    assert caught.type is error
