"""Class probabilities in the strategy: uncertainty, conditional nets, relabelled states."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skvaal import (
    ConvVAE,
    DenseVAE,
    LatentDiscriminator,
    UninformativeDiscriminatorWarning,
    VAALNet,
    VAALQueryStrategy,
)
from skvaal._predictions.predictions import Predictions, entropy, margin

from ..conftest import QUICK, SMALL

CONDITIONAL = ("pseudo_label", "task_loss")


@pytest.fixture(scope="module")
def proba(digits):
    """Probabilities of all 240 samples, by a classifier of the labelled ones; no two alike."""
    X, y = digits
    return LogisticRegression(max_iter=200).fit(X[:40], y[:40]).predict_proba(X)


@pytest.fixture(scope="module")
def other_proba(proba):
    return np.roll(proba, 1, axis=1)[::-1].copy()


@pytest.fixture(scope="module")
def fitted(digits, proba):
    X, y = digits
    return {net: VAALQueryStrategy(**QUICK, net=net).fit(X, y, proba=proba) for net in CONDITIONAL}


@pytest.fixture
def no_training(monkeypatch):
    monkeypatch.setattr(VAALNet, "partial_fit", lambda *a: pytest.fail("trained"))


# Uncertainty


def seen_by(strategy, X, **given):
    """What a callable rule is told."""
    seen = []

    def choose(scores, Z, Z_labeled, n, random_state, *, uncertainty):
        seen.append(uncertainty)
        return np.arange(n)

    strategy.rule = choose
    strategy.fit(X).query(X, **given)
    return seen[0]


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
@pytest.mark.parametrize(
    ("uncertainty", "expected"),
    [
        ("auto", margin),
        ("margin", margin),
        ("entropy", entropy),
        (lambda p: p[:, 3], lambda p: p[:, 3]),
    ],
)
def test_a_rule_is_told_the_uncertainty(digits, proba, uncertainty, expected):
    strategy = VAALQueryStrategy(**SMALL, uncertainty=uncertainty)
    told = seen_by(strategy, digits[0], proba=proba)
    np.testing.assert_allclose(told, expected(proba))


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
def test_auto_without_probabilities_and_none_tell_nothing(digits, proba):
    assert seen_by(VAALQueryStrategy(**SMALL), digits[0]) is None
    assert seen_by(VAALQueryStrategy(**SMALL, uncertainty=None), digits[0], proba=proba) is None


def test_greedy_takes_what_is_uncertain(digits):
    X, y = digits
    options = {"rule__uncertainty_power": 1e4, "rule__bandwidth": 1e-9}
    strategy = VAALQueryStrategy(**SMALL, rule="greedy", **options).fit(X, y)
    proba = np.tile([0.9, 0.1], (240, 1))
    proba[[17, 93, 180]] = 0.5
    assert sorted(strategy.query(X, 3, proba=proba)) == [17, 93, 180]
    assert sorted(strategy.query(X, 3)) != [17, 93, 180]
    strategy.set_params(rule__uncertainty_power=0)
    np.testing.assert_array_equal(strategy.query(X, 9, proba=proba), strategy.query(X, 9))


@pytest.mark.parametrize("name", ["margin", "entropy", "least_confident", "disagreement"])
def test_a_named_uncertainty_needs_probabilities_in_query_only(digits, proba, name):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, rule="greedy", uncertainty=name).fit(X, y)
    message = (
        f"uncertainty='{name}' needs class probabilities, and VAALQueryStrategy has no learner: "
        r"pass proba=\.\.\., or use VAALQuery"
    )
    with pytest.raises(ValueError, match=message):
        strategy.query(X)
    members = np.stack([proba, proba[::-1]])
    assert len(set(strategy.query(X, 4, proba=members))) == 4
    strategy.score_samples(X)


def test_disagreement_of_one_model(digits, proba):
    strategy = VAALQueryStrategy(**SMALL, rule="greedy", uncertainty="disagreement")
    strategy.fit(*digits)
    with pytest.raises(ValueError, match=r"\(n_members, n_samples, n_classes\)"):
        strategy.query(digits[0], proba=proba)


def five_arguments(scores, Z, Z_labeled, n, random_state):
    return np.arange(n)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("rule", ["topk", "k_center", "stochastic", "cluster", five_arguments])
def test_a_rule_that_does_not_read_it(digits, rule):
    strategy = VAALQueryStrategy(**SMALL, rule=rule, uncertainty="margin")
    with pytest.raises(ValueError, match=r"rule=.* does not read it; .*Greedy\(\)"):
        strategy.fit(*digits)


def test_a_rule_that_does_not_read_it_set_after_fit(digits, proba):
    strategy = VAALQueryStrategy(**SMALL, rule="greedy", uncertainty="margin").fit(*digits)
    with pytest.raises(ValueError, match=r"rule=TopK\(\) does not read it"):
        strategy.set_params(rule="topk").query(digits[0], proba=proba)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"uncertainty": "margn"}, "The 'uncertainty' parameter"),
        ({"net": "labels"}, "The 'net' parameter"),
        ({"rule": "greedy", "rule__uncertainty": 1}, "rule__uncertainty"),
        ({"rule": "greedy", "rule__uncertainty_power": -1}, "uncertainty_power"),
    ],
)
def test_parameters_that_make_no_sense(digits, proba, params, message):
    X, y = digits
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy(**{**QUICK, **params}).fit(X, y, proba=proba)


# Conditional nets


@pytest.mark.parametrize("net", CONDITIONAL)
def test_the_discriminator_reads_the_condition(fitted, digits, proba, other_proba, net):
    X, _ = digits
    strategy = fitted[net]
    assert strategy.net_.extra.dim == {"pseudo_label": 10, "task_loss": 1}[net]
    scores = strategy.score_samples(X, proba=proba)
    changed = strategy.score_samples(X, proba=other_proba)
    columns = [
        strategy.net_.extra.columns(Predictions.of(each, 240), 240) for each in (proba, other_proba)
    ]
    same = (columns[0] == columns[1]).all(axis=1)
    assert not same.all()
    assert (scores[~same] != changed[~same]).all()
    np.testing.assert_array_equal(scores[same], changed[same])


@pytest.mark.parametrize("net", CONDITIONAL)
def test_training_reads_the_condition(fitted, digits, other_proba, net):
    X, y = digits
    other = VAALQueryStrategy(**QUICK, net=net).fit(X, y, proba=other_proba)
    assert not np.array_equal(other.transform(X), fitted[net].transform(X))


@pytest.mark.parametrize("net", CONDITIONAL)
def test_a_score_is_the_samples_own(fitted, digits, proba, net):
    X, _ = digits
    strategy = fitted[net]
    scores = strategy.score_samples(X, proba=proba)
    order = np.random.RandomState(0).permutation(240)
    shuffled = strategy.score_samples(X[order], proba=proba[order])
    np.testing.assert_allclose(shuffled, scores[order], atol=1e-6)
    alone = [strategy.score_samples(X[[i]], proba=proba[[i]])[0] for i in (0, 99, 239)]
    np.testing.assert_allclose(alone, scores[[0, 99, 239]], atol=1e-6)


@pytest.mark.parametrize("net", CONDITIONAL)
def test_one_array_or_two_pools(fitted, digits, proba, net):
    X, _ = digits
    of_pools = VAALQueryStrategy(**QUICK, net=net).fit_pools(
        X[:40], X[40:], proba_labeled=proba[:40], proba_unlabeled=proba[40:]
    )
    np.testing.assert_array_equal(
        of_pools.score_samples(X, proba=proba), fitted[net].score_samples(X, proba=proba)
    )
    indices, scores = of_pools.query(X[40:], 5, proba=proba[40:], return_scores=True)
    expected = np.argsort(of_pools.score_samples(X[40:], proba=proba[40:]))[:5]
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(
        scores, of_pools.score_samples(X[40:], proba=proba[40:])[expected]
    )


def test_each_sample_trains_with_its_own_condition(monkeypatch, digits, proba):
    X, y = digits
    seen, step = [], VAALNet.vae_step

    def spy(self, pair):
        seen.append((np.concatenate([pair.labeled, pair.unlabeled]), pair.extra.numpy()))
        return step(self, pair)

    monkeypatch.setattr(VAALNet, "vae_step", spy)
    order = np.random.RandomState(1).permutation(240)  # labelled and unlabelled interleaved
    strategy = VAALQueryStrategy(**QUICK, net="pseudo_label", n_vae_steps=2)
    strategy.fit(X[order], y[order], proba=proba[order])
    row_of = {X[i].tobytes(): i for i in range(240)}
    for samples, condition in seen:
        rows = [row_of[sample.tobytes()] for sample in samples]
        np.testing.assert_array_equal(condition.argmax(axis=1), proba[rows].argmax(axis=1))


@pytest.mark.parametrize("vae", [DenseVAE, ConvVAE])
def test_the_decoder_reads_the_condition(digits, images, proba, other_proba, vae):
    X, y = digits if vae is DenseVAE else images
    strategy = VAALQueryStrategy(**QUICK, net="task_loss").fit(X, y, proba=proba)
    assert strategy.net_.vae_.condition_dim == 1
    assert strategy.score(X, proba=proba) != strategy.score(X, proba=other_proba)
    with pytest.raises(ValueError, match="net='task_loss' needs class probabilities"):
        strategy.score(X)
    Z = strategy.transform(X)
    assert Z.shape == (240, 3)
    low, high = (np.column_stack([Z, np.full(240, rank)]) for rank in (0.1, 1))
    assert (strategy.inverse_transform(low) != strategy.inverse_transform(high)).any()
    with pytest.raises(ValueError, match=r"shape \(n_samples, 4\).*last 1 are"):
        strategy.inverse_transform(Z)


class Plain(DenseVAE):
    """Without a parameter `condition_dim`."""

    def __init__(self, input_shape, latent_dim=3):
        super().__init__(input_shape, latent_dim=latent_dim)


def test_a_vae_without_that_parameter_decodes_z_alone(digits, proba, other_proba):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, vae=Plain, net="pseudo_label")
    strategy.fit(X, y, proba=proba)
    assert strategy.net_.n_decoder_inputs_ == strategy.net_.latent_dim_
    assert strategy.score(X) == strategy.score(X, proba=other_proba)
    assert strategy.inverse_transform(strategy.transform(X)).shape == X.shape
    assert not np.array_equal(
        strategy.score_samples(X, proba=proba), strategy.score_samples(X, proba=other_proba)
    )


def test_networks_of_a_user_that_do_not_fit_the_condition(digits, proba):
    X, y = digits
    quick = {key: value for key, value in QUICK.items() if not key.startswith("vae__")}
    vae = DenseVAE((64,), latent_dim=3, condition_dim=7)
    with pytest.raises(ValueError, match="of 7 columns, but the condition here has 10"):
        VAALQueryStrategy(**quick, vae=vae, net="pseudo_label").fit(X, y, proba=proba)
    with pytest.raises(ValueError, match="decode fails on latent vectors of size 3"):
        VAALQueryStrategy(**quick, vae=vae).fit(X, y)
    quick.pop("discriminator__hidden")
    with pytest.raises(ValueError, match="fails on latent vectors of size 42"):
        VAALQueryStrategy(**quick, discriminator=LatentDiscriminator(16), net="pseudo_label").fit(
            X, y, proba=proba
        )


@pytest.mark.parametrize(
    "params", [{"net": "ta_vaal"}, {"net": "sraal"}, {"net": "task_loss", "n_vae_steps": 2}]
)
def test_other_ways_to_train(digits, proba, other_proba, params):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, **params)
    latent = [strategy.fit(X, y, proba=each).transform(X) for each in (proba, other_proba)]
    assert not np.array_equal(*latent)


def test_members_stand_for_their_mean(digits, fitted, proba):
    X, y = digits
    members = np.stack([proba, proba])
    strategy = VAALQueryStrategy(**QUICK, net="pseudo_label").fit(X, y, proba=members)
    np.testing.assert_array_equal(
        strategy.score_samples(X, proba=members),
        fitted["pseudo_label"].score_samples(X, proba=proba),
    )


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
@pytest.mark.parametrize("net", [*CONDITIONAL, "relabeled"])
@pytest.mark.slow
def test_no_labelled_sample(digits, proba, net):
    X, _ = digits
    strategy = VAALQueryStrategy(**QUICK, net=net).fit(X, proba=proba)
    assert np.isfinite(strategy.score_samples(X, proba=proba)).all()
    for labeled in (None, X[:0]):
        in_two = VAALQueryStrategy(**QUICK, net=net).fit_pools(labeled, X, proba_unlabeled=proba)
        np.testing.assert_array_equal(
            in_two.score_samples(X, proba=proba), strategy.score_samples(X, proba=proba)
        )
    with pytest.warns(UserWarning, match="no unlabelled samples"):
        strategy.fit(X, np.zeros(240), proba=proba)


def test_warm_start(digits, proba):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, net="pseudo_label", warm_start=True)
    strategy.fit(X, y, proba=proba).fit(X, y, proba=proba)
    assert strategy.n_iter_ == 4
    strategy.fit(X, y, proba=proba)
    merged = np.column_stack([proba[:, :8], proba[:, 8:].sum(axis=1)])
    with pytest.raises(ValueError, match="has 9 columns, but warm_start=True .* for 10"):
        strategy.fit(X, y, proba=merged)


def test_a_new_fit_forgets_the_condition(digits, proba):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, net="task_loss").fit(X, y, proba=proba)
    strategy.set_params(net="vaal").fit(X, y)
    plain = VAALQueryStrategy(**QUICK).fit(X, y)
    np.testing.assert_array_equal(strategy.score_samples(X), plain.score_samples(X))


def test_probabilities_that_nothing_reads_change_nothing(digits, proba):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK).fit(X, y)
    told = VAALQueryStrategy(**QUICK).fit(X, y, proba=proba)
    np.testing.assert_array_equal(plain.score_samples(X), told.score_samples(X, proba=proba))
    np.testing.assert_array_equal(plain.query(X, 5), told.query(X, 5, proba=proba))


@pytest.mark.parametrize("net", CONDITIONAL)
def test_diagnose(fitted, digits, proba, net):
    X, _ = digits
    strategy = fitted[net]
    with pytest.raises(ValueError, match=r"pass proba_unlabeled="):
        strategy.diagnose(X[:40], X[40:], proba_labeled=proba[:40])
    given = {"proba_labeled": proba[:40], "proba_unlabeled": proba[40:]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UninformativeDiscriminatorWarning)
        found = strategy.diagnose(X[:40], X[40:], **given)
    assert 0 <= found.auc_cross_fitted <= 1
    assert np.isfinite(found.reconstruction_error)


@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
@pytest.mark.slow
def test_a_condition_that_tells_the_pools_apart_is_found_by_held_out_discriminators(digits):
    X, _ = digits
    labeled, unlabeled = np.tile([1.0, 0], (40, 1)), np.tile([0, 1.0], (200, 1))
    params = {**QUICK, "max_epochs": 8, "lr": 5e-3, "net": "pseudo_label"}
    proba = {"proba_labeled": labeled, "proba_unlabeled": unlabeled}
    strategy = VAALQueryStrategy(**params).fit_pools(X[:40], X[40:], **proba)
    assert strategy.diagnose(X[:40], X[40:], **proba).auc_cross_fitted > 0.95
    plain = VAALQueryStrategy(**{**params, "net": "vaal"}).fit_pools(X[:40], X[40:])
    assert plain.diagnose(X[:40], X[40:]).auc_cross_fitted < 0.8


# Relabelled states


def test_relabelled_states_change_the_training_and_not_the_scoring(digits, proba):
    X, y = digits
    plain = VAALQueryStrategy(**QUICK).fit(X, y)
    relabeled = VAALQueryStrategy(**QUICK, net="relabeled").fit(X, y, proba=proba)
    assert not np.array_equal(plain.score_samples(X), relabeled.score_samples(X))
    assert len(relabeled.query(X, 3)) == 3  # needs no probabilities


@pytest.mark.slow
def test_of_a_sure_model_all_states_are_labelled(digits):
    X, _ = digits
    # Indicator 0: both pools have target 1.
    params = {**QUICK, "max_epochs": 30, "lr": 5e-3, "lambda2": 0.0}
    strategy = VAALQueryStrategy(**params, net="relabeled")
    sure = np.eye(10)[np.arange(200) % 10]
    assert strategy.fit_pools(X[:40], X[40:], proba_unlabeled=sure).score_samples(X).min() > 1
    half = np.arange(200) < 100
    mixed = np.where(half[:, None], sure, 0.1)
    scores = strategy.fit_pools(X[:40], X[40:], proba_unlabeled=mixed).score_samples(X[40:])
    assert scores[half].mean() > scores[~half].mean()


@pytest.mark.slow
def test_diagnose_relabelled(digits, proba):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, net="relabeled").fit(X, y, proba=proba)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UninformativeDiscriminatorWarning)
        plain = strategy.diagnose(X[:40], X[40:])
        relabeled = strategy.diagnose(X[:40], X[40:], proba_unlabeled=proba[40:])
    assert plain.auc_training == relabeled.auc_training
    assert plain.auc_cross_fitted != relabeled.auc_cross_fitted


# Bad input


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("net", [*CONDITIONAL, "relabeled", "ta_vaal", "sraal"])
@pytest.mark.slow
def test_missing_probabilities(digits, proba, net):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, net=net)
    message = (
        f"net='{net}' needs class probabilities, .*has no learner: pass "
        r"{}=\.\.\., or use VAALQuery"
    )
    with pytest.raises(ValueError, match=message.format("proba")):
        strategy.fit(X, y)
    with pytest.raises(ValueError, match=message.format("proba_unlabeled")):
        strategy.fit_pools(X[:40], X[40:], proba_labeled=proba[:40])
    if net in (*CONDITIONAL, "ta_vaal"):
        with pytest.raises(ValueError, match=message.format("proba_labeled")):
            strategy.fit_pools(X[:40], X[40:], proba_unlabeled=proba[40:])


@pytest.mark.parametrize("net", CONDITIONAL)
def test_missing_or_other_probabilities_in_scoring(fitted, digits, proba, net):
    X, _ = digits
    message = f"net='{net}' needs class probabilities"
    for call in (fitted[net].query, fitted[net].score_samples):
        with pytest.raises(ValueError, match=message):
            call(X)
        with pytest.raises(ValueError, match="proba has 2 classes, but 10 were fitted"):
            call(X, proba=np.full((240, 2), 0.5))
        with pytest.raises(ValueError, match=r"proba\[7\] is no distribution"):
            call(X, proba=np.where(np.arange(240)[:, None] == 7, 1.0, proba))


@pytest.mark.usefixtures("no_training")
def test_bad_probabilities_in_fit(digits, proba):
    X, y = digits
    with pytest.raises(ValueError, match="has 239 samples, but there are 240"):
        VAALQueryStrategy().fit(X, y, proba=proba[1:])
    with pytest.raises(ValueError, match=r"proba_unlabeled\[0\] is no distribution.*sum is 2"):
        VAALQueryStrategy().fit_pools(X[:40], X[40:], proba_unlabeled=proba[40:] * 2)
    with pytest.raises(ValueError, match="proba_labeled has 10 classes, proba_unlabeled has 9"):
        VAALQueryStrategy(net="pseudo_label").fit_pools(
            X[:40], X[40:], proba_labeled=proba[:40], proba_unlabeled=np.full((200, 9), 1 / 9)
        )


# Saving


@pytest.mark.parametrize("net", CONDITIONAL)
def test_saved_and_loaded(fitted, digits, proba, tmp_path, net):
    pytest.importorskip("safetensors")
    X, _ = digits
    fitted[net].save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.get_params() == fitted[net].get_params()
    scores = loaded.score_samples(X[::7], proba=proba[::7])
    np.testing.assert_array_equal(scores, fitted[net].score_samples(X[::7], proba=proba[::7]))
    assert loaded.score(X, proba=proba) == fitted[net].score(X, proba=proba)


def test_an_uncertainty_of_your_own_must_be_passed(digits, proba, tmp_path):
    pytest.importorskip("safetensors")
    X, y = digits
    params = {**QUICK, "uncertainty": entropy}
    strategy = VAALQueryStrategy(**params, net="task_loss")
    strategy.fit(X, y, proba=proba).save(tmp_path / "file")
    with pytest.raises(ValueError, match=r"uncertainty of your own.*load\(path, uncertainty="):
        VAALQueryStrategy.load(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file", uncertainty=entropy)
    np.testing.assert_array_equal(
        loaded.score_samples(X, proba=proba), strategy.score_samples(X, proba=proba)
    )
