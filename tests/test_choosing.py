"""The parameter `rule` of VAALQueryStrategy: from scores and coordinates to a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skvaal import (
    Cluster,
    EmptyPoolWarning,
    Greedy,
    Herding,
    HerdingQueryStrategy,
    KCenter,
    Stochastic,
    TopK,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._pool.validation import check_samples
from skvaal._rules.lookup import RULES, as_rule
from skvaal._rules.rule import Candidates
from skvaal._vaal.missing_share import missing_share

from .conftest import QUICK, SMALL


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    return {name: VAALQueryStrategy(**SMALL, rule=name).fit(X, y) for name in sorted(RULES)}


def locate(strategy, X, space):
    """Coordinates of samples in a rule's space, by their definition."""
    if space == "latent":
        return strategy.transform(X)
    if space == "decoded":
        X = strategy.inverse_transform(strategy.transform(X))
    return (X - strategy.components_.mean) @ strategy.components_.components.T


def choose(rule, strategy, X, y, n):
    """What a rule makes of the scores of the unlabelled samples, and of where samples lie."""
    pool = X[y == -1]
    space = getattr(rule, "space", "latent")
    Z, Z_labeled = (locate(strategy, part, space) for part in (pool, X[y != -1]))
    candidates = Candidates(
        len(pool),
        scores=strategy.score_samples(pool),
        coordinates=Z,
        labeled_coordinates=Z_labeled,
        missing_share=missing_share(Z_labeled, Z, np.random.RandomState(strategy._seed)),
    )
    return rule.choose(candidates, n, np.random.RandomState(strategy._seed))


@pytest.mark.parametrize("name", RULES)
def test_query_chooses_by_scores_and_coordinates(fitted, digits, name):
    X, y = digits
    strategy = fitted[name]
    indices, values = strategy.query(X[y == -1], 8, return_scores=True)
    expected = choose(as_rule(name, {}), strategy, X, y, 8)
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_allclose(values, expected.values, rtol=1e-4, atol=1e-6)
    assert np.isfinite(values).all()


def test_all_of_them_choose_differently(fitted, digits):
    X, _ = digits
    assert len({tuple(sorted(s.query(X, 8))) for s in fitted.values()}) == len(RULES)


def test_a_callable_gets_what_it_needs_and_its_options(digits):
    X, y = digits
    seen = {}

    def last_rows(scores, Z, Z_labeled, n, random_state, *, step=1):
        seen.update(scores=scores, Z=Z, Z_labeled=Z_labeled, draw=random_state.rand())
        return np.arange(len(scores))[::-step][:n]

    strategy = VAALQueryStrategy(**SMALL, rule=last_rows, rule__step=2).fit(X, y)
    assert strategy.query(X[40:], 3).tolist() == [199, 197, 195]
    np.testing.assert_allclose(seen["scores"], strategy.score_samples(X[40:]), rtol=1e-5)
    np.testing.assert_allclose(seen["Z"], strategy.transform(X[40:]), atol=1e-6)
    np.testing.assert_allclose(seen["Z_labeled"], strategy.transform(X[:40]), atol=1e-6)
    with pytest.raises(ValueError, match="rule__step"):
        clone(strategy).set_params(rule__stepp=2).fit(X, y)


def test_a_callable_that_answers_wrongly(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, rule=lambda *args: [0, 0]).fit(X, y)
    with pytest.raises(ValueError, match="different rows of the pool"):
        strategy.query(X, 2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rule": "k_centre"}, "k_center"),
        ({"rule": "stochastic", "rule__temperature": 0.0}, "temperature"),
        ({"rule": "k_center", "rule__candidates_factor": 0.5}, "candidates_factor"),
        (
            {"rule": "k_center", "rule__candidate_factor": 3},
            "did you mean 'rule__candidates_factor'",
        ),
        ({"net": "published", "likelihood": "bernoulli"}, "'published' is a squared error"),
        ({"net": "no_decoder"}, "no_decoder"),
        ({"net": "no_vae", "vae__latent_dims": 3}, "did you mean 'vae__latent_dim'"),
    ],
)
def test_bad_values_fail_before_any_training(digits, monkeypatch, params, message):
    monkeypatch.setattr("skvaal._vaal.net.VAALNet.train_step", None)
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy(**{**QUICK, **params}).fit(*digits)


def test_the_rule_may_change_after_fit_where_nothing_is_missing(fitted, digits):
    X, y = digits
    strategy = fitted["topk"]
    expected = choose(Stochastic(), strategy, X, y, 4).indices
    try:
        strategy.set_params(rule=Stochastic())
        np.testing.assert_array_equal(strategy.query(X[40:], 4), expected)
        strategy.set_params(rule=KCenter())
        with pytest.raises(ValueError, match="KCenter.* reads .*fit again"):
            strategy.query(X, 4)
    finally:
        strategy.set_params(rule="topk")


# What the choice depends on


def test_without_scores_the_choice_depends_on_the_vae_alone(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, rule=Herding("decoded", score_power=0)).fit(X, y)
    expected = strategy.query(X[40:], 8)
    with torch.no_grad():
        for weights in strategy.net_.discriminator_.parameters():
            weights.neg_()
    np.testing.assert_array_equal(strategy.query(X[40:], 8), expected)
    strategy.set_params(rule__score_power=4.0)
    with_other_scores = strategy.query(X[40:], 8)
    assert with_other_scores.tolist() != expected.tolist()


@pytest.mark.parametrize(
    "params",
    [
        {"rule": Herding(space="components", score_power=0)},
        {"rule": "herding", "rule__space": "components", "rule__score_power": 0},
        {"rule": Greedy(space="components", score_power=0)},
    ],
)
def test_a_rule_that_reads_neither_network_is_refused(fitted, digits, trainings, params):
    X, y = digits
    message = "reads neither the VAE nor the discriminator; use HerdingQueryStrategy or Herding"
    with pytest.raises(ValueError, match=message):
        VAALQueryStrategy(**SMALL, **params).fit(X, y)
    with pytest.raises(ValueError, match=message):
        VAALQuery(**SMALL, **params)(None, X[40:], 3, X_labeled=X[:40])
    assert not trainings
    set_later = clone(fitted["herding"]).fit(X, y).set_params(**params)
    with pytest.raises(ValueError, match=message):
        set_later.query(X[40:], 3)


# What query returns


ALL_RULES = [
    TopK(),
    Herding(),
    Herding(score_power="n_labeled"),
    Herding(space="latent"),
    Herding(space="decoded"),
    Herding(space="decoded", score_power=0),
    KCenter(),
    KCenter(space="components"),
    KCenter(space="decoded"),
    Stochastic(),
    Cluster(),
    Greedy(),
    Greedy(space="components"),
    lambda scores, Z, Z_labeled, n, random_state: np.arange(n),
]


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda value: repr(value).partition(" at ")[0])
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.slow
def test_scores_are_what_was_chosen_by(digits, rule, told):
    X, y = digits
    pool = X[40:]
    proba = np.random.RandomState(0).dirichlet(np.ones(3), 200) if told else None
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule).fit(X, y)
    indices, values = strategy.query(pool, 7, proba=proba, return_scores=True)
    assert values.shape == (7,)
    assert np.isfinite(values).all()
    choice = strategy.choose(pool, 7, proba=proba, keep_utilities=True)
    np.testing.assert_array_equal(choice.indices, indices)
    np.testing.assert_allclose(choice.values, values, rtol=1e-6)
    assert choice.utilities.shape == (7, 200)
    for i, row in enumerate(choice.utilities):
        assert np.nanargmax(row) == indices[i] or row[indices[i]] == np.nanmax(row)
        assert set(np.flatnonzero(np.isnan(row))) == set(indices[:i])
    at_choice = choice.utilities[np.arange(7), indices]
    np.testing.assert_allclose(np.abs(at_choice), np.abs(values), rtol=1e-6)
    assert strategy.choose(pool, 7, proba=proba).utilities is None


# fit_query


@pytest.mark.parametrize(
    "strategy",
    [VAALQueryStrategy(**SMALL), VAALQueryStrategy(**QUICK), HerdingQueryStrategy(random_state=0)],
    ids=["herding", "topk", "without a network"],
)
def test_fit_query_is_fit_pools_and_query(digits, monkeypatch, strategy):
    X, _ = digits
    labeled, pool = X[:40], X[40:]
    proba = np.random.RandomState(0).dirichlet(np.ones(3), 200)
    expected = (
        clone(strategy).fit_pools(labeled, pool).query(pool, 6, proba=proba, return_scores=True)
    )
    names = []

    def spy(X, **options):
        names.append(options["name"])
        return check_samples(X, **options)

    monkeypatch.setattr("skvaal._pool.validation.check_samples", spy)
    strategy = clone(strategy)
    found = strategy.fit_query(labeled, pool, 6, proba=proba, return_scores=True)
    np.testing.assert_array_equal(found, expected)
    assert names == ["X_labeled", "X_unlabeled"]
    assert set(strategy.seconds_) == {"fit", "choose"}
    np.testing.assert_array_equal(strategy.query(pool, 6, proba=proba), expected[0])
    assert names == ["X_labeled", "X_unlabeled", "X_unlabeled"]
    np.testing.assert_array_equal(
        strategy.fit_query(labeled, pool, 6, proba=proba), strategy.query(pool, 6, proba=proba)
    )


@pytest.mark.parametrize("n", [0, 201, 2.5])
def test_fit_query_finds_a_bad_number_before_training(digits, trainings, n):
    X, _ = digits
    for strategy in (VAALQueryStrategy(**SMALL), HerdingQueryStrategy()):
        with pytest.raises((ValueError, TypeError), match="^n(=| must be an integer)"):
            strategy.fit_query(X[:40], X[40:], n)
    assert not trainings


# No labelled sample


@pytest.mark.parametrize("rule", ALL_RULES[:-1], ids=lambda value: repr(value).partition(" at ")[0])
@pytest.mark.parametrize("labeled", ["none of them", "None", "y=None"])
@pytest.mark.slow
def test_no_labelled_sample_is_a_batch_by_coverage(digits, rule, labeled):
    X, _ = digits
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule)
    if labeled == "y=None":
        strategy.fit(X)
    else:
        strategy.fit_pools(X[:0] if labeled == "none of them" else None, X)
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool") as warned:
        indices, values = strategy.query(X, 5, return_scores=True)
    assert [each.filename for each in warned] == [__file__]
    assert np.isfinite(values).all()
    # Whatever the rule: what is measured is where it is measured.
    Z = locate(strategy, X, getattr(rule, "space", "latent"))
    expected = Herding(score_power=0).choose(
        Candidates(240, coordinates=Z), 5, np.random.RandomState(strategy._seed)
    )
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_allclose(values, expected.values, rtol=1e-4)


@pytest.mark.parametrize("X_labeled", ["none of them", "None"])
@pytest.mark.parametrize("strategy", [VAALQueryStrategy(**SMALL), HerdingQueryStrategy()])
def test_fit_query_without_labelled_samples(digits, strategy, X_labeled):
    X, _ = digits
    X_labeled = X[:0] if X_labeled == "none of them" else None
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool") as warned:
        indices = strategy.fit_query(X_labeled, X, 5)
    assert [each.filename for each in warned] == [__file__]
    assert strategy.n_labeled_ == 0
    with pytest.warns(EmptyPoolWarning, match="the batch covers the pool"):
        np.testing.assert_array_equal(strategy.query(X, 5), indices)


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
def test_a_function_is_asked_even_without_labelled_samples(digits):
    X, _ = digits
    strategy = VAALQueryStrategy(**SMALL, rule=ALL_RULES[-1]).fit(X)
    assert strategy.query(X, 3).tolist() == [0, 1, 2]


# A rule that is set after fit


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Herding(), Herding(space="decoded")),
        (Herding(), Herding(space="latent")),
        (Herding(space="latent"), Herding()),
        (Herding(space="decoded"), Herding()),
        (TopK(), Herding()),
        (TopK(), Cluster(space="components")),
        (TopK(), Cluster(space="decoded")),
    ],
    ids=lambda value: repr(value).partition(" at ")[0],
)
def test_what_was_not_kept_in_fit_is_named_in_query(digits, before, after):
    X, y = digits
    params = {**SMALL, "max_epochs": 1, "vae__linear_path": False}  # which needs the components
    strategy = VAALQueryStrategy(**params, rule=before).fit(X, y)
    strategy.query(X, 6)
    strategy.set_params(rule=after)
    message = f"space='{after.space}', which were not kept: set the rule before fit, or fit again"
    with pytest.raises(ValueError, match=message):
        strategy.query(X, 6)
    assert len(strategy.fit(X, y).query(X, 6)) == 6


def test_a_rule_that_reads_no_labelled_sample_may_be_set_where_components_were_kept(digits):
    X, y = digits
    params = {**SMALL, "max_epochs": 1}
    strategy = VAALQueryStrategy(**params, rule="topk").fit(X, y)  # the linear path keeps them
    for space in ("components", "decoded"):
        rule = Cluster(space=space)
        chosen = strategy.set_params(rule=rule).query(X, 6)
        expected = VAALQueryStrategy(**params, rule=rule).fit(X, y)
        np.testing.assert_array_equal(chosen, expected.query(X, 6))


@pytest.mark.parametrize("space", ["decoded", "latent", "components"])
@pytest.mark.slow
def test_rules_that_read_what_was_kept_may_be_set_after_fit(digits, space):
    X, y = digits
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=KCenter(space=space)).fit(X, y)
    rules = [Cluster(space=space), Greedy(space=space), Stochastic(), TopK(), Herding(space=space)]
    for rule in rules:
        chosen = strategy.set_params(rule=rule).query(X, 6)
        assert len(set(chosen.tolist())) == 6
        expected = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule).fit(X, y)
        np.testing.assert_array_equal(chosen, expected.query(X, 6))


def test_the_rule_is_saved_with_what_it_needs(fitted, digits, tmp_path):
    pytest.importorskip("safetensors")
    X, _ = digits
    for name, strategy in fitted.items():
        strategy.save(tmp_path / name)
        loaded = VAALQueryStrategy.load(tmp_path / name)
        np.testing.assert_array_equal(loaded.query(X, 6), strategy.query(X, 6))


def test_modal_queries_use_it(digits):
    X, _ = digits
    learner = type("Learner", (), {"X_training": X[:40]})()
    query = VAALQuery(**SMALL, rule="k_center", rule__candidates_factor=5, uncertainty=None)
    indices, _ = query(learner, X[40:], n_instances=6)
    np.testing.assert_array_equal(indices, query.strategy_.query(X[40:], 6))
    assert clone(query).get_params()["rule__candidates_factor"] == 5


# Variants of the net

ABLATIONS = ["no_vae", "frozen_vae", "no_discriminator"]


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
@pytest.mark.parametrize("net", ABLATIONS)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_works_with_every_ablation_and_is_saved(digits, tmp_path, net, rule):
    pytest.importorskip("safetensors")
    X, y = digits
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule, net=net).fit(X, y)
    strategy.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))
    np.testing.assert_array_equal(loaded.score_samples(X), strategy.score_samples(X))


def test_there_is_no_bound_without_a_vae(digits):
    X, y = digits
    params = {name: value for name, value in QUICK.items() if not name.startswith("vae__")}
    strategy = VAALQueryStrategy(**params, net="no_vae").fit(X, y)
    with pytest.raises(ValueError, match="no VAE to score"):
        strategy.score(X)


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
@pytest.mark.parametrize("net", ["frozen_vae", "no_discriminator"])
def test_a_warm_start_of_an_ablation(digits, net):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, net=net, warm_start=True).fit(X, y)
    n_iter = strategy.n_iter_
    assert strategy.fit(X, y).n_iter_ == 2 * n_iter


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
def test_no_labelled_sample_for_an_ablation(digits):
    X, _ = digits
    for net in ABLATIONS:
        strategy = VAALQueryStrategy(**QUICK, net=net).fit(X)
        assert np.isfinite(strategy.score_samples(X)).all()
        assert len(set(strategy.query(X, 5))) == 5


@pytest.mark.filterwarnings("ignore::skvaal.UnusedParameterWarning")
def test_modal_queries_with_an_ablation(digits):
    X, _ = digits
    learner = type("Learner", (), {"X_training": X[:40]})()
    for net in ABLATIONS:
        query = VAALQuery(**QUICK, net=net)
        assert len(set(query(learner, X[40:], n_instances=4)[0])) == 4
